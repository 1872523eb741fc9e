"""Figures of quality, on answers that are known by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify import load_topics
from bot.errors import ConfigError
from bot.lab.evaluate import agreement, b_cubed, evaluate, rouge
from bot.lab.filters import FilterSetup

SETUP = FilterSetup(load_topics(), lambda: None, timedelta(days=10))
LABELLED = [
    {"id": 1, "title": "China cuts rare earth export quotas", "labels": {"rare-earths": True}},
    {"id": 2, "title": "Cricket: Multan test drawn", "labels": {"rare-earths": False}},
    {
        "id": 3,
        "title": "Fridge magnets fetch record price",
        "labels": {"rare-earths": True},
        "borderline": True,
    },
]


def test_agreement_counts_what_was_right_wrong_and_missed() -> None:
    found = agreement([(True, True)] * 3 + [(False, True)] + [(True, False)] * 2 + [(False, False)] * 9)
    assert (found.right, found.wrong, found.missed) == (3, 1, 2)
    assert found.precision == pytest.approx(0.75)
    assert found.recall == pytest.approx(0.6)
    assert found.f1 == pytest.approx(2 / 3)
    assert agreement([]).f1 == 0


def test_b_cubed_of_a_known_grouping() -> None:
    precision, recall, f1 = b_cubed(list("aaabb"), list("xxyyy"))
    assert precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert min(precision, recall) <= f1 <= max(precision, recall)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20))
def test_b_cubed_of_the_same_grouping_under_other_names_is_one(stories: list[str]) -> None:
    assert b_cubed(stories, [story.upper() for story in stories]) == (1, 1, 1)


def test_rouge_counts_shared_sequences() -> None:
    assert rouge("the ore left the port", "The ore left the port.", 2) == 1
    assert rouge("the ore left the port", "ore left", 1) == pytest.approx(2 * 2 / 7)
    assert rouge("ore", "tin", 1) == 0
    assert rouge("", "", 1) == 0


def test_topics_are_told_apart_by_language_and_borderline() -> None:
    found = evaluate("topics", LABELLED, SETUP)
    assert found.figures["rare-earths all F1"] == pytest.approx(2 / 3)
    assert found.figures["rare-earths not borderline F1"] == 1
    assert found.figures["rare-earths all false per 10,000"] == 0
    assert found.misses == ("rare-earths missed: 3 Fridge magnets fetch record price",)


def test_stance() -> None:
    rows = [
        {"id": 1, "title": "Beijing denies report of rare earth ban", "stance": "deny"},
        {"id": 2, "title": "Ore prices rise", "stance": "deny"},
    ]
    found = evaluate("stance", rows, SETUP)
    assert (found.figures["deny precision"], found.figures["deny recall"]) == (1, 0.5)


def test_a_stance_that_no_line_has_gets_no_figures() -> None:
    denial = {"id": 1, "title": "Beijing denies report of rare earth ban", "stance": "deny"}
    assert not any(name.startswith("confirm") for name in evaluate("stance", [denial], SETUP).figures)
    with pytest.raises(ConfigError, match="no line has the stance deny or confirm"):
        evaluate("stance", [{"id": 1, "title": "Ore prices rise", "stance": "report"}], SETUP)


def test_stories_count_excess_alerts_and_swallowed_stories() -> None:
    same = "Brindleford quarry ships first neodymium concentrate to Kestrel Magnets"
    rows = [
        {"id": 1, "title": same, "story": "a"},
        {"id": 2, "title": same, "story": "b"},
        {"id": 3, "title": "Rain delays the bicycle race in the northern hills", "story": "a"},
    ]
    found = evaluate("stories", rows, SETUP)
    assert found.figures["excess alerts per 100"] == 50
    assert found.figures["swallowed per 100"] == 50


def test_summaries_are_held_against_the_best_reference() -> None:
    text = "The kiln at Dunmore failed on Monday."
    row = {"id": 1, "documents": [{"text": text}], "sentences": 1, "references": ["nothing alike", text]}
    assert evaluate("summaries", [row], SETUP).figures["ROUGE-2"] == 100


@pytest.mark.parametrize(
    ("subject", "row", "said"),
    [
        ("topics", {"id": 1, "title": "x"}, "line 1: labels is missing"),
        ("stories", {"id": 1, "title": "x"}, "line 1: story is missing"),
        ("stance", {"title": "x", "stance": "deny"}, "line 1: id is missing"),
    ],
)
def test_a_line_that_cannot_be_judged_is_named(subject: str, row: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        evaluate(subject, [row], SETUP)
    with pytest.raises(ConfigError, match="no labelled lines"):
        evaluate(subject, [], SETUP)


@pytest.mark.parametrize(
    ("subject", "label", "complaint"),
    [
        ("topics", {"labels": ["rare-earths"]}, "line 1: labels must be an object with true or false"),
        ("topics", {"labels": {"rare-earths": "false"}}, "line 1: labels must be an object with true or false"),
        (
            "topics",
            {"labels": {"rare earths": True}},
            "no line has a label for one of the topics china-pakistan-us, rare",
        ),
        ("stance", {"stance": "denial"}, "line 1: stance must be one of report, assert"),
        ("stance", {"stance": ["deny"]}, "line 1: stance must be one of"),
        ("summaries", {"references": "one text"}, "line 1: references must be a list of strings"),
        ("summaries", {"references": [["two"]]}, "line 1: references must be a list of strings"),
    ],
)
def test_a_label_that_says_nothing_is_pointed_at(subject: str, label: dict[str, object], complaint: str) -> None:
    row = {"id": 1, "title": "Ore", "documents": [{"text": "Ore."}], "sentences": 1, **label}
    with pytest.raises(ConfigError, match=complaint):
        evaluate(subject, [row], SETUP)
