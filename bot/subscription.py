"""What a subscription asks for: read from what people type, told to them, and when it may be told.

Hours are local and keep to the clock on the wall. Where a clock goes forward, an hour that it leaps over counts as the
moment of the leap; where it goes back, the first of the two counts (PEP 495, ``fold=0``).
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import CommandError
from bot.model import Channel, Subscription

_KEYS = {"language": "lang", "languages": "lang", "timezone": "zone"}
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+\u2212-])\s*(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_FIXED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
# Offsets of half and quarter hours at which a zone keeps no summer time.
_HALF_HOURS = {
    "+3:30": "Asia/Tehran",
    "+4:30": "Asia/Kabul",
    "+5:30": "Asia/Kolkata",
    "+5:45": "Asia/Kathmandu",
    "+6:30": "Asia/Yangon",
    "+9:30": "Australia/Darwin",
}
_ABBREVIATIONS = {
    "PKT": "Asia/Karachi",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "ET": "America/New_York",
    "EDT": "America/New_York",
    "PDT": "America/Los_Angeles",
    "CEST": "Europe/Berlin",
}
_AMBIGUOUS = {
    "CST": "zone=Asia/Shanghai or zone=America/Chicago",
    "IST": "zone=Asia/Kolkata, zone=Europe/Dublin or zone=Asia/Jerusalem",
    "BST": "zone=Europe/London or zone=Asia/Dhaka",
}
_HOUR = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d))?")


def read_terms(channel: Channel, topic: str, words: Sequence[str]) -> Subscription:
    """The subscription that words such as ``score=0.7 lang=en,zh digest=08:00 zone=Asia/Karachi`` ask for.

    Raises:
        CommandError: a word is not understood; its ``field`` names the option.
    """
    given: dict[str, str] = {}
    for word in words:
        key, separator, value = word.partition("=")
        name = _KEYS.get(key.lower(), key.lower())
        if not separator or name not in ("score", "lang", "digest", "zone", "quiet", "denials"):
            raise CommandError(
                f"{word!r} is not understood here; "
                "score=0.7, lang=en,zh, digest=08:00, zone=Asia/Karachi, quiet=22:00-07:00 and denials=channel are."
            )
        if value and value.lower() != "none":
            given[name] = value
    return Subscription(
        channel,
        topic,
        _score(given.get("score", "0")),
        _languages(given["lang"]) if "lang" in given else (),
        digest=_hour(given["digest"], "digest") if "digest" in given else None,
        zone=_zone(given.get("zone", "UTC")),
        quiet=_span(given["quiet"]) if "quiet" in given else None,
        aloud=_aloud(given.get("denials", "thread")),
    )


def write_terms(wanted: Subscription) -> str:
    """The terms of a subscription, for people."""
    score = f"score {wanted.minimum_score:g} or more" if wanted.minimum_score else "every match"
    languages = f"in {', '.join(wanted.languages)}" if wanted.languages else "in any language"
    told = [score, languages, f"in a digest at {wanted.digest:%H:%M}" if wanted.digest is not None else "at once"]
    if wanted.quiet:
        told.append(f"quiet from {wanted.quiet[0]:%H:%M} to {wanted.quiet[1]:%H:%M}")
    if wanted.digest is not None or wanted.quiet:
        told.append(f"local time of {zone_name(wanted.zone)}")
    if wanted.aloud:
        told.append("denials in the channel, too")
    return ", ".join(told)


def _score(value: str) -> float:
    try:
        score = float(value)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise CommandError(f"score={value} is not a number from 0 to 1, such as score=0.7.", "score")
    return score


def _languages(value: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(code.strip().lower() for code in value.split(",") if code.strip()))
    wrong = [code for code in codes if not (len(code) == 2 and code.isascii() and code.isalpha())]
    if wrong or not codes:
        raise CommandError(f"lang={value} is not a list of two-letter language codes, such as lang=en,zh,ur.", "lang")
    return codes


def _hour(value: str, field: str) -> time:
    found = _HOUR.fullmatch(value.strip())
    if found is None:
        raise CommandError(f"{field}={value} is not an hour of the day, such as {field}=08:00.", field)
    return time(int(found[1]), int(found[2] or 0))


def _span(value: str) -> tuple[time, time]:
    begin, separator, end = value.replace("–", "-").partition("-")
    if not separator:
        raise CommandError(f"quiet={value} is not a span of hours, such as quiet=22:00-07:00.", "quiet")
    try:
        span = (_hour(begin, "quiet"), _hour(end, "quiet"))
    except CommandError:
        raise CommandError(f"quiet={value} is not a span of hours, such as quiet=22:00-07:00.", "quiet") from None
    if span[0] == span[1]:
        raise CommandError(f"quiet={value} begins and ends at one time; leave it out for no quiet hours.", "quiet")
    return span


def zone_name(zone: str) -> str:
    """Return a zone as people write it: ``UTC+5`` for the database's ``Etc/GMT-5``, whose sign is turned round."""
    found = _FIXED.fullmatch(zone)
    return f"UTC{'-' if found[1] == '+' else '+'}{found[2]}" if found else zone


def _zone(value: str) -> str:
    """Return the zone's name in its right spelling, whatever the case of the letters.

    ``GMT+5``, ``UTC+5`` and ``+05:00`` are all five hours ahead. The database's own ``Etc/GMT+5`` is five hours behind
    (https://data.iana.org/time-zones/tzdb/etcetera); it has to be typed in full.
    """
    offset = _OFFSET.fullmatch(value.strip())
    if offset:
        return _at_offset(value, *offset.groups())
    if value.strip().upper() in _AMBIGUOUS:
        raise CommandError(f"zone={value} stands for several zones: {_AMBIGUOUS[value.strip().upper()]}.", "zone")
    wanted = _ABBREVIATIONS.get(value.strip().upper(), value).strip().replace(" ", "_").lower()
    known = {name.lower(): name for name in sorted(available_timezones())}
    cities = {name.rpartition("/")[2]: full for name, full in known.items()}
    found = known.get(wanted) or cities.get(wanted)
    if found:
        return found
    raise CommandError(f"zone={value} is not a time zone, such as zone=Asia/Karachi or zone=Europe/Berlin.", "zone")


def _at_offset(typed: str, sign: str, hours: str, minutes: str | None) -> str:
    written = f"{'-' if sign != '+' else '+'}{int(hours)}"
    if int(minutes or 0):
        found = _HALF_HOURS.get(f"{written}:{minutes}", "")
    else:
        found = "UTC" if int(hours) == 0 else f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}"
    if found in available_timezones():
        return found
    raise CommandError(f"zone={typed} is not the offset of a time zone, such as zone=UTC+5; or name a city.", "zone")


def _aloud(value: str) -> bool:
    if value.lower() not in ("channel", "thread"):
        raise CommandError(f"denials={value} is neither denials=channel nor denials=thread.", "denials")
    return value.lower() == "channel"


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
