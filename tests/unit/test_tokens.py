"""Index terms of three scripts, and what a word is where nothing stands between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages.index_terms import index_terms
from bot.text.tokens import fold, is_joined, script_of, word_count


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mines ship ores", "mine shipping ore"),
        ("MINISTRY’S", "ministry's"),
        ("Ｋｅｓｔｒｅｌ", "kestrel"),
        ("companies", "company"),
        ("refineries’ stockpiles", "refinery stockpile"),
        ("U.S. envoys", "US envoy"),
        ("mag\u00adnet\u200b", "magnet"),
        ("naïve", "nai\u0308ve"),
        ("کارخانہ", "كارخانہ"),
        ("آلات", "الات"),
        ("مَعدِنیات", "معدنیات"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert index_terms(one) == index_terms(other) != []


def test_words_that_every_text_has_are_no_terms() -> None:
    assert index_terms("the of and it is") == []
    assert index_terms("کا کی کے اور ہے") == []


def test_numbers_are_kept_whole() -> None:
    assert index_terms("1,200 tonnes at 3.5% in 2025: 7 mines") == ["1,200", "tonn", "3.5", "2025", "7", "mine"]


def test_the_us_is_a_country_and_no_pronoun() -> None:
    assert index_terms("the U.S. and us, US") == ["us", "us", "us"]


def test_chinese_becomes_overlapping_pairs() -> None:
    assert index_terms("稀土出口") == ["稀土", "土出", "出口"]


@pytest.mark.parametrize(
    ("text", "words"), [("two words", 2), ("稀土出口", 2), ("", 0), ("نایاب معدنیات", 2), ("a 稀土 b", 3)]
)
def test_word_count(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize(
    ("text", "script"), [("ore", "latin"), ("稀土", "joined"), ("معدنیات", "arabic"), ("руда", "other")]
)
def test_script_of(text: str, script: str) -> None:
    assert script_of(text) == script


@given(text=st.text(st.characters(max_codepoint=127)))
def test_a_text_in_plain_letters_has_the_same_terms_beside_others(text: str) -> None:
    assert [*index_terms(text), "稀"] == index_terms(f"{text} 稀")


@given(text=st.text())
def test_terms_are_folded_and_never_phrases(text: str) -> None:
    for term in index_terms(text):
        assert term
        assert not any(character.isspace() for character in term)
        assert len(term) <= 2 or not is_joined(term[0])
    assert fold(fold(text)) == fold(text)
