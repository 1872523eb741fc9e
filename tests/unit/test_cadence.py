"""When a feed is polled next: within bounds, never against its wish, and learned from its changes."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.cadence import CadenceBounds, after_failure, after_success
from bot.model import FailureKind, Feed, Fetched, FetchFailed, NotModified, Ownership, ParsedFeed, PollState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
BOUNDS = CadenceBounds()
FEED = Feed("f", "F", "https://paper.example/rss", "en", "Paper", "PK", Ownership.INDEPENDENT, 1)
NEW = PollState(url=FEED.url)
BODY = Fetched(FEED.url, b"x", "", '"tag"', "Mon, 02 Mar 2026 11:00:00 GMT", None, None, 0.1)
SAME = NotModified(None, None, 0.1)
PARSED = ParsedFeed("rss", "Paper", "en", (), 30, b"hashes", newest=NOW - timedelta(hours=1))


def succeed(state: PollState, *, new: int = 0, now: datetime = NOW, feed: Feed = FEED, **parsed: object) -> PollState:
    body = replace(PARSED, **parsed)  # type: ignore[arg-type] # fields of ParsedFeed, given by the tests below
    return after_success(state, feed, BODY, body, new_entries=new, now=now, bounds=BOUNDS, rng=random.Random(1))


def fail(
    state: PollState, kind: FailureKind = FailureKind.TIMEOUT, wait: float | None = None, seed: int = 1
) -> PollState:
    failed = FetchFailed(kind, "no answer", retry_after=wait)
    return after_failure(state, FEED, failed, now=NOW, bounds=BOUNDS, rng=random.Random(seed))


def pause(state: PollState, now: datetime = NOW) -> float:
    assert state.next_poll is not None
    return (state.next_poll - now).total_seconds()


def test_answer_is_remembered() -> None:
    state = succeed(NEW, new=3, ttl=600.0, skip_hours=frozenset({3}), skip_days=frozenset({7}))
    assert (state.status, state.etag, state.last_modified) == ("active", BODY.etag, BODY.last_modified)
    assert (state.raw_hashes, state.ttl) == (b"hashes", 600)
    assert (state.skip_hours, state.skip_days) == (frozenset({3}), frozenset({7}))
    assert (state.last_success, state.last_change, state.newest_entry) == (NOW, NOW, PARSED.newest)


def test_not_modified_keeps_what_is_known() -> None:
    before = succeed(NEW, new=3, ttl=600.0)
    after = after_success(
        before, FEED, SAME, None, new_entries=0, now=NOW + timedelta(hours=1), bounds=BOUNDS, rng=random.Random(1)
    )
    assert (after.etag, after.raw_hashes, after.ttl, after.last_change) == (before.etag, b"hashes", 600, NOW)


def learned(changes_every: int, polls: int = 300) -> float:
    """The interval after many polls of a feed that has news at every n-th of them."""
    state, now = succeed(NEW, new=1), NOW
    for number in range(polls):
        assert state.next_poll is not None
        now = state.next_poll
        state = succeed(state, new=int(number % changes_every == 0), now=now, newest=now)
    return state.interval


def test_lively_feeds_are_polled_more_often_than_quiet_ones() -> None:
    lively, usual, quiet = learned(1), learned(4), learned(10_000)
    assert lively == BOUNDS.minimum
    assert BOUNDS.minimum <= usual < quiet
    assert quiet == BOUNDS.maximum


def test_feeds_own_bounds_rule() -> None:
    slow = replace(FEED, min_interval=1800.0, max_interval=1900.0)
    assert 1600 <= pause(succeed(NEW, feed=slow)) <= 1900


@pytest.mark.parametrize(("asked", "least", "most"), [(1800.0, 1620, 1800), (10**9, 3240, 3600)])
def test_wish_for_longer_pauses_is_heeded_within_bounds(asked: float, least: float, most: float) -> None:
    assert least <= pause(succeed(NEW, ttl=asked)) <= most
    lasting = replace(SAME, max_age=asked)
    state = after_success(NEW, FEED, lasting, None, new_entries=0, now=NOW, bounds=BOUNDS, rng=random.Random(1))
    assert least <= pause(state) <= most


def test_skipped_hours_and_days_are_left_out() -> None:
    state = succeed(NEW, skip_hours=frozenset({12, 13}))
    assert state.next_poll == NOW + timedelta(hours=2)
    weekend = succeed(NEW, skip_days=frozenset({1, 2}))
    assert weekend.next_poll == datetime(2026, 3, 4, tzinfo=UTC)


def test_permanent_redirect_is_recorded() -> None:
    moved = replace(BODY, permanent_url="https://new.example/rss")
    state = after_success(NEW, FEED, moved, PARSED, new_entries=0, now=NOW, bounds=BOUNDS, rng=random.Random(1))
    assert state.url == "https://new.example/rss"


def test_stale_feed_is_marked_and_comes_back() -> None:
    state = succeed(NEW, newest=NOW - timedelta(days=200))
    assert state.status == "stale"
    assert "2025-08-14" in state.error
    later = NOW + timedelta(days=1)
    assert succeed(state, new=1, now=later, newest=later).status == "active"


def test_feed_without_dates_is_stale_only_when_nothing_changes() -> None:
    state = succeed(NEW, newest=None)
    assert state.status == "active"
    assert succeed(state, newest=None, now=NOW + timedelta(days=89)).status == "active"
    assert succeed(state, newest=None, now=NOW + timedelta(days=91)).status == "stale"


def test_gone_feed_is_never_polled_again() -> None:
    state = fail(NEW, FailureKind.GONE)
    assert (state.status, state.next_poll) == ("gone", None)


def test_failures_back_off_and_one_answer_recovers() -> None:
    means = []
    state = succeed(NEW)
    for _ in range(9):
        means.append(sum(pause(fail(state, seed=seed)) for seed in range(200)) / 200)
        state = fail(state)
    assert means == sorted(means)
    assert means[0] < 400
    assert means[-1] <= 6 * 3600
    assert (state.status, state.failures, state.error) == ("failing", 9, "no answer")
    back = succeed(state)
    assert (back.status, back.failures, back.error) == ("active", 0, "")


def test_servers_own_time_is_heeded() -> None:
    assert 7200 <= pause(fail(NEW, FailureKind.THROTTLED, 7200)) <= 7200 * 1.1
    assert pause(fail(NEW, FailureKind.THROTTLED, 0)) >= BOUNDS.minimum


@given(
    seed=st.integers(0, 10**6),
    new=st.integers(0, 3),
    hours=st.floats(-100, 10_000),
    ttl=st.none() | st.floats(0, 1e12),
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(1, 7)),
    failures=st.integers(0, 10_000),
)
def test_next_poll_is_always_ahead_and_allowed(
    *,
    seed: int,
    new: int,
    hours: float,
    ttl: float | None,
    skip_hours: frozenset[int],
    skip_days: frozenset[int],
    failures: int,
) -> None:
    now = NOW + timedelta(hours=hours)  # a clock that went back is among them
    before = replace(succeed(NEW), failures=failures)
    parsed = replace(PARSED, ttl=ttl, skip_hours=skip_hours, skip_days=skip_days)
    state = after_success(before, FEED, BODY, parsed, new_entries=new, now=now, bounds=BOUNDS, rng=random.Random(seed))
    assert state.next_poll is not None
    assert BOUNDS.minimum <= state.interval <= BOUNDS.maximum
    assert now < state.next_poll <= now + timedelta(days=8)
    if len(skip_hours) < 24 and len(skip_days) < 7:
        assert state.next_poll.hour not in skip_hours
        assert state.next_poll.isoweekday() not in skip_days
    failed = after_failure(
        before, FEED, FetchFailed(FailureKind.DNS, ""), now=now, bounds=BOUNDS, rng=random.Random(seed)
    )
    assert failed.next_poll is not None
    assert BOUNDS.minimum <= (failed.next_poll - now).total_seconds() <= 6 * 3600 + 1
