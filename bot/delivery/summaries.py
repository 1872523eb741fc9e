"""Which entries tell a story, and the summary made of them, once for every channel that gets the story."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from bot.model import CitedSentence, Document, QuotedSentence, Relation
from bot.ports import Summariser
from bot.storage.stories import FiledRow
from bot.stories.claims import Statement

_CACHE = 256
"""Stories whose summary is remembered. Chosen by hand: more than are posted between two ticks, at a few kB each."""
_DOCUMENTS = 12
"""Documents of a summary. More add nothing to three sentences and cost time (``make eval``, milliseconds each)."""


class Plan(NamedTuple):
    """A summary to be made: how many sentences, of which rows (by their place), and their documents.

    ``key`` differs whenever the summary may.
    """

    key: tuple[int, ...]
    sentences: int
    chosen: tuple[int, ...]
    documents: tuple[Document, ...]


def plan(rows: Sequence[FiledRow], sentences: int) -> Plan:
    """Choose the documents that tell a story best: no copies, and none that only repeats its headline.

    Readers share English, so other languages are used only where there is none. A denial gets one sentence of its own
    behind what it denies (``answer``); otherwise its many reports would crowd the claim out.
    """
    originals = [n for n, row in enumerate(rows) if row.filing.relation != Relation.COPY] or [0]
    originals = [n for n in originals if statement(rows[n]).says_more] or originals
    reports = [n for n in originals if rows[n].filing.relation != Relation.DENIAL]
    if reports and sentences > 1 and _denials(rows):
        originals, sentences = reports, sentences - 1
    english = [n for n in originals if rows[n].stored.entry.language == "en"]
    chosen = (english or originals)[:_DOCUMENTS]
    entries = [rows[n].stored.entry for n in chosen]
    documents = tuple(Document(entry.title, entry.text or entry.title) for entry in entries)
    length = sum(len(row.stored.entry.text) for row in rows)  # which a page's text changes
    key = (sentences, length, *(row.filing.entry_id for row in rows))
    return Plan(key, sentences, tuple(chosen), documents)


def answer(rows: Sequence[FiledRow], planned: Plan) -> tuple[QuotedSentence, ...]:
    """Return the sentence that denies what a summary tells, if the summary was made without those who deny it."""
    denials = _denials(rows)
    if not denials or any(rows[n].filing.relation == Relation.DENIAL for n in planned.chosen):
        return ()
    best = min(denials, key=lambda n: rows[n].stored.entry.language != "en")
    return (QuotedSentence(rows[best].filing.sentence, best),)


class Summaries:
    """Makes summaries and remembers them. ``remote`` is a summariser that takes its time; None does without."""

    def __init__(self, local: Summariser, remote: Summariser | None = None) -> None:
        self._local = local
        self._remote = remote
        self._made: dict[tuple[int, ...], tuple[QuotedSentence, ...]] = {}

    async def prepare(self, planned: Plan) -> None:
        """Have the remote summariser make a summary, in a thread; without one there is nothing to prepare."""
        if self._remote is not None and planned.key not in self._made:
            ask = partial(self._remote.summarise, planned.documents, sentences=planned.sentences)
            self._remember(planned, await asyncio.to_thread(ask))

    def of(self, planned: Plan) -> tuple[QuotedSentence, ...]:
        """Return a summary: the one that was made before, else one made here."""
        if planned.key not in self._made:
            self._remember(planned, self._local.summarise(planned.documents, sentences=planned.sentences))
        return self._made[planned.key]

    def _remember(self, planned: Plan, summary: Sequence[CitedSentence]) -> None:
        while len(self._made) >= _CACHE:
            self._made.pop(next(iter(self._made)))
        self._made[planned.key] = tuple(QuotedSentence(s.text, planned.chosen[s.document]) for s in summary)


def statement(row: FiledRow, *, official: bool = False) -> Statement:
    """Return what a row says in its story."""
    entry = row.stored.entry
    return Statement(
        entry=row.filing.entry_id,
        relation=row.filing.relation,
        answers=row.filing.of,
        stance=row.filing.stance,
        speaker=row.filing.speaker,
        sentence=row.filing.sentence,
        title=entry.title,
        text=entry.text,
        publisher=entry.publisher,
        language=entry.language,
        official=official,
        published=entry.published or row.stored.seen,
    )


def _denials(rows: Sequence[FiledRow]) -> list[int]:
    return [n for n, row in enumerate(rows) if row.filing.relation == Relation.DENIAL and row.filing.sentence]
