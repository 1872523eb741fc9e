"""How common terms are in ordinary news: what makes a shared word telling.

The counts are shipped beside this file (``background.txt.gz``): how many of some 36,000 ordinary entries in many
languages hold each term, and how many name each concept (written with ``=`` before it). They are made, reproducibly, by

    python -m bot.stories.background ENTRIES.jsonl.gz

from JSON lines with ``title`` and ``summary``. Only counts of single terms are kept, no text.
"""

import gzip
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from bot.languages import concepts
from bot.languages.index_terms import index_terms
from bot.text.tokens import script_of

SHIPPED = Path(__file__).with_name("background.txt.gz")
_RARE = 4  # terms in fewer entries are not shipped; an absent term counts as half an entry


class Background:
    """Document frequencies by term, and the number of documents by script."""

    def __init__(self, counts: Mapping[str, int], documents: Mapping[str, int]) -> None:
        self.counts = counts
        self.documents = documents

    def rarity(self, term: str, seen_in: int = 0, seen: int = 0) -> float:
        """The natural logarithm of how many times rarer than every document ``term`` is (inverse document frequency).

        ``seen_in`` of ``seen`` further documents, such as the open stories, hold the term.
        """
        total = self.documents.get(script_of(term), 1000) + seen
        return math.log((total + 1) / (self.counts.get(term, 0.5) + seen_in + 0.5))


@cache
def shipped() -> Background:
    """The background that comes with the program."""
    with gzip.open(SHIPPED, "rt", encoding="utf-8") as lines:
        documents = {name: int(number) for name, number in (pair.split("=") for pair in next(lines).split())}
        counts = {}
        for line in lines:
            count, _, held = line.partition(" ")
            counts.update(dict.fromkeys(held.split(), int(count)))
    return Background(counts, documents)


def count(entries: Iterable[str]) -> Background:
    """Count in how many of ``entries`` each term stands."""
    counts: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for text in entries:
        held = set(index_terms(text)) | {f"={name}" for name in concepts.shipped().find(text)}
        counts.update(held)
        documents.update({script_of(term) for term in held})
    return Background(counts, documents)


def save(background: Background, path: Path) -> None:
    """Write the counts, rounded to two digits, in a form that a person can read after unpacking."""
    groups: dict[int, list[str]] = {}
    for term, number in background.counts.items():
        if number >= _RARE:
            step = 10 ** max(0, len(str(number)) - 2)
            groups.setdefault(number // step * step, []).append(term)
    head = " ".join(f"{name}={number}" for name, number in sorted(background.documents.items()))
    body = [f"{number} {' '.join(sorted(groups[number]))}" for number in sorted(groups)]
    # No name and no time in the gzip header: the same counts give the same bytes.
    path.write_bytes(gzip.compress("\n".join([head, *body, ""]).encode(), mtime=0))


def _read(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield f"{entry['title']} {entry.get('summary') or ''}"


if __name__ == "__main__":
    save(count(_read(Path(sys.argv[1]))), SHIPPED)
