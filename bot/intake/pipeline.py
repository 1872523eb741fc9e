"""Hops 2 to 6: fetch, parse, understand, and one transaction that decides.

A poll's entries, their matches, their stories and the deliveries owed for them are committed together with the feed's
new state. A crash before the commit polls again and loses nothing; an alert is owed exactly if its entry was stored.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bot.errors import ParseError
from bot.feeds import cadence, identity
from bot.feeds.cadence import CadenceBounds
from bot.feeds.fetch.fetcher import Fetcher
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest, FetchResult, NotModified
from bot.feeds.parse.pool import ParseLimitError, ParserPool
from bot.intake.filing import Filed, FilingRoom
from bot.intake.recipients import AlertRules, held_back, owed_for
from bot.intake.topics import Topics
from bot.model import Entry, Feed, Match, Outcome, ParsedFeed, PollState, Subscription
from bot.observe import Meters, poll_name, trace_of
from bot.ports import Clock
from bot.storage import feeds, outbox, stories, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.statements import Transaction
from bot.text.urls import canonical_url

log = structlog.get_logger()


_POLLED: Mapping[type, str] = {Fetched: "fetched", NotModified: "not-modified"}
_BREATH = 50  # entries classified before other tasks get a turn


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll gave. ``state`` is the feed's state before the commit, and its new state in what it returns.

    ``matches`` holds, for each entry of ``parsed``, the topics that it matches; after the commit both are empty, and
    so is the body of ``fetch`` after parsing.
    """

    feed: Feed
    state: PollState
    fetch: FetchResult
    parsed: ParsedFeed | None = None
    matches: tuple[tuple[Match, ...], ...] = ()
    new: int = 0
    owed: int = 0
    name: str = ""  # what the poll is called in the logs


@dataclass(slots=True)
class _Arrival:
    """An entry that is new, or that an edit brought on topic; its id is known once it is stored."""

    poll: Polled
    entry: Entry
    matches: tuple[Match, ...]
    outcome: Outcome
    keys: tuple[bytes, ...] = ()
    id: int = 0
    story: int = 0  # once it is filed
    owed: int = 0


@dataclass(slots=True)
class _Changes:
    """What the polls of one transaction come to."""

    new: list[_Arrival] = field(default_factory=list)
    edited_on_topic: list[_Arrival] = field(default_factory=list)
    edits: dict[int, tuple[Entry, str]] = field(default_factory=dict)
    keys: list[tuple[str, bytes, int]] = field(default_factory=list)
    new_of_feed: Counter[str] = field(default_factory=Counter)
    owed_of_feed: Counter[str] = field(default_factory=Counter)


class Pipeline:
    """Turns due feeds into stored entries, stories and owed deliveries. One commit runs at a time."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        parser: ParserPool,
        topics: Topics,
        filing: FilingRoom,
        *,
        bounds: CadenceBounds,
        rules: AlertRules,
        clock: Clock,
        rng: random.Random,
        meters: Meters,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._parser = parser
        self._topics = topics
        self._filing = filing
        self._bounds = bounds
        self._rules = rules
        self._clock = clock
        self._rng = rng
        self._meters = meters
        self._alone = asyncio.Lock()

    async def poll(self, feed: Feed, state: PollState) -> Polled:
        """Fetch, parse and classify; nothing is stored. A failure is part of the result."""
        name = poll_name(feed.id, state)
        with structlog.contextvars.bound_contextvars(poll=name, feed=feed.id):
            return replace(await self._poll(feed, state), name=name)

    async def _poll(self, feed: Feed, state: PollState) -> Polled:
        request = FetchRequest(state.url, state.etag, state.last_modified, feed.user_agent)
        fetched = await self._fetcher.fetch(request)
        if not isinstance(fetched, Fetched):
            return Polled(feed, state, fetched)
        try:
            parsed = await self._parser.parse(
                fetched.body,
                feed_id=feed.id,
                content_type=fetched.content_type,
                base_url=fetched.url,
                language=feed.language,
                known=state.raw_hashes,
                now=self._clock(),
            )
        except ParseError as error:
            kind = FailureKind.PARSE_LIMIT if isinstance(error, ParseLimitError) else FailureKind.PARSE
            return Polled(feed, state, FetchFailed(kind, str(error), fetched.status, elapsed=fetched.elapsed))
        read = replace(fetched, body=b"")  # up to ten megabytes, which nobody needs any more
        return Polled(feed, state, read, parsed, await self._classify(parsed.entries))

    async def _classify(self, entries: Sequence[Entry]) -> tuple[tuple[Match, ...], ...]:
        found = []
        for number, entry in enumerate(entries, start=1):
            found.append(tuple(match for match in self._topics.classify(entry) if match.matched))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        return tuple(found)

    async def commit(self, batch: Sequence[Polled]) -> list[Polled]:
        """Store what polls gave, in one transaction; return the polls with their feeds' new states.

        Raises:
            StorageError: nothing of the batch was stored; its feeds stay due.
        """
        async with self._alone:
            now = self._clock()
            try:
                async with self._database.write() as tx:
                    await feeds.take_turn(tx)
                    await self._topics.follow(tx)  # from the next poll on
                    changes = await self._changes(tx, batch, now)
                    owed = await self._store(tx, changes, now)
                    done = [self._concluded(poll, changes, now) for poll in batch]
                    await feeds.save_states(tx, {poll.feed.id: poll.state for poll in done})
            except BaseException:
                self._filing.forget()
                raise
        log.info("committed", polls=len(batch), new=len(changes.new), owed=owed)
        self._tell(done, changes)
        return done

    def _tell(self, done: Sequence[Polled], changes: _Changes) -> None:
        """Count what was committed, and log what leads from a feed to its messages."""
        for poll in done:
            word = poll.fetch.kind.value if isinstance(poll.fetch, FetchFailed) else _POLLED[type(poll.fetch)]
            self._meters.polled(word)
            error = {"error": poll.fetch.message} if isinstance(poll.fetch, FetchFailed) else {}
            log.debug("polled", poll=poll.name, feed=poll.feed.id, outcome=word, new=poll.new, owed=poll.owed, **error)
        for arrival in changes.new:
            self._meters.entered(arrival.outcome)
        for arrival in (*changes.new, *changes.edited_on_topic):
            if arrival.story:
                log.info(
                    "filed",
                    trace=trace_of(arrival.id),
                    poll=arrival.poll.name,
                    feed=arrival.poll.feed.id,
                    entry=arrival.id,
                    story=arrival.story,
                    outcome=arrival.outcome.value,
                    owed=arrival.owed,
                )

    async def _changes(self, tx: Transaction, batch: Sequence[Polled], now: datetime) -> _Changes:
        changes = _Changes()
        for poll in batch:
            if poll.parsed and poll.parsed.entries:
                await self._sort_out(tx, poll, now, changes)
                await asyncio.sleep(0)  # a thousand entries take their time
        return changes

    async def _sort_out(self, tx: Transaction, poll: Polled, now: datetime, changes: _Changes) -> None:
        """Tell the new entries of one poll from those that are known or edited."""
        assert poll.parsed is not None  # noqa: S101 - the caller looked
        entries = poll.parsed.entries
        first_poll = poll.state.last_success is None
        keys = identity.keys(entries, poll.parsed.home_url)
        rows = [] if first_poll else await feeds.known(tx, poll.feed.id, [key for group in keys for key in group])
        outcomes = {row.entry_id: row.outcome for row in rows}
        known = {row.key: identity.Known(row.entry_id, row.title, row.text, row.url, row.published) for row in rows}
        arrivals: dict[int, _Arrival] = {}
        for index, decision in enumerate(identity.decide(entries, keys, known)):
            entry, matches = entries[index], poll.matches[index]
            if decision.twin is not None:
                arrivals[decision.twin].keys += decision.keys
                continue
            held = held_back(entry, first_poll=first_poll, rules=self._rules, now=now) if matches else None
            arrival = _Arrival(poll, entry, matches, held or Outcome.OFF_TOPIC, decision.keys)
            if decision.entry_id is None:
                arrivals[index] = arrival
                continue
            changes.keys += [(poll.feed.id, key, decision.entry_id) for key in decision.keys]
            if decision.verdict == identity.Verdict.EDITED:
                # A feed that has dropped its texts since has not emptied its entries.
                text = entry.text or next(row.text for row in rows if row.entry_id == decision.entry_id)
                changes.edits[decision.entry_id] = (replace(entry, text=text), canonical_url(entry.url))
                if matches and outcomes.get(decision.entry_id) == Outcome.OFF_TOPIC:
                    arrival.id = decision.entry_id
                    changes.edited_on_topic.append(arrival)
        changes.new += arrivals.values()
        changes.new_of_feed[poll.feed.id] += len(arrivals)

    async def _store(self, tx: Transaction, changes: _Changes, now: datetime) -> int:
        rows = [(arrival.entry, canonical_url(arrival.entry.url), arrival.outcome) for arrival in changes.new]
        for arrival, entry_id in zip(changes.new, await feeds.add_entries(tx, rows, now), strict=True):
            arrival.id = entry_id
            changes.keys += [(arrival.poll.feed.id, key, entry_id) for key in arrival.keys]
        await feeds.add_keys(tx, changes.keys)
        await feeds.edit_entries(tx, changes.edits)
        on_topic = [arrival for arrival in (*changes.new, *changes.edited_on_topic) if arrival.matches]
        if not on_topic:
            return 0
        await stories.add_matches(tx, {arrival.id: arrival.matches for arrival in on_topic})
        return await self._file(tx, on_topic, changes, now)

    async def _file(self, tx: Transaction, on_topic: list[_Arrival], changes: _Changes, now: datetime) -> int:
        """Put entries under their stories in the order of publication, and decide who is owed what."""
        wanted = await subscriptions.everything(tx)
        await self._filing.follow(tx, now)
        outcomes: dict[int, Outcome] = {}
        owed: list[Owed] = []
        grown: set[int] = set()
        for arrival in sorted(on_topic, key=lambda one: (one.entry.published or now, one.id)):
            held = arrival.outcome if arrival.outcome != Outcome.OFF_TOPIC else None
            filed = await self._filing.file(
                tx, arrival.id, arrival.entry, arrival.poll.feed, arrival.matches, now=now, silent=held is not None
            )
            decided = []
            if held is None:
                decided = owed_for(
                    story_id=filed.story_id,
                    entry_id=arrival.id,
                    language=arrival.entry.language,
                    scores={match.topic: match.score for match in arrival.matches},
                    relation=filed.relation,
                    adds=filed.adds,
                    told=filed.told,
                    subscriptions=await self._listening(tx, wanted, filed.story_id),
                    now=now,
                )
                self._filing.tell(filed.story_id, {one.channel for one in decided})
            owed += decided
            grown.add(filed.story_id)
            changes.owed_of_feed[arrival.poll.feed.id] += len(decided)
            outcomes[arrival.id] = arrival.outcome = held or _outcome(decided, filed)
            arrival.story, arrival.owed = filed.story_id, len(decided)
        await self._filing.write(tx)
        await feeds.set_outcomes(tx, outcomes)
        await outbox.owe_heads(tx, grown, now)
        return await outbox.owe(tx, owed, now)

    async def _listening(
        self, tx: Transaction, wanted: Sequence[Subscription], story_id: int
    ) -> Sequence[Subscription]:
        """The subscriptions of channels that have not muted the story."""
        silent = {channel for channel, _ in await subscriptions.muted_by(tx, [story_id])}
        return [one for one in wanted if one.channel not in silent] if silent else wanted

    def _concluded(self, poll: Polled, changes: _Changes, now: datetime) -> Polled:
        new = changes.new_of_feed[poll.feed.id]
        if isinstance(poll.fetch, FetchFailed):
            state = cadence.after_failure(
                poll.state, poll.feed, poll.fetch, now=now, bounds=self._bounds, rng=self._rng
            )
        else:
            state = cadence.after_success(
                poll.state,
                poll.feed,
                poll.fetch,
                poll.parsed,
                new_entries=new,
                now=now,
                bounds=self._bounds,
                rng=self._rng,
            )
        told = replace(poll.parsed, entries=()) if poll.parsed else None  # they are stored
        owed = changes.owed_of_feed[poll.feed.id]
        return replace(poll, state=state, parsed=told, matches=(), new=new, owed=owed)


def _outcome(decided: Sequence[Owed], filed: Filed) -> Outcome:
    if decided:
        return Outcome.ALERTED
    return Outcome.FOLDED if filed.told else Outcome.UNWANTED
