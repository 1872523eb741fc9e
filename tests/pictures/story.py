"""The story of the pictures, as the bot itself tells it: filed, summarised and worded by what does so in service."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bot.classify import Classifier, load_topics
from bot.delivery import material
from bot.delivery.compose import Composer
from bot.delivery.summaries import Summaries
from bot.intake.filing import Filer, Understood, write
from bot.model import Alert, Channel, Delivery, Entry, Feed, FollowUp, Kind, Message, Outcome, Ownership, Relation
from bot.storage import feeds, stories
from bot.storage.database import Database
from bot.storage.statements import Transaction
from bot.storage.stories import StoryRow
from bot.summarise.extractive import ExtractiveSummariser
from bot.text.urls import canonical_url

_MORNING = datetime(2025, 10, 3, 9, 30, tzinfo=UTC)
_BEFORE = 11  # stories that the bot had told already
_SHIPPED = (
    "Pakistan's first rare earth samples for a US firm, two tonnes in all, left Karachi for Missouri on Thursday. "
    "Both sides signed an agreement in September."
)


class _Paper(NamedTuple):
    name: str
    country: str
    language: str
    ownership: Ownership
    hours: float  # after the alert
    title: str
    text: str

    @property
    def feed(self) -> Feed:
        host = self.name.lower().replace(" ", "-")
        address = f"https://{host}.example/"
        return Feed(host, self.name, address, self.language, self.name, self.country, self.ownership, 1)

    @property
    def entry(self) -> Entry:
        address, when = f"{self.feed.url}2025/10/03/samples", _MORNING + timedelta(hours=self.hours)
        return Entry(self.feed.id, "1", address, self.title, self.text, self.language, published=when)


_ALERTED = (
    _Paper(
        "Indus Courier", "PK", "en", Ownership.INDEPENDENT, -1,
        "Pakistan ships first rare earth samples to US firm", _SHIPPED,
    ),
    _Paper(
        "Roznama Subh", "PK", "ur", Ownership.INDEPENDENT, -0.5,
        "پاکستان نے نایاب معدنیات کے پہلے نمونے امریکی کمپنی کو بھیج دیے",
        "نمونے جمعرات کو کراچی سے میسوری کے لیے روانہ ہوئے، جہاں کمپنی ان کا معائنہ کرے گی۔",
    ),
    _Paper(
        "Ridge Metals Weekly", "US", "en", Ownership.INDEPENDENT, -0.2,
        "Missouri firm awaits first rare earth samples from Pakistan",
        "The buyer of the rare earth samples plans a refinery in Pakistan that is to cost 500 million dollars. "
        "A first team of engineers flies to Islamabad this month.",
    ),
)  # fmt: skip
_FOLLOWED = (
    _Paper(
        "Harbour Post", "PK", "en", Ownership.INDEPENDENT, 0.5,
        "Pakistan ships first rare earth samples to US firm", _SHIPPED,
    ),
    _Paper(
        "Great River Daily", "CN", "zh", Ownership.STATE, 6,
        "中国外交部：巴基斯坦向美企交付稀土样品的报道纯属捏造", "外交部发言人周五表示，有关报道纯属捏造，与事实不符。",
    ),
)  # fmt: skip


class Told(NamedTuple):
    """The first message of the story when it was posted, the same as edited later, and the denial in its thread."""

    alert: Alert
    grown: Alert
    denial: FollowUp


def tell() -> Told:
    """Have the bot read the papers, and return what it says."""
    with TemporaryDirectory() as folder:
        return asyncio.run(_tell(Path(folder)))


async def _tell(folder: Path) -> Told:
    catalogue = {paper.feed.id: paper.feed for paper in (*_ALERTED, *_FOLLOWED)}
    database = Database(f"sqlite+aiosqlite:///{folder / 'pictures.db'}")
    builder = Composer(catalogue, Summaries(ExtractiveSummariser()))
    filer = Filer(catalogue, window=timedelta(days=3), embedder=None)
    try:
        await database.upgrade()
        async with database.write() as tx:
            await feeds.register(tx, catalogue.values())
            await stories.add_stories(tx, [StoryRow(_BEFORE, "", _MORNING, _MORNING)])
            await _read(tx, filer, _ALERTED)
            alert = await _said(tx, builder, Kind.ALERT, Relation.NEW, _MORNING)
            await _read(tx, filer, _FOLLOWED)
            grown = await _said(tx, builder, Kind.HEAD, Relation.NEW, _MORNING)
            denial = await _said(tx, builder, Kind.DENIAL, Relation.DENIAL, _MORNING + timedelta(hours=6))
    finally:
        await database.close()
    assert isinstance(alert, Alert)
    assert isinstance(grown, Alert)
    assert isinstance(denial, FollowUp)
    return Told(alert, grown, denial)


async def _read(tx: Transaction, filer: Filer, papers: Sequence[_Paper]) -> None:
    """Store and file what the papers print, as a poll does."""
    classifier, now = Classifier(load_topics()), max(paper.entry.published or _MORNING for paper in papers)
    understood = []
    rows = [(paper.entry, canonical_url(paper.entry.url), Outcome.ALERTED) for paper in papers]
    for number, paper in zip(await feeds.add_entries(tx, rows, now), papers, strict=True):
        matched = tuple(match for match in classifier.classify(paper.entry) if match.matched)
        await stories.add_matches(tx, {number: matched})
        understood.append(Understood(number, paper.feed, paper.entry, matched, Outcome.OLD))
    await write(tx, await filer.file(tx, understood, now))


async def _said(tx: Transaction, builder: Composer, kind: Kind, relation: Relation, when: datetime) -> Message:
    """What the bot says on the one entry of the story that stands so to it."""
    rows = await stories.filed(tx, story_ids=[_BEFORE + 1])
    [row] = [row for row in rows if row.filing.relation == relation]
    place = Channel("console", "desk")
    owed = Delivery(1, "", place, kind, _BEFORE + 1, row.filing.entry_id, tuple(row.topics), 0, when)
    return await builder.compose(await material.read(tx, owed))
