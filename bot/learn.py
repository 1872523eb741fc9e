"""Thresholds from what people think of alerts: estimated on one half of the verdicts, tried on the other. Pure.

An alert that people call not useful and that scored low argues for a higher threshold; a useful one that would be lost
argues against it. A threshold only changes within the scores that people have judged: nobody saw what lies below it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.storage.quality import Judged

FEWEST = 10  # verdicts on a topic that are enough to learn from
_LOSS = 3.0  # losing a useful alert is as bad as posting so many that are not


class Lesson(NamedTuple):
    """A topic's threshold before and after; the shares are of held-back verdicts: useful kept, not useful avoided.

    ``better`` says whether the change helps on the held-back half and loses little there.
    """

    topic: str
    verdicts: int
    before: float
    after: float
    kept: float
    avoided: float
    better: bool


def learn(judged: Sequence[Judged], thresholds: Mapping[str, float]) -> list[Lesson]:
    """A lesson for every topic with enough verdicts; ``thresholds`` are those in force."""
    lessons = []
    for topic, before in sorted(thresholds.items()):
        own = [one for one in judged if one.topic == topic]
        if len(own) < FEWEST:
            continue
        # Every second story, and not every second verdict: people agree on a story, and would give the answer away.
        stories = sorted({one.story for one in own})
        held = set(stories[1::2])
        after = _best([one for one in own if one.story not in held], before)
        lessons.append(_lesson(topic, before, after, [one for one in own if one.story in held], len(own)))
    return lessons


def _best(shown: Sequence[Judged], before: float) -> float:
    """The threshold with the least cost; of equals the lowest, and the present one where nothing is gained."""
    candidates = sorted({before, *(round(one.score + 0.001, 3) for one in shown if before <= one.score < 1)})
    return min(candidates, key=lambda at: (_cost(shown, at), at))


def _cost(shown: Sequence[Judged], at: float) -> float:
    lost = sum(one.useful and one.score < at for one in shown)
    posted = sum(not one.useful and one.score >= at for one in shown)
    return _LOSS * lost + posted


def _lesson(topic: str, before: float, after: float, held: Sequence[Judged], verdicts: int) -> Lesson:
    useful = [one for one in held if one.useful]
    useless = [one for one in held if not one.useful]
    kept = sum(one.score >= after for one in useful) / len(useful) if useful else 1.0
    avoided = sum(one.score < after for one in useless) / len(useless) if useless else 0.0
    better = after != before and _cost(held, after) < _cost(held, before)
    return Lesson(topic, verdicts, before, after, kept, avoided, better)
