"""``monazite poll --once``, as cron would run it: what each feed gave, what is remembered, and what is told later."""

import asyncio
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress

from tests.loopback import Asked, Loopback, reply
from tests.scenarios.conftest import FEED, OLD, ORE, QUOTAS, Bot, document

ETAG = '"seven"'


def configure(bot: Bot, publisher: Loopback, *paths: str) -> None:
    """Write feeds.yaml with a feed for each path, called by it, that is not due again for a while."""
    first, *rest = FEED.splitlines(keepends=True)
    feeds = ("".join(rest).format(url=publisher.url(f"/{path}")).replace("id: ledger", f"id: {path}") for path in paths)
    (bot.folder / "feeds.yaml").write_text(first + "".join(feeds), encoding="utf-8")
    bot.environment |= {"MONAZITE_MIN_INTERVAL": "10m", "MONAZITE_MAX_INTERVAL": "1h"}


def cells(out: str, feed: str) -> list[str]:
    """The cells of a feed's row, but for the time."""
    (line,) = [line for line in out.splitlines() if line.startswith(f" {feed} ")]
    return [cell.strip() for cell in line.split("  ") if cell.strip()][:-1]


def asked_of(publisher: Loopback, path: str) -> Sequence[Asked]:
    return [asked for asked in publisher.asked if asked.path == path]


def committed(bot: Bot) -> bool:
    """Whether the database holds an entry."""
    path = f"file:{bot.folder / 'monazite.db'}?mode=ro"  # which makes no file where there is none yet
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, uri=True)) as connection:
        return bool(connection.execute("select count(*) from entry").fetchone()[0])
    return False


async def test_each_feed_is_told_and_what_it_said_is_remembered(bot: Bot, publisher: Loopback) -> None:
    async def unchanged(asked: Asked, writer: asyncio.StreamWriter) -> None:
        known = asked.headers.get("if-none-match") == ETAG
        writer.write(reply(304) if known else document(OLD).replace(b"\r\n", f"\r\nETag: {ETAG}\r\n".encode(), 1))

    publisher.answers |= {
        "/same": unchanged,
        "/moved": reply(301, Location="/rss"),
        "/gone": reply(410),
        "/broken": reply(500),
        "/page": reply(body=b"<html><p>words</p></html>", Content_Type="text/html"),
    }
    configure(bot, publisher, "same", "moved", "gone", "broken", "page")
    status, out, _ = await bot.once("poll", "--once")
    assert status == 0
    assert cells(out, "same") == ["same", "active", "200", "RSS 2.0", "1", "1"]
    assert cells(out, "moved") == ["moved", "active", "200", "RSS 2.0", "1", "1"]
    assert cells(out, "gone") == ["gone", "gone", "gone", "0"]
    assert cells(out, "broken") == ["broken", "failing", "http 500", "0"]
    assert cells(out, "page") == ["page", "failing", "parse", "0"]
    for line in (
        f"moved: moved permanently to {publisher.url('/rss')}, and is polled there from now on",
        "gone: the feed is gone for good (410)",
        "broken: the server answers 500 (Internal Server Error)",
        "page: the address gives a web page, not a feed",
        "5 feeds polled: 2 fetched, 0 not modified, 3 failed; 2 new entries, 0 messages owed",
    ):
        assert f"\n{line}\n" in out

    status, out, _ = await bot.once("poll", "--once")
    assert (status, out) == (
        0,
        "0 feeds polled: 0 fetched, 0 not modified, 0 failed; 0 new entries, 0 messages owed\n",
    )

    publisher.answers["/broken"] = document(OLD, ORE)
    status, out, _ = await bot.once("poll", "--once", "--all")
    assert status == 0
    assert cells(out, "same") == ["same", "active", "304 not modified", "0"]
    assert cells(out, "broken") == ["broken", "active", "200", "RSS 2.0", "2", "2"]
    assert len(asked_of(publisher, "/moved")) == 1
    assert len(asked_of(publisher, "/rss")) == 2


async def test_what_it_finds_is_told_at_the_next_start_and_once(bot: Bot, publisher: Loopback) -> None:
    configure(bot, publisher, "rss")
    await bot.start()
    await bot.type("/subscriptions")
    await bot.until("rare-earths")
    assert await bot.end(signal.SIGTERM) == 0
    publisher.answers["/rss"] = document(OLD)
    await bot.once("poll", "--once", "--all")
    publisher.answers["/rss"] = document(ORE, QUOTAS, OLD)
    for owed in ("2 new entries, 2 messages owed", "0 new entries, 0 messages owed"):
        status, out, _ = await bot.once("poll", "--once", "--all", "--quiet")
        assert status == 0
        assert out == f"1 feed polled: 1 fetched, 0 not modified, 0 failed; {owed}\n"
    await bot.start()
    await bot.until("ALERT", times=2)
    await bot.type("/recent")
    await bot.until("latest stories")
    await bot.end(signal.SIGTERM)
    assert bot.output.count("ALERT") == 2


async def test_without_feeds_it_is_done_at_once(bot: Bot) -> None:
    (bot.folder / "feeds.yaml").write_text("feeds: []\n", encoding="utf-8")
    status, out, _ = await bot.once("poll", "--once", "--all")
    assert (status, out.partition(":")[0]) == (0, "0 feeds polled")


async def test_an_interrupted_poll_loses_nothing(bot: Bot, publisher: Loopback) -> None:
    async def hangs(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    publisher.answers |= {"/rss": document(OLD), "/slow": hangs}
    configure(bot, publisher, "rss", "slow")
    process = await bot.spawn("poll", "--once")
    async with asyncio.timeout(30):
        while not committed(bot):
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    publisher.answers["/slow"] = document(ORE)
    _, out, _ = await bot.once("poll", "--once")
    assert cells(out, "slow") == ["slow", "active", "200", "RSS 2.0", "1", "1"]
    assert "1 feed polled" in out  # the other one was stored before
