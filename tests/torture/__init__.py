"""Breaks the program on purpose, and counts what that costs: ``make torture`` at length, ``make test`` in short.

A module of this package that has ``torture`` is one subject. Adding one is all it takes to have it run.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One target: what was measured, what was aimed at, and whether that was met."""

    name: str
    figure: str
    target: str
    met: bool
