"""When a subscription wants to be told: daily digests and quiet hours, read on a clock of its own zone.

Hours are local and keep to the clock on the wall. Where a clock goes forward, an hour that it leaps over counts as the
moment of the leap; where it goes back, the first of the two counts (PEP 495, ``fold=0``).
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model import Subscription


def due(wanted: Subscription, now: datetime) -> datetime:
    """When something that happens ``now`` (aware UTC) may be posted: ``now`` itself, or later."""
    if wanted.digest is not None:
        return _next(wanted.digest, wanted.zone, now)
    if wanted.quiet is None:
        return now
    begin, end = wanted.quiet
    begins, ends = _next(begin, wanted.zone, now), _next(end, wanted.zone, now)
    # The end comes before the next beginning: it is quiet now. Both are one moment where a clock leaps over both.
    return ends if (ends, end) < (begins, begin) else now


def _next(at: time, zone: str, now: datetime) -> datetime:
    """The next moment after ``now`` at which a clock in the zone shows ``at``, in UTC."""
    here = now.astimezone(ZoneInfo(zone))
    for days in range(3):  # a day on, or two where the clock's change moves the first one behind us
        local = datetime.combine(here.date() + timedelta(days=days), at, tzinfo=ZoneInfo(zone))
        moment = _moment(local)
        if moment > now:
            return moment
    raise AssertionError("no clock leaps over two days")


def _moment(local: datetime) -> datetime:
    """A time on the wall in UTC; the moment of the leap where no clock ever shows it."""
    first, after = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    moment = local.astimezone(UTC)
    if first is None or after is None or after <= first:  # an ordinary hour, or one that comes twice
        return moment
    # It lies in a gap, in which fold=0 counts on with the offset of before: go back to where that offset ended.
    zone, low, high = local.tzinfo, moment - (after - first), moment
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high.replace(second=0, microsecond=0)
