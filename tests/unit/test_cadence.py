"""When a feed is polled next: within bounds, never against its wish, and learned from its changes."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.cadence import CadenceBounds, after_failure, after_success
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, NotModified
from bot.model import Entry, Feed, Ownership, ParsedFeed, PollState

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
    assert lively < 1.05 * BOUNDS.minimum
    assert lively < usual < quiet
    assert quiet == BOUNDS.maximum


def test_feeds_own_bounds_rule() -> None:
    slow = replace(FEED, min_interval=1800.0, max_interval=1900.0)
    assert 1600 <= pause(succeed(NEW, feed=slow)) <= 1900


def test_rate_of_change_is_found_and_polled_thrice_as_often() -> None:
    """A feed that changes every two hours, seen only through its polls."""
    state, now, seen = succeed(NEW, new=1), NOW, 0
    for _ in range(400):
        assert state.next_poll is not None
        now = state.next_poll
        changes = int((now - NOW) / timedelta(hours=2))
        state = succeed(state, new=changes - seen, now=now, newest=now)
        seen = changes
    assert 0.8 * 2400 < state.interval < 1.25 * 2400


def entries(*hours_ago: float) -> tuple[Entry, ...]:
    dates = [NOW - timedelta(hours=hours) for hours in hours_ago]
    return tuple(Entry("f", str(number), "", "T", "", published=date) for number, date in enumerate(dates))


def test_first_document_already_tells_how_often_the_feed_changes() -> None:
    hourly = succeed(NEW, entries=entries(*range(1, 25)))
    assert hourly.interval == pytest.approx(1200)
    at_once = succeed(NEW, entries=entries(*[5.0] * 30))  # thirty entries, but one moment
    undated = succeed(NEW)
    bygone = succeed(NEW, entries=entries(-30, -29, -28, 500, 600, 700))  # dated ahead, or long past
    assert at_once.interval == undated.interval == bygone.interval == pytest.approx(BOUNDS.start)


def test_outage_teaches_little() -> None:
    before = replace(succeed(NEW), changes=1.0)
    after = succeed(before, new=30, now=NOW + timedelta(days=10))
    assert 0.75 <= after.changes <= 1.0


@pytest.mark.parametrize(("asked", "least", "most"), [(1800.0, 1800, 1980), (10**9, 0.9 * 21600, 21600)])
def test_wish_for_longer_pauses_is_heeded_within_bounds(asked: float, least: float, most: float) -> None:
    assert least <= pause(succeed(NEW, ttl=asked)) <= most
    lasting = replace(SAME, max_age=asked)
    state = after_success(NEW, FEED, lasting, None, new_entries=0, now=NOW, bounds=BOUNDS, rng=random.Random(1))
    assert least <= pause(state) <= most
    brisk = replace(FEED, max_interval=600.0)
    assert pause(succeed(NEW, ttl=asked, feed=brisk)) <= 600


def test_ttl_counts_also_where_nothing_was_modified() -> None:
    state = succeed(NEW, ttl=7200.0)
    again = after_success(state, FEED, SAME, None, new_entries=0, now=NOW, bounds=BOUNDS, rng=random.Random(1))
    assert pause(again) >= 7200


@pytest.mark.parametrize("asked", [-5.0, 0.0, float("nan"), float("inf")])
def test_senseless_wishes_do_no_harm(asked: float) -> None:
    assert BOUNDS.minimum <= pause(succeed(NEW, ttl=asked)) <= BOUNDS.maximum


@pytest.mark.parametrize("ttl", [None, 1800.0, 10**9])
def test_feeds_do_not_beat_together(ttl: float | None) -> None:
    body = replace(PARSED, ttl=ttl)
    rng = random.Random(1)
    states = [
        after_success(NEW, FEED, BODY, body, new_entries=0, now=NOW, bounds=BOUNDS, rng=rng).next_poll
        for _ in range(100)
    ]
    assert len(set(states)) > 90


def test_skipped_hours_and_days_are_left_out() -> None:
    morning = succeed(NEW, skip_hours=frozenset({12, 13}))
    assert 7200 <= pause(morning) <= 7200 + 360
    assert succeed(NEW, skip_hours=frozenset({13})).next_poll == succeed(NEW).next_poll
    weekend = succeed(NEW, skip_days=frozenset({1, 2}))
    assert weekend.next_poll is not None
    assert weekend.next_poll.date().isoformat() == "2026-03-04"
    sunday = succeed(NEW, skip_days=frozenset(range(1, 7)), skip_hours=frozenset(range(23)))
    assert f"{sunday.next_poll:%a %H}" == "Sun 23"
    assert pause(succeed(NEW, skip_hours=frozenset(range(24)))) <= 1.1 * BOUNDS.start
    assert pause(fail(morning)) >= 7200


def test_validators_are_kept_up_to_date_also_without_a_new_document() -> None:
    before = succeed(NEW, ttl=600.0)
    same = replace(BODY, etag=None, last_modified="later")
    after = after_success(before, FEED, same, None, new_entries=0, now=NOW, bounds=BOUNDS, rng=random.Random(1))
    assert (after.etag, after.last_modified, after.ttl, after.raw_hashes) == (None, "later", 600, b"hashes")


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


def test_entry_from_the_future_does_not_keep_a_dead_feed_young() -> None:
    bogus = NOW + timedelta(days=30_000)
    state = succeed(NEW, new=1, newest=bogus)
    assert (state.status, state.newest_entry) == ("active", NOW)
    later = succeed(state, newest=bogus, now=NOW + timedelta(days=91))
    assert (later.status, later.newest_entry) == ("stale", NOW)
    assert succeed(later, new=1, newest=bogus, now=NOW + timedelta(days=92)).status == "active"


def test_gone_feed_is_never_polled_again() -> None:
    state = fail(NEW, FailureKind.GONE)
    assert (state.status, state.next_poll) == ("gone", None)
    assert succeed(state).status == "active"  # but somebody may have it polled by hand


def test_failures_back_off_and_one_answer_recovers() -> None:
    means = []
    state = succeed(NEW)
    for _ in range(9):
        means.append(sum(pause(fail(state, seed=seed)) for seed in range(200)) / 200)
        state = fail(state)
    assert means == sorted(means)
    assert means[0] < 400
    assert 2 * 3600 < means[-1] <= 6 * 3600
    assert (state.status, state.failures, state.error) == ("failing", 9, "no answer")
    back = succeed(state)
    assert (back.status, back.failures, back.error) == ("active", 0, "")


def test_servers_own_time_is_heeded() -> None:
    assert 7200 <= pause(fail(NEW, FailureKind.THROTTLED, 7200)) <= 7200 * 1.1
    assert pause(fail(NEW, FailureKind.THROTTLED, 0)) >= BOUNDS.minimum
    assert pause(fail(NEW, FailureKind.THROTTLED, 10**9)) <= 86400 * 1.1


def test_server_that_always_asks_for_little_is_left_alone_more_and_more() -> None:
    worn = replace(NEW, failures=20)
    pauses = [pause(fail(worn, FailureKind.THROTTLED, 1, seed=seed)) for seed in range(50)]
    assert sum(pauses) / len(pauses) > 3600


WISHES = st.none() | st.floats()
LIMITS = st.none() | st.floats(0.1, 10**6)


@given(
    seed=st.integers(0, 10**6),
    new=st.integers(0, 3),
    hours=st.floats(-100, 10_000),
    wishes=st.tuples(WISHES, WISHES),
    limits=st.tuples(LIMITS, LIMITS),
    skipped=st.tuples(st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(1, 7))),
    changes=st.floats(0, 1e9),
    failures=st.integers(0, 10_000),
)
def test_next_poll_is_always_ahead_and_allowed(
    *,
    seed: int,
    new: int,
    hours: float,
    wishes: tuple[float | None, float | None],
    limits: tuple[float | None, float | None],
    skipped: tuple[frozenset[int], frozenset[int]],
    changes: float,
    failures: int,
) -> None:
    now = NOW + timedelta(hours=hours)  # a clock that went back is among them
    feed = replace(FEED, min_interval=limits[0], max_interval=limits[1])
    least = BOUNDS.minimum if limits[0] is None else limits[0]
    most = max(least, BOUNDS.maximum if limits[1] is None else limits[1])
    before = replace(succeed(NEW), failures=failures, changes=changes)
    parsed = replace(PARSED, ttl=wishes[0], skip_hours=skipped[0], skip_days=skipped[1])
    body = replace(BODY, max_age=wishes[1])
    state = after_success(before, feed, body, parsed, new_entries=new, now=now, bounds=BOUNDS, rng=random.Random(seed))
    check(state, now, least, most)
    failed = FetchFailed(FailureKind.DNS, "", retry_after=wishes[1])
    after = after_failure(state, feed, failed, now=now, bounds=BOUNDS, rng=random.Random(seed))
    check(after, now, least, max(86400 * 1.1, least))
    assert (after.etag, after.raw_hashes, after.url) == (state.etag, state.raw_hashes, state.url)


def check(state: PollState, now: datetime, least: float, most: float) -> None:
    """The pause lies within bounds, or ends as soon as the feed allows."""
    tick = 1e-5  # seconds: a datetime counts microseconds
    assert state.next_poll is not None
    assert state.next_poll.tzinfo == UTC
    assert least - tick <= pause(state, now)
    allowed = len(state.skip_hours) < 24 and len(state.skip_days) < 7
    if allowed:
        assert state.next_poll.hour not in state.skip_hours
        assert state.next_poll.isoweekday() not in state.skip_days
    if not allowed or not (state.skip_hours or state.skip_days):
        assert pause(state, now) <= most + tick
    assert pause(state, now) <= most + 7 * 86400 + 3600
