"""Entry → story, with the database: the index of open stories follows the rows, and new filings become rows."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from bot.intake.recipients import side_of
from bot.languages.voices import party_of
from bot.model import Assignment, Channel, Entry, Feed, Match, Relation, StanceFinding
from bot.ports import Embedder
from bot.storage import editing, outbox, stories
from bot.storage.statements import Transaction
from bot.storage.stories import FiledRow, Filing, StoryRow
from bot.stories.assign import FiledEntry, StoryIndex
from bot.stories.profile import stated_numbers
from bot.stories.stance import detect_stance
from bot.text.urls import canonical_url

_MOST_FIGURES, _FIGURES_WITHIN = 300, 3000  # numbers remembered of a story; characters of a text in which they are read


class Filed(NamedTuple):
    """How an entry was filed, whether it adds something to its story, and which channels knew of the story before."""

    story_id: int
    relation: Relation
    adds: bool
    told: frozenset[Channel]


class FilingRoom:
    """Knows the open stories. ``catalogue`` maps feed ids to feeds, for the sides that speak in a story.

    The index is filled from the rows and follows them; ``forget`` empties it, which a transaction that failed needs.
    """

    def __init__(self, catalogue: Mapping[str, Feed], *, window: timedelta, embedder: Embedder | None) -> None:
        self._catalogue = catalogue
        self._window = window
        self._embedder = embedder
        self._edition = 0
        self.forget()

    def forget(self) -> None:
        """Drop what is known; it is read again from the rows."""
        self._index = StoryIndex(embedder=self._embedder, window=self._window)
        self._newest = -1
        self._heard: dict[int, set[str]] = {}
        self._figures: dict[int, set[str]] = {}
        self._told: dict[int, set[Channel]] = {}
        self._opened: list[StoryRow] = []
        self._filings: list[Filing] = []
        self._moved: dict[int, datetime] = {}
        self._next_story = 0

    async def follow(self, tx: Transaction, now: datetime) -> None:
        """Begin a transaction: take in the filings that were committed since the last look, by whichever process."""
        edition = await editing.stories_edition(tx)
        if edition != self._edition:
            self.forget()
            self._edition = edition
        self._told = {}
        self._opened, self._filings, self._moved = [], [], {}
        rows = await stories.filed(tx, after=self._newest, updated_since=now - self._window)
        await asyncio.to_thread(self._take_in, rows)
        self._next_story = await stories.next_id(tx)

    async def file(
        self,
        tx: Transaction,
        entry_id: int,
        entry: Entry,
        feed: Feed,
        matches: Sequence[Match],
        *,
        now: datetime,
        silent: bool,
    ) -> Filed:
        """Assign one entry; the rows are written by ``write``.

        ``silent`` says that nobody will be told of the entry: then nobody is looked up, and the embedding model, which
        takes tens of milliseconds a text, is left out of it.
        """
        finding = await asyncio.to_thread(detect_stance, entry)  # the first of a language compiles its words
        wanted = _filed_entry(entry_id, entry, finding, (match.topic for match in matches), embed=not silent)
        if silent or self._embedder is None:
            assignment, origin, vector = self._assign(wanted)
        else:
            assignment, origin, vector = await asyncio.to_thread(self._assign, wanted)
        when = min(entry.published or now, now)
        story_id = assignment.story
        if story_id is None:
            story_id = self._next_story
            self._next_story += 1
            self._opened.append(StoryRow(story_id, entry.title, when, when))
        elif when > self._moved.get(story_id, when - timedelta(1)):
            self._moved[story_id] = when
        relation, of = assignment.relation, assignment.of
        row = Filing(
            entry_id, story_id, relation, of, origin, finding.stance, finding.speaker, finding.sentence,
            assignment.score, stories.vector_bytes(vector),
        )  # fmt: skip
        self._filings.append(row)
        self._index.add(wanted, story_id, relation, of=of, origin=origin)
        self._newest = max(self._newest, entry_id)
        told = frozenset() if silent else frozenset(await self._told_of(tx, story_id))
        adds = self._hear(story_id, relation, side_of(feed, entry), party_of(finding.speaker, entry.language), entry)
        return Filed(story_id, relation, adds, told)

    async def write(self, tx: Transaction) -> None:
        """Store what was filed in this transaction."""
        await stories.add_stories(tx, self._opened)
        await stories.add_filings(tx, self._filings)
        await stories.touch(tx, self._moved)

    def tell(self, story_id: int, channels: Iterable[Channel]) -> None:
        """Remember who is being told of a story in this transaction."""
        self._told.setdefault(story_id, set()).update(channels)

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
                self._hear(filing.story_id, filing.relation, side_of(feed, entry), party, entry)

    def _assign(
        self, wanted: FiledEntry
    ) -> tuple[Assignment, int, np.ndarray[tuple[int], np.dtype[np.float32]] | None]:
        assignment = self._index.assign(wanted)
        return assignment, self._index.origin(wanted, assignment), self._index.vector(wanted)

    def _hear(self, story_id: int, relation: Relation, side: str, party: str, entry: Entry) -> bool:
        """Note that a side spoke in a story; return whether that adds something to be told.

        The first denial adds something whoever prints it, and so does the first of each ``party`` (the country that is
        said to deny, else that of the official voice that prints it); confirmations likewise. Any other coverage adds
        something when its side was not heard before, or when its headline states a number that nobody had stated.
        """
        heard = self._heard.setdefault(story_id, set())
        headline, figures = stated_numbers(entry.title), self._figures.setdefault(story_id, set())
        new_figure = bool(headline - figures)
        if len(figures) < _MOST_FIGURES:
            figures |= headline | stated_numbers(entry.text[:_FIGURES_WITHIN])
        if relation in (Relation.DENIAL, Relation.CONFIRMATION):
            country, _, voice = side.partition(" ")
            who = party or (country if voice == "official" else "")
            adds = relation.value not in heard or bool(who and f"{relation.value} {who}" not in heard)
            heard |= {relation.value, side} | ({f"{relation.value} {who}"} if who else set())
            return adds
        adds = (bool(side) and side not in heard) or new_figure
        heard.add(side)
        return adds

    async def _told_of(self, tx: Transaction, story_id: int) -> set[Channel]:
        if story_id not in self._told:
            self._told[story_id] = await outbox.channels_told(tx, story_id)
        return self._told[story_id]


def _filed_entry(
    entry_id: int,
    entry: Entry,
    finding: StanceFinding,
    topics: Iterable[str],
    vector: np.ndarray[tuple[int], np.dtype[np.float32]] | None = None,
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
