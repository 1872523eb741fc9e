"""Durations as people write them in settings, feeds.yaml and commands: ``90s``, ``1h30m``, ``24 hours``, ``2w``."""

import re
from datetime import timedelta
from decimal import Decimal

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER = r"\d{1,10}(?:\.\d{1,6})?"
_WORD = r"(?:s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})\s*({_WORD})(?![a-z])[\s,]*", re.IGNORECASE)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE)


def read_duration(typed: str) -> float | None:
    """Read a duration in seconds; a bare number counts seconds. None where it is no duration."""
    text = typed.strip()
    if _PLAIN.fullmatch(text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        return None
    # Decimals, so that 0.1h is the 360 s that it says.
    return float(sum(Decimal(part[1]) * _UNITS[part[2][0].lower()] for part in _PART.finditer(text)))


def read_span(typed: str) -> timedelta | None:
    """Read a duration with a unit, longer than zero, such as a window of time; None for anything else."""
    seconds = None if _PLAIN.fullmatch(typed.strip()) else read_duration(typed)
    try:
        return timedelta(seconds=seconds) if seconds else None
    except OverflowError:
        return None


def write_duration(seconds: float) -> str:
    """Write seconds, to the microsecond, as ``read_duration`` reads them: in the largest unit that comes out even."""
    exact = round(Decimal(repr(seconds)), 6).normalize()
    for unit in ("w", "d", "h", "m"):
        if exact and exact % _UNITS[unit] == 0:
            return f"{exact / _UNITS[unit]:f}".partition(".")[0] + unit
    return f"{exact:f}s"
