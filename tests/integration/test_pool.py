"""The parser pool: real worker processes, hostile documents, deaths and deadlines."""

import asyncio
import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import ParseError
from bot.feeds.parse.in_process import parse
from bot.feeds.parse.pool import ParseLimitError, ParserPool

ROOT = Path(__file__).parents[2]


def rss(items: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<rss version="2.0"><channel><title>The Quarry</title>'
        f"<link>https://quarry.example/</link>{items}</channel></rss>"
    ).encode()


def item(number: int, text: str = "Miners reached it.") -> str:
    return (
        f"<item><title>Seam {number} opened</title><link>https://quarry.example/{number}</link>"
        f"<guid>q-{number}</guid><description>{text}</description></item>"
    )


# feedparser takes some fifteen seconds for this: the bare "&" at the end keeps expat from reading it.
SLOW = rss(item(1, "<b>x</b>" * 480_000 + "&"))
MODEST = rss(item(1, "<b>x</b>" * 15_000 + "&"))


def running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_pool_gives_what_parse_gives() -> None:
    body = rss(item(1) + item(2)).replace(b"</guid>", b"</guid><pubDate>Tue, 07 Oct 2025 12:00:00 GMT</pubDate>")
    options = {"feed_id": "q", "base_url": "https://quarry.example/feed", "language": "en"}
    async with ParserPool() as pool:
        assert not pool.process_ids  # none before the first document
        found = await pool.parse(body, **options)  # type: ignore[arg-type] # keyword arguments by name
        assert found == parse(body, **options)  # type: ignore[arg-type]
        assert found.entries[0].published == datetime(2025, 10, 7, 12, tzinfo=UTC)
        again = await pool.parse(body, known=found.raw_hashes[:8], max_entries=5, max_text=9, **options)  # type: ignore[arg-type]
        assert [(entry.guid, entry.text) for entry in again.entries] == [("q-2", "Miners r…")]
        early = datetime(2025, 10, 1, tzinfo=UTC)
        assert (await pool.parse(body, now=early, **options)).entries[0].published is None  # type: ignore[arg-type]
        with pytest.raises(ParseError, match="a web page, not a feed") as refused:
            await pool.parse(b"<html></html>", feed_id="q")
        assert not isinstance(refused.value, ParseLimitError)
        (process_id,) = pool.process_ids
        assert running(process_id)
    assert not running(process_id)
    with pytest.raises(RuntimeError):
        await pool.parse(body, feed_id="q")


async def test_many_at_once() -> None:
    bodies = [rss("".join(item(100 * feed + number) for number in range(feed % 7))) for feed in range(60)]
    async with ParserPool() as pool:
        found = await asyncio.gather(*(pool.parse(body, feed_id=str(n)) for n, body in enumerate(bodies)))
    assert [feed.total for feed in found] == [n % 7 for n in range(60)]
    assert all(entry.feed_id == str(n) for n, feed in enumerate(found) for entry in feed.entries)


async def test_a_document_that_takes_too_long_fails_alone() -> None:
    async with ParserPool(timeout=3.0) as pool:
        slow = asyncio.create_task(pool.parse(SLOW, feed_id="slow"))
        small = [asyncio.create_task(pool.parse(rss(item(n)), feed_id="q")) for n in range(40)]
        assert [(await feed).total for feed in small] == [1] * 40
        await asyncio.sleep(0.4)  # by now the second worker is idle, the first still busy
        assert (await pool.parse(rss(item(1)), feed_id="q")).total == 1
        assert not slow.done()
        assert len(pool.process_ids) == 2
        with pytest.raises(ParseLimitError, match="longer than 3 s"):
            await slow
        assert (await pool.parse(rss(item(1)), feed_id="q")).total == 1


async def test_a_document_that_comes_while_all_are_held_up_gets_a_worker() -> None:
    async with ParserPool() as pool:
        slow = asyncio.create_task(pool.parse(SLOW, feed_id="slow"))
        await asyncio.sleep(0.6)
        assert len(pool.process_ids) == 1
        assert (await pool.parse(rss(item(1)), feed_id="q")).total == 1
        assert not slow.done()


async def test_documents_in_one_batch_with_a_slow_one_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.feeds.parse.pool._BATCH_SECONDS", 0.2)
    async with ParserPool(workers=1, timeout=60.0) as pool:
        bodies = [rss(item(1)), MODEST, *[rss(item(n)) for n in range(5)]]
        found = await asyncio.gather(*(pool.parse(body, feed_id="q") for body in bodies))
    assert [feed.total for feed in found] == [1] * 7


async def test_too_much_memory_fails_alone() -> None:
    bomb = gzip.compress(rss(item(1, "x" * (31 << 20))))
    async with ParserPool(memory_limit=48 << 20) as pool:
        with pytest.raises(ParseLimitError, match="more than 48 MB"):
            await pool.parse(bomb, feed_id="bomb")
        assert (await pool.parse(rss(item(1)), feed_id="q")).total == 1


@pytest.mark.parametrize("state", ["idle", "busy"])
async def test_a_worker_that_is_killed_is_replaced(state: str) -> None:
    async with ParserPool() as pool:
        await pool.parse(rss(item(1)), feed_id="q")
        (before,) = pool.process_ids
        slow = asyncio.create_task(pool.parse(MODEST, feed_id="slow")) if state == "busy" else None
        waiting = asyncio.create_task(pool.parse(rss(item(2)), feed_id="q")) if slow else None
        await asyncio.sleep(0.1)
        os.kill(before, signal.SIGKILL)
        assert (await pool.parse(rss(item(3)), feed_id="q")).total == 1
        if slow and waiting:
            assert (await waiting).total == 1
            assert (await slow).total == 1
        assert not running(before)


async def test_a_document_that_kills_its_worker_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # a worker that dies at the start stands for one that a document brings down
    monkeypatch.setattr("bot.feeds.parse.pool._START", "import sys; sys.stdin.buffer.read(4); sys.exit(3)")
    async with ParserPool() as pool:
        # A busy event loop may lose a child's status, and says 255 then; that the worker ended is what counts.
        with pytest.raises(ParseLimitError, match=r"parser process ended \(status (?:3|255)\)"):
            await pool.parse(rss(item(1)), feed_id="q")


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    async with ParserPool(workers=1) as pool:
        given_up = [asyncio.create_task(pool.parse(rss(item(n)), feed_id="q")) for n in range(5)]
        kept = asyncio.create_task(pool.parse(rss(item(9)), feed_id="q"))
        await asyncio.sleep(0)
        for task in given_up:
            task.cancel()
        assert (await kept).total == 1


async def test_leaving_cancels_what_is_under_way() -> None:
    async with ParserPool() as pool:
        waiting = asyncio.create_task(pool.parse(SLOW, feed_id="slow"))
        while not pool.process_ids:
            await asyncio.sleep(0.01)
        (process_id,) = pool.process_ids
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not running(process_id)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A loopback port and who called there."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(address)
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def hostile(port: int, secret: Path) -> dict[str, bytes]:
    """Documents that would hang, grow or reach outside a careless reader; each holds one good entry, number 7."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    address = f"http://127.0.0.1:{port}/x"
    good = item(7)
    return {
        "entity bomb": rss(item(1, "&a9;") + good, f"<!DOCTYPE rss [{entities}]>"),
        "quadratic": rss(item(1, "&a;" * 20_000) + good, f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'),
        "external file": rss(item(1, "&x;") + good, f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'),
        "external address": rss(item(1, "&x;") + good, f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{address}">]>'),
        "external definition": rss(good, f'<!DOCTYPE rss SYSTEM "{address}">'),
        "parameter entity": rss(good, f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{address}"> %x;]>'),
        "stylesheet": rss(good, f'<?xml-stylesheet href="{address}" type="text/xsl"?>'),
        "inclusion": rss(f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}"/>' + good),
        "attributes": rss("<item " + " ".join(f'a{n}="1"' for n in range(60_000)) + ">x</item>" + good),
        "nesting": rss("<item>" + "<a>" * 20_000 + "</a>" * 20_000 + "</item>" + good),
        "escaped nesting": rss(item(1, "&lt;div&gt;" * 50_000) + good),
        "huge text": rss(item(1, "x" * (8 << 20)) + good),
        "huge section": rss(item(1, f"<![CDATA[{'<p>' * (2 << 20)}]]>") + good),
        "many entries": rss(good + "".join(map(item, range(30_000)))),
        "references": rss(item(1, "&#999999999999;&#xD800;") + good),
        "null bytes": rss(item(1, "a\0b\0") + good),
        "wrong charset": rss(item(1, "稀土") + good).replace(b"UTF-8", b"UTF-16"),
        "bad bytes": rss(item(1, "XX") + good).replace(b"XX", b"\xff\xfe\x80"),
        "unclosed": rss(("<item><title>" * 3_000) + good),
    }


async def test_hostile_documents(tmp_path: Path, listener: tuple[int, list[object]]) -> None:
    port, callers = listener
    secret = tmp_path / "secret"
    secret.write_text("the password is gneiss")
    async with ParserPool(timeout=60.0, memory_limit=256 << 20) as pool:
        for name, body in hostile(port, secret).items():
            feed = await pool.parse(body, feed_id="h", base_url="https://quarry.example/")
            assert "https://quarry.example/7" in [entry.url for entry in feed.entries], name
            assert len(feed.entries) <= 3_100, name
            assert all(len(entry.text) <= 20_000 for entry in feed.entries), name
            assert "gneiss" not in str(feed), name
        with pytest.raises(ParseError):
            await pool.parse(gzip.compress(b" " * (64 << 20)), feed_id="h")
        assert (await pool.parse(rss(item(1)), feed_id="q")).total == 1
    assert not callers


def test_the_worker_imports_only_what_parsing_needs() -> None:
    """Its start is paid for at every poll, and it must not drag the bot or its secrets along."""
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import bot.feeds.parse.worker; print(*sys.modules)"
    listed = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    modules = set(listed.stdout.split())
    assert "bot.feeds.parse.document" in modules
    heavy = {"asyncio", "typing", "lxml", "feedparser", "numpy", "sqlalchemy", "aiohttp", "dataclasses", "bot.model"}
    assert not modules & heavy
