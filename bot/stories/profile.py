"""What is compared of an entry: weighted terms, the concepts it names, its numbers, and marks of its wording."""

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bot.languages import concepts
from bot.languages.index_terms import index_terms
from bot.model import Stance
from bot.stories import background
from bot.text.tokens import fold, script_of

Vector: TypeAlias = npt.NDArray[np.float32]

_BODY, _BODY_TERMS = 3000, 300  # characters and terms of a text; news says first what matters
_KEPT_TERMS = 80  # heaviest terms of an entry
_EMBEDDED = 240  # characters of text that an embedder reads behind the title
_SHINGLE = 3  # terms in a row
_LEAD = 60  # terms at a text's beginning whose wording tells copies of one wire from each other's paraphrases
_TAILS = (" | ", " - ", " – ", " — ", " · ", "--")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class FiledEntry:
    """An entry as far as stories need it.

    ``id`` is the storage's. ``url`` is canonical, or ''. ``published`` is aware, or None where nobody knows.
    ``sentence`` is the one that shows the stance. ``vector`` is the index's embedding where it is stored already.
    ``embed`` False spares the model: terms alone decide where the entry belongs, as for a new feed's old entries.
    """

    id: int
    title: str
    text: str = ""
    language: str = ""
    publisher: str = ""
    published: datetime | None = None
    url: str = ""
    stance: Stance = Stance.REPORT
    sentence: str = ""
    topics: frozenset[str] = frozenset()
    vector: Vector | None = field(default=None, compare=False, repr=False)
    embed: bool = True


@dataclass(slots=True)
class Profile:
    """An entry made ready for comparison.

    ``weights`` has unit length. ``body`` is in 0..1: how much text stands behind the title. ``time`` is in seconds.
    ``vector`` is filled when it is first asked for.
    """

    entry: FiledEntry
    weights: dict[str, float]
    title_terms: frozenset[str]
    title_key: str
    wording: frozenset[int]
    body: float
    time: float | None
    vector: Vector | None = None
    concepts: dict[str, float] | None = None

    @property
    def language(self) -> str:
        """The language, or the script where the language is not known."""
        return self.entry.language or script_of(self.entry.title)

    def numbers(self) -> set[str]:
        """The numbers in title and text, without those that are only a day or a year."""
        return stated_numbers(f"{self.entry.title} {self.entry.text}")

    def words_to_embed(self) -> str:
        """The title and the beginning of the text."""
        text = self.entry.text[:_EMBEDDED]
        return f"{self.entry.title}. {text}" if text else self.entry.title


def stated_numbers(text: str) -> set[str]:
    """The numbers in a text, without those that are only a day or a year."""
    return {n for n in _NUMBER.findall(fold(text)) if not _calendar(n)}


def make_profile(entry: FiledEntry, rarity: Callable[[str], float]) -> Profile:
    """Weigh the terms of an entry by ``rarity``; the title counts double."""
    title = headline(entry.title)
    title_terms = index_terms(title)
    body_terms = index_terms(entry.text[:_BODY])[:_BODY_TERMS] if entry.text else []
    counts = Counter(body_terms)
    if body_terms:
        for term in title_terms:
            counts[term] += 2
    else:
        counts.update(title_terms)
    weights = {term: (1 + math.log(times)) * max(0.05, rarity(term)) for term, times in counts.items()}
    if len(weights) > _KEPT_TERMS:
        heaviest = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:_KEPT_TERMS]
        weights = dict(heaviest)
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return Profile(
        entry=entry,
        weights={term: weight / length for term, weight in weights.items()},
        title_terms=frozenset(title_terms),
        title_key=" ".join(title_terms) if len(title_terms) >= 4 else "",
        wording=_wording(body_terms),
        body=min(1.0, len(body_terms) / 100),
        time=entry.published.timestamp() if entry.published else None,
    )


def named_concepts(profile: Profile) -> dict[str, float]:
    """The concepts that title and first sentences name, weighted: a title counts double."""
    if profile.concepts is None:
        found = concepts.shipped().find(profile.entry.text[:800])
        weights = {name: 1 + math.log(times) for name, times in found.items()}
        for name in concepts.shipped().find(profile.entry.title):
            weights[name] = weights.get(name, 0.0) + 2.0
        profile.concepts = {name: w * background.shipped().rarity(f"={name}") for name, w in weights.items()}
    return profile.concepts


def headline(title: str) -> str:
    """The title without a publisher's name at its end (``… | The Paper``, ``… - City Herald``)."""
    while True:
        cut = max(title.rfind(tail) for tail in _TAILS)
        rest = title[cut:].strip(" |-–—·") if cut > 0 else ""
        if not rest or len(rest.split()) > 5 or len(title[:cut].split()) < 4:
            return title
        title = title[:cut].rstrip()


def cosine(one: dict[str, float], other: dict[str, float]) -> float:
    """Dot product of two sparse vectors of unit length."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[term] for term, weight in one.items() if term in other)


def _wording(body: list[str]) -> frozenset[int]:
    """The shingles of a text's beginning, hashed (Broder 1997); empty for a text too short to tell."""
    lead = body[:_LEAD]
    if len(lead) < 4 * _SHINGLE:
        return frozenset()
    return frozenset(zlib.crc32(" ".join(lead[i : i + _SHINGLE]).encode()) for i in range(len(lead) - _SHINGLE + 1))


def _calendar(number: str) -> bool:
    return number.isdecimal() and (int(number) <= 31 or 1900 <= int(number) <= 2100)
