"""Wrong topic files get one line: file, line, what is wrong, what is expected."""

from pathlib import Path

import pytest

from bot.classify import load_topics
from bot.classify.definitions import parse_topic
from bot.errors import ConfigError

GOOD = """id: kites
title: Kites
vocabulary:
  kite:
    terms:
      en: [kite]
rules:
  - name: r
    weight: 5
    all: [kite]
"""


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_topic("kites.yaml", text)
    return str(caught.value)


def test_the_built_in_topics_load_and_are_described() -> None:
    topics = load_topics()
    assert [topic.id for topic in topics] == ["china-pakistan-us", "rare-earths"]
    assert all(topic.title and topic.description.endswith(".") for topic in topics)


def test_no_group_of_the_built_in_topics_is_idle() -> None:
    for topic in load_topics():
        used = 0
        for rule in topic.rules:
            for part in (*rule.needs, *rule.title_needs, *rule.sequence, *rule.near, *(g for g, _ in rule.counts)):
                used |= part
            used |= rule.forbids | rule.unless | rule.title_forbids | rule.first
        for index, group in enumerate(topic.groups):
            assert (used | topic.actors) & group.bits, f"{topic.id}: group {index} ({group.name}) is in no rule"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("weight: 5", "weight: strong", "kites.yaml, line 9: weight is 'strong'; expected a number from -20 to 20"),
        ("weight: 5", "weight: 99", "kites.yaml, line 9: weight is '99'; expected a number from -20 to 20"),
        ("all: [kite]", "all: [kit]", "kites.yaml, line 10: no group is called 'kit'; known groups: kite"),
        ("all: [kite]", "al: [kite]", "kites.yaml, line 10: 'al' is not known in a rule; known are all,"),
        ("    all: [kite]\n", "", "kites.yaml, line 8: the rule asks for nothing;"),
        ("    weight: 5\n", "", "kites.yaml, line 8: the rule has no 'weight'; expected a line 'weight: …'"),
        (
            "all: [kite]",
            "all: [kite]\n    in: body",
            "kites.yaml, line 11: in is 'body'; expected one of title, lead, sentence",
        ),
        ("all: [kite]", "near: [kite]", "kites.yaml, line 10: near has 1; expected a list of two groups"),
        ("all: [kite]", "count: {kit: 2}", "kites.yaml, line 10: no group is called 'kit'"),
        ("id: kites", "id: My Kites", "kites.yaml, line 1: id is 'My Kites'; lower-case letters"),
        ("title: Kites\n", "", "kites.yaml, line 1: the topic has no 'title'; expected a line 'title: …'"),
        ("en: [kite]", "en: {a: b}", "kites.yaml, line 6: terms is not a list"),
        ("en: [kite]", "en: [kite, '']", "kites.yaml, line 6: terms is not a text"),
        ("en: [kite]", "en: [kite, '*']", "kites.yaml, line 6: '*' is no term"),
        ("title: Kites", "title: Kites\ntitle: Kites", "kites.yaml, line 3: 'title' stands here twice"),
        ("rules:", "rules: [", "not valid YAML"),
        (GOOD, "", "kites.yaml: the file is empty"),
        (GOOD, "- a", "kites.yaml, line 1: a topic is not a mapping"),
        ("      en: [kite]", "      en: [kite]\n    phrases: [{first: [a]}]", "line 7: a phrase needs both halves"),
    ],
)
def test_wrong_files_are_told_by_line(old: str, new: str, expected: str) -> None:
    assert expected in complaint(GOOD.replace(old, new, 1))


def test_wrong_directories_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no topic here"):
        load_topics(tmp_path)
    with pytest.raises(ConfigError, match=r"missing: cannot be read \(No such file"):
        load_topics(tmp_path / "missing")
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="two files define the topic 'kites'"):
        load_topics(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"id: \xff\xfe")
    with pytest.raises(ConfigError, match=r"b\.yaml, line 1: not UTF-8"):
        load_topics(tmp_path)
