"""The lists of words that come with the program: no word twice, and none that can never matter.

A word can never matter if a shorter one of its group stands inside it wherever it is found: the shorter one is found
too, and means the same. Rules measure distances from the ends of words, so the longer word could still be a few
characters nearer to its neighbour; over 45,067 entries that changed no score when 810 such words were removed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pytest
import yaml

from bot.classify.definitions import parse_topic
from bot.classify.folding import fold
from bot.classify.vocabulary import Vocabulary
from bot.languages.cues import Cues, any_of, cues_of, normalise
from bot.languages.lexicon import languages, words_of

TOPICS = [file for file in (resources.files("bot.classify") / "topics").iterdir() if file.name.endswith(".yaml")]
LANGUAGES = [file for file in (resources.files("bot.languages") / "words").iterdir() if file.name.endswith(".yaml")]
LETTER = "ǯ"  # goes on a word without making another one of the lists

# A cue counts from where it begins, so a shorter cue must begin there too; an exemption counts by what it covers.
CUES = ("deny", "deny_title", "refuse", "negated", "confirm", "assert")
EXEMPTIONS = ("innocent", "background", "not_confirm")


def lists(node: object) -> Iterator[list[str]]:
    if isinstance(node, dict):
        for value in node.values():
            yield from lists(value)
    elif isinstance(node, list):
        yield [item for item in node if isinstance(item, str)]
        for item in node:
            yield from lists(item)


@pytest.mark.parametrize("file", TOPICS + LANGUAGES, ids=lambda file: file.name)
def test_no_word_stands_twice_in_a_list(file: Traversable) -> None:
    found = list(lists(yaml.safe_load(file.read_text(encoding="utf-8"))))
    assert found
    assert [word for words in found for word, times in Counter(words).items() if times > 1] == []


def written(group: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Each word of a group as its file writes it, whether it minds the case, and the language it is limited to."""
    yield from ((word, False, "") for words in group.get("terms", {}).values() for word in words)
    yield from ((word, True, "") for word in group.get("exact", []))
    yield from ((word, False, language) for language, words in group.get("only_in", {}).items() for word in words)


def idle_terms(name: str, text: str) -> list[str]:
    """The words of a topic file inside which another one of their group is always found."""
    raw, topic = yaml.safe_load(text), parse_topic(name, text)
    idle = []
    for group in topic.groups:
        vocabulary = Vocabulary(replace(topic, groups=(group,), masks=()))
        for word, exact, language in written(raw["vocabulary"][group.name]):
            plain = word if exact else fold(word.rstrip("*")).text
            texts = [plain, plain + LETTER] if word.endswith("*") and not exact else [plain]
            # Its own hit is one; any other lies within it.
            if all(len(vocabulary.find(text, fold(text), language)) > 1 for text in texts):
                idle.append(word)
    return idle


@pytest.mark.parametrize("file", TOPICS, ids=lambda file: file.name)
def test_no_term_contains_another_of_its_group(file: Traversable) -> None:
    assert idle_terms(file.name, file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("words", "idle"),
    [
        ("terms: {en: [rare earth, rare earth samples]}", ["rare earth samples"]),
        ("terms: {en: [rare earth, rare earths]}", []),  # a plural is another word
        ("terms: {en: [rare earth*, rare earths]}", ["rare earths"]),
        ("terms: {en: [rare earth, rare earth mine*]}", ["rare earth mine*"]),
        ("terms: {en: [ore mine, ore mine*]}", []),  # only the second finds "ore mines"
        ("terms: {zh: [稀土, 重稀土]}", ["重稀土"]),
        ("terms: {en: [ore, core]}", []),
        ("terms: {en: [rare-earth samples], fr: [rare earth]}", ["rare-earth samples"]),
        ("terms: {en: [lynas mine]}\n    exact: [LYNAS]", []),  # any case is more than one
        ("terms: {en: [ore mine]}\n    only_in: {de: [ore]}", []),  # found in German alone
    ],
)
def test_such_terms_are_found_as_the_matcher_finds_them(words: str, idle: list[str]) -> None:
    rules = "rules: [{name: any, all: [ore], weight: 1}]"
    assert idle_terms("t", f"id: t\ntitle: t\nvocabulary:\n  ore:\n    {words}\n{rules}\n") == idle


def texts_of(phrase: str) -> list[str]:
    """Texts that stand for all in which the phrase of a stance list is found."""
    gap = LETTER if phrase[0] >= "\u2e80" else f" {LETTER} "
    text = normalise(phrase).replace("…", gap).removesuffix("*")
    return [text, text + LETTER] if phrase.endswith("*") else [text]


def is_idle(name: str, phrase: str, others: list[str], cues: Cues) -> bool:
    """Whether the other phrases of the list do all that this one does."""
    pattern = any_of(others)
    for text in texts_of(phrase):
        spans = [found.span() for found in pattern.finditer(text)]
        if name in EXEMPTIONS:
            exempt = [cue.span() for kind in cues.patterns.values() for cue in kind.finditer(text)]
            if not spans or not all(any(a < end and start < b for a, b in spans) for start, end in exempt):
                return False
        elif not any(start == 0 for start, _ in spans):
            return False
    return True


@pytest.mark.parametrize("language", [language for language in languages() if cues_of(language)])
def test_no_cue_contains_another_of_its_list(language: str) -> None:
    words, cues = words_of(language), cues_of(language)
    assert words is not None
    assert words.stance is not None
    assert cues is not None
    for name in CUES + EXEMPTIONS:
        phrases = words.stance[name]
        idle = [one for one in phrases if is_idle(name, one, [other for other in phrases if other != one], cues)]
        assert (name, idle) == (name, [])


def test_such_cues_are_found_as_stances_are() -> None:
    cues = cues_of("en")
    assert cues is not None
    assert is_idle("deny", "denies flatly", ["denies"], cues)
    assert not is_idle("deny", "flatly denies", ["denies"], cues)  # names the speaker from another place
    assert not is_idle("deny", "denies*", ["denies"], cues)
    assert is_idle("innocent", "denied entry to", ["denied entry"], cues)
    assert not is_idle("innocent", "denies and denied entry", ["denied entry"], cues)
