"""The program under an operator's hands: platforms that cannot be reached, and a stop while messages are under way."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.model import Channel, Subscription
from bot.storage import subscriptions
from bot.storage.database import Database
from tests.loopback import Loopback
from tests.loopback_llm import KEY, loopback_model
from tests.loopback_slack import APP_TOKEN, BOT_TOKEN, CHANNEL, LoopbackSlack, Outcome, refused
from tests.samples import MORNING
from tests.scenarios.conftest import OLD, ORE, Bot, publish
from tests.scenarios.test_program import polled


@pytest.fixture
async def slack(bot: Bot) -> AsyncIterator[LoopbackSlack]:
    """A Slack beside the console, with a channel that is subscribed."""
    async with LoopbackSlack() as server:
        bot.environment |= {
            "MONAZITE_PLATFORMS": "console,slack",
            "MONAZITE_SLACK_BOT_TOKEN": BOT_TOKEN,
            "MONAZITE_SLACK_APP_TOKEN": APP_TOKEN,
            "MONAZITE_SLACK_BASE_URL": server.base_url,
        }
        database = Database(f"sqlite+aiosqlite:///{bot.folder / 'monazite.db'}")
        await database.upgrade()
        async with database.write() as tx:
            await subscriptions.subscribe(tx, Subscription(Channel("slack", CHANNEL), "rare-earths"), "U1", MORNING)
        await database.close()
        yield server


def owed(folder: Path) -> tuple[str, int, str | None]:
    """State, tries and reference of what Slack's channel was owed."""
    with closing(sqlite3.connect(folder / "monazite.db")) as connection:
        asked = "select state, attempts, reference from delivery where platform = 'slack' and kind = 'alert'"
        found: tuple[str, int, str | None] = connection.execute(asked).fetchone()
        return found


async def test_a_platform_that_cannot_be_reached_holds_nothing_up(
    bot: Bot, publisher: Loopback, slack: LoopbackSlack
) -> None:
    await slack.close()
    await bot.start()
    await polled(publisher)
    await publish(publisher, ORE, OLD)
    await bot.until("ALERT")  # on the console
    assert owed(bot.folder) == ("pending", 0, None)
    await slack.open()
    async with asyncio.timeout(30):
        while not slack.messages:
            await asyncio.sleep(0.05)
    await polled(publisher)
    assert await bot.end(signal.SIGTERM) == 0
    assert owed(bot.folder)[:2] == ("sent", 1)
    assert "not connected, tried again later" in bot.errors
    assert "Traceback" not in bot.errors


@pytest.mark.parametrize("answered", [True, False], ids=["answered in time", "never answered"])
async def test_a_stop_waits_for_messages_under_way_but_not_for_long(
    bot: Bot, publisher: Loopback, slack: LoopbackSlack, answered: bool
) -> None:
    slack.will("chat.postMessage", Outcome({"ok": True, "ts": "1.5"}, slow=True))
    await bot.start()
    await polled(publisher)
    await publish(publisher, ORE, OLD)
    async with asyncio.timeout(30):
        while not slack.posts:
            await asyncio.sleep(0.02)
    loop = asyncio.get_running_loop()
    if answered:
        loop.call_later(0.5, slack._closing.set)
    asked = loop.time()
    assert await bot.end(signal.SIGTERM) == 0
    assert loop.time() - asked < 20
    assert owed(bot.folder) == (("sent", 1, "1.5") if answered else ("sending", 1, None))


async def test_no_secret_comes_out_whatever_is_said_to_the_bot(
    bot: Bot, publisher: Loopback, slack: LoopbackSlack, unused_port: int
) -> None:
    place = f"127.0.0.1:{unused_port}"
    async with loopback_model() as model:
        model.status, model.text = 400, f"your key {KEY} is no good"  # servers quote what they were given
        slack.will("chat.postMessage", *(refused(f"no_{BOT_TOKEN}_{APP_TOKEN}") for _ in range(9)))
        bot.environment |= {
            "MONAZITE_LLM": "openai",
            "MONAZITE_LLM_KEY": KEY,
            "MONAZITE_LLM_MODEL": "m",
            "MONAZITE_LLM_BASE_URL": f"{model.base_url}/v1",
            "MONAZITE_HTTP": place,
            "MONAZITE_LOG_LEVEL": "debug",
        }
        await bot.start()
        await polled(publisher)
        await publish(publisher, ORE, OLD)
        await bot.until("ALERT")
        async with asyncio.timeout(30):
            while owed(bot.folder)[0] != "dead":
                await asyncio.sleep(0.05)
        await bot.type("/status")
        await bot.until("Status")
        shown = [(await bot.once(*command))[1] for command in (("outbox", "list"), ("db", "check"), ("health",))]
        async with aiohttp.ClientSession() as session:
            for path in ("readyz", "metrics"):
                async with session.get(f"http://{place}/{path}") as answer:
                    shown.append(await answer.text())
        assert await bot.end(signal.SIGTERM) == 0
    said = "".join((bot.output, bot.errors, *shown))
    assert "no_***_***" in bot.errors
    assert "the model gave no summary" in bot.errors
    assert "no_***_***" in shown[0].replace("\n", "")
    assert [secret for secret in (KEY, BOT_TOKEN, APP_TOKEN) if secret in said] == []


async def test_a_program_that_hangs_ends_all_the_same() -> None:
    script = "import time; from bot.operate.runtime import end_soon; end_soon(0.2); time.sleep(60)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stderr=asyncio.subprocess.PIPE)
    _, err = await process.communicate()
    assert process.returncode == 1
    assert err.decode() == "monazite: did not stop within 0 s; exiting\n"


async def test_two_programs_start_at_once_on_an_empty_database(
    tmp_path: Path, publisher: Loopback, postgres_address: str
) -> None:
    bots = []
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        one = Bot(tmp_path / name, publisher.url("/rss"))
        one.environment["MONAZITE_DATABASE"] = postgres_address
        bots.append(one)
    await asyncio.gather(*(one.start() for one in bots))
    await polled(publisher, 3)
    await publish(publisher, ORE, OLD)
    async with asyncio.timeout(30):
        while not any("ALERT" in one.output for one in bots):
            await asyncio.sleep(0.05)
    assert [await one.end(signal.SIGTERM) for one in bots] == [0, 0]
    assert sum(one.output.count("ALERT") for one in bots) == 1
