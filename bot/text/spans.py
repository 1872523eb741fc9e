"""Spans of time and counts in words: read from what people type, and shown to them."""

import re
from datetime import timedelta

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(\d{1,4})\s*(m|h|d|w)(?:in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?", re.IGNORECASE)


def read_span(typed: str) -> timedelta | None:
    """Read ``30m``, ``24h``, ``7d`` or ``2w`` (also ``24 hours``); None for anything else, and for zero."""
    found = _SPAN.fullmatch(typed.strip())
    if not found or int(found[1]) == 0:
        return None
    return timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()])


def duration_words(span: timedelta) -> str:
    """A span in its largest fitting unit: ``24 hours``, ``7 days``, ``5 minutes``."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return count_of(seconds, "second")
    if seconds < 3600:
        return count_of(seconds // 60, "minute")
    if seconds < 2 * 86400:
        return count_of(seconds // 3600, "hour")
    return count_of(seconds // 86400, "day")


def ago(span: timedelta) -> str:
    """How long ago something was: ``just now``, ``5 minutes ago``."""
    return "just now" if span < timedelta(minutes=1) else f"{duration_words(span)} ago"


def count_of(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 story``, ``2 stories``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
