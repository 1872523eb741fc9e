"""What the headers of an answer say, read so that no value of theirs can do harm. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiohttp import hdrs

_LONGEST_WAIT = 86400.0  # seconds: a longer Retry-After is taken for a mistake
_LONGEST_VALUE = 1000  # characters of a header that is kept
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def kept_value(headers: Mapping[str, str], name: str) -> str | None:
    """A header's value that may be stored and sent back; None where it is missing, very long or not printable ASCII."""
    value = headers.get(name, "").strip()
    return value if value and len(value) <= _LONGEST_VALUE and value.isascii() and value.isprintable() else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, at most a day; None where the server does not say.

    RFC 9110, section 10.2.3: seconds, or a date, which is held against the server's own clock where it tells it.
    """
    value = headers.get(hdrs.RETRY_AFTER, "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT)
    until, present = http_date(value), http_date(headers.get(hdrs.DATE, "")) or now
    return min(max(0.0, (until - present).total_seconds()), _LONGEST_WAIT) if until else None


def freshness(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the answer stays fresh; None where the server does not say, or wants to be asked each time.

    RFC 9111, section 4.2: max-age counts before Expires, s-maxage is for shared caches only, and the time that the
    answer has already spent in a cache (Age) is over.
    """
    control = headers.get(hdrs.CACHE_CONTROL, "").lower()
    if "no-store" in control or "no-cache" in control:
        return None
    if found := _MAX_AGE.search(control):
        age = headers.get(hdrs.AGE, "").strip()
        spent = float(age[:9]) if age.isascii() and age.isdigit() else 0.0
        return max(0.0, float(found[1]) - spent)
    expires, present = http_date(headers.get(hdrs.EXPIRES, "")), http_date(headers.get(hdrs.DATE, ""))
    return max(0.0, (expires - present).total_seconds()) if expires and present else None


def http_date(value: str) -> datetime | None:
    """The aware time that a header gives, None where it gives none."""
    if not value:
        return None
    try:
        found = parsedate_to_datetime(value)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # the standard library's parser lets all of them out
        return None
