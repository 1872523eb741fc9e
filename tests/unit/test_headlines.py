"""The headlines and entries of our own are judged as labelled, but for a few that a later rule may still win."""

import json
from datetime import timedelta
from pathlib import Path

from bot.classify import load_topics
from bot.lab.evaluate import evaluate
from bot.lab.filters import FilterSetup, Row
from tests.quality.__main__ import ENTRIES, STANCES, headlines

SETUP = FilterSetup(load_topics(), lambda: None, timedelta(days=10))


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_nearly_every_headline_is_judged_as_labelled() -> None:
    found = evaluate("topics", headlines(), SETUP)
    assert found.figures["china-pakistan-us all F1"] >= 0.95, found.misses


def test_nearly_every_entry_is_judged_as_labelled() -> None:
    found = evaluate("topics", rows(ENTRIES), SETUP)
    assert found.figures["china-pakistan-us all F1"] >= 0.94, found.misses
    assert found.figures["rare-earths all F1"] >= 0.95, found.misses


def test_nearly_every_denial_is_told_from_what_looks_like_one() -> None:
    found = evaluate("stance", rows(STANCES), SETUP)
    assert found.figures["deny precision"] >= 0.9, found.misses
    assert found.figures["deny recall"] >= 0.85, found.misses
