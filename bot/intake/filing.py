"""Entry → story, with the database: the index of open stories follows the rows, and files what is new."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bot.languages.voices import party_of
from bot.model import Entry, Feed, Match, Outcome, Relation
from bot.ports import Embedder
from bot.storage import editing, stories
from bot.storage.database import Database
from bot.storage.statements import Transaction
from bot.storage.stories import FiledRow, Filing, StoryRow
from bot.stories.assign import Assignment, FiledEntry, StoryIndex
from bot.stories.news import Addition, Said, coverage_of, judge
from bot.stories.profile import Vector
from bot.stories.stance import StanceFinding, detect_stance
from bot.text.urls import canonical_url


@dataclass(frozen=True, slots=True)
class Understood:
    """An entry on topic. ``held`` says why nobody is to be alerted whatever it says; None if somebody may be."""

    id: int
    feed: Feed
    entry: Entry
    matches: tuple[Match, ...]
    held: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """An entry under its story: how it relates to the story, and what it adds to it.

    ``of`` is the id of the entry that it copies, denies or confirms; ``origin`` that of the first entry with its
    wording. ``vector`` is None where the entry was not embedded.
    """

    understood: Understood
    story_id: int
    relation: Relation
    of: int | None
    origin: int
    finding: StanceFinding
    addition: Addition
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Filings:
    """What one transaction files: entries in order of publication, the stories they open, the new times of others."""

    filed: tuple[Filed, ...] = ()
    opened: tuple[StoryRow, ...] = ()
    moved: Mapping[int, datetime] | None = None


class Filer:
    """Files entries under stories. ``catalogue`` maps feed ids to feeds, for the sides that speak in a story.

    It keeps the open stories in memory. They are filled from the rows and follow them, whichever process wrote them.
    """

    def __init__(self, catalogue: Mapping[str, Feed], *, window: timedelta, embedder: Embedder | None) -> None:
        self._catalogue = catalogue
        self._window = window
        self._embedder = embedder
        self._edition = 0
        self._forget()

    @asynccontextmanager
    async def transaction(self, database: Database) -> AsyncIterator[Transaction]:
        """Open a write transaction. If it fails, the open stories are read again from the rows at the next one."""
        try:
            async with database.write() as tx:
                yield tx
        except BaseException:
            self._forget()
            raise

    async def file(self, tx: Transaction, entries: Sequence[Understood], now: datetime) -> Filings:
        """Assign entries to stories in order of publication. Nothing is written: ``write`` does that.

        The transaction must be one that ``transaction`` opened.
        """
        await self._follow(tx, now)
        next_story = await stories.next_id(tx)
        filed: list[Filed] = []
        opened: list[StoryRow] = []
        moved: dict[int, datetime] = {}
        for one in sorted(entries, key=lambda one: (one.entry.published or now, one.id)):
            found = await self._file(one, next_story)
            when = min(one.entry.published or now, now)
            if found.story_id == next_story:
                opened.append(StoryRow(next_story, one.entry.title, when, when))
                next_story += 1
            elif when > moved.get(found.story_id, when - timedelta(1)):
                moved[found.story_id] = when
            filed.append(found)
        return Filings(tuple(filed), tuple(opened), moved)

    def _forget(self) -> None:
        self._index = StoryIndex(embedder=self._embedder, window=self._window)
        self._newest = -1
        self._said: dict[int, Said] = {}

    async def _follow(self, tx: Transaction, now: datetime) -> None:
        """Take in the filings that were committed since the last transaction; all of them after a correction."""
        edition = await editing.stories_edition(tx)
        if edition != self._edition:
            self._forget()
            self._edition = edition
        rows = await stories.filed(tx, after=self._newest, updated_since=now - self._window)
        await asyncio.to_thread(self._take_in, rows)

    async def _file(self, one: Understood, next_story: int) -> Filed:
        """Assign one entry. An entry that alerts nobody is spared the embedding, which takes tens of milliseconds."""
        finding = await asyncio.to_thread(detect_stance, one.entry)  # the first of a language compiles its words
        embed = one.held is None and self._embedder is not None
        wanted = _filed_entry(one.id, one.entry, finding, (m.topic for m in one.matches), embed=one.held is None)
        assignment, origin, vector = await asyncio.to_thread(self._assign, wanted) if embed else self._assign(wanted)
        story_id = next_story if assignment.story is None else assignment.story
        self._index.add(wanted, story_id, assignment.relation, of=assignment.of, origin=origin)
        self._newest = max(self._newest, one.id)
        party = party_of(finding.speaker, one.entry.language)
        addition = self._judge(story_id, one.entry, one.feed, assignment.relation, party)
        return Filed(one, story_id, assignment.relation, assignment.of, origin, finding, addition, vector)

    def _assign(self, wanted: FiledEntry) -> tuple[Assignment, int, Vector | None]:
        assignment = self._index.assign(wanted)
        return assignment, self._index.origin(wanted, assignment), self._index.vector(wanted)

    def _judge(self, story_id: int, entry: Entry, feed: Feed, relation: Relation, party: str) -> Addition:
        coverage = coverage_of(entry, feed, relation, party)
        addition, self._said[story_id] = judge(self._said.get(story_id, Said()), coverage)
        return addition

    def _take_in(self, rows: Sequence[FiledRow]) -> None:
        for row in rows:
            filing, entry = row.filing, row.stored.entry
            finding = StanceFinding(filing.stance, filing.speaker, filing.sentence)
            vector = np.frombuffer(filing.vector, dtype=np.float32) if filing.vector else None
            filed = _filed_entry(filing.entry_id, entry, finding, row.topics, vector, embed=False)
            self._index.add(filed, filing.story_id, filing.relation, of=filing.of, origin=filing.origin)
            self._newest = max(self._newest, filing.entry_id)
            if feed := self._catalogue.get(entry.feed_id):
                party = party_of(filing.speaker, entry.language)
                self._judge(filing.story_id, entry, feed, filing.relation, party)


async def write(tx: Transaction, filings: Filings) -> None:
    """Store what ``Filer.file`` decided. The entries' own rows must be stored."""
    await stories.add_stories(tx, filings.opened)
    await stories.add_filings(tx, [_row(one) for one in filings.filed])
    await stories.touch(tx, filings.moved or {})


def _row(filed: Filed) -> Filing:
    finding, vector = filed.finding, stories.vector_bytes(filed.vector)
    return Filing(
        filed.understood.id, filed.story_id, filed.relation, filed.of, filed.origin,
        finding.stance, finding.speaker, finding.sentence, vector,
    )  # fmt: skip


def _filed_entry(
    entry_id: int,
    entry: Entry,
    finding: StanceFinding,
    topics: Iterable[str],
    vector: Vector | None = None,
    *,
    embed: bool = True,
) -> FiledEntry:
    return FiledEntry(
        id=entry_id,
        title=entry.title,
        text=entry.text,
        language=entry.language,
        publisher=entry.publisher or entry.feed_id,
        published=entry.published,
        url=canonical_url(entry.url),
        stance=finding.stance,
        sentence=finding.sentence,
        topics=frozenset(topics),
        vector=vector,
        embed=embed,
    )
