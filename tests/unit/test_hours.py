from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Channel, Subscription
from bot.subscription import due

DESK = Channel("slack", "C1")
ZONES = ("UTC", "Asia/Karachi", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned there
hours = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def wanted(*, digest: time | None = None, quiet: tuple[time, time] | None = None, zone: str = "UTC") -> Subscription:
    return Subscription(DESK, "rare-earths", digest=digest, quiet=quiet, zone=zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_alert_at_once_is_due_now() -> None:
    assert due(wanted(), at("2026-03-01T12:00")) == at("2026-03-01T12:00")


def test_a_digest_is_due_at_its_hour_on_the_clock_of_its_zone() -> None:
    karachi = wanted(digest=time(8), zone="Asia/Karachi")  # five hours ahead
    assert due(karachi, at("2026-03-01T02:59")) == at("2026-03-01T03:00")
    assert due(karachi, at("2026-03-01T03:00")) == at("2026-03-02T03:00")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-01T21:59", "2026-03-01T21:59"),
        ("2026-03-01T22:00", "2026-03-02T07:00"),
        ("2026-03-02T06:59", "2026-03-02T07:00"),
        ("2026-03-02T07:00", "2026-03-02T07:00"),
        ("2026-03-02T12:00", "2026-03-02T12:00"),
    ],
)
def test_quiet_hours_over_midnight(moment: str, expected: str) -> None:
    assert due(wanted(quiet=(time(22), time(7))), at(moment)) == at(expected)


def test_an_hour_that_the_clock_leaps_over_is_not_lost() -> None:
    berlin = wanted(digest=time(2, 30), zone="Europe/Berlin")  # on 29 March 2026 the clock goes from 2 to 3
    assert due(berlin, at("2026-03-29T00:59")) == at("2026-03-29T01:00")
    howe = wanted(digest=time(2, 29), zone="Australia/Lord_Howe")  # on 4 October 2026 it goes from 2 to half past 2
    assert due(howe, at("2026-10-03T15:00")) == at("2026-10-03T15:30")


@pytest.mark.parametrize(
    ("begin", "end", "moment", "expected"),
    [
        ("02:30", "03:10", "2026-03-28T12:00", "2026-03-28T12:00"),  # the day before is no part of it
        ("02:30", "03:10", "2026-03-29T00:59", "2026-03-29T00:59"),
        ("02:30", "03:10", "2026-03-29T01:00", "2026-03-29T01:10"),
        ("02:30", "03:10", "2026-03-29T01:10", "2026-03-29T01:10"),
        ("02:15", "02:45", "2026-03-28T12:00", "2026-03-28T12:00"),  # leapt over whole: nothing of it is left
        ("02:15", "02:45", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("02:45", "02:15", "2026-03-28T12:00", "2026-03-29T01:00"),  # all day but for that half hour
        ("02:45", "02:15", "2026-03-29T01:00", "2026-03-30T00:15"),
        ("22:00", "07:00", "2026-03-28T21:30", "2026-03-29T05:00"),
        ("22:00", "07:00", "2026-10-24T21:30", "2026-10-25T06:00"),
        ("02:10", "02:50", "2026-10-25T00:20", "2026-10-25T00:50"),
        ("02:10", "02:50", "2026-10-25T01:20", "2026-10-25T01:20"),  # the second time round it is over
    ],
)
def test_quiet_hours_when_the_clock_is_changed(begin: str, end: str, moment: str, expected: str) -> None:
    berlin = wanted(quiet=(time.fromisoformat(begin), time.fromisoformat(end)), zone="Europe/Berlin")
    assert due(berlin, at(moment)) == at(expected)


def test_an_hour_that_comes_twice_is_told_once() -> None:
    berlin = wanted(digest=time(2, 30), zone="Europe/Berlin")  # on 25 October 2026 the clock goes from 3 to 2
    first = due(berlin, at("2026-10-24T22:00"))
    assert first == at("2026-10-25T00:30")
    assert due(berlin, first) == at("2026-10-26T01:30")


@given(moments, hours, st.sampled_from(ZONES))
def test_a_digest_is_at_most_a_day_and_a_changed_clock_away(moment: datetime, hour: time, zone: str) -> None:
    when = due(wanted(digest=hour, zone=zone), moment)
    assert timedelta() < when - moment <= timedelta(hours=26)


@given(moments, hours, hours, st.sampled_from(ZONES))
def test_quiet_hours_begin_and_end_when_their_clock_says_so(
    moment: datetime, begin: time, end: time, zone: str
) -> None:
    when = due(wanted(quiet=(begin, end), zone=zone), moment)
    local = moment.astimezone(ZoneInfo(zone))
    if {local.utcoffset()} == {(local + timedelta(hours=ahead)).utcoffset() for ahead in (-25, 25)}:  # an ordinary day
        here = local.time()
        assert (when > moment) == (begin <= here < end if begin <= end else here >= begin or here < end)
        assert when == moment or when.astimezone(ZoneInfo(zone)).time() == end
    assert timedelta() <= when - moment <= timedelta(hours=26)
