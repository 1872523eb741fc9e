"""Answers that say nothing of what became of a post, to both real adapters: nothing is lost, and nothing told twice."""

import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.compose import Composer
from bot.delivery.sender import Deliverer
from bot.delivery.summaries import Summaries
from bot.model import Channel, Entry, Feed, Kind, Match, Outcome, Ownership, Relation, Stance, Subscription
from bot.ports import Platform
from bot.storage import backlog, feeds, outbox, stories, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.stories import Filing, StoryRow
from bot.summarise.extractive import ExtractiveSummariser
from handlers.discord.gateway import connect as connect_discord
from handlers.slack.platform import Account, SlackPlatform
from tests import loopback_discord, loopback_gateway, loopback_slack
from tests.loopback_discord import LoopbackDiscord
from tests.loopback_slack import LoopbackSlack
from tests.samples import Kept, commands_of
from tests.torture import Result

_START = datetime(2023, 1, 1, tzinfo=UTC)  # before the ids of the loopback servers, which tell a time
_FEED = Feed("gazette", "Gazette", "https://gazette.example/rss", "en", "Gazette", "PK", Ownership.INDEPENDENT, 1)
_BEAT = timedelta(seconds=5)
_CHANNELS = 10
_TROUBLE = 0.4  # of all posts
Found = Callable[[], Counter[tuple[str, str]]]


@asynccontextmanager
async def slack(rng: random.Random, seen: Counter[str]) -> AsyncIterator[tuple[Platform, list[str], Found]]:
    """Slack where the app may look into its channels, and what it holds: (channel, headline)."""

    def mood() -> loopback_slack.Outcome | None:
        if rng.random() > _TROUBLE:
            return None
        kind, taken = rng.choice(("cut", "500", "internal_error", "html")), rng.random() < 0.5
        seen[f"{kind}, {'taken' if taken else 'not taken'}"] += 1
        if kind == "cut":
            return loopback_slack.Outcome(cut=True, taken=taken)
        if kind == "internal_error":
            return loopback_slack.Outcome({"ok": False, "error": "internal_error"}, taken=taken)
        return loopback_slack.Outcome("<html>", 500 if kind == "500" else 200, taken=taken)

    async with LoopbackSlack() as server:
        server.readable, server.mood = True, mood
        account = Account(loopback_slack.BOT_TOKEN, loopback_slack.APP_TOKEN, server.base_url)
        platform = SlackPlatform(commands_of(object()), account, Kept(), pace=0.0)
        await platform.start()

        def found() -> Counter[tuple[str, str]]:
            return Counter((told["channel"], told["text"].split("\n")[1]) for told in server.messages)

        yield platform, [f"C{n}" for n in range(_CHANNELS)], found
        await platform.stop()


@asynccontextmanager
async def discord(rng: random.Random, seen: Counter[str]) -> AsyncIterator[tuple[Platform, list[str], Found]]:
    """Discord, which drops copies, and lets the bot look."""

    def mood() -> loopback_discord.Outcome | None:
        if rng.random() > _TROUBLE:
            return None
        kind, taken = rng.choice(("cut", "500", "502")), rng.random() < 0.5
        seen[f"{kind}, {'taken' if taken else 'not taken'}"] += 1
        if kind == "cut":
            return loopback_discord.Outcome(cut=True, taken=taken)
        return loopback_discord.Outcome(int(kind), {"code": 0, "message": "no"}, taken=taken)

    async with LoopbackDiscord() as server:
        server.mood = mood
        options: Mapping[str, str] = {"token": loopback_gateway.TOKEN, "base_url": server.base_url}
        platform = connect_discord(commands_of(object()), options, Kept())
        await platform.start()

        def found() -> Counter[tuple[str, str]]:
            return Counter(
                (channel, told["embeds"][0]["title"]) for channel, held in server.messages.items() for told in held
            )

        yield platform, [str(1000 + n) for n in range(_CHANNELS)], found
        await platform.stop()


async def post_through(make: Any, name: str, wanted: int, seed: int = 1) -> Result:
    """Owe messages until so many answers said nothing; then hold what the server has against what was owed."""
    rng, seen = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="monazite-") as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 'monazite.db'}")
        await database.upgrade()
        now = _START
        async with make(rng, seen) as (platform, channels, found):
            builder = Composer({_FEED.id: _FEED}, Summaries(ExtractiveSummariser()))
            deliverer = Deliverer(
                database, {platform.name: platform}, builder, clock=lambda: now, owner="torture", rng=rng
            )  # fmt: skip
            places = [Channel(platform.name, channel) for channel in channels]
            expected: set[tuple[str, str]] = set()
            while seen.total() < wanted:
                expected |= await _owe(database, places, len(expected) // len(places) + 1, now)
                for _ in range(40):
                    await deliverer.deliver_due()
                    now += _BEAT
            while await _is_owing(database):
                await deliverer.deliver_due()
                now += _BEAT
            held = found()
        async with database.read() as tx:
            repeated = await backlog.count_repeated(tx)
        await database.close()
    lost, twice = len(expected - held.keys()), sum(number - 1 for number in held.values())
    figure = f"{seen.total()} such answers to {len(expected)} messages: {lost} lost, {twice} twice, {repeated} doubtful"
    return Result(f"answers that say nothing, {name}", figure, "0 lost, 0 twice", lost == 0 == twice)


async def torture(wanted: int = 500) -> list[Result]:
    """Both adapters."""
    return [await post_through(slack, "Slack", wanted), await post_through(discord, "Discord", wanted)]


async def _owe(database: Database, places: list[Channel], number: int, now: datetime) -> set[tuple[str, str]]:
    async with database.write() as tx:
        await feeds.register(tx, [_FEED])
        for place in places:
            await subscriptions.subscribe(tx, Subscription(place, "rare-earths"), "ann", now)
        title = f"Kiln {number} fails"
        entry = Entry(_FEED.id, str(number), "https://gazette.example/kiln", title, "It failed.", "en", published=now)
        (entry_id,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED)], now)
        await stories.add_matches(tx, {entry_id: [Match("rare-earths", 0.9, matched=True)]})
        await stories.add_stories(tx, [StoryRow(number, title, now, now)])
        filing = Filing(entry_id, number, Relation.NEW, None, entry_id, Stance.REPORT, "", "", None)
        await stories.add_filings(tx, [filing])
        await outbox.owe(tx, [Owed(place, Kind.ALERT, number, entry_id, ("rare-earths",)) for place in places], now)
    return {(place.id, title) for place in places}


async def _is_owing(database: Database) -> bool:
    async with database.read() as tx:
        return await backlog.oldest_owed(tx) is not None
