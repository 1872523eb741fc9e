"""When to poll a feed next: pure. Learned from how often the feed changes, within bounds, and never against its wish.

The rate of change is an exponentially weighted mean, in changes an hour; a feed is polled at a third of the time that
usually passes between two changes. Failures back off with full jitter (Brooker, "Exponential Backoff And Jitter").
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.model import FailureKind, Feed, Fetched, FetchFailed, NotModified, ParsedFeed, PollState

_WEIGHT_HOURS = 24.0  # what happened a day ago counts 1/e of what happens now
_POLLS_PER_CHANGE = 3.0
_JITTER = 0.1  # of the interval, so that feeds do not beat together
_HOUR = 3600.0
_ASKED_MOST = 6 * _HOUR  # a feed that asks for longer pauses (ttl, max-age) gets this one
_BACKOFF_MOST = 6 * _HOUR
_FIRST_BACKOFF = 60.0


@dataclass(frozen=True, slots=True)
class CadenceBounds:
    """Seconds between polls at least, at most, and before anything is learned; ``stale_after`` as in the glossary."""

    minimum: float = 120.0
    maximum: float = _HOUR
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
    """The state after an answer. ``parsed`` is None for "not modified" and for a body that was the same as before."""
    first = state.last_success is None
    changes = _rate_of(bounds.start) if first else _learn(state, new_entries > 0, now)
    asked = _asked_pause(parsed.ttl if parsed else state.ttl, fetched.max_age)
    interval = _interval(feed, changes, asked, bounds)
    changed = new_entries > 0 or first
    newest = _later(state.newest_entry, parsed.newest if parsed else None)
    after = replace(
        state,
        url=fetched.permanent_url or state.url,
        last_poll=now,
        last_success=now,
        last_change=now if changed else state.last_change,
        newest_entry=newest,
        interval=interval,
        changes=changes,
        failures=0,
        error="",
    )
    if isinstance(fetched, Fetched) and parsed is not None:
        after = replace(
            after,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            raw_hashes=parsed.raw_hashes,
            ttl=parsed.ttl,
            skip_hours=parsed.skip_hours,
            skip_days=parsed.skip_days,
        )
    stale = _is_stale(after, now, bounds)
    return replace(
        after,
        status="stale" if stale else "active",
        error=f"answers, but its newest entry is from {newest:%Y-%m-%d}" if stale and newest else after.error,
        next_poll=_skip(now + _jittered(interval, rng), after.skip_hours, after.skip_days),
    )


def after_failure(
    state: PollState, feed: Feed, failed: FetchFailed, *, now: datetime, bounds: CadenceBounds, rng: random.Random
) -> PollState:
    """The state after a failure: later and later, at the server's own time where it named one, never after a 410."""
    failures = state.failures + 1
    after = replace(state, last_poll=now, failures=failures, error=failed.message)
    if failed.kind == FailureKind.GONE:
        return replace(after, status="gone", next_poll=None)
    least = _least(feed, bounds)
    ceiling = min(max(_BACKOFF_MOST, least), max(least, _FIRST_BACKOFF) * 2.0 ** min(failures, 20))
    wait = least + rng.uniform(0.0, max(0.0, ceiling - least))
    if failed.retry_after is not None:
        wait = max(failed.retry_after * rng.uniform(1.0, 1.0 + _JITTER), least)
    return replace(after, status="failing", next_poll=now + timedelta(seconds=max(wait, 1.0)))


def _learn(state: PollState, changed: bool, now: datetime) -> float:
    """Move the rate of change towards what this poll showed, by how much time it stands for."""
    since = state.last_success or now
    hours = max((now - since).total_seconds() / _HOUR, 1 / 60)  # also when the clock went back
    share = min(1.0, hours / _WEIGHT_HOURS)
    return state.changes * (1 - share) + (share / hours if changed else 0.0)


def _rate_of(interval: float) -> float:
    return _HOUR / (interval * _POLLS_PER_CHANGE)


def _interval(feed: Feed, changes: float, asked: float, bounds: CadenceBounds) -> float:
    least, most = _least(feed, bounds), feed.max_interval or bounds.maximum
    usual = _HOUR / (changes * _POLLS_PER_CHANGE) if changes > 0 else most
    return max(least, min(most, max(usual, asked)))


def _least(feed: Feed, bounds: CadenceBounds) -> float:
    return feed.min_interval if feed.min_interval is not None else bounds.minimum


def _asked_pause(ttl: float | None, max_age: float | None) -> float:
    return min(max(ttl or 0.0, max_age or 0.0), _ASKED_MOST)


def _jittered(interval: float, rng: random.Random) -> timedelta:
    return timedelta(seconds=max(1.0, interval * rng.uniform(1.0 - _JITTER, 1.0)))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _is_stale(state: PollState, now: datetime, bounds: CadenceBounds) -> bool:
    """A feed without any dates is judged by when its entries last changed."""
    moved = state.newest_entry or state.last_change
    return moved is not None and now - moved > bounds.stale_after


def _skip(moment: datetime, hours: frozenset[int], days: frozenset[int]) -> datetime:
    """The first moment that the feed does not ask to be left alone in (RSS skipHours, in UTC, and skipDays)."""
    if len(hours) >= 24 or len(days) >= 7:
        return moment  # a feed that never wants to be polled cannot mean it
    for candidate in _moments(moment):
        if candidate.hour not in hours and candidate.isoweekday() not in days:
            return candidate
    return moment


def _moments(moment: datetime) -> Iterator[datetime]:
    moment = moment.astimezone(UTC)
    yield moment
    hour = moment.replace(minute=0, second=0, microsecond=0)
    for ahead in range(1, 24 * 8):
        yield hour + timedelta(hours=ahead)
