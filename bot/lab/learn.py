"""Weights and thresholds from verdicts on alerts: estimated on one half of the verdicts, tested on the other. Pure.

A rule that fires on alerts that people call not useful loses weight, one that fires on useful ones gains: a logistic
regression on the verdicts that starts from the weights in force, with a penalty for leaving them (the same as a
Gaussian prior around them). Then the threshold is set on the new scores. It never falls: nobody has judged an entry
below it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bot.lab.logistic import fit_logistic
from bot.storage.quality import Judged

# All chosen by hand, to be careful with few verdicts: lower limits learn sooner, and learn accidents.
FEWEST = 10  # verdicts on a topic before anything is learned
_FEWEST_OF_RULE = 5  # verdicts with the rule among their evidence
_PENALTY = 2.0  # for leaving the weights in force; it counts like two verdicts in their favour
_FARTHEST = 1.5  # log-odds that a weight may move
_SMALLEST = 0.05  # log-odds; a smaller change is left out
_LOSS = 3.0  # losing one useful alert costs as much as posting this many others; chosen by hand


class Lesson(NamedTuple):
    """What a topic's verdicts say: the threshold before and after, and by how much rules' weights change.

    ``kept`` and ``avoided`` are shares (0..1) of the held-back alerts: useful ones that would still be posted, others
    that would not. ``better`` says whether the change lowers the cost on the held-back half.
    """

    topic: str
    verdicts: int
    before: float
    after: float
    changes: Mapping[str, float]
    kept: float
    avoided: float
    better: bool


def learn(judged: Sequence[Judged], thresholds: Mapping[str, float]) -> list[Lesson]:
    """Return a lesson for every topic with enough verdicts; ``thresholds`` (by topic) are those in force."""
    lessons = []
    for topic, before in sorted(thresholds.items()):
        own = [one for one in judged if one.topic == topic]
        if len(own) < FEWEST:
            continue
        # Every second story, not every second verdict: verdicts on one story agree, so halves must not share one.
        held = set(sorted({one.story for one in own})[1::2])
        shown = [one for one in own if one.story not in held]
        changes = _changes(shown)
        after = _best([_rescored(one, changes) for one in shown], before)
        changed = after != before or bool(changes)
        rest = [one for one in own if one.story in held]
        moved = [_rescored(one, changes) for one in rest]
        better = changed and _cost(moved, after) < _cost(rest, before)
        lessons.append(Lesson(topic, len(own), before, after, changes, *_shares(moved, after), better))
    return lessons


def _changes(shown: Sequence[Judged]) -> dict[str, float]:
    """What to add to rules' weights; nothing if all verdicts agree."""
    seen = Counter(rule for one in shown for rule in one.rules)
    names = sorted(rule for rule, number in seen.items() if number >= _FEWEST_OF_RULE)
    if not names or len({one.useful for one in shown}) < 2:
        return {}
    fired = np.array([[float(name in one.rules) for name in names] for one in shown])
    start = np.array([_log_odds(one.score) for one in shown])
    useful = np.array([float(one.useful) for one in shown])
    found = fit_logistic(fired, useful, penalty=_PENALTY, start=start, farthest=_FARTHEST)
    return {name: round(float(d), 2) for name, d in zip(names, found, strict=True) if abs(d) >= _SMALLEST}


def _rescored(one: Judged, changes: Mapping[str, float]) -> Judged:
    moved = sum(changes.get(rule, 0.0) for rule in one.rules)
    return one._replace(score=1 / (1 + math.exp(-(_log_odds(one.score) + moved)))) if moved else one


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def _best(shown: Sequence[Judged], before: float) -> float:
    """The threshold with the least cost, the lowest of equals: the present one if nothing is gained."""
    candidates = sorted({before, *(round(one.score + 0.001, 3) for one in shown if before <= one.score < 1)})
    return min(candidates, key=lambda at: (_cost(shown, at), at))


def _cost(shown: Sequence[Judged], at: float) -> float:
    lost = sum(one.useful and one.score < at for one in shown)
    posted = sum(not one.useful and one.score >= at for one in shown)
    return _LOSS * lost + posted


def _shares(moved: Sequence[Judged], after: float) -> tuple[float, float]:
    """The share of useful alerts that would still be posted, and of others that would not."""
    useful = [one for one in moved if one.useful]
    useless = [one for one in moved if not one.useful]
    kept = sum(one.score >= after for one in useful) / len(useful) if useful else 1.0
    avoided = sum(one.score < after for one in useless) / len(useless) if useless else 0.0
    return kept, avoided
