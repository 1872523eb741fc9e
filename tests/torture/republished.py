"""A feed republishes a thousand old entries: new ids, new dates, other addresses, another order. Nobody is told."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy import func, select

from bot.storage.tables import entry, feed_state
from tests.torture import Result
from tests.torture._place import Offers, Place, invent
from tests.torture._victim import Life

_OLD = datetime(2026, 1, 5, tzinfo=UTC)
_WAYS = ("new ids", "new dates", "https", "new slugs", "another order", "all at once")


class Archive(Place):
    """One feed that shows the same entries in one way after another."""

    size = 1000
    way = ""

    def open(self) -> None:
        """Write the entries."""
        self._events = [invent(self.rng, n) for n in range(self.size)]

    def entries_of(self, _feed: str) -> Sequence[str]:
        shown = [self._shown(n, event) for n, event in enumerate(self._events)]
        return shown[::-1] if self._does("another order") else shown

    def _does(self, way: str) -> bool:
        return self.way in (way, "all at once")

    def _shown(self, number: int, event: str) -> str:
        guid = f"new-{self.way}-{number}" if self._does("new ids") else f"old-{number}"
        when = datetime.now(UTC) if self._does("new dates") else _OLD + timedelta(minutes=number)
        scheme = "https" if self._does("https") else "http"
        slug = f"article-{number}-again" if self._does("new slugs") else f"article-{number}"
        more = f"<link>{scheme}://gazette.example/{slug}</link><pubDate>{format_datetime(when)}</pubDate></item>"
        return event.replace(f"<guid>{number}</guid>", f"<guid>{guid}</guid>").replace("</item>", more)


async def torture(size: int = 1000) -> list[Result]:
    """On a SQLite file, one way after another."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
        url, address = f"sqlite+aiosqlite:///{folder / 'monazite.db'}", str(folder / "monazite.db")
        place = Archive(folder, url, address, Offers(drops=86400.0))
        place.size = size
        place.settings = {"MONAZITE_FIRST_POLL_ALERTS": "false"}  # as in earnest
        place.open()
        await stack.enter_async_context(place)
        bot = await place.begin(Life())
        await _polled(place)
        for way in _WAYS:
            place.way = way
            await _polled(place)
        told = len(place.taken)
        async with place.database.read() as tx:
            stored = (await tx.execute(select(func.count()).select_from(entry))).scalar_one()
        await place.kill(bot)
    figure = f"{told} messages, {stored} entries stored, {len(_WAYS)} ways"
    return [Result(f"{size:,} old entries republished", figure, "at most one message", told <= 1 and stored >= size)]


async def _polled(place: Archive) -> None:
    """Return once the feed was polled two more times, and what came of it could have been posted."""
    for _ in range(2):
        before = await _last_poll(place)
        async with asyncio.timeout(60):
            while (polled := await _last_poll(place)) == before or polled is None:
                await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)


async def _last_poll(place: Archive) -> datetime | None:
    async with place.database.read() as tx:
        when: datetime | None = (await tx.execute(select(feed_state.c.last_success))).scalar()
    return when
