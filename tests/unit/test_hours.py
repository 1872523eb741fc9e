from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hours import due
from bot.model import Channel, Subscription

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
    assert due(berlin, at("2026-03-29T00:59")) == at("2026-03-29T01:30")


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
def test_quiet_hours_end_when_their_clock_says_so(moment: datetime, begin: time, end: time, zone: str) -> None:
    if begin == end:
        return
    when = due(wanted(quiet=(begin, end), zone=zone), moment)
    assert when >= moment
    if when > moment:
        local = when.astimezone(ZoneInfo(zone))
        leapt = local.utcoffset() != (when - timedelta(hours=2)).astimezone(ZoneInfo(zone)).utcoffset()
        assert leapt or (local.hour, local.minute) == (end.hour, end.minute)
