"""How likely it is that an entry belongs to a story: features of the pair, and a logistic model over them.

Two models are shipped in ``weights.json``: ``lexical`` needs terms only; one for each embedder adds what the vectors
say and is asked only where the first is unsure. ``python -m bot.lab.training`` estimates them.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).with_name("weights.json")
_LONGEST_GAP = 12.0  # hours: whoever comes back to a story the next day may as well come after five
_USUAL_GAP = 6.0  # hours, where times are not known

_PAIR = ("bias", "story", "nearest", "shared", "rarest", "size", "gap", "lead")
LEXICAL = (*_PAIR, "body", "body*story", "body*nearest", "body*lead")
EMBEDDED = (*LEXICAL, "near", "near*near", "mean", "ahead", "body*near", "body*mean")


@dataclass(slots=True)
class Likeness:
    """An entry beside a story. Cosines are in 0..1, ``gap`` in hours (None where times are not known).

    ``story`` is the cosine to the story as a whole, ``nearest`` to its most alike entry; ``shared`` the summed rarity
    of the title's terms that the story has, ``rarest`` the largest of them; ``lead`` and ``ahead`` say how far the
    story is before the best other one, by terms and by vectors; ``near`` and ``mean`` are cosines of vectors.
    """

    story: float
    nearest: float
    shared: float
    rarest: float
    size: int
    gap: float | None
    body: float
    lead: float = 0.0
    near: float = 0.0
    mean: float = 0.0
    ahead: float = 0.0

    @property
    def by_terms(self) -> float:
        """One number for ranking: the mean of the two cosines of terms."""
        return (self.story + self.nearest) / 2

    def features(self, names: Sequence[str]) -> list[float]:
        """The values of the named features, scaled to be of the order of one."""
        hours = _USUAL_GAP if self.gap is None else min(self.gap, _LONGEST_GAP)
        values = {
            "bias": 1.0,
            "story": 3 * self.story,
            "nearest": 3 * self.nearest,
            "shared": math.sqrt(self.shared) / 5,
            "rarest": self.rarest / 5,
            "size": math.log(self.size) / 2,
            "gap": math.log1p(hours) / 2,
            "lead": 3 * self.lead,
            "near": 10 * (self.near - 0.85),
            "mean": 10 * (self.mean - 0.85),
            "ahead": 10 * self.ahead,
            "body": self.body,
        }
        values["near*near"] = values["near"] ** 2 / 2  # what is nearly the same text tells more than in proportion
        for name in ("story", "nearest", "lead", "near", "mean"):
            values[f"body*{name}"] = self.body * values[name]
        return [values[name] for name in names]


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model with the probability from which an entry is attached."""

    weights: Mapping[str, float]
    attach: float

    def probability(self, likeness: Likeness) -> float:
        """The probability in 0..1 that the entry belongs to the story."""
        names = tuple(self.weights)
        score = sum(w * x for w, x in zip(self.weights.values(), likeness.features(names), strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


def set_leads(pairs: Sequence[Likeness]) -> None:
    """Fill ``lead`` of each: its distance to the best of the others."""
    for mine in pairs:
        others = [other.by_terms for other in pairs if other is not mine]
        mine.lead = mine.by_terms - max(others, default=0.0)


def set_aheads(pairs: Sequence[Likeness], usual: float) -> None:
    """Fill ``ahead`` of each; ``usual`` stands in for a runner-up where there is none."""
    for mine in pairs:
        others = [other.near for other in pairs if other is not mine]
        mine.ahead = mine.near - max(others, default=usual)


@cache
def shipped_models() -> Mapping[str, Model]:
    """The models that come with the program, by name: ``lexical`` and the names of embedders."""
    found = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return {name: Model(values["weights"], values["attach"]) for name, values in found.items()}
