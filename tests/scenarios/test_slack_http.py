"""The program as a process that Slack calls over HTTP: only what is signed is heard, and nothing twice."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests import loopback_slack
from tests.loopback import Loopback
from tests.loopback_slack import PERSON, LoopbackSlack
from tests.scenarios.conftest import OLD, ORE, Bot, publish
from tests.slack_caller import SECRET, Caller


@pytest.fixture
async def caller(bot: Bot, slack: LoopbackSlack, unused_port: int) -> AsyncIterator[Caller]:
    bot.environment |= {
        "MONAZITE_SLACK_MODE": "http",
        "MONAZITE_SLACK_BOT_TOKEN": loopback_slack.BOT_TOKEN,
        "MONAZITE_SLACK_SIGNING_SECRET": SECRET,
        "MONAZITE_SLACK_LISTEN": f"127.0.0.1:{unused_port}",
        "MONAZITE_SLACK_BASE_URL": slack.base_url,
    }
    async with aiohttp.ClientSession() as session:
        yield Caller(session, unused_port)


async def told(slack: LoopbackSlack, number: int) -> None:
    """Wait for so many messages."""
    async with asyncio.timeout(40):
        while len(slack.messages) < number:
            await asyncio.sleep(0.05)


async def test_over_http_from_the_alert_to_a_restart(
    bot: Bot, slack: LoopbackSlack, publisher: Loopback, caller: Caller
) -> None:
    await bot.start()
    assert await caller.type("subscribe rare-earths", "t0", secret="forged") == 401
    assert await caller.send(json.dumps({"type": "url_verification", "challenge": "c"}), "application/json") == 200
    assert await caller.type("subscribe rare-earths", "t1") == 200
    await told(slack, 1)
    await publish(publisher, OLD, ORE)
    await told(slack, 2)
    assert "Pakistan ships first rare earth samples to US firm" in slack.messages[1]["text"]
    assert await caller.press("story-why", "1", "t2") == 200
    async with asyncio.timeout(20):
        while not slack.whispers:
            await asyncio.sleep(0.05)
    assert slack.whispers[0]["user"] == PERSON
    assert await caller.mention("Ev1") == 200
    await told(slack, 3)
    assert slack.messages[2]["thread_ts"] == "9.9"
    assert await bot.end(signal.SIGTERM) == 0
    await bot.start()
    assert await caller.mention("Ev1", again=1) == 200
    assert await caller.type("subscribe rare-earths", "t1") == 200
    assert await caller.mention("Ev2") == 200  # what is told after it was told after the others too
    await told(slack, 4)
    assert await bot.end(signal.SIGTERM) == 0
    assert len(slack.messages) == 4
    assert len(slack.whispers) == 1
    assert "apps.connections.open" not in slack.calls
    assert not any(secret in bot.errors for secret in (SECRET, loopback_slack.BOT_TOKEN))
