"""One poll of a feed: fetch, parse, tell what is new, and match it against the topics. Nothing is stored."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.errors import ParseError
from bot.feeds.fetch.fetcher import Fetcher
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest, FetchResult
from bot.feeds.parse.pool import ParseLimitError, ParserPool
from bot.intake.arrivals import Arrival, identify, keys_of
from bot.intake.topics import Topics
from bot.model import Entry, Feed, Match, ParsedFeed, PollState
from bot.observe import poll_name
from bot.ports import Clock
from bot.storage import feeds
from bot.storage.database import Database

_YIELD_EVERY = 50
"""Entries classified before other tasks get a turn: about 10 ms at 5,000 entries a second (``monazite classify``)."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll gave. ``state`` is the feed's state before the poll; ``name`` is what the logs call the poll.

    ``parsed`` is None if the poll failed or nothing was modified. ``matches`` has the topics that each new or edited
    entry matches, by the entry's index in ``parsed``. The body of ``fetch`` is empty after parsing.
    """

    feed: Feed
    state: PollState
    fetch: FetchResult
    name: str
    parsed: ParsedFeed | None = None
    matches: Mapping[int, tuple[Match, ...]] | None = None


class Poller:
    """Polls feeds one by one. Polls may run side by side."""

    def __init__(
        self, database: Database, fetcher: Fetcher, parser: ParserPool, topics: Topics, *, clock: Clock
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._parser = parser
        self._topics = topics
        self._clock = clock

    async def poll(self, feed: Feed, state: PollState) -> Polled:
        """Fetch, parse and classify what looks new. A failure is part of the result.

        Raises:
            StorageError: the database does not answer.
        """
        name = poll_name(feed.id, state)
        with structlog.contextvars.bound_contextvars(poll=name, feed=feed.id):
            fetched = await self._fetcher.fetch(
                FetchRequest(state.url, state.etag, state.last_modified, feed.user_agent)
            )
            if not isinstance(fetched, Fetched):
                return Polled(feed, state, fetched, name)
            return await self._read(Polled(feed, state, fetched, name), fetched)

    async def _read(self, poll: Polled, fetched: Fetched) -> Polled:
        feed, state = poll.feed, poll.state
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
            failed = FetchFailed(kind, str(error), fetched.status, elapsed=fetched.elapsed)
            return replace(poll, fetch=failed)
        read = replace(fetched, body=b"")  # up to ten megabytes that nobody needs any more
        return replace(poll, fetch=read, parsed=parsed, matches=await self._classify(parsed, state))

    async def _classify(self, parsed: ParsedFeed, state: PollState) -> Mapping[int, tuple[Match, ...]]:
        """Classify the entries that are new or edited as far as is known before the commit, which looks again."""
        if not parsed.entries:
            return {}
        arrivals: Sequence[Arrival]
        if state.last_success is None:
            rows: list[feeds.KnownRow] = []
        else:
            async with self._database.read() as tx:
                rows = await feeds.known(tx, parsed.entries[0].feed_id, list(keys_of(parsed)))
        arrivals = identify(parsed, rows).entries
        found: dict[int, tuple[Match, ...]] = {}
        for batch in _batches(arrivals):
            found |= {one.index: matching(self._topics, one.entry) for one in batch}
            await asyncio.sleep(0)
        return found


def matching(topics: Topics, entry: Entry) -> tuple[Match, ...]:
    """Return the topics that an entry matches."""
    return tuple(match for match in topics.classify(entry) if match.matched)


def _batches(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    for start in range(0, len(arrivals), _YIELD_EVERY):
        yield arrivals[start : start + _YIELD_EVERY]
