"""When to poll a feed next: pure. Learned from how often the feed changes, within bounds, and never against its wish.

The rate of change is an exponentially weighted mean, in changes an hour; a feed is polled at a third of the time that
usually passes between two changes. Failures back off with full jitter (Brooker, "Exponential Backoff And Jitter").
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, NotModified
from bot.model import Feed, ParsedFeed, PollState

_HOUR = 3600.0
_WEIGHT_HOURS = 24.0  # what happened a day ago counts 1/e of what happens now
_MOST_LEARNED = 6.0  # hours that one poll can stand for: after an outage, one change says little about the rate
_POLLS_PER_CHANGE = 3.0
_JITTER = 0.1  # of the interval, so that feeds do not beat together
_ASKED_MOST = 6 * _HOUR  # a feed that asks for longer pauses (ttl, max-age) gets this one
_BACKOFF_MOST = 6 * _HOUR
_LEAST_PAUSE = 0.1  # seconds, whatever the bounds say: the next poll is always ahead
_LONGEST_WAIT = 24 * _HOUR
_AHEAD = timedelta(days=1)  # an entry dated further ahead than this is dated wrongly


@dataclass(frozen=True, slots=True)
class CadenceBounds:
    """Seconds between polls at least, at most, and before anything is learned; ``stale_after`` as in the glossary.

    A feed's own ``min_interval`` and ``max_interval`` go before these.
    """

    minimum: float = 120.0
    maximum: float = 6 * _HOUR
    start: float = 900.0
    stale_after: timedelta = timedelta(days=90)


def after_success(
    state: PollState,
    feed: Feed,
    fetched: Fetched | NotModified,
    parsed: ParsedFeed | None,
    *,
    new_entries: int,
    now: datetime,
    bounds: CadenceBounds,
    rng: random.Random,
) -> PollState:
    """The state after an answer, with the time of the next poll.

    Args:
        state: What was known before. Its validators, hashes, ttl and skipped hours stay where this poll gave none.
        feed: Its bounds go before ``bounds``.
        fetched: What the server answered.
        parsed: What the body held; None for "not modified".
        new_entries: How many entries had never been seen: whether the feed changed.
        now: The time of the poll.
        bounds: Shortest, longest and first interval.
        rng: For the jitter.
    """
    first = state.last_success is None
    changes = _first_rate(parsed, now, bounds) if first else _learn(state, new_entries > 0, now)
    after = replace(
        _remember(state, fetched, parsed),
        last_poll=now,
        last_success=now,
        last_change=now if new_entries > 0 or first else state.last_change,
        newest_entry=_newest(state, parsed, new_entries, now),
        changes=changes,
        failures=0,
        status="active",
        error=unread(parsed) if parsed else state.error if state.status == "active" else "",
    )
    least, most = _limits(feed, bounds)
    asked = min(_asked_pause(after.ttl, fetched.max_age), most)
    interval = max(least, min(most, max(_usual_pause(changes), asked)))
    # Around the interval, but above the shortest; above the longest only its own jitter is taken off.
    floor = max(least, min(asked, most * (1 - _JITTER)), interval * (1 - _JITTER))
    wait = rng.uniform(floor, max(floor, min(most, interval * (1 + _JITTER))))
    after = replace(after, interval=interval, next_poll=_skip(now, wait, after, rng))
    return _judged(after, now, bounds)


def unread(parsed: ParsedFeed) -> str:
    """Return what of a document's dates could not be read, in one line; '' if all could."""
    if not parsed.unread_dates:
        return ""
    first = next(iter(parsed.unread_dates.values()))
    dates = f"{len(parsed.unread_dates)} dates" if len(parsed.unread_dates) > 1 else "a date"
    return f"{dates} could not be read, such as {first!r}"


def after_failure(
    state: PollState, feed: Feed, failed: FetchFailed, *, now: datetime, bounds: CadenceBounds, rng: random.Random
) -> PollState:
    """The state after a failure: later and later, not before the time that the server named, and never after a 410."""
    failures = state.failures + 1
    after = replace(state, last_poll=now, failures=failures, error=failed.message)
    if failed.kind == FailureKind.GONE:
        return replace(after, status="gone", next_poll=None)
    least, _ = _limits(feed, bounds)
    ceiling = min(max(_BACKOFF_MOST, least), least * 2.0 ** min(failures, 20))
    wait = rng.uniform(least, ceiling)
    if failed.retry_after is not None and failed.retry_after > 0:
        wait = max(wait, min(failed.retry_after, _LONGEST_WAIT) * rng.uniform(1.0, 1.0 + _JITTER))
    return replace(after, status="failing", next_poll=_skip(now, wait, after, rng))


def _remember(state: PollState, fetched: Fetched | NotModified, parsed: ParsedFeed | None) -> PollState:
    after = replace(state, url=fetched.permanent_url or state.url)
    if isinstance(fetched, Fetched):
        after = replace(after, etag=fetched.etag, last_modified=fetched.last_modified)
    if parsed is not None:
        after = replace(
            after,
            raw_hashes=parsed.raw_hashes,
            ttl=parsed.ttl,
            skip_hours=parsed.skip_hours,
            skip_days=parsed.skip_days,
        )
    return after


def _first_rate(parsed: ParsedFeed | None, now: datetime, bounds: CadenceBounds) -> float:
    """Changes an hour, by the last week's dates; where those say nothing, the rate of the first interval."""
    dates = {entry.published for entry in parsed.entries if entry.published} if parsed else set()
    recent = [date for date in dates if timedelta() <= now - date <= timedelta(days=7)]
    if len(recent) < 3:
        return _HOUR / (bounds.start * _POLLS_PER_CHANGE)
    return len(recent) / max((now - min(recent)).total_seconds() / _HOUR, 1.0)


def _learn(state: PollState, changed: bool, now: datetime) -> float:
    """Move the rate of change towards what this poll showed, by how much time it stands for."""
    since = state.last_success or now
    hours = (now - since).total_seconds() / _HOUR
    hours = min(max(hours, 1 / _HOUR), _MOST_LEARNED)  # at least a second, also when the clock went back
    share = hours / _WEIGHT_HOURS
    return state.changes * (1 - share) + (share / hours if changed else 0.0)


def _usual_pause(changes: float) -> float:
    return _HOUR / max(changes * _POLLS_PER_CHANGE, 1e-6)


def _limits(feed: Feed, bounds: CadenceBounds) -> tuple[float, float]:
    least = bounds.minimum if feed.min_interval is None else feed.min_interval
    most = bounds.maximum if feed.max_interval is None else feed.max_interval
    least = max(least, _LEAST_PAUSE)
    return least, max(least, most)


def _asked_pause(ttl: float | None, max_age: float | None) -> float:
    """The longer of two wishes, which may be anything: negative, endless, or no number at all."""
    return min(max((wish for wish in (ttl, max_age) if wish is not None and wish > 0), default=0.0), _ASKED_MOST)


def _newest(state: PollState, parsed: ParsedFeed | None, new_entries: int, now: datetime) -> datetime | None:
    found = parsed.newest if parsed else None
    if found and found > now + _AHEAD:  # it cannot be; that something came is all it tells
        found = now if new_entries else None
    return max(state.newest_entry, found) if state.newest_entry and found else state.newest_entry or found


def _judged(state: PollState, now: datetime, bounds: CadenceBounds) -> PollState:
    """Mark a feed that answers, but brings nothing any more. Without any dates it is judged by its last change."""
    moved = state.newest_entry or state.last_change
    if moved is None or now - moved <= bounds.stale_after:
        return state
    said = "its newest entry is from" if state.newest_entry else "nothing in it has changed since"
    return replace(state, status="stale", error=f"answers, but {said} {moved:%Y-%m-%d}")


def _skip(now: datetime, wait: float, state: PollState, rng: random.Random) -> datetime:
    """The first moment after ``wait`` seconds that the feed does not ask to be left alone in.

    RSS 2.0's skipHours (in UTC) and skipDays. A feed that never wants to be polled cannot mean it.
    """
    moment = now.astimezone(UTC) + timedelta(seconds=wait)
    hours, days = state.skip_hours, state.skip_days
    if not (hours or days):
        return moment
    for start in _moments(moment):
        if start.hour not in hours and start.isoweekday() not in days:
            return start if start == moment else start + timedelta(seconds=rng.uniform(0.0, _HOUR * _JITTER))
    return moment


def _moments(moment: datetime) -> Iterator[datetime]:
    """A moment, and the beginnings of the hours of the week after it."""
    yield moment
    hour = moment.replace(minute=0, second=0, microsecond=0)
    for ahead in range(1, 24 * 7 + 1):
        yield hour + timedelta(hours=ahead)
