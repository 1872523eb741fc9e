"""Story → message: gathers who said what, has it summarised once, and says why it matched."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from babel import Locale

from bot.classify import reason
from bot.errors import CommandError
from bot.languages.index_terms import index_terms
from bot.languages.sentences import sentences as split
from bot.languages.voices import in_english
from bot.model import (
    CitedSentence,
    Claim,
    Delivery,
    Document,
    Feed,
    Kind,
    Message,
    Ownership,
    Publication,
    QuotedSentence,
    Relation,
    Stance,
)
from bot.pages.article import is_teaser
from bot.ports import Summariser
from bot.storage import articles, digests, stories
from bot.storage.digests import Bundled
from bot.storage.statements import Transaction
from bot.storage.stories import FiledRow
from bot.stories import claims
from bot.stories.claims import Statement
from bot.text.spans import count_of
from bot.text.urls import host_of

_CACHE = 256  # stories whose summary is remembered
_ALERT_SENTENCES = 3
_PAGES = 3  # that are fetched for one message
_DOCUMENTS = 12  # per summary: more add nothing to three sentences and cost time
_EARLIER, _EARLIER_SENTENCES = 30, 10  # entries of a story, and sentences of each, that an update is held against
_SAID_AGAIN = 0.7  # of a sentence's terms in one earlier sentence, from which it says nothing new
_WEIGHTS = (Kind.ALERT, Kind.DENIAL, Kind.CONFIRMATION, Kind.UPDATE)  # what tells a story in a digest, first to last
_RELATION_KINDS = {Relation.DENIAL: Kind.DENIAL, Relation.CONFIRMATION: Kind.CONFIRMATION}
_STANCE_OF_KIND = {Kind.DENIAL: Stance.DENY, Kind.CONFIRMATION: Stance.CONFIRM}


class Wanted(NamedTuple):
    """A summary to be made: the rows that were chosen for it, by their place, and their documents."""

    key: tuple[int, ...]
    chosen: tuple[int, ...]
    documents: tuple[Document, ...]


class MessageBuilder:
    """Builds messages from what is stored. ``feeds`` maps feed ids to the feeds of the present configuration."""

    def __init__(self, feeds: Mapping[str, Feed], summariser: Summariser) -> None:
        self._feeds = feeds
        self._official = frozenset(feed.id for feed in feeds.values() if feed.ownership == Ownership.OFFICIAL)
        self._summariser = summariser
        self._summaries: dict[tuple[int, ...], tuple[QuotedSentence, ...]] = {}

    async def for_delivery(self, tx: Transaction, owed: Delivery) -> Message:
        """The message that ``owed`` stands for.

        An alert tells the whole story as it stands at the time of posting; an update only what its entry says.

        Raises:
            CommandError: what it was about is no longer stored.
        """
        if owed.kind == Kind.NOTICE:
            return _notice(owed)
        if owed.kind == Kind.DIGEST:
            return await self._digest(tx, owed)
        return await self._one(tx, owed)

    async def _one(self, tx: Transaction, owed: Delivery) -> Message:
        rows = await self._rows(tx, owed.story)
        entry = next((row for row in rows if row.filing.entry_id == owed.entry), None)
        if entry is None:  # the story was pruned by hand while the message waited
            raise CommandError(f"story {owed.story} is no longer stored")
        why = await self._why(tx, owed.entry)
        if owed.kind in (Kind.ALERT, Kind.HEAD):
            return self._tell(rows, Kind.ALERT, owed.topics, why, owed.created)
        return self._tell_update(rows, entry, owed, why)

    async def _digest(self, tx: Transaction, owed: Delivery) -> Message:
        """One message of many: each story once, told by what weighs most of what was to be said of it."""
        heaviest: dict[int, Bundled] = {}
        for one in await digests.bundled(tx, owed.id):
            known = heaviest.get(one.story)
            if known is None or _WEIGHTS.index(one.kind) <= _WEIGHTS.index(known.kind):
                heaviest[one.story] = one
        parts = []
        for one in heaviest.values():
            single = replace(owed, kind=one.kind, story=one.story, entry=one.entry, topics=one.topics)
            try:
                parts.append(await self._one(tx, single))
            except CommandError:  # pruned by hand meanwhile: the others are still to be told
                continue
        if not parts:
            raise CommandError("none of its stories is stored any more")
        title = f"{owed.notice}: {count_of(len(parts), 'story', 'stories')}"
        return replace(_notice(owed), headline=title, notice="", stories=tuple(parts))

    async def for_story(self, tx: Transaction, story_id: int, now: datetime) -> Message:
        """The story as it stands. Raises CommandError where there is none with this id."""
        rows = await self._rows(tx, story_id)
        if not rows:
            raise CommandError(f"There is no story {story_id}. /recent lists the latest ones.")
        topics = tuple(sorted({topic for row in rows for topic in row.topics}))
        return self._tell(rows, Kind.STORY, topics, await self._why(tx, rows[0].filing.entry_id), now)

    async def claims(self, tx: Transaction, story_id: int) -> tuple[tuple[Claim, ...], tuple[Publication, ...]]:
        """The claim ledger of a story: who said what, in order of publication; copies are left out."""
        rows = {row.filing.entry_id: row for row in await stories.filed(tx, story_ids=[story_id])}
        ordered = claims.ledger([_statement(row) for row in rows.values()])
        ledger = tuple(Claim(s.stance, s.speaker, s.sentence or s.title, index) for index, s in enumerate(ordered))
        return ledger, tuple(self.publication(rows[s.entry]) for s in ordered)

    def publication(self, row: FiledRow) -> Publication:
        """Where an entry stands."""
        entry = row.stored.entry
        feed = self._feeds.get(entry.feed_id)
        publisher = entry.publisher or (feed.publisher if feed else "") or host_of(entry.url) or entry.feed_id
        own = bool(feed) and not entry.publisher  # a news query's own country says nothing about whom it quotes
        return Publication(
            publisher=publisher,
            country=country_name(feed.country) if feed and own else "",
            ownership=feed.ownership.value if feed and own else "",
            language=entry.language,
            url=entry.url,
            title=entry.title,
            published=entry.published or row.stored.seen,
            origin=row.filing.origin,
        )

    async def teasers(self, tx: Transaction, owed: Delivery) -> dict[int, str]:
        """The addresses of entries whose page would help to tell this, by entry: of those that only tease."""
        rows = await stories.filed(tx, story_ids=[owed.story])
        own = [row for row in rows if row.filing.entry_id == owed.entry]
        others = [row for row in rows if row.filing.relation != Relation.COPY and row not in own]
        wanted = own if owed.kind != Kind.ALERT else [*own, *others]
        wanted = [r for r in wanted if r.stored.entry.url and is_teaser(r.stored.entry.text, r.stored.entry.title)]
        known = await articles.texts(tx, [row.filing.entry_id for row in wanted])
        missing = [row for row in wanted if row.filing.entry_id not in known]
        return {row.filing.entry_id: row.stored.entry.url for row in missing[:_PAGES]}

    async def _rows(self, tx: Transaction, story_id: int) -> list[FiledRow]:
        """The filings of a story, with the page's text where the feed's was shorter."""
        rows = await stories.filed(tx, story_ids=[story_id])
        pages = await articles.texts(tx, [row.filing.entry_id for row in rows])
        return [_with_text(row, pages.get(row.filing.entry_id, "")) for row in rows]

    async def _why(self, tx: Transaction, entry_id: int) -> str:
        return "; ".join(reason(match) for match in await stories.matches_of(tx, entry_id))

    def _tell(
        self, rows: Sequence[FiledRow], kind: Kind, topics: tuple[str, ...], why: str, created: datetime
    ) -> Message:
        headline = claims.headline([_statement(row) for row in rows])
        first = next(row for row in rows if row.filing.entry_id == headline.entry)
        stances = {row.filing.stance for row in rows}
        stance = next((s for s in (Stance.DENY, Stance.CONFIRM) if s in stances), rows[0].filing.stance)
        speaker = next((r.filing.speaker for r in rows if r.filing.stance == stance and r.filing.speaker), "")
        return Message(
            kind=kind,
            story=rows[0].filing.story_id,
            headline=first.stored.entry.title,
            url=first.stored.entry.url,
            topics=topics,
            stance=stance,
            sentences=self._summary(rows, _ALERT_SENTENCES),
            publications=tuple(self.publication(row) for row in rows),
            origins=len({row.filing.origin for row in rows}),
            why=why,
            created=created,
            speaker=speaker,
        )

    def _tell_update(self, rows: Sequence[FiledRow], owing: FiledRow, owed: Delivery, why: str) -> Message:
        kind = _RELATION_KINDS.get(owing.filing.relation, owed.kind)
        statements = [_statement(row, self._official) for row in rows]
        said = next(s for s in statements if s.entry == owing.filing.entry_id)
        if kind in _STANCE_OF_KIND:
            said = claims.best_print(statements, said)
        row = next(row for row in rows if row.filing.entry_id == said.entry)
        sentences = self._news(rows, row) if _says_more(row) else ()
        stated = row.filing.sentence
        if kind in _STANCE_OF_KIND and stated and stated not in {s.text for s in sentences}:
            sentences = (QuotedSentence(stated, 0), *sentences[:1])
        shown = [row, *([owing] if owing is not row else [])]
        shown += [r for r in rows if r.filing.origin == row.filing.origin and r not in shown]
        speaker = in_english(row.filing.speaker, row.stored.entry.language)
        claim, headline = claims.answered_claim(statements, said), row.stored.entry.title
        foreign = row.stored.entry.language != "en"
        ours = claims.english_headline(said.relation, speaker, claim) if foreign and claim else ""
        return Message(
            kind=kind,
            story=row.filing.story_id,
            headline=ours or headline,
            url=row.stored.entry.url,
            topics=owed.topics,
            stance=_STANCE_OF_KIND.get(kind, row.filing.stance),
            sentences=tuple(s for s in sentences if s.text != headline),
            publications=tuple(self.publication(r) for r in shown),
            origins=len({r.filing.origin for r in rows}),
            why=why,
            created=owed.created,
            speaker=speaker,
            claim="" if ours else claim,
            original=headline if ours else "",
        )

    def _news(self, rows: Sequence[FiledRow], row: FiledRow) -> tuple[QuotedSentence, ...]:
        """Two sentences of an entry that say what its story had not said before."""
        before = [r for r in rows if r.filing.entry_id < row.filing.entry_id and r.filing.origin != row.filing.origin]
        said = [
            set(index_terms(sentence))
            for earlier in before[-_EARLIER:]
            for sentence in (earlier.stored.entry.title, *split(earlier.stored.entry.text)[:_EARLIER_SENTENCES])
        ]
        found = self._summary([row], 4)
        return tuple(quoted for quoted in found if not _is_said(set(index_terms(quoted.text)), said))[:2]

    def _summary(self, rows: Sequence[FiledRow], sentences: int) -> tuple[QuotedSentence, ...]:
        wanted = _plan(rows, sentences)
        if wanted.key not in self._summaries:
            self.remember(wanted, self._summariser.summarise(wanted.documents, sentences=wanted.key[0]))
        return (*self._summaries[wanted.key], *_answered(rows, wanted))

    async def unsummarised(self, tx: Transaction, owed: Delivery) -> Wanted | None:
        """What is to be summarised for an alert, for a summariser that takes its time; None where nothing is."""
        if owed.kind != Kind.ALERT:
            return None
        rows = await self._rows(tx, owed.story)
        wanted = _plan(rows, _ALERT_SENTENCES) if rows else None
        return wanted if wanted and wanted.key not in self._summaries else None

    def remember(self, wanted: Wanted, summary: Sequence[CitedSentence]) -> None:
        """Keep a summary for whoever tells the story."""
        while len(self._summaries) >= _CACHE:
            self._summaries.pop(next(iter(self._summaries)))
        self._summaries[wanted.key] = tuple(QuotedSentence(s.text, wanted.chosen[s.document]) for s in summary)


def _notice(owed: Delivery) -> Message:
    """A message about no story."""
    return Message(
        kind=owed.kind,
        story=0,
        headline="",
        url="",
        topics=owed.topics,
        stance=Stance.REPORT,
        sentences=(),
        publications=(),
        origins=0,
        why="",
        created=owed.created,
        notice=owed.notice,
    )


def _plan(rows: Sequence[FiledRow], sentences: int) -> Wanted:
    """The documents that tell a story best: no copies, and none that only say their headline again.

    Readers share English; other languages speak only where it is missing. What denies comes behind what it denies, in
    one sentence of its own (``_answered``), or its many reports would leave no word of the claim.
    """
    originals = [n for n, row in enumerate(rows) if row.filing.relation != Relation.COPY] or [0]
    originals = [n for n in originals if _says_more(rows[n])] or originals
    claims = [n for n in originals if rows[n].filing.relation != Relation.DENIAL]
    if claims and sentences > 1 and _denials(rows):
        originals, sentences = claims, sentences - 1
    english = [n for n in originals if rows[n].stored.entry.language == "en"]
    chosen = (english or originals)[:_DOCUMENTS]
    entries = [rows[n].stored.entry for n in chosen]
    documents = [Document(e.title, e.text or e.title) for e in entries]
    length = sum(len(row.stored.entry.text) for row in rows)  # which a page's text changes
    key = (sentences, length, *(row.filing.entry_id for row in rows))
    return Wanted(key, tuple(chosen), tuple(documents))


def _denials(rows: Sequence[FiledRow]) -> list[int]:
    return [n for n, row in enumerate(rows) if row.filing.relation == Relation.DENIAL and row.filing.sentence]


def _answered(rows: Sequence[FiledRow], wanted: Wanted) -> tuple[QuotedSentence, ...]:
    """The sentence that denies what the summary tells, where the summary was made without those who deny it."""
    denials = _denials(rows)
    if not denials or any(rows[n].filing.relation == Relation.DENIAL for n in wanted.chosen):
        return ()
    best = min(denials, key=lambda n: rows[n].stored.entry.language != "en")
    return (QuotedSentence(rows[best].filing.sentence, best),)


def country_name(code: str) -> str:
    """The English name of an ISO 3166 country, the code itself where there is none."""
    return Locale("en").territories.get(code, code) if code else ""


def _with_text(row: FiledRow, text: str) -> FiledRow:
    entry = row.stored.entry
    if len(text) <= len(entry.text):
        return row
    return row._replace(stored=row.stored._replace(entry=replace(entry, text=text)))


def _is_said(mine: set[str], said: Iterable[set[str]]) -> bool:
    return any(len(mine & theirs) > _SAID_AGAIN * len(mine) for theirs in said)


def _says_more(row: FiledRow) -> bool:
    return _statement(row).says_more


def _statement(row: FiledRow, official: Collection[str] = ()) -> Statement:
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
        official=entry.feed_id in official,
        published=entry.published or row.stored.seen,
    )
