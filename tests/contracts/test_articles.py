"""Pages for entries that only tease: asked for once, before the alert goes out, and never in its way."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.delivery import material
from bot.delivery.compose import Composer
from bot.delivery.sender import Deliverer
from bot.delivery.summaries import Summaries
from bot.model import (
    Alert,
    Channel,
    Delivery,
    Entry,
    Feed,
    Kind,
    Match,
    Outcome,
    Ownership,
    Relation,
    Stance,
    Subscription,
)
from bot.ports import Platform
from bot.storage import feeds, outbox, stories, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.stories import Filing, StoryRow
from bot.summarise.extractive import ExtractiveSummariser
from tests.paper import Paper

NOW = datetime(2025, 10, 3, 12, tzinfo=UTC)
DESK = Channel("paper", "desk")
FEED = Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1)
PAGE = (
    "The kiln at Dunmore failed on Friday after a fire in the solvent hall, its owner said. "
    "Nobody was hurt, but nine weeks of terbium output are lost."
)


class Press:
    """Answers as pages would; counts what it was asked for."""

    def __init__(self, text: str = PAGE, seconds: float = 0.0) -> None:
        self.asked: list[str] = []
        self.text, self._seconds = text, seconds

    async def read(self, url: str, _now: datetime) -> str:
        self.asked.append(url)
        await asyncio.sleep(self._seconds)
        return self.text


async def deliver(
    database: Database, press: Press | None, text: str = "Kiln fails …", *, look_again: bool = True
) -> Alert:
    paper = Paper(lambda: NOW)
    platforms: dict[str, Platform] = {"paper": paper}
    builder = Composer({FEED.id: FEED}, Summaries(ExtractiveSummariser()))
    deliverer = Deliverer(
        database, platforms, builder, clock=lambda: NOW, owner="test", rng=random.Random(1),
        read_page=press.read if press else None,
    )  # fmt: skip
    async with database.write() as tx:
        await feeds.register(tx, [FEED])
        await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", NOW)
        entry = Entry(
            FEED.id, "1", "https://ledger.example/kiln", "Dunmore terbium kiln fails", text, "en", published=NOW
        )
        (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED)], NOW)
        await stories.add_matches(tx, {number: [Match("rare-earths", 0.9, matched=True)]})
        story = await stories.next_id(tx)
        await stories.add_stories(tx, [StoryRow(story, entry.title, NOW, NOW)])
        filing = Filing(number, story, Relation.NEW, None, number, Stance.REPORT, "", "", None)
        await stories.add_filings(tx, [filing])
        await outbox.owe(tx, [Owed(DESK, Kind.ALERT, story, number, ("rare-earths",))], NOW)
    await deliverer.deliver_due()
    (sheet,) = paper.sheets
    message = sheet.message
    assert isinstance(message, Alert)
    if not look_again:
        return message
    async with database.read() as tx:
        again = await builder.for_story(tx, story, NOW)
        owed = Delivery(1, "", DESK, Kind.ALERT, story, number, (), 0, NOW)
        if press and press.text:
            assert (await material.read(tx, owed)).stories[0].teasers == {}
    assert again.sentences == message.sentences
    return message


async def test_a_teaser_is_summarised_from_its_page(database: Database) -> None:
    press = Press()
    message = await deliver(database, press)
    assert press.asked == ["https://ledger.example/kiln"]
    assert all(sentence.text in PAGE for sentence in message.sentences)
    assert message.sentences


async def test_a_page_that_is_not_to_be_had_holds_nothing_up(database: Database) -> None:
    press = Press("")
    message = await deliver(database, press)
    assert len(press.asked) == 1
    assert all(sentence.text not in PAGE for sentence in message.sentences)


async def test_a_text_that_says_enough_needs_no_page(database: Database) -> None:
    press = Press()
    await deliver(database, press, text=" ".join([PAGE] * 6))
    assert press.asked == []


async def test_without_a_reader_the_feed_is_all_there_is(database: Database) -> None:
    assert all(sentence.text not in PAGE for sentence in (await deliver(database, None)).sentences)


async def test_an_alert_reads_its_story_once(database: Database) -> None:
    statements: list[str] = []

    def note(*seen: Any) -> None:
        statements.append(" ".join(str(seen[2]).split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await deliver(database, Press(), look_again=False)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    rows = [one for one in statements if one.startswith("SELECT story_entry.")]
    pages = [one for one in statements if one.startswith("SELECT article.")]
    assert (len(rows), len(pages)) == (1, 1)
