"""Feeds that others collected, where they are at hand: what feedparser finds in real ones, and hostile ones.

They stand as ``real_feeds.tar.xz`` and ``hostile_feeds.tar.xz`` in ``../shared/data/feeds``, or where
MONAZITE_TEST_FEEDS says; they are no part of the project.
"""

import asyncio
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import feedparser
import psutil
import pytest

from bot.errors import ParseError
from bot.feeds.parse.in_process import parse
from bot.feeds.parse.pool import ParserPool

_NEARBY = Path(__file__).parents[3] / "shared" / "data" / "feeds"
PLACE = Path(os.environ.get("MONAZITE_TEST_FEEDS") or _NEARBY)
LIMIT, REST = 5.0, 3.0  # seconds: what the pool allows a document, and what a killed worker takes to be replaced
GROWTH = 100e6  # bytes


def collected(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of a collection, by name."""
    archive = PLACE / f"{name}_feeds.tar.xz"
    if not archive.is_file():
        pytest.skip(f"no feeds at {archive}: MONAZITE_TEST_FEEDS says where they are")
    with tarfile.open(archive) as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content.read()


def test_every_entry_that_feedparser_finds_is_found() -> None:
    missed, entries = [], 0
    for name, body in collected("real"):
        theirs = feedparser.parse(body).entries
        if not theirs:
            continue
        ours = parse(body, feed_id="x", max_entries=100_000).entries
        ids, links = {entry.guid for entry in ours}, {entry.url.rstrip("/") for entry in ours}
        entries += len(theirs)
        missed += [name] * max(0, len(theirs) - len(ours))
        missed += [f"{name}: {e.id}" for e in theirs if e.get("id") and e.id not in ids]
        wanted = [e.link for e in theirs if str(e.get("link", "")).startswith(("http://", "https://"))]
        missed += [f"{name}: {link}" for link in wanted if link.rstrip("/") not in links]
    assert entries > 1000
    assert missed == []


async def test_every_hostile_file_ends_within_its_limits() -> None:
    slow, refusals, files, before = [], [], 0, psutil.Process().memory_info().rss
    async with ParserPool(workers=1, timeout=LIMIT) as pool:
        for name, body in collected("hostile"):
            files += 1
            try:
                async with asyncio.timeout(LIMIT + REST):
                    found = await pool.parse(body, feed_id="x")
                assert len(found.entries) <= 1000
                assert not any("<script" in entry.title or "root:" in entry.text for entry in found.entries)
            except TimeoutError:
                slow.append(name)
            except ParseError as error:
                refusals.append(str(error))
            del body
    assert files > 30
    assert slow == []
    assert all(len(refusal.splitlines()) == 1 for refusal in refusals)
    assert psutil.Process().memory_info().rss - before < GROWTH
