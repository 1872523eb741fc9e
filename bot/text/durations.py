"""Durations as people write them in feeds.yaml and in settings: ``90s``, ``5m``, ``1h30m``, ``7d``."""

import re
from decimal import Decimal

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER = r"[0-9]{1,10}(?:\.[0-9]{1,6})?"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})\s*([smhdw])\s*", re.IGNORECASE)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE)


def read_duration(typed: str) -> float | None:
    """Read a duration in seconds; a bare number counts seconds. None where it is no duration."""
    text = typed.strip()
    if _PLAIN.fullmatch(text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        return None
    # Decimals, so that 0.1h is the 360 s that it says.
    return float(sum(Decimal(part[1]) * _UNITS[part[2].lower()] for part in _PART.finditer(text)))


def write_duration(seconds: float) -> str:
    """Write seconds, to the microsecond, as ``read_duration`` reads them: in the largest unit that comes out even."""
    exact = round(Decimal(repr(seconds)), 6).normalize()
    for unit in ("w", "d", "h", "m"):
        if exact and exact % _UNITS[unit] == 0:
            return f"{exact / _UNITS[unit]:f}".partition(".")[0] + unit
    return f"{exact:f}s"
