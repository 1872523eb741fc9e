"""The running program as it is watched: over HTTP, in its logs, and while its database takes nothing."""

import asyncio
import json
import resource
import signal
import socket
import sqlite3
from typing import Any

import aiohttp
import pytest

from tests.loopback import Loopback
from tests.scenarios.conftest import ENTRY, OLD, ORE, Bot, publish
from tests.scenarios.test_program import polled

CANARY = "xoxb-canary-of-no-worth"


@pytest.fixture
def watched(bot: Bot, unused_port: int) -> str:
    """The address at which the program can be watched once it runs."""
    place = f"127.0.0.1:{unused_port}"
    bot.environment |= {"MONAZITE_HTTP": place, "MONAZITE_LOG_FORMAT": "json", "MONAZITE_LOG_LEVEL": "debug"}
    return f"http://{place}"


async def get(address: str, path: str) -> tuple[int, str]:
    """Status and text; 0 where nobody listens (yet)."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(address + path) as answer:
                assert answer.headers["Server"] == "monazite"
                return answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            return 0, ""


async def until_ready(address: str, status: int = 200) -> dict[str, Any]:
    """Wait until /readyz answers with a status; return what it says."""
    async with asyncio.timeout(60):
        while (found := await get(address, "/readyz"))[0] != status:
            await asyncio.sleep(0.1)
    told: dict[str, Any] = json.loads(found[1])
    return told


def lines(bot: Bot) -> list[dict[str, Any]]:
    """The logs: every line is an object."""
    return [json.loads(line) for line in bot.errors.splitlines()]


async def test_metrics_and_logs_lead_from_the_feed_to_the_message(bot: Bot, publisher: Loopback, watched: str) -> None:
    bot.environment |= {"MONAZITE_LLM_KEY": CANARY, "MONAZITE_PLATFORMS": "console"}
    await bot.start()
    await polled(publisher)
    await publish(publisher, ORE, OLD)
    await bot.until("ALERT")
    assert await get(watched, "/livez") == (200, "alive\n")
    told = await until_ready(watched)
    assert told["reasons"] == []
    assert {"database", "schema", "leader", "outbox", "work", "platform console"} == set(told["checks"])
    status, metrics = await get(watched, "/metrics")
    assert status == 200
    for line in (
        'monazite_deliveries_total{kind="alert",outcome="sent",platform="console"} 1.0',
        'monazite_entries_total{outcome="alerted"} 1.0',
        'monazite_outbox{platform="console",state="sent"} 1.0',
        'monazite_feeds{state="active"} 1.0',
        'monazite_seen_to_sent_seconds_count{platform="console"} 1.0',
        "monazite_ready 1.0",
        "monazite_leads 1.0",
        "monazite_oldest_owed_seconds 0.0",
        'monazite_platform_up{platform="console"} 1.0',
    ):
        assert line in metrics.splitlines()
    assert 'monazite_polls_total{outcome="fetched"}' in metrics
    assert (await get(watched, "/nothing"))[0] == 404
    assert await bot.end(signal.SIGTERM) == 0
    (filed,) = (line for line in lines(bot) if line["event"] == "filed")
    (delivered,) = (line for line in lines(bot) if line["event"] == "delivered")
    assert filed["trace"] == delivered["trace"] == f"e{filed['entry']}"
    assert filed["story"] == delivered["story"]
    assert [line["new"] for line in lines(bot) if line["event"] == "polled" and line["poll"] == filed["poll"]] == [1]
    assert CANARY not in bot.errors + bot.output + metrics + json.dumps(told)


async def test_a_database_that_takes_nothing_turns_readiness_red_and_green_again(
    bot: Bot, publisher: Loopback, watched: str
) -> None:
    await bot.start()
    await polled(publisher)
    await until_ready(watched)
    holder = sqlite3.connect(bot.folder / "monazite.db", isolation_level=None)
    holder.execute("begin immediate")
    assert (await until_ready(watched, 503))["checks"]["database"]["detail"] == "no answer within 5 s"
    assert (await get(watched, "/livez"))[0] == 200
    assert "monazite_ready 0.0" in (await get(watched, "/metrics"))[1]
    holder.execute("rollback")
    holder.close()
    await until_ready(watched)

    largest = max(file.stat().st_size for file in bot.folder.glob("monazite.db*"))
    _, most = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (largest, most))  # to the program, a full disk
    rain = [ENTRY.format(title=f"Rain in town {n}", slug=f"rain-{n}", text="It rained. " * 400) for n in range(300)]
    await publish(publisher, ORE, *rain, OLD)
    told = await until_ready(watched, 503)
    assert "disk" in told["checks"]["work"]["detail"] + told["checks"]["database"]["detail"]
    assert (await get(watched, "/livez"))[0] == 200
    asked = len(publisher.asked)
    await asyncio.sleep(3)
    assert len(publisher.asked) - asked < 10  # of some 30 beats: publishers do not pay for our full disk
    assert "ALERT" not in bot.output
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (most, most))
    await bot.until("ALERT")
    await until_ready(watched)
    assert await bot.end(signal.SIGTERM) == 0
    assert "Traceback" not in bot.errors


async def test_a_place_that_is_taken_is_one_clear_line(bot: Bot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bot.environment["MONAZITE_HTTP"] = f"127.0.0.1:{taken.getsockname()[1]}"
        status, _, err = await bot.once("run")
    assert status == 1
    assert err.splitlines()[-1].startswith(
        f"monazite: MONAZITE_HTTP: cannot listen on {bot.environment['MONAZITE_HTTP']}"
    )
    assert "Traceback" not in err


async def test_a_broken_database_does_not_end_the_program(bot: Bot, publisher: Loopback, watched: str) -> None:
    await bot.start()
    await polled(publisher)
    await until_ready(watched)
    for file in (bot.folder / "monazite.db", bot.folder / "monazite.db-wal"):
        with file.open("r+b") as opened:
            opened.write(b"\xff" * file.stat().st_size)
    told = await until_ready(watched, 503)
    assert any(word in str(told["reasons"]) for word in ("not a database", "malformed"))
    assert (await get(watched, "/livez"))[0] == 200
    assert await bot.end(signal.SIGTERM) == 0
    assert "Traceback" not in bot.errors
