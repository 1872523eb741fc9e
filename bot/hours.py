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
    return ends if ends < begins else now  # the end comes before the next beginning: it is quiet now


def _next(at: time, zone: str, now: datetime) -> datetime:
    """The next moment after ``now`` at which a clock in the zone shows ``at``, in UTC."""
    here = now.astimezone(ZoneInfo(zone))
    for days in range(3):  # a day on, or two where the clock's change moves the first one behind us
        local = datetime.combine(here.date() + timedelta(days=days), at, tzinfo=ZoneInfo(zone))
        moment = local.astimezone(UTC)
        if moment > now:
            return moment
    raise AssertionError("no clock leaps over two days")
