"""Thresholds from verdicts: they rise where people say so twice, and never on the word of one half alone."""

from hypothesis import given
from hypothesis import strategies as st

from bot.lab.learn import FEWEST, Lesson, learn
from bot.storage.quality import Judged

TOPIC = "ore"


def verdicts(*scores: tuple[float, bool]) -> list[Judged]:
    return [Judged(number, TOPIC, score, useful) for number, (score, useful) in enumerate(scores)]


def lesson(*scores: tuple[float, bool]) -> Lesson:
    (found,) = learn(verdicts(*scores), {TOPIC: 0.5})
    return found


def test_low_scores_that_nobody_wants_raise_the_threshold() -> None:
    found = lesson(*[(0.55, False)] * 10, *[(0.9, True)] * 10)
    assert found.before == 0.5
    assert 0.55 < found.after <= 0.9
    assert (found.kept, found.avoided, found.better) == (1, 1, True)


def test_useful_alerts_are_worth_more_than_silence() -> None:
    found = lesson(*[(0.6, False), (0.6, False), (0.6, True), (0.6, True)] * 5)
    assert (found.after, found.better) == (0.5, False)


def test_what_the_other_half_does_not_bear_out_is_not_better() -> None:
    mixed = [(0.6, number % 2 == 1) for number in range(20)]  # the held-back half finds all of them useful
    assert not lesson(*mixed).better


def test_a_rule_that_fires_on_what_nobody_wants_loses_weight() -> None:
    """Scores alone do not tell: only one rule does."""
    judged = [
        Judged(
            number, TOPIC, 0.9, number % 4 < 2, frozenset({"headline", "gadget"} if number % 4 > 1 else {"headline"})
        )
        for number in range(80)
    ]
    (found,) = learn(judged, {TOPIC: 0.5})
    assert found.changes["gadget"] < -1
    assert found.changes["gadget"] < found.changes.get("headline", 0.0)
    assert (found.kept, found.avoided, found.better) == (1, 1, True)


def test_a_rule_seen_once_or_twice_keeps_its_weight() -> None:
    judged = [
        Judged(number, TOPIC, 0.6, number > 2, frozenset({"rare"} if number < 2 else {"usual"})) for number in range(30)
    ]
    (found,) = learn(judged, {TOPIC: 0.5})
    assert "rare" not in found.changes


def test_few_verdicts_teach_nothing() -> None:
    assert learn(verdicts(*[(0.6, False)] * (FEWEST - 1)), {TOPIC: 0.5}) == []


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=FEWEST, max_size=60))
def test_a_threshold_never_falls_and_stays_in_range(scores: list[tuple[float, bool]]) -> None:
    found = lesson(*scores)
    assert 0.5 <= found.after <= 1.001
    assert 0 <= found.kept <= 1
    assert 0 <= found.avoided <= 1
    assert found.better <= (found.after != found.before)
