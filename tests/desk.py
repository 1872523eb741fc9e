"""A small newsroom in a real SQLite file: one story with its denial, an entry off topic, and the real commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.classify import Classifier, load_topics
from bot.commands import Commands
from bot.commands.corrections import StoryEditor
from bot.commands.service import Service
from bot.commands.topics import TopicWorkshop
from bot.commands.verdicts import Review
from bot.delivery.compose import Composer
from bot.delivery.summaries import Summaries
from bot.intake.topics import Topics
from bot.model import Entry, Feed, Outcome, Ownership, Relation, Stance
from bot.storage import feeds, stories
from bot.storage.database import Database
from bot.storage.stories import Filing, StoryRow
from bot.summarise.extractive import ExtractiveSummariser

NOW = datetime(2025, 10, 13, 12, tzinfo=UTC)
FEED = Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1)
ENTRIES = (
    Entry(
        "ledger",
        "1",
        "https://ledger.example/ore",
        "Pakistan ships rare earth samples to US firm",
        "Pakistan has sent its first samples of rare earth ore to a company in the United States. The firm paid.",
        "en",
        published=NOW - timedelta(days=3),
    ),
    Entry(
        "ledger",
        "2",
        "https://ledger.example/denial",
        "China denies link between export controls and Pakistan's rare earth samples",
        "Beijing called the report about rare earth samples from Pakistan false.",
        "en",
        published=NOW - timedelta(hours=2),
    ),
    Entry("ledger", "3", "https://ledger.example/cricket", "Batters rescue the test in Multan", "A slow pitch.", "en"),
)


@dataclass(frozen=True)
class Desk:
    """The commands, and the database that they work on."""

    commands: Commands
    database: Database


@asynccontextmanager
async def open_desk(folder: Path, entries: Sequence[Entry] = ENTRIES) -> AsyncIterator[Desk]:
    """A desk whose file lies in ``folder``. ``entries`` are a story's first, its denial, and one off topic."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'm.db'}")
    await database.upgrade()
    try:
        yield Desk(await _furnish(database, entries), database)
    finally:
        await database.close()


async def _furnish(database: Database, entries: Sequence[Entry]) -> Commands:
    topics = load_topics()
    classifier = Classifier(topics)
    async with database.write() as tx:
        await feeds.register(tx, [FEED])
        outcomes = (Outcome.ALERTED, Outcome.ALERTED, Outcome.OFF_TOPIC)
        rows = [(entry, entry.url, outcome) for entry, outcome in zip(entries, outcomes, strict=True)]
        first, second, _ = await feeds.add_entries(tx, rows, NOW)
        for entry_id, entry in ((first, entries[0]), (second, entries[1])):
            matched = [match for match in classifier.classify(entry) if match.matched]
            assert matched, entry.title
            await stories.add_matches(tx, {entry_id: matched})
        story = await stories.next_id(tx)
        opened = NOW - timedelta(days=3)
        await stories.add_stories(tx, [StoryRow(story, entries[0].title, opened, opened)])
        filings = [
            Filing(first, story, Relation.NEW, None, first, Stance.REPORT, "", "", None),
            Filing(second, story, Relation.DENIAL, first, second, Stance.DENY, "Beijing", entries[1].text, None),
        ]
        await stories.add_filings(tx, filings)
        await stories.touch(tx, {story: NOW - timedelta(hours=2)})
    in_force = Topics(classifier)
    service = Service(
        database,
        Composer({FEED.id: FEED}, Summaries(ExtractiveSummariser())),
        in_force,
        feeds={FEED.id: FEED},
        clock=lambda: NOW,
        started=NOW - timedelta(hours=5),
    )
    workshop, review = TopicWorkshop(database, in_force, clock=lambda: NOW), Review(database, clock=lambda: NOW)
    return Commands(service, workshop, review, StoryEditor(database))
