"""Spans of time and counts in words, as people are shown them."""

from datetime import timedelta


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
