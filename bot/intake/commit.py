"""One transaction decides: new entries, their matches, their stories, and the deliveries owed for them.

They are committed together with the feeds' new states. A crash before the commit polls again and loses nothing; an
alert is owed exactly if its entry is stored.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.feeds import cadence
from bot.feeds.cadence import CadenceBounds
from bot.feeds.fetch.results import Fetched, FetchFailed, NotModified
from bot.intake import filing
from bot.intake.arrivals import Arrivals, assumed_date, identify, keys_of
from bot.intake.filing import Filed, Filer, Filings, Understood
from bot.intake.poll import Polled, matching
from bot.intake.recipients import AlertRules, held_back, owed_for
from bot.intake.topics import Topics
from bot.model import Channel, Entry, Feed, Match, Outcome, PollState, Subscription
from bot.observe import Meters, trace_of
from bot.ports import Clock
from bot.storage import feeds, outbox, stories, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.statements import Transaction
from bot.text.urls import canonical_url

log = structlog.get_logger()

_POLLED: Mapping[type, str] = {Fetched: "fetched", NotModified: "not-modified"}


@dataclass(frozen=True, slots=True)
class Committed:
    """A poll whose results are stored. ``state`` is the feed's new state; ``new`` and ``owed`` are counts."""

    poll: Polled
    state: PollState
    new: int
    owed: int


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A new or edited entry under its id, with the topics that it matches."""

    id: int
    poll: Polled
    entry: Entry
    matches: tuple[Match, ...]
    keys: tuple[bytes, ...]
    stored: Outcome | None  # the outcome of the entry that it edits, None for a new entry
    held: Outcome | None

    @property
    def tellable(self) -> bool:
        """Whether it is filed: on topic, and not an edit of an entry that was on topic already."""
        return bool(self.matches) and self.stored in (None, Outcome.OFF_TOPIC)


@dataclass(frozen=True, slots=True)
class _Told:
    """A filed entry, who is owed a message for it, and what thereby becomes of it."""

    filed: Filed
    owed: tuple[Owed, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Decided:
    """All that one transaction is to write, but for the feeds' states."""

    entries: tuple[_Numbered, ...]
    known_keys: tuple[tuple[str, bytes, int], ...]
    filings: Filings
    told: tuple[_Told, ...]


class Intake:
    """Stores what polls gave. One commit runs at a time."""

    def __init__(
        self,
        database: Database,
        topics: Topics,
        filer: Filer,
        *,
        bounds: CadenceBounds,
        rules: AlertRules,
        clock: Clock,
        rng: random.Random,
        meters: Meters,
    ) -> None:
        self._database = database
        self._topics = topics
        self._filer = filer
        self._bounds = bounds
        self._rules = rules
        self._clock = clock
        self._rng = rng
        self._meters = meters
        self._alone = asyncio.Lock()

    async def commit(self, polls: Sequence[Polled]) -> list[Committed]:
        """Store what polls gave, in one transaction; return the polls with their feeds' new states.

        Raises:
            StorageError: nothing of the batch was stored; its feeds stay due.
        """
        async with self._alone:
            now = self._clock()
            async with self._filer.transaction(self._database) as tx:
                await feeds.take_turn(tx)
                await self._topics.follow(tx)  # from the next poll on
                decided = await self._decide(tx, polls, now)
                owed = await _write(tx, decided, now)
                done = self._concluded(polls, decided, now)
                await feeds.save_states(tx, {one.poll.feed.id: one.state for one in done})
        new = sum(one.new for one in done)
        log.info("committed", polls=len(polls), new=new, owed=owed)
        self._report(done, decided)
        return done

    async def _decide(self, tx: Transaction, polls: Sequence[Polled], now: datetime) -> _Decided:
        entries: list[_Numbered] = []
        keys: list[tuple[str, bytes, int]] = []
        next_id = await feeds.next_entry_id(tx)
        for poll in polls:
            if poll.parsed and poll.parsed.entries:
                found = await _identify(tx, poll)
                keys += [(poll.feed.id, key, entry_id) for key, entry_id in found.keys]
                entries += self._numbered(poll, found, next_id, now)
                next_id += found.new
                await asyncio.sleep(0)  # a thousand entries take their time
        on_topic = [one for one in entries if one.tellable]
        if not on_topic:
            return _Decided(tuple(entries), tuple(keys), Filings(), ())
        understood = [Understood(one.id, one.poll.feed, one.entry, one.matches, one.held) for one in on_topic]
        filings = await self._filer.file(tx, understood, now)
        return _Decided(tuple(entries), tuple(keys), filings, await _tell(tx, filings.filed, now))

    def _numbered(self, poll: Polled, found: Arrivals, next_id: int, now: datetime) -> Iterable[_Numbered]:
        """Give new entries their ids, and every entry its matches: those of the poll, if it saw the entry as new."""
        first_poll = poll.state.last_success is None
        for one in found.entries:
            matches = (poll.matches or {}).get(one.index)
            if matches is None:  # the entry was stored or pruned since the poll looked
                matches = matching(self._topics, one.entry)
            held = None
            if matches and poll.parsed is not None:
                when = assumed_date(poll.parsed, one.index)
                held = held_back(when, first_poll=first_poll, rules=self._rules, now=now)
            number = next_id if one.stored is None else one.stored
            next_id += one.stored is None
            yield _Numbered(number, poll, one.entry, matches, one.keys, one.outcome, held)

    def _concluded(self, polls: Sequence[Polled], decided: _Decided, now: datetime) -> list[Committed]:
        new, owed = dict.fromkeys((p.feed.id for p in polls), 0), dict.fromkeys((p.feed.id for p in polls), 0)
        for one in decided.entries:
            new[one.poll.feed.id] += one.stored is None
        for told in decided.told:
            owed[told.filed.understood.feed.id] += len(told.owed)
        return [
            Committed(poll, self._next_state(poll, new[poll.feed.id], now), new[poll.feed.id], owed[poll.feed.id])
            for poll in polls
        ]

    def _next_state(self, poll: Polled, new: int, now: datetime) -> PollState:
        feed: Feed = poll.feed
        if isinstance(poll.fetch, FetchFailed):
            return cadence.after_failure(poll.state, feed, poll.fetch, now=now, bounds=self._bounds, rng=self._rng)
        return cadence.after_success(
            poll.state, feed, poll.fetch, poll.parsed, new_entries=new, now=now, bounds=self._bounds, rng=self._rng
        )

    def _report(self, done: Sequence[Committed], decided: _Decided) -> None:
        """Count what was committed, and log what leads from a feed to its messages."""
        for one in done:
            fetch = one.poll.fetch
            word = fetch.kind.value if isinstance(fetch, FetchFailed) else _POLLED[type(fetch)]
            self._meters.polled(word)
            self._meters.unread(len(one.poll.parsed.unread_dates) if one.poll.parsed else 0)
            error = {"error": fetch.message} if isinstance(fetch, FetchFailed) else {}
            log.debug(
                "polled", poll=one.poll.name, feed=one.poll.feed.id, outcome=word, new=one.new, owed=one.owed, **error
            )
        polls = {one.id: one.poll.name for one in decided.entries}
        outcomes = {told.filed.understood.id: told.outcome for told in decided.told}
        for entry in decided.entries:
            if entry.stored is None:
                self._meters.entered(outcomes.get(entry.id, Outcome.OFF_TOPIC))
        for told in decided.told:
            filed = told.filed
            log.info(
                "filed",
                trace=trace_of(filed.understood.id),
                poll=polls[filed.understood.id],
                feed=filed.understood.feed.id,
                entry=filed.understood.id,
                story=filed.story_id,
                adds=filed.addition.value,
                outcome=told.outcome.value,
                owed=len(told.owed),
            )


async def _identify(tx: Transaction, poll: Polled) -> Arrivals:
    """Tell new entries from known ones once more: other polls may have stored entries since this one looked."""
    if poll.parsed is None:
        return Arrivals()
    if poll.state.last_success is None:
        return identify(poll.parsed, [])
    return identify(poll.parsed, await feeds.known(tx, poll.feed.id, list(keys_of(poll.parsed))))


async def _tell(tx: Transaction, filed: Sequence[Filed], now: datetime) -> tuple[_Told, ...]:
    """Decide who is owed what, one entry after the other: the first of a story alerts, the next ones follow it up."""
    wanted = await subscriptions.everything(tx)
    told: dict[int, set[Channel]] = {}
    decided = []
    for one in filed:
        entry = one.understood
        if entry.held is not None:
            decided.append(_Told(one, (), entry.held))
            continue
        if one.story_id not in told:
            told[one.story_id] = await outbox.channels_told(tx, one.story_id)
        channels = told[one.story_id]
        owed = owed_for(
            story_id=one.story_id,
            entry_id=entry.id,
            language=entry.entry.language,
            scores={match.topic: match.score for match in entry.matches},
            addition=one.addition,
            told=channels,
            subscriptions=await _listening(tx, wanted, one.story_id),
            now=now,
        )
        outcome = Outcome.ALERTED if owed else Outcome.FOLDED if channels else Outcome.UNWANTED
        channels |= {delivery.channel for delivery in owed}
        decided.append(_Told(one, owed, outcome))
    return tuple(decided)


async def _listening(tx: Transaction, wanted: Sequence[Subscription], story_id: int) -> Sequence[Subscription]:
    """The subscriptions of channels that have not muted the story."""
    silent = {channel for channel, _ in await subscriptions.muted_by(tx, [story_id])}
    return [one for one in wanted if one.channel not in silent] if silent else wanted


async def _write(tx: Transaction, decided: _Decided, now: datetime) -> int:
    """Store what was decided; return how many deliveries are owed."""
    outcomes = {told.filed.understood.id: told.outcome for told in decided.told}
    new = [one for one in decided.entries if one.stored is None]
    edited = [one for one in decided.entries if one.stored is not None]
    rows = [(one.entry, canonical_url(one.entry.url), outcomes.get(one.id, Outcome.OFF_TOPIC)) for one in new]
    await feeds.add_entries(tx, rows, now)
    own_keys = [(one.poll.feed.id, key, one.id) for one in new for key in one.keys]
    await feeds.add_keys(tx, [*own_keys, *decided.known_keys])
    await feeds.edit_entries(tx, {one.id: (one.entry, canonical_url(one.entry.url)) for one in edited})
    await feeds.set_outcomes(tx, {one.id: outcomes[one.id] for one in edited if one.id in outcomes})
    await stories.add_matches(tx, {told.filed.understood.id: told.filed.understood.matches for told in decided.told})
    await filing.write(tx, decided.filings)
    await outbox.owe_heads(tx, {told.filed.story_id for told in decided.told}, now)
    return await outbox.owe(tx, [owed for told in decided.told for owed in told.owed], now)
