"""Dates of feeds as POSIX timestamps: the forms that nearly every feed writes. ``written_dates`` reads the others."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6} | {
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
# Hours east of Greenwich. The names of RFC 822, and those of the places that our publishers write from; feedparser
# reads the latter as UTC. CST stays the American one, as RFC 822 has it.
_ZONES = (
    {
        "ut": 0,
        "tu": 0,
        "utc": 0,
        "gmt": 0,
        "z": 0,
        "est": -5,
        "edt": -4,
        "cst": -6,
        "cdt": -5,
        "mst": -7,
        "mdt": -6,
        "pst": -8,
    }
    | {"pdt": -7, "pkt": 5, "ist": 5.5, "hkt": 8, "sgt": 8, "myt": 8, "pht": 8, "wib": 7, "jst": 9, "kst": 9, "msk": 3}
    | {"bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "awst": 8, "aest": 10, "aedt": 11}
)
# Strings, which re compiles when they are first used: few feeds need all of them.
_DAY = r"(?:[a-z]{3,9},?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]{0,6}\.?,?[\s-]+(\d{4})"
_ZONE = r"(?:gmt|utc)?(?:([+-])(\d{2}):?(\d{2})|([a-z]{0,4}))"
_RFC822 = rf"({_DAY})(?:,?\s+(\d{{1,2}}):(\d{{2}})(?::(\d{{2}})(?:\.\d+)?)?)?\s*({_ZONE})"
_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,20})?)?)?(?:Z|[+-]\d\d:?\d\d)?"
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_SECONDS_A_DAY = 86400
_LONGEST = 200  # characters kept of what is to be a date


def date_or_text(text: str) -> int | str | None:
    """Read a date as ``read_date`` does; the text itself where it cannot, None where there is none.

    What is left as text is read later, beside the other dates of its feed (``written_dates.settle``).
    """
    stamp = read_date(text)
    return stamp if stamp is not None else text.strip()[:_LONGEST] or None


def read_date(text: str) -> int | None:
    """Read an RFC 822 or ISO 8601 date, UTC where it names no zone; None for any other text."""
    if text[16:17] == " " and text[19:20] == ":" == text[22:23] and text[25:26] == " ":
        # "Tue, 07 Oct 2025 12:00:00 +0000", as nine feeds of ten write it
        hour, minute, second = text[17:19], text[20:22], text[23:25]
        start, offset = _start_of_day(text[:16]), zone_offset(text[26:])
        if start is not None and offset is not None and (hour + minute + second).isdecimal() and hour < "24":
            return start + int(hour) * 3600 + int(minute) * 60 + int(second) - offset
    elif text[4:5] == "-" == text[7:8]:
        return _read_iso(text)
    found = re.fullmatch(_RFC822, text, re.IGNORECASE)
    if found is None:
        return None
    day, hour, minute, second, zone = found.group(1, 5, 6, 7, 8)
    start, offset = _start_of_day(day), zone_offset(zone)
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if start is None or offset is None or hours > 24 or minutes > 59 or seconds > 60:
        return None
    return start + hours * 3600 + minutes * 60 + seconds - offset


@lru_cache(maxsize=512)
def _start_of_day(text: str) -> int | None:
    """The timestamp at which "Tue, 07 Oct 2025" begins in UTC."""
    found = re.fullmatch(_DAY, text, re.IGNORECASE)
    if found is None:
        return None
    try:
        return (date(int(found[3]), _MONTHS[found[2].lower()], int(found[1])).toordinal() - _EPOCH) * _SECONDS_A_DAY
    except (ValueError, KeyError):
        return None


@lru_cache(maxsize=128)
def zone_offset(text: str) -> int | None:
    """Seconds east of Greenwich of "+0500", "GMT+05:00", "PKT"; None where the zone is unknown."""
    found = re.fullmatch(_ZONE, text.strip(), re.IGNORECASE)
    if found is None:
        return None
    sign, hours, minutes, name = found.groups()
    if sign:
        return (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
    east = _ZONES.get(name.lower()) if name else 0
    return None if east is None else int(east * 3600)


def _read_iso(text: str) -> int | None:
    if re.fullmatch(_ISO, text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def plausible(stamp: int | None, now: float | None) -> int | None:
    """``stamp``, or None where it lies before 1990, after 2100, or more than a day after ``now``.

    A date in the future is dropped, not clamped: a clamped one would be another at each poll, and an unknown one is
    replaced by the time the entry was first seen.
    """
    latest = _LATEST if now is None else now + _SECONDS_A_DAY
    return stamp if stamp is not None and _OLDEST <= stamp <= latest else None
