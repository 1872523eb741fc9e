"""Material → message: who said what, summarised once, and why it matched."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from babel import Locale

from bot.delivery import material, summaries
from bot.delivery.material import Material, StoryRead
from bot.delivery.summaries import Summaries, statement
from bot.errors import CommandError
from bot.languages.index_terms import index_terms
from bot.languages.sentences import sentences as split
from bot.languages.voices import in_english
from bot.model import (
    Alert,
    Claim,
    Digest,
    Feed,
    FollowUp,
    Kind,
    Message,
    Notice,
    Ownership,
    Publication,
    QuotedSentence,
    Relation,
    Stance,
)
from bot.storage import stories
from bot.storage.statements import Transaction
from bot.storage.stories import FiledRow
from bot.stories import claims
from bot.text.spans import count_of
from bot.text.urls import host_of

_ALERT_SENTENCES = 3
_EARLIER, _EARLIER_SENTENCES = 30, 10
"""Entries of a story, and sentences of each, that an update is compared with. Chosen by hand: they bound the time that
a message takes, and the story sets have few stories that are longer."""
_SAID_AGAIN = 0.7
"""Share of a sentence's terms in one earlier sentence from which it says nothing new. Chosen by hand: a paraphrase
shares about as much, a further fact less."""
_RELATION_KINDS = {Relation.DENIAL: Kind.DENIAL, Relation.CONFIRMATION: Kind.CONFIRMATION}
_STANCE_OF_KIND = {Kind.DENIAL: Stance.DENY, Kind.CONFIRMATION: Stance.CONFIRM}


class Composer:
    """Composes messages. ``feeds`` maps feed ids to the feeds of the present configuration."""

    def __init__(self, feeds: Mapping[str, Feed], made: Summaries) -> None:
        self._feeds = feeds
        self._official = frozenset(feed.id for feed in feeds.values() if feed.ownership == Ownership.OFFICIAL)
        self._summaries = made

    async def compose(self, read: Material) -> Message:
        """Return the message that a delivery stands for.

        An alert tells the whole story as it was read; a follow-up only what its entry says.
        """
        owed = read.owed
        if owed.kind == Kind.NOTICE:
            return Notice(owed.notice)
        if owed.kind == Kind.ALERT:
            await self._summaries.prepare(summaries.plan(read.stories[0].rows, _ALERT_SENTENCES))
        parts = tuple(self._tell(story) for story in read.stories)
        if owed.kind != Kind.DIGEST:
            return parts[0]
        return Digest(f"{owed.notice}: {count_of(len(parts), 'story', 'stories')}", parts, owed.created)

    async def for_story(self, tx: Transaction, story_id: int, now: datetime) -> Alert:
        """Return the current state of a story on request. Raises CommandError if no story has this id."""
        rows, _ = await material.rows_of(tx, story_id)
        if not rows:
            raise CommandError(f"There is no story {story_id}. /recent lists the latest ones.")
        topics = tuple(sorted({topic for row in rows for topic in row.topics}))
        why = await material.why(tx, rows[0].filing.entry_id)
        return self._alert(rows, topics, why, now, asked=True)

    async def claims(self, tx: Transaction, story_id: int) -> tuple[tuple[Claim, ...], tuple[Publication, ...]]:
        """Return the claim ledger of a story: who said what, in order of publication, without copies."""
        rows = {row.filing.entry_id: row for row in await stories.filed(tx, story_ids=[story_id])}
        ordered = claims.ledger([statement(row) for row in rows.values()])
        ledger = tuple(Claim(s.stance, s.speaker, s.sentence or s.title, index) for index, s in enumerate(ordered))
        return ledger, tuple(self.publication(rows[s.entry]) for s in ordered)

    def publication(self, row: FiledRow) -> Publication:
        """Return where an entry was published."""
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

    def _tell(self, read: StoryRead) -> Alert | FollowUp:
        if read.owed.kind in (Kind.ALERT, Kind.HEAD):
            return self._alert(read.rows, read.owed.topics, read.why, read.owed.created)
        return self._follow_up(read)

    def _alert(
        self, rows: Sequence[FiledRow], topics: tuple[str, ...], why: str, created: datetime, *, asked: bool = False
    ) -> Alert:
        headline = claims.headline([statement(row) for row in rows])
        first = next(row for row in rows if row.filing.entry_id == headline.entry)
        stances = {row.filing.stance for row in rows}
        return Alert(
            story=rows[0].filing.story_id,
            headline=first.stored.entry.title,
            url=first.stored.entry.url,
            topics=topics,
            stance=next((s for s in (Stance.DENY, Stance.CONFIRM) if s in stances), rows[0].filing.stance),
            sentences=self._summary(rows, _ALERT_SENTENCES),
            publications=tuple(self.publication(row) for row in rows),
            origins=len({row.filing.origin for row in rows}),
            why=why,
            created=created,
            asked=asked,
        )

    def _follow_up(self, read: StoryRead) -> FollowUp:
        rows, owing, owed = read.rows, read.row, read.owed
        kind = _RELATION_KINDS.get(owing.filing.relation, owed.kind)
        statements = [statement(row, official=row.stored.entry.feed_id in self._official) for row in rows]
        said = next(s for s in statements if s.entry == owed.entry)
        if kind in _STANCE_OF_KIND:
            said = claims.best_print(statements, said)
        row = next(row for row in rows if row.filing.entry_id == said.entry)
        shown = [row, *([owing] if owing is not row else [])]
        shown += [r for r in rows if r.filing.origin == row.filing.origin and r not in shown]
        speaker = in_english(said.speaker, said.language)
        claim = claims.answered_claim(statements, said)
        ours = claims.english_headline(said.relation, speaker, claim) if said.language != "en" and claim else ""
        return FollowUp(
            kind=kind,
            story=row.filing.story_id,
            headline=ours or said.title,
            url=row.stored.entry.url,
            topics=owed.topics,
            stance=_STANCE_OF_KIND.get(kind, said.stance),
            sentences=tuple(s for s in self._said(rows, row, kind) if s.text != said.title),
            publications=tuple(self.publication(r) for r in shown),
            why=read.why,
            created=owed.created,
            speaker=speaker,
            claim="" if ours else claim,
            original=said.title if ours else "",
        )

    def _said(self, rows: Sequence[FiledRow], row: FiledRow, kind: Kind) -> tuple[QuotedSentence, ...]:
        """The sentences of a follow-up: the one that denies or confirms, then what is new."""
        news = self._news(rows, row) if statement(row).says_more else ()
        stated = row.filing.sentence
        if kind in _STANCE_OF_KIND and stated and stated not in {s.text for s in news}:
            return (QuotedSentence(stated, 0), *news[:1])
        return news

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
        planned = summaries.plan(rows, sentences)
        return (*self._summaries.of(planned), *summaries.answer(rows, planned))


def country_name(code: str) -> str:
    """Return the English name of an ISO 3166 country, the code itself if it has none."""
    return Locale("en").territories.get(code, code) if code else ""


def _is_said(mine: set[str], said: Iterable[set[str]]) -> bool:
    return any(len(mine & theirs) > _SAID_AGAIN * len(mine) for theirs in said)
