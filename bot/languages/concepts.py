"""The known things that an entry names, in any of three languages: states, people, offices, places, subjects.

``concepts.tsv`` lists them. Without an embedder only these join entries across languages; with one they keep apart
stories that an embedder finds alike, such as two on rare earths that name different countries.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import ahocorasick_rs as ac

from bot.text.tokens import fold, is_joined

_SHIPPED = Path(__file__).with_name("concepts.tsv")
_GAP = re.compile(r"[^\w']+|_")


class Concepts:
    """Finds concepts in texts. ``forms`` gives the written forms of each concept by its name."""

    def __init__(self, forms: Mapping[str, Iterable[str]]) -> None:
        pairs = [(_pattern(form), name) for name, written in forms.items() for form in written]
        self._names = [name for _, name in pairs]
        self._english = {name: next(iter(written), name) for name, written in forms.items()}
        self._matcher = ac.AhoCorasick([pattern for pattern, _ in pairs])

    def find(self, text: str) -> dict[str, int]:
        """Return how often ``text`` names each concept, in the order in which the names end."""
        spaced = f" {_GAP.sub('  ', fold(text)).replace(chr(39) + 's ', ' ')} "
        found: dict[str, int] = {}
        for which, _, _ in self._matcher.find_matches_as_indexes(spaced, overlapping=True):
            name = self._names[which]
            found[name] = found.get(name, 0) + 1
        return found

    def english(self, name: str) -> str:
        """Return the concept's first form: English, in lower case. Raises KeyError if there is no such concept."""
        return self._english[name]


def _pattern(form: str) -> str:
    folded = _GAP.sub("  ", fold(form))
    return folded if is_joined(folded[0]) else f" {folded} "


@cache
def shipped() -> Concepts:
    """Return the concepts that come with the program."""
    forms: dict[str, list[str]] = {}
    for line in _SHIPPED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *columns = line.split("\t")
            forms[name] = [form for column in columns for form in column.split("|")]
    return Concepts(forms)


def overlap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the cosine of two weighted sets, 0..1; 0 if either is empty."""
    dot = sum(weight * other[name] for name, weight in one.items() if name in other)
    if not dot:
        return 0.0
    return dot / math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))


def in_common(one: str, other: str) -> float:
    """Return how far two texts, in any languages, name the same concepts, 0..1."""
    return overlap(*(dict.fromkeys(shipped().find(text), 1.0) for text in (one, other)))
