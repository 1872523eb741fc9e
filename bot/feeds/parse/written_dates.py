"""Read dates as people and content systems write them, in many languages; imported only where a feed has such dates.

A reading counts only if it explains the whole text: what is left over makes it none. So "2026", "May" or "Vol. 12" are
no dates, and nothing is filled in from today's. Names of months and days come from Babel (CLDR). ``dateparser`` was
measured on the 40 forms of the tests: it took 59 ms for each new form, read ``20180918T155356Z`` as a day of 1601 and
``v2026.09.18`` as a date, and missed four forms.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.feeds.parse.date_words import EVENING, FILLERS, LONGEST, MORNING, Names, in_one_form, names_by_preference
from bot.feeds.parse.dates import zone_offset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_WORDS = 12
_A_DAY = 86400  # seconds
_SEPARATORS = re.compile(r"[\s,;|·•،؛、，()\[\]]+|(?<!\d)[-–—/:]|[-–—/:](?!\d)|[.](?=\s|$)|(?<=\d)(?=ء)")

_YEAR, _TWO = r"((?:19|20)\d\d)", r"(\d{1,2})"
_END = r"(?![\d])"
_CJK = re.compile(rf"{_YEAR}\s*[年년]\s*{_TWO}\s*[月월]\s*{_TWO}\s*[日号일]?(?:\([^)]{{1,3}}\))?")
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}\s?([-/.])\s?{_TWO}\s?\2\s?{_TWO}\.?{_END}")
_YEAR_LAST = re.compile(rf"(?<![\d.]){_TWO}\s?([-/.])\s?{_TWO}\s?\2\s?{_YEAR}{_END}")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[t ]?(\d\d)(\d\d)(\d\d)?)?\s*(z|[+-]\d\d:?\d\d)?")
_WEEK = re.compile(r"((?:19|20)\d\d)-?w(\d\d)-?([1-7])(?=$|[t\s])")
_ORDINAL = re.compile(r"((?:19|20)\d\d)-(\d{3})(?=$|[t\s])")
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})|(\d{15,16})")
_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2})\s?(?:[:：h]|\.(?=\d\d(?!\d)))\s?(\d{2})(?:[:：.]\s?(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])"
)
_CJK_TIME = re.compile(r"(?<!\d)(\d{1,2})\s?[時时点시]\s?(?:(\d{1,2})\s?[分분])?\s?(?:(\d{1,2})\s?[秒초])?")
_HOUR_ONLY = re.compile(r"(?<![\d.:])(\d{1,2})\s?(am|pm|a\.m\.?|p\.m\.?|uhr|h|بجے|बजे)(?![\w])")
_OFFSET = re.compile(r"(?:\b(?:gmt|utc|ut)\s?|(?<=\d)\s*|(?<=\s))([+\u2212-])(\d{1,2})(?::?(\d\d))?(?![\d:])")
_AREA = re.compile(r"\b[a-z]{2,20}(?:/[a-z_+-]{2,30}){1,2}\d{0,2}")
_NAMED_ZONE = re.compile(r"(?<![\w'])(?:[a-z]{2,4}|z)(?![\w'])")
_DAY_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.|e|ième)?")
_YEAR_WORD = re.compile(r"(?:(?:19|20)\d\d)(?:г|年)?\.?")


class Reading:
    """A date that a text states. ``stamps`` has its POSIX timestamps by the order of day and month they assume.

    The orders are ``day`` and ``month`` (which comes first), or '' where the text leaves no choice. A single stamp
    under ``day`` or ``month`` proves that order for the feed. ``leans`` is the order that the style of the text
    suggests where two are left: a slash and "PM" are American, dots are not.
    """

    __slots__ = ("leans", "stamps")

    def __init__(self, stamps: dict[str, int], leans: str = "") -> None:
        self.stamps = stamps
        self.leans = leans


def read_written(text: str, language: str = "") -> Reading | None:
    """Read a date; None where the text is none, or says more than a date.

    Args:
        text: As the feed has it.
        language: ISO 639-1 code of the feed, whose names of months are tried first; '' for none.
    """
    plain = in_one_form(text)
    if not plain or len(plain) > LONGEST or not any(letter.isdigit() for letter in plain):
        return None
    machine = _read_machine(plain)
    if machine is not None:
        return Reading({"": machine})
    return _read_prose(plain, language)


def settle(texts: Sequence[str], language: str, now: float | None) -> list[int | None]:
    """Read the dates of one feed, whose entries show the order of day and month to each other.

    The order is the one that an unambiguous date of the feed proves; else that of the feed's language where this
    names a region or is not English; else the one that the text leans to; else the one that is not in the future.
    An ambiguous date that none of these decides is not read.

    Args:
        texts: The dates as the feed has them.
        language: The feed's language tag, such as ``en-US``; '' if unknown.
        now: POSIX timestamp of the present; None if it should decide nothing.
    """
    readings = [read_written(text, language[:2].lower()) for text in texts]
    proved = {order for one in readings if one and len(one.stamps) == 1 for order in one.stamps} - {""}
    order = proved.pop() if len(proved) == 1 else "" if proved else _usual_order(language)
    return [_chosen(one, order, now) if one else None for one in readings]


def _chosen(reading: Reading, order: str, now: float | None) -> int | None:
    stamps = reading.stamps
    if len(stamps) == 1:
        return next(iter(stamps.values()))
    if order or reading.leans:
        return stamps[order or reading.leans]
    past = [stamp for stamp in stamps.values() if now is not None and stamp <= now + _A_DAY]
    return past[0] if len(past) == 1 else None


@cache
def _usual_order(language: str) -> str:
    """``day`` or ``month``, which comes first in a language's short dates (CLDR); '' for plain English."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - see below

    tag = language.replace("_", "-")
    if tag.lower() in ("", "en"):
        return ""
    try:
        pattern = str(Locale.parse(tag, sep="-").date_formats["short"].pattern).lower()
    except (UnknownLocaleError, ValueError):
        return ""
    return "day" if pattern.index("d") < pattern.index("m") else "month"


def _read_machine(plain: str) -> int | None:
    """An epoch in seconds, milliseconds or microseconds; basic ISO 8601."""
    if found := _EPOCH.fullmatch(plain):
        seconds, milliseconds, microseconds = found.groups()
        return int(seconds or 0) + int(milliseconds or 0) // 1000 + int(microseconds or 0) // 1_000_000
    if found := _COMPACT.fullmatch(plain):
        year, month, day, hour, minute, second, zone = found.groups()
        offset = zone_offset(zone) if zone and zone != "z" else 0
        moment = _moment(int(year), int(month), int(day), (int(hour or 0), int(minute or 0), int(second or 0)))
        return None if moment is None or offset is None else int(moment.timestamp()) - offset
    return None


class _Text:
    """What is left of a text once its parts are taken out of it."""

    def __init__(self, plain: str) -> None:
        self.left = plain

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take out the first match; a blank stays in its place."""
        found = pattern.search(self.left)
        if found:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
        return found


def _read_prose(plain: str, language: str) -> Reading | None:
    text = _Text(plain)
    orders = _take_numbers(text)
    clock, zone = _take_clock(text), None
    if clock is not None or orders:
        zone = _take_zone(text)
    words = [word.strip(".:'’") for word in _SEPARATORS.split(text.left)]
    words = [word for word in words if word]
    if len(words) > _MOST_WORDS:
        return None
    for names in names_by_preference(language):
        found = _explain(words, names, orders, has_time=clock is not None)
        if found is None:
            continue
        dates, half_day, zone_words = found
        stamps = _stamps(dates, clock, half_day, zone or _zone_of(zone_words))
        if stamps:
            return Reading(stamps, "month" if half_day and "/" in plain else "day" if "." in plain else "")
    return None


def _take_numbers(text: _Text) -> dict[str, date]:
    """The date where it is written in numbers, by the order that this assumes: ``day`` or ``month`` first, '' if none.

    Empty where there is no such date.
    """
    for pattern, build in ((_WEEK, date.fromisocalendar), (_ORDINAL, _of_year)):
        found = pattern.search(text.left)
        if found:
            try:
                day = build(*(int(part) for part in found.groups()))
            except ValueError:
                return {}
            text.take(pattern)
            return {"": day}
    if found := text.take(_CJK):
        return _dates({"": (found[1], found[2], found[3])})
    if found := text.take(_YEAR_FIRST):
        if text.left.startswith(" t") and text.left[2:3].isdigit():  # 2026-9-18T5:03
            text.left = text.left[2:]
        return _dates({"": (found[1], found[3], found[4])})
    if found := text.take(_YEAR_LAST):
        return _dates({"day": (found[4], found[3], found[1]), "month": (found[4], found[1], found[3])})
    return {}


def _of_year(year: int, day: int) -> date:
    if not 1 <= day <= 366:
        raise ValueError(day)
    found = date(year, 1, 1) + timedelta(days=day - 1)
    if found.year != year:
        raise ValueError(day)
    return found


def _dates(written: dict[str, tuple[str, str, str]]) -> dict[str, date]:
    """Those of the readings (year, month, day) that are dates; one that every order gives needs no order."""
    found: dict[str, date] = {}
    for order, (year, month, day) in written.items():
        with suppress(ValueError):
            found[order] = date(int(year), int(month), int(day))
    return {"": found["day"]} if len(found) == 2 and len(set(found.values())) == 1 else found


def _take_clock(text: _Text) -> tuple[int, int, int] | None:
    found = text.take(_TIME) or text.take(_CJK_TIME)
    if found:
        return int(found[1]), int(found[2] or 0), int(found[3] or 0)
    found = text.take(_HOUR_ONLY)
    if found:
        text.left += f" {found[2]}"  # "pm" is explained like every other word
        return int(found[1]), 0, 0
    return None


def _take_zone(text: _Text) -> tzinfo | None:
    """A zone that is written as an offset or as ``Asia/Karachi``; its name beside an offset says nothing more."""
    if found := text.take(_OFFSET):
        sign, hours, minutes = found.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if span <= timedelta(hours=14):
            text.left = re.sub(r"\([^()]*\)", " ", text.left)
            return timezone(span if sign == "+" else -span)
        text.left += " ?"  # no such offset: the text is not understood
        return None
    found = _AREA.search(text.left)
    name = _areas().get(found[0]) if found else None
    if name:
        text.take(_AREA)
        return ZoneInfo(name)
    return None


@cache
def _areas() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _explain(
    words: list[str], names: Names, orders: dict[str, date], *, has_time: bool
) -> tuple[dict[str, date], str, list[str]] | None:
    """What the words say with these names: the date by order, ``am`` or ``pm``, the words for the zone.

    None where a word is left over.
    """
    kinds: dict[str, list[str]] = {}
    for word in _joined(words, names):
        kinds.setdefault(_kind(word, names, has_time=has_time), []).append(word)
    if "unknown" in kinds:
        return None
    months, weekdays, numbers = (kinds.get(kind, []) for kind in ("month", "weekday", "number"))
    zones, half_day = kinds.get("zone", []), "am" if "am" in kinds else "pm" if "pm" in kinds else ""
    days_too = [word for word in months if word in names.days]  # "mar" is March and Tuesday in Spanish
    if days_too and (orders or len(months) > 1):
        months.remove(days_too[0])
        weekdays.append(days_too[0])
    if orders:
        fitting = {order: day for order, day in orders.items() if day.weekday() in {names.days[w] for w in weekdays}}
        return None if numbers or months else (fitting if len(fitting) == 1 else orders, half_day, zones)
    if len(months) != 1 or len(numbers) != 2:
        return None
    day = _named_date(numbers, names.months[months[0]], has_time=has_time)
    return (day, half_day, zones) if day else None


def _kind(word: str, names: Names, *, has_time: bool) -> str:
    if word in names.months:
        return "month"
    if word in names.days:
        return "weekday"
    if word in MORNING or word in EVENING:
        return "am" if word in MORNING else "pm"
    if _YEAR_WORD.fullmatch(word) or _DAY_NUMBER.fullmatch(word):
        return "number"
    if has_time and _NAMED_ZONE.fullmatch(word) and zone_offset(word) is not None:
        return "zone"
    return "filler" if word in FILLERS else "unknown"


def _joined(words: list[str], names: Names) -> Iterator[str]:
    """The words, two in a row as one where together they are a name (Arabic's ``كانون الثاني``)."""
    at = 0
    while at < len(words):
        pair = " ".join(words[at : at + 2])
        both = at + 1 < len(words) and (pair in names.months or pair in names.days)
        yield pair if both else words[at]
        at += 2 if both else 1


def _named_date(numbers: list[str], month: int, *, has_time: bool) -> dict[str, date]:
    """The date of a month's name and two numbers, one of which is a year of four digits, or of two as in RFC 822."""
    years = [word for word in numbers if _YEAR_WORD.fullmatch(word)]
    if len(years) == 1:
        (day,) = (word for word in numbers if word is not years[0])
        year = int(years[0][:4])
    elif not years and has_time and numbers[1].isdecimal() and len(numbers[1]) == 2:
        day, short = numbers[0], int(numbers[1])
        year = 2000 + short if short < 50 else 1900 + short  # RFC 5322, section 4.3
    else:
        return {}
    written = _DAY_NUMBER.fullmatch(day)
    return _dates({"": (str(year), str(month), written[1])}) if written else {}


def _stamps(
    dates: dict[str, date], clock: tuple[int, int, int] | None, half_day: str, zone: tzinfo | None
) -> dict[str, int]:
    hour, minute, second = clock or (0, 0, 0)
    if half_day and hour <= 12:
        hour = hour % 12 + (12 if half_day == "pm" else 0)
    found = {order: _moment(day.year, day.month, day.day, (hour, minute, second), zone) for order, day in dates.items()}
    return {order: int(moment.timestamp()) for order, moment in found.items() if moment is not None}


def _moment(
    year: int, month: int, day: int, clock: tuple[int, int, int], zone: tzinfo | None = None
) -> datetime | None:
    """The moment; UTC where no zone is named. 24:00 and a leap second are read as the moment after."""
    hour, minute, second = clock
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return None
    try:
        start = datetime(year, month, day, tzinfo=zone or UTC)
    except ValueError:
        return None
    return start + timedelta(hours=hour, minutes=minute, seconds=second)


def _zone_of(words: list[str]) -> tzinfo | None:
    offsets = [zone_offset(word) for word in words]
    known = [offset for offset in offsets if offset is not None]
    return timezone(timedelta(seconds=known[-1])) if known else None
