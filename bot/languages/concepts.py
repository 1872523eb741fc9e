"""Which known things an entry names, in any of three languages: the only words that two languages share for sure.

``concepts.tsv`` lists them. Without an embedder this is all that joins entries across languages; with one it keeps
apart what an embedder finds alike, such as two stories on rare earths with different countries in them.
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
        """How often each concept is named in ``text``, in the order of their ends."""
        spaced = f" {_GAP.sub('  ', fold(text)).replace(chr(39) + 's ', ' ')} "
        found: dict[str, int] = {}
        for which, _, _ in self._matcher.find_matches_as_indexes(spaced, overlapping=True):
            name = self._names[which]
            found[name] = found.get(name, 0) + 1
        return found

    def english(self, name: str) -> str:
        """The first form of the concept: in English, in lower case. Raises KeyError where there is none."""
        return self._english[name]


def _pattern(form: str) -> str:
    folded = _GAP.sub("  ", fold(form))
    return folded if is_joined(folded[0]) else f" {folded} "


@cache
def shipped() -> Concepts:
    """The concepts that come with the program."""
    forms: dict[str, list[str]] = {}
    for line in _SHIPPED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *columns = line.split("\t")
            forms[name] = [form for column in columns for form in column.split("|")]
    return Concepts(forms)


def overlap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Cosine of two weighted sets, 0..1; 0 where either is empty."""
    dot = sum(weight * other[name] for name, weight in one.items() if name in other)
    if not dot:
        return 0.0
    return dot / math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))


def in_common(one: str, other: str) -> float:
    """How much of the known things that two texts name they both name, 0..1, whatever their languages."""
    return overlap(*(dict.fromkeys(shipped().find(text), 1.0) for text in (one, other)))
