"""The files of languages: what they may contain, and what one of them can add by itself."""

import pytest

from bot.errors import ConfigError
from bot.languages.cues import DENY, cues_of, normalise
from bot.languages.lexicon import languages, parse_words, words_of
from bot.languages.speakers import speakers_of


@pytest.mark.parametrize("language", languages())
def test_every_shipped_language_is_read_and_compiled(language: str) -> None:
    words, cues = words_of(language), cues_of(language)
    assert words is not None
    assert words.common_words or words.stance
    assert (speakers_of(language) is not None) == (words.speaker is not None)
    assert (cues is not None) == (words.stance is not None)
    if words.stance and cues:
        assert cues.possible(normalise(words.stance["deny"][0].removesuffix("*"))) & DENY


def test_a_language_without_a_file_has_no_words() -> None:
    assert words_of("th") is None
    assert words_of("../en") is None
    assert cues_of("th") is None
    assert speakers_of("") is None


def test_a_file_may_leave_lists_and_sections_out() -> None:
    words = parse_words("sw.yaml", "stance:\n  deny: [akanusha]\n")
    assert words.stance is not None
    assert words.stance["deny"] == ("akanusha",)
    assert words.stance["confirm"] == ()
    assert words.speaker is None
    assert words.sentences["starters"] == ()
    assert words.home_state == ""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("stance:\n  denies: [x]\n", "sw.yaml, line 2: 'denies' is not known in stance"),
        ("stance:\n  deny: {x: y}\n", "sw.yaml, line 2: deny is not a list"),
        ("common_words: {a: b}\n", "sw.yaml, line 1: common_words is not a list"),
        ("boilerplate:\n  anywhere: ['(x']\n", "sw.yaml, line 2: not a regular expression"),
        ("leaning: ['[']\n", "sw.yaml, line 1: not a regular expression"),
        ("stanza: {}\n", "sw.yaml, line 1: 'stanza' is not known in a language"),
        ("stance:\n  deny: [x]\n  verb_last: maybe\n", "sw.yaml, line 3: verb_last is 'maybe'"),
        ("speaker:\n  offices: [x]\n", "sw.yaml, line 2: speaker has no found_by"),
        ("speaker:\n  found_by: magic\n", "sw.yaml, line 2: found_by is 'magic'"),
        ("speaker:\n  found_by: clause\n  says: [x]\n", "sw.yaml, line 3: 'says' is not known in a speaker found by"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_and_the_line(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_words("sw.yaml", text)
    assert str(raised.value).startswith(complaint)
