"""A day's traffic in a minute and a half: every event alerts once, nothing else alerts, and memory stays flat."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from bot.model import Kind
from tests.torture import Result
from tests.torture._place import DESKS, Offers, Place, invent
from tests.torture._victim import Life

_DAY = 86400.0  # seconds
_FEEDS = 20
_SHOWN = 40  # entries that stand in a feed at once
_COPIES = 4  # publishers that carry an event
_OTHERS = ("cricket", "harvest", "traffic", "weather", "theatre", "housing", "football", "cinema", "museum", "school")
_GROWTH = 0.10  # of the memory in the second quarter of the day, in the last


class Newsroom(Place):
    """Twenty publishers. An event is printed by four of them; everything else is of no interest."""

    @property
    def feeds(self) -> Sequence[str]:
        return [f"paper{n}" for n in range(_FEEDS)]

    def entries_of(self, feed: str) -> Sequence[str]:
        return self.printed[feed][-_SHOWN:]

    def open(self) -> None:
        """Begin with empty papers."""
        self.printed: dict[str, list[str]] = {feed: [] for feed in self.feeds}
        self.events = self.ordinary = 0

    def print_event(self) -> None:
        """One event on topic in four papers, word for word."""
        entry = invent(self.rng, self.events)
        self.events += 1
        for feed in self.rng.sample(self.feeds, _COPIES):
            self.printed[feed].append(entry.replace("<guid>", f"<guid>{feed}-"))

    def print_ordinary(self) -> None:
        """An entry that nobody waits for."""
        self.ordinary += 1
        subject, n = self.rng.choice(_OTHERS), self.ordinary
        title = f"{subject.capitalize()} news {n}: {self.rng.choice(_OTHERS)} and {self.rng.choice(_OTHERS)}"
        text = f"The council talked about {subject} for {n % 50} minutes on this ordinary day."
        item = f"<item><title>{title}</title><guid>o{n}</guid><description>{text}</description></item>"
        self.printed[self.rng.choice(self.feeds)].append(item)


async def live_through(place: Newsroom, seconds: float, events: int, ordinary: int) -> list[int]:
    """Print a day's news within so many seconds; the bytes of memory that the bot had, at even intervals."""
    bot = await place.begin(Life(lease=_DAY, speed=_DAY / seconds))
    steps = int(seconds * 10)
    memory = []
    for step in range(steps):
        await asyncio.sleep(0.1)
        if step % (steps // events) == 0 and place.events < events:
            place.print_event()
        while place.ordinary < ordinary * (step + 1) / steps:
            place.print_ordinary()
        whole = psutil.Process(bot.pid)
        memory.append(sum(one.memory_info().rss for one in (whole, *whole.children(recursive=True))))
    await asyncio.sleep(3)
    await place.kill(bot)
    return memory


async def torture(
    seconds: float = 90.0, events: int = 150, ordinary: int = 8000, most: float = _GROWTH
) -> list[Result]:
    """On a SQLite file. ``most`` is the share by which memory may grow."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
        url, address = f"sqlite+aiosqlite:///{folder / 'monazite.db'}", str(folder / "monazite.db")
        place = Newsroom(folder, url, address, Offers(drops=_DAY))
        place.open()
        place.settings = {"MONAZITE_MIN_INTERVAL": "2m", "MONAZITE_MAX_INTERVAL": "10m", "MONAZITE_PER_HOST": "20"}
        await stack.enter_async_context(place)
        memory = await live_through(place, seconds, events, ordinary)
    alerts = Counter((told["channel"], told["story"]) for told in place.taken if told["kind"] == Kind.ALERT)
    others = Counter(told["kind"] for told in place.taken if told["kind"] != Kind.ALERT)
    expected = events * len(DESKS)
    quarter = len(memory) // 4
    early, late = (sum(part) / len(part) for part in (memory[quarter : 2 * quarter], memory[-quarter:]))
    growth = late / early - 1
    figure = f"{len(alerts)} alerts of {expected}, {others.total()} other messages, {place.ordinary} ordinary entries"
    once = len(alerts) == expected and set(alerts.values()) == {1} and not others
    return [
        Result("a day's news", figure, "every expected alert once, nothing else", once),
        Result("memory over the day", f"{early / 1e6:.0f} MB, then {growth:+.1%}", f"{most:.0%}", growth <= most),
    ]
