"""The program as a process that Slack calls over HTTP: only what is signed is heard, and nothing twice."""

import asyncio
import hashlib
import hmac
import json
import signal
import time
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlencode

import aiohttp
import pytest

from tests import loopback_slack
from tests.loopback import Loopback
from tests.loopback_slack import CHANNEL, PERSON, TEAM, LoopbackSlack
from tests.scenarios.conftest import OLD, ORE, Bot, document

SECRET = "e6b19c573432dcc6b075501d51b51bb8"
FORM = "application/x-www-form-urlencoded"
FROM_ANN = {"api_app_id": "A1", "user": {"id": PERSON, "team_id": TEAM}, "team": {"id": TEAM}}


class Caller:
    """Slack's side of HTTP mode: it signs, and calls again until somebody listens."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}/slack/events"

    async def send(self, body: str, kind: str = FORM, *, secret: str = SECRET, headers: Mapping[str, str] = {}) -> int:
        """Send a request; return the status of its answer."""
        moment = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
        proof = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}
        async with asyncio.timeout(30):
            while True:
                try:
                    async with self._session.post(self._url, data=body, headers={**proof, **headers}) as answer:
                        return answer.status
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)

    async def type(self, text: str, trigger: str, *, secret: str = SECRET) -> int:
        """Send ``/monazite`` with a text."""
        told = {"command": "/monazite", "text": text, "user_id": PERSON, "channel_id": CHANNEL, "team_id": TEAM}
        return await self.send(urlencode(told | {"trigger_id": trigger, "response_url": ""}), secret=secret)

    async def press(self, action_id: str, value: str, trigger: str) -> int:
        """Press a button under a message."""
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "2.2"}
        told = {"type": "block_actions", **FROM_ANN, "channel": {"id": CHANNEL}, "actions": [action]}
        told |= {"container": {"type": "message", "channel_id": CHANNEL}, "trigger_id": trigger}
        return await self.send(urlencode({"payload": json.dumps(told)}))

    async def mention(self, event_id: str, *, again: int = 0) -> int:
        """Mention the bot, or say once more that somebody did."""
        event = {"type": "app_mention", "user": PERSON, "channel": CHANNEL, "ts": "9.9", "text": "<@U0> hello"}
        told = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": event_id, "event": event}
        headers = {"X-Slack-Retry-Num": str(again), "X-Slack-Retry-Reason": "http_timeout"} if again else {}
        return await self.send(json.dumps(told), "application/json", headers=headers)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


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
    publisher.answers["/rss"] = document(OLD, ORE)
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
