"""The rule language, on small topics written for the purpose."""

from pathlib import Path

import pytest

from bot.classify import Classifier, explain, load_topics
from bot.errors import ConfigError
from bot.model import Entry, Match

HEAD = """
id: kites
title: Kites
prior: -4
needs: [kite]
actors: [maker, flyer]
vocabulary:
  kite:
    about: kites
    terms: {en: [kite, box kite, kitefly*], zh: [风筝], ar: [طائرة ورقية]}
    exact: [KITE]
    phrases: [{first: [paper, silk], then: [dragon, bird]}]
  maker: {terms: {en: [maker, workshop]}, only_in: {de: [werk]}}
  flyer: {terms: {en: [flyer]}}
  cheque: {terms: {en: [bank, cheque]}}
  festival: {terms: {en: [festival]}, implies: [flyer]}
masks:
  - hide: [kite]
    terms: {en: [black kite, kite mark]}
rules:
"""


def judge(folder: Path, rules: str, title: str, text: str = "", language: str = "") -> Match:
    (folder / "kites.yaml").write_text(HEAD + rules, encoding="utf-8")
    (match,) = Classifier(load_topics(folder)).classify(Entry("f", "1", "", title, text, language))
    return match


def fires(folder: Path, rule: str, title: str, text: str = "", language: str = "") -> bool:
    evidence = judge(folder, f"  - {{name: r, weight: 5, {rule}}}\n", title, text, language).evidence
    return any(part.rule == "r" for part in evidence)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A kite rose", True),
        ("A KITE rose", True),
        ("A box-kite rose", True),
        ("Kiteflying resumes", True),
        ("Ｋｉｔｅ rose", True),
        ("风筝节开幕", True),
        ("وطائرة ورقية في السماء", True),
        ("A silk bird rose", True),
        ("A silk hat", False),
        ("Kites rose", False),
        ("A skite", False),
        ("A black kite hunts", False),
        ("A black kite hunts beside a kite", True),
    ],
)
def test_terms_are_whole_words_in_any_spelling(tmp_path: Path, title: str, expected: bool) -> None:
    assert fires(tmp_path, "in: title, all: [kite]", title) is expected


def test_exact_terms_mind_the_case(tmp_path: Path) -> None:
    topic = HEAD.replace("terms: {en: [kite, box kite, kitefly*], zh: [风筝], ar: [طائرة ورقية]}", "terms: {en: [qq]}")
    (tmp_path / "kites.yaml").write_text(topic + "  - {name: r, weight: 5, in: title, all: [kite]}\n", encoding="utf-8")
    classifier = Classifier(load_topics(tmp_path))
    assert classifier.classify(Entry("f", "1", "", "The KITE act", ""))[0].matched
    assert not classifier.classify(Entry("f", "1", "", "The kite act", ""))[0].matched
    assert not classifier.classify(Entry("f", "1", "", "The KITES act", ""))[0].matched


@pytest.mark.parametrize(
    ("rule", "title", "text", "expected"),
    [
        ("in: title, all: [kite, [maker, flyer]]", "The kite flyer", "", True),
        ("in: title, all: [kite, [maker, flyer]]", "The kite", "A flyer", False),
        ("in: lead, all: [kite, flyer]", "The kite", "A flyer", True),
        ("in: sentence, all: [kite, flyer]", "x", "A kite. A flyer.", False),
        ("in: sentence, all: [kite, flyer]", "x", "Rain. A kite and a flyer.", True),
        ("in: text, all: [kite]", "x", "word " * 300 + "kite", True),
        ("in: lead, all: [kite]", "x", "word " * 300 + "kite", False),
        ("in: title, all: [kite], none: [cheque]", "Kite bank", "", False),
        ("in: title, all: [kite], unless: [cheque]", "A kite", "A bank", False),
        ("in: title, all: [kite], title_lacks: [cheque]", "A kite", "A bank", True),
        ("in: sentence, all: [flyer], title_has: [kite]", "A kite", "A flyer", True),
        ("in: sentence, all: [flyer], title_has: [kite]", "A day", "A kite flyer", False),
        ("in: title, all: [kite], first: [flyer]", "Flyer asks maker for kite", "", True),
        ("in: title, all: [kite], first: [flyer]", "Maker asks flyer for kite", "", False),
        ("in: title, sequence: [maker, flyer], gap: 6", "Kite maker and flyer", "", True),
        ("in: title, sequence: [maker, flyer], gap: 6", "Kite flyer and maker", "", False),
        ("in: title, sequence: [maker, flyer], gap: 3", "Kite maker and flyer", "", False),
        ("in: title, near: [maker, flyer], gap: 6", "Kite flyer and maker", "", True),
        ("in: lead, count: {kite: 2}", "A kite", "a box kite", True),
        ("in: lead, count: {kite: 2}", "A box kite", "alone", False),
        ("in: title, all: [kite, flyer]", "Kite festival", "", True),
    ],
)
def test_conditions(tmp_path: Path, rule: str, title: str, text: str, expected: bool) -> None:
    assert fires(tmp_path, rule, title, text) is expected


def test_rules_and_terms_may_keep_to_languages(tmp_path: Path) -> None:
    rule = "in: title, all: [kite], languages: [zh]"
    assert fires(tmp_path, rule, "风筝节")
    assert not fires(tmp_path, rule, "A kite")
    assert fires(tmp_path, "in: title, all: [kite, maker]", "kite werk", language="de")
    assert not fires(tmp_path, "in: title, all: [kite, maker]", "kite werk", language="en")


def test_a_family_counts_once_and_its_strongest_rule(tmp_path: Path) -> None:
    rules = """
  - {name: weak, weight: 3, in: title, all: [kite], family: a}
  - {name: strong, weight: 5, in: title, all: [kite, flyer], family: a}
  - {name: apart, weight: 1, in: title, all: [flyer]}
"""
    match = judge(tmp_path, rules, "A kite flyer")
    assert [(part.rule, part.weight) for part in match.evidence] == [("strong", 5), ("apart", 1)]
    assert match.score == pytest.approx(0.8808)  # log-odds -4 + 5 + 1
    assert match.matched


def test_evidence_has_the_words_and_their_place(tmp_path: Path) -> None:
    (part,) = judge(
        tmp_path, "  - {name: r, weight: 5, in: sentence, all: [kite, maker]}\n", "Day", "The “Box-Kite” maker"
    ).evidence
    assert (part.field, part.text, part.start, part.end) == ("text", "Box-Kite” maker", 5, 20)


def test_what_stands_late_in_a_text_weighs_less(tmp_path: Path) -> None:
    rule = "  - {name: r, weight: 5, in: sentence, all: [kite]}\n"
    weights = [judge(tmp_path, rule, "Day", "Rain fell. " * n + "A kite.").evidence[0].weight for n in (0, 60, 150)]
    assert weights == [5, 3, 1.75]


def test_thresholds_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "kites.yaml").write_text(HEAD + "  - {name: r, weight: 5, in: title, all: [kite]}\n", encoding="utf-8")
    topics, entry = load_topics(tmp_path), Entry("f", "1", "", "A kite", "")
    assert Classifier(topics).classify(entry)[0].matched
    assert not Classifier(topics, thresholds={"kites": 0.9}).classify(entry)[0].matched
    with pytest.raises(ConfigError, match="unknown topic 'kite'; known topics: kites"):
        Classifier(topics, thresholds={"kite": 0.9})
    with pytest.raises(ConfigError, match="threshold of 'kites' is 2; expected a number from 0 to 1"):
        Classifier(topics, thresholds={"kites": 2})


def test_explanations_of_the_three_kinds(tmp_path: Path) -> None:
    rule = "  - {name: a kite in the headline, weight: 5, in: title, all: [kite]}\n"
    yes = judge(tmp_path, rule, "A kite")
    assert explain(yes) == "kites matches (0.73): +5.0 a kite in the headline “kite”"
    assert explain(judge(tmp_path, rule, "A day")) == "kites does not match (0.02): not named: kites"
    assert explain(judge(tmp_path, rule, "A day", "A kite")).endswith("no rule found them to be the subject")
