"""Where sentences end in Latin and Cyrillic scripts, Chinese, Urdu and Hindi. A line break always ends one.

A full stop ends a sentence unless it belongs to an abbreviation, an initial, a number or a dotted name such as U.S.;
Chinese stops, the Urdu ۔ and the Hindi danda need no space after them. Closing quotes and brackets stay with their
sentence.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from bot.languages.lexicon import all_words

_CLOSERS = "\"'”’»)\\]}」』）》】〉"
_STOP = re.compile(
    rf"(?P<line>[\r\n\v\f\x85\u2028\u2029]+)"
    rf"|(?P<wide>[。！？]+[。！？…]*[{_CLOSERS}]*)"
    rf"|(?P<semicolon>；)"
    rf"|(?P<danda>[।॥]+[{_CLOSERS}]*)"
    rf"|(?P<urdu>[۔؟]+[{_CLOSERS}]*)"
    rf"|(?P<mark>[!?‽]+[!?.…]*[{_CLOSERS}]*)"
    rf"|(?P<dot>[.…]+[{_CLOSERS}]*)(?=\s|$)"
)
_MARK = re.compile("[\r\n\v\f\x85\u2028\u2029。！？；।॥۔؟!?‽.…]")
_BEFORE = re.compile(r"[^\s\"'“”‘’«»(\[{—–]+$")
_AFTER = re.compile(r"\s*[\"'“‘«(\[{¿¡—–-]*(\w+)?")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?")  # U.S, J.P, U.K
_INITIAL = re.compile(r"[A-ZÀ-ÖØ-ÞА-Я]")
_HAN = re.compile(r"[\u3400-\u9fff\u3041-\u30ff]")


class _Endings(NamedTuple):
    """The lists ``sentences`` of all languages together, in lower case: names and abbreviations cross languages."""

    name_follows: frozenset[str]
    number_follows: frozenset[str]
    may_end: frozenset[str]
    starters: frozenset[str]
    last_words: frozenset[str]


@cache
def _endings() -> _Endings:
    lists = [words.sentences for words in all_words()]
    return _Endings(*(frozenset(word.lower() for one in lists for word in one[name]) for name in _Endings._fields))


def sentences(text: str, language: str = "") -> list[str]:
    """Return the text's sentences in order, stripped, none empty; ``language`` is an ISO 639-1 code or ''."""
    return [text[start:end] for start, end in sentence_spans(text, language)]


def sentence_spans(text: str, language: str = "") -> list[tuple[int, int]]:
    """Return half-open spans of the text's sentences, in order, without the space around them."""
    return list(iterate_spans(text, language))


def iterate_spans(text: str, language: str = "") -> Iterator[tuple[int, int]]:
    """Yield what ``sentence_spans`` returns, one at a time: most callers need the first few only."""
    start = 0
    for stop in _stops(text):
        if _ends(stop, text, start, language):
            yield from _stripped(text, start, stop.end())
            start = stop.end()
    yield from _stripped(text, start, len(text))


def _stops(text: str) -> Iterator[re.Match[str]]:
    """As ``_STOP.finditer``, three times as fast: it looks only at the marks."""
    place = 0
    while mark := _MARK.search(text, place):
        stop = _STOP.match(text, mark.start())
        if stop is None:
            place = mark.end()
        else:
            yield stop
            place = stop.end()


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        begin = start + len(piece) - len(piece.lstrip())
        yield begin, begin + len(stripped)


def _ends(stop: re.Match[str], text: str, start: int, language: str) -> bool:
    kind = stop.lastgroup
    if kind in {"line", "wide", "danda"}:
        return True
    if kind == "semicolon":
        return language in {"", "zh"}
    after = text[stop.end() : stop.end() + 60]
    spaced = not after or after[0].isspace()
    if kind == "urdu":
        return spaced or _urdu_run_on(text[start : stop.start()], after)
    if kind == "mark":
        return bool(_HAN.match(after)) or (spaced and not _goes_on(after))
    return not _goes_on(after) and not _abbreviated(stop.group(), text[start : stop.start()], after, language)


def _goes_on(after: str) -> bool:
    """Whether what follows continues a sentence: its first letter is lower case."""
    found = _AFTER.match(after)
    word = found[1] if found else None
    return bool(word and word[0].islower())


def _urdu_run_on(before: str, after: str) -> bool:
    # Without a space, ۔ may be part of an abbreviation; after a verb or a long word it ends the sentence.
    words = before.split()
    last = words[-1] if words else ""
    return last in _endings().last_words or len(last.rpartition("۔")[2]) > 4 or not after[0].isalpha()


def _abbreviated(mark: str, before: str, after: str, language: str) -> bool:
    """Whether the full stop belongs to the word before it and the sentence goes on."""
    found = _BEFORE.search(before)
    if not found or mark.startswith(("..", "…")):
        return False
    word = found.group()
    if word.isdecimal():
        # "1. First point" at a sentence's start; German dates such as "3. Oktober".
        return len(word) <= 2 and (before.strip() == word or language == "de")
    lower, endings = word.lower(), _endings()
    if lower in endings.name_follows:
        return True
    if lower in endings.number_follows:
        return after.lstrip()[:1].isdecimal()
    shortened = lower in endings.may_end or _DOTTED.fullmatch(word) or _INITIAL.fullmatch(word)
    return bool(shortened) and not _starter_follows(after)


def _starter_follows(after: str) -> bool:
    found = _AFTER.match(after)
    word = found[1] if found else None
    return not after.strip() or bool(word and word.lower() in _endings().starters)
