"""A topic's words in a text: Aho–Corasick finds all at once, then word boundaries are checked, then masks applied."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from bot.classify.definitions import Term, TopicDefinition
from bot.classify.folding import Folded, fold

_MOST_HITS = 400  # a text with more is a list, and would only cost time; chosen by hand
# Arabic writes these in one word with the noun that follows: and, in, for, as, the, and combinations.
_ARABIC_PREFIX = re.compile("[وف]?(?:[بلک]|ال|بال|کال|لل)?")


class Hit(NamedTuple):
    """A word that was found: its half-open span in the original text, and the bits of its groups."""

    start: int
    end: int
    bits: int


class _Meaning(NamedTuple):
    bits: int  # the groups of a term; 0 for a mask
    hides: int  # the groups that a mask hides; 0 for a term
    prefix: bool
    languages: frozenset[str]


class _Pattern(NamedTuple):
    left: bool  # it begins with a letter: another letter before it makes it part of a longer word
    right: bool
    meanings: tuple[_Meaning, ...]


class Vocabulary:
    """The compiled terms and masks of one topic."""

    def __init__(self, topic: TopicDefinition) -> None:
        folded: dict[str, list[_Meaning]] = {}
        exact: dict[str, list[_Meaning]] = {}
        for group in topic.groups:
            _collect(group.terms, group.bits, 0, folded, exact)
        for mask in topic.masks:
            _collect(mask.terms, 0, mask.hides, folded, exact)
        self._folded, self._folded_patterns = _compile(folded)
        self._exact, self._exact_patterns = _compile(exact)

    def find(self, original: str, folded: Folded, language: str) -> list[Hit]:
        """Return every term that is a whole word of the text and under no mask, in order."""
        hits: list[Hit] = []
        masks: list[Hit] = []
        for index, start, stop in self._folded.find_matches_as_indexes(folded.text, overlapping=True):
            pattern = self._folded_patterns[index]
            if not pattern.left or _starts_word(folded.text, start, language):
                bits, hides, end = _meaning(pattern, folded.text, stop, language)
                if bits or hides:
                    _sort_in(folded.span(start, end), bits, hides, hits, masks)
        for index, start, stop in self._exact.find_matches_as_indexes(original, overlapping=True):
            pattern = self._exact_patterns[index]
            if not pattern.left or start == 0 or not _is_letter(original[start - 1]):
                bits, hides, end = _meaning(pattern, original, stop, language)
                _sort_in((start, end), bits, hides, hits, masks)
        if masks:
            hits = [left for hit in hits if (left := _unmasked(hit, masks)).bits]
        hits.sort()
        return hits[:_MOST_HITS]


class Anchors:
    """The gate: which topics have one of their needed words in an entry."""

    def __init__(self, topics: Iterable[TopicDefinition]) -> None:
        folded: dict[str, int] = {}
        exact: dict[str, int] = {}
        self._always = 0
        for index, topic in enumerate(topics):
            if not topic.needs:
                self._always |= 1 << index
                continue
            for group in topic.groups:
                if group.bits & topic.needs[0]:
                    for term in group.terms:
                        table, key = (exact, term.text) if term.exact else (folded, fold(term.text).text)
                        table[key] = table.get(key, 0) | 1 << index
        self._folded, self._folded_topics = AhoCorasick(list(folded)), list(folded.values())
        self._exact, self._exact_topics = AhoCorasick(list(exact)), list(exact.values())

    def find(self, original: str, folded: str) -> int:
        """Return the bits (by order) of the topics that cannot be ruled out."""
        found = self._always
        for index, _, _ in self._folded.find_matches_as_indexes(folded, overlapping=True):
            found |= self._folded_topics[index]
        for index, start, end in self._exact.find_matches_as_indexes(original, overlapping=True):
            before, after = original[start - 1 : start], original[end : end + 1]
            if not (before and _is_letter(before)) and not (after and _is_letter(after)):
                found |= self._exact_topics[index]
        return found


def _collect(
    terms: Iterable[Term], bits: int, hides: int, folded: dict[str, list[_Meaning]], exact: dict[str, list[_Meaning]]
) -> None:
    for term in terms:
        meaning = _Meaning(bits, hides, term.prefix, term.languages)
        if term.exact:
            exact.setdefault(term.text, []).append(meaning)
        else:
            folded.setdefault(fold(term.text).text, []).append(meaning)


def _compile(table: dict[str, list[_Meaning]]) -> tuple[AhoCorasick, list[_Pattern]]:
    patterns = [_Pattern(_is_letter(text[0]), _is_letter(text[-1]), tuple(found)) for text, found in table.items()]
    return AhoCorasick(list(table)), patterns


def _meaning(pattern: _Pattern, text: str, end: int, language: str) -> tuple[int, int, int]:
    """The groups that the pattern means here, the groups that it hides, and where its word ends."""
    ends = not pattern.right or end >= len(text) or not _is_letter(text[end])
    bits = hides = 0
    for meaning in pattern.meanings:
        if (ends or meaning.prefix) and (not meaning.languages or language in meaning.languages):
            bits |= meaning.bits
            hides |= meaning.hides
    if not ends:
        while end < len(text) and _is_letter(text[end]):
            end += 1
    return bits, hides, end


def _sort_in(span: tuple[int, int], bits: int, hides: int, hits: list[Hit], masks: list[Hit]) -> None:
    if bits:
        hits.append(Hit(*span, bits))
    if hides:
        masks.append(Hit(*span, hides))


def _unmasked(hit: Hit, masks: list[Hit]) -> Hit:
    bits = hit.bits
    for mask in masks:
        if mask.start < hit.end and hit.start < mask.end:
            bits &= ~mask.bits
    return hit._replace(bits=bits)


def _is_letter(char: str) -> bool:
    # Chinese, Japanese and Korean put no spaces between words (or attach particles), so any neighbour is allowed. The
    # vowel signs of Devanagari and related scripts are not letters to Python, but belong to the word.
    return char < "\u2e80" and (char.isalnum() or ("\u0900" <= char < "\u0e00" and char not in "।॥"))


def _starts_word(text: str, start: int, language: str) -> bool:
    if start == 0 or not _is_letter(text[start - 1]):
        return True
    if language != "ar":
        return False
    begin = start
    while begin and start - begin < 5 and _is_letter(text[begin - 1]):
        begin -= 1
    return bool(_ARABIC_PREFIX.fullmatch(text, begin, start))
