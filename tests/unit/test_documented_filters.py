"""docs/filters.md shows what the filters really write: each of its examples is run."""

import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.classify import load_topics
from bot.lab.filters import FILTERS, FilterSetup, run_filter

_PAGE = (Path(__file__).parent.parent.parent / "docs/filters.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(
    r"```console\n\$ echo '(?P<lines>[^']+)' \| monazite (?P<name>\w+)\n(?P<written>.+?)```", re.DOTALL
)
_EXAMPLES = [(found["name"], found["lines"], found["written"]) for found in _EXAMPLE.finditer(_PAGE)]


def _objects(text: str) -> list[Any]:
    """The JSON objects of a text, one after another, each on one line or on several."""
    decoder, objects, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        objects.append(value)
    return objects


@pytest.mark.parametrize(("name", "lines", "written"), _EXAMPLES)
def test_the_filter_writes_what_its_page_shows(name: str, lines: str, written: str) -> None:
    output: list[str] = []
    setup = FilterSetup(load_topics(), lambda: None, timedelta(days=10))
    run_filter(name, setup, BytesIO(lines.encode()), output.append, output.append)
    assert [json.loads(line) for line in output] == _objects(written)


def test_every_filter_has_an_example() -> None:
    assert {name for name, _, _ in _EXAMPLES} == set(FILTERS)
