"""Where the victims live: a publisher whose feed grows, a chat server that remembers, and a database."""

import asyncio
import itertools
import json
import os
import random
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from sqlalchemy import select

from bot.app import now
from bot.model import Channel, DeliveryState, Kind, Outcome, Subscription
from bot.storage import backlog, subscriptions
from bot.storage.database import Database
from bot.storage.tables import delivery, entry, story_entry
from tests.torture._victim import POINTS, Life

DESKS = (Channel("paper", "north"), Channel("paper", "south"))
_ROOT = Path(__file__).parent.parent.parent
_FEED = """
  - id: {id}
    name: {id}
    url: {url}
    language: en
    publisher: The {id}
    country: PK
    ownership: independent
    tier: 1
"""
_ITEM = "<item><title>{}</title><guid>{}</guid><description>{}</description></item>"
_SHIFT = 70.0  # seconds by which each incarnation's clock is ahead of the last one's: more than a lease


@dataclass(slots=True)
class Offers:
    """What the chat server offers: for how many seconds it drops copies, and whether it lets the bot look."""

    drops: float = 0.0
    readable: bool = False
    trouble: float = 0.0  # the share of posts that are taken, but answered with a broken connection or an error


@dataclass(slots=True)
class Toll:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    stories: int = 0
    lost: int = 0
    twice: int = 0  # copies
    doubled: int = 0  # messages that have any
    ambiguous: int = 0  # posts after an outcome that nobody could tell
    doubts: int = 0  # messages that the bot counts as perhaps doubled
    unmarked: int = 0  # second copies that do not say that they may be one

    def __str__(self) -> str:
        fewest = min((self.kills[point] for point in POINTS), default=0)
        return (
            f"{self.kills.total()} kills (at least {fewest} at each point), {self.entries} entries, "
            f"{self.stories} stories on {len(DESKS)} desks: {self.lost} lost, {self.twice} twice"
        )


class Place:
    """An asynchronous context manager; ``live_and_die`` is one incarnation of the bot."""

    def __init__(self, folder: Path, database_url: str, address: str, offers: Offers, seed: int = 1) -> None:
        """``database_url`` is SQLAlchemy's, ``address`` the same database as MONAZITE_DATABASE takes it."""
        self.folder, self._address, self._offers = folder, address, offers
        self.database = Database(database_url)
        self.rng = random.Random(seed)
        self.settings: dict[str, str] = {}
        self.taken: list[dict[str, Any]] = []
        self.toll = Toll()
        self._entries: list[str] = []
        self._lives = itertools.count()
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [
                web.get("/rss/{feed}", self._rss),
                web.post("/post", self._post),
                web.post("/edit", self._edit),
                web.get("/find", self._find),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._server = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        (self.folder / "feeds.yaml").write_text("feeds:\n" + "".join(map(self._feed, self.feeds)), encoding="utf-8")
        await self.database.upgrade()
        async with self.database.write() as tx:
            for desk in DESKS:
                await subscriptions.subscribe(tx, Subscription(desk, "rare-earths"), "ann", now())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.database.close()
        await self._runner.cleanup()

    @property
    def feeds(self) -> Sequence[str]:
        """The ids of the feeds."""
        return ("gazette",)

    def _feed(self, feed: str) -> str:
        return _FEED.format(id=feed, url=f"{self._server}/rss/{feed}")

    def entries_of(self, _feed: str) -> Sequence[str]:
        """What stands in a feed at present, as RSS."""
        return self._entries

    def print_news(self, number: int) -> None:
        """Let the publisher print so many new entries, each about an event of its own."""
        self._entries += [invent(self.rng, next(self._numbers)) for _ in range(number)]
        self.toll.entries = len(self._entries)

    async def begin(self, life: Life) -> Process:
        """Start an incarnation of the bot."""
        with (self.folder / "log").open("ab") as log:  # not a pipe, which would fill up
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.torture._victim", self._server,
                json.dumps(asdict(replace(life, drops=self._offers.drops))),
                cwd=self.folder, stdin=DEVNULL, stdout=DEVNULL, stderr=log,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(_ROOT),
                    "MONAZITE_DATABASE": self._address,
                    "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
                    "MONAZITE_TICK": "0.1",
                    "MONAZITE_MIN_INTERVAL": "0.2s",
                    "MONAZITE_MAX_INTERVAL": "0.3s",
                    "MONAZITE_EMBEDDINGS": "off",
                    "MONAZITE_ARTICLES": "off",
                    "MONAZITE_FIRST_POLL_ALERTS": "true",
                    **self.settings,
                },
            )  # fmt: skip

    def _next_life(self, point: str = "none", count: int = 1) -> Life:
        """One whose clock is past every lease of those before it."""
        return Life(point, count, shift=next(self._lives) * _SHIFT)

    async def live_and_die(self, point: str, count: int) -> None:
        """One incarnation, which ends at its point; killed from outside where it does not come there."""
        victim = await self.begin(self._next_life(point, count))
        try:
            async with asyncio.timeout(30):
                await victim.wait()
            if victim.returncode != -signal.SIGKILL:
                raise AssertionError(f"the bot ended by itself ({victim.returncode}): {self.log()}")
            self.toll.kills[point] += 1
        except TimeoutError:
            await self.kill(victim)

    async def told(self, patience: float = 120.0) -> None:
        """Return once every desk has every story that was printed."""
        async with asyncio.timeout(patience):
            while len({(told["channel"], told["story"]) for told in self.taken}) < len(self._entries) * len(DESKS):
                await asyncio.sleep(0.02)

    async def kill(self, victim: Process) -> None:
        """Kill a bot from outside."""
        if victim.returncode is not None:
            raise AssertionError(f"the bot ended by itself ({victim.returncode}): {self.log()}")
        victim.kill()
        await victim.wait()

    def log(self) -> str:
        """The end of what the bots said."""
        return (self.folder / "log").read_text(encoding="utf-8")[-3000:]

    async def settle(self, patience: float = 120.0) -> None:
        """A last incarnation that works until nothing is owed any more."""
        victim = await self.begin(self._next_life())
        try:
            async with asyncio.timeout(patience):
                while not await self._done():
                    await asyncio.sleep(0.2)
        finally:
            if victim.returncode is None:
                victim.terminate()
            await victim.wait()

    async def _done(self) -> bool:
        async with self.database.read() as tx:
            stored = len((await tx.execute(select(entry.c.id))).all())
            return stored >= len(self._entries) and await backlog.oldest_owed(tx) is None

    async def count(self) -> Toll:
        """Hold what the server took against what the publisher printed."""
        toll = self.toll
        async with self.database.read() as tx:
            outcomes = Counter((await tx.execute(select(entry.c.outcome))).scalars())
            filed = set((await tx.execute(select(story_entry.c.story_id))).scalars())
            owed = (await tx.execute(select(delivery.c.state, delivery.c.kind))).all()
            toll.doubts = await backlog.count_repeated(tx)
        news = [told for told in self.taken if told["kind"] != Kind.HEAD]
        seen = Counter((told["channel"], told["story"], told["entry"], told["kind"]) for told in news)
        toll.stories = len(filed)
        silent = outcomes[Outcome.OFF_TOPIC] + outcomes[Outcome.UNWANTED] + outcomes[Outcome.OLD]
        unalerted = sum((desk.id, story) not in {key[:2] for key in seen} for desk in DESKS for story in filed)
        unsent = sum(row.state != DeliveryState.SENT and row.kind != Kind.HEAD for row in owed)
        toll.lost = (len(self._entries) - sum(outcomes.values())) + silent + unalerted + unsent
        toll.twice = sum(number - 1 for number in seen.values())
        toll.doubled = sum(number > 1 for number in seen.values())
        toll.ambiguous = sum(t["repeated"] for t in news)
        marked = Counter((t["channel"], t["story"], t["entry"], t["kind"]) for t in news if t["repeated"])
        toll.unmarked = sum(max(0, number - 1 - marked[key]) for key, number in seen.items())
        return toll

    async def _rss(self, request: web.Request) -> web.Response:
        head, feed = "<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>", request.match_info["feed"]
        body = head + "".join(self.entries_of(feed)) + "</channel></rss>"
        return web.Response(body=body, content_type="application/rss+xml")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        told = await request.json()
        known = [n for n, one in enumerate(self.taken) if one["key"] == told["key"]] if self._offers.drops else []
        trouble = self.rng.random() if self._offers.trouble else 1.0
        if trouble < self._offers.trouble / 3:  # not taken at all
            return web.Response(status=429)
        if not known:
            self.taken.append(told)
        if trouble < self._offers.trouble:
            return await _spoil(request, self.rng)
        return web.Response(text=str(known[0] if known else len(self.taken) - 1))

    async def _edit(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="")

    async def _find(self, request: web.Request) -> web.Response:
        if not self._offers.readable:
            return web.Response(status=403)
        found = [n for n, one in enumerate(self.taken) if one["key"] == request.query["key"]]
        return web.Response(text=str(found[0]) if found else "")


async def _spoil(request: web.Request, rng: random.Random) -> web.StreamResponse:
    """An answer that says nothing of what became of the request."""
    if rng.random() < 0.5 and request.transport:
        request.transport.abort()
    return web.Response(status=rng.choice((500, 502, 503)))


_VERBS = ("closes", "opens", "sells", "ships", "expands", "loses", "buys", "moves", "repairs", "halts")


def invent(rng: random.Random, number: int) -> str:
    """An entry about an event that nobody else has, as RSS; ``number`` is its guid."""
    mine, town, thing = (_word(rng) for _ in range(3))
    title = f"{mine} rare earth mine near {town} {rng.choice(_VERBS)} {thing} after {number} days"
    text = f"The {mine} company said that rare earth oxides from {town} would go to {thing}, by {number} trucks."
    return _ITEM.format(title, number, text)


def _word(rng: random.Random) -> str:
    """A name that no other event has."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(4)).capitalize()
