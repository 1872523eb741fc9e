"""The stance lists of a language, compiled: patterns, and one automaton that spares most texts all of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs as ac

from bot.languages.lexicon import Lists, words_of

_BETWEEN = 70  # characters between a verb and its object; chosen by hand: a longer reach joins two clauses
_GAP = r"\b.{1,80}?\b"  # "…": chosen by hand, about a dozen words
_GAP_WIDE = ".{1,30}?"  # the same in characters that are half a word each
_WIDE = "\u2e80"  # from here on scripts put no space between words (Chinese, Japanese, Korean)
_NEVER = re.compile(r"(?!)")

# Keyboards and feeds vary these. One character always becomes one, so that positions stay.
_VARIANTS = str.maketrans("’‘\u200cيىكهھةأآإ", "'' ییکہہہااا")
_VARIES = re.compile("[’‘\u200cيىكهھةأآإ]")

DENY, DENY_TITLE, GATED, REFUSE, NEGATED, CONFIRM, ASSERT = (1 << bit for bit in range(7))
_LISTS_OF = {
    DENY: ("deny",),
    DENY_TITLE: ("deny_title",),
    GATED: ("gated",),
    REFUSE: ("refuse", "refuse_gated"),
    NEGATED: ("negated",),
    CONFIRM: ("confirm",),
    ASSERT: ("assert",),
}


@dataclass(frozen=True, slots=True)
class Cues:
    """The compiled stance lists of one language; ``patterns`` has one pattern for each of the kinds above."""

    patterns: Mapping[int, re.Pattern[str]]
    innocent: re.Pattern[str]
    background: re.Pattern[str]
    accuse: re.Pattern[str]
    not_confirm: re.Pattern[str]
    longest_words: ac.AhoCorasick
    """Finds the longest word of each cue: far faster than the patterns, and most texts contain none of them."""
    kinds: tuple[int, ...]
    """For each of these words, the kinds whose patterns it may be part of."""

    def possible(self, text: str) -> int:
        """Return the kinds (bits) whose patterns may match somewhere in ``text``, which is normalised."""
        bits = 0
        for which, _, _ in self.longest_words.find_matches_as_indexes(text.lower(), overlapping=True):
            bits |= self.kinds[which]
        return bits


def normalise(text: str) -> str:
    """Return ``text`` with one spelling for variants of a letter; its length stays."""
    return text.translate(_VARIANTS) if _VARIES.search(text) else text


@cache
def cues_of(language: str) -> Cues | None:
    """Return the compiled cues of a language (ISO 639-1), or None if its file has no ``stance``."""
    words = words_of(language)
    return _compile(words.stance, verb_last=words.verb_last) if words and words.stance else None


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of the phrases as whole words in any case; without phrases it never matches."""
    return _pattern([_any(phrases)]) if phrases else _NEVER


def _compile(lists: Lists, *, verb_last: bool) -> Cues:
    kinds: dict[str, int] = {}
    for kind, names in _LISTS_OF.items():
        for phrase in (phrase for name in names for phrase in lists[name]):
            longest = max(re.split(r"[\s…*]+", normalise(phrase).lower()), key=len)
            kinds[longest] = kinds.get(longest, 0) | kind
    patterns = {kind: any_of(lists[names[0]]) for kind, names in _LISTS_OF.items()}
    patterns[GATED] = _pattern(_gated(lists["gated"], lists["objects"], verb_last=verb_last))
    refuse = [_any(lists["refuse"])] if lists["refuse"] else []
    patterns[REFUSE] = _pattern(refuse + _gated(lists["refuse_gated"], lists["asked"], verb_last=verb_last))
    return Cues(
        patterns=patterns,
        innocent=any_of(lists["innocent"]),
        background=any_of(lists["background"]),
        accuse=any_of(lists["accuse"]),
        not_confirm=any_of(lists["not_confirm"]),
        longest_words=ac.AhoCorasick(list(kinds)),
        kinds=tuple(kinds.values()),
    )


def _gated(verbs: tuple[str, ...], objects: tuple[str, ...], *, verb_last: bool) -> list[str]:
    if not verbs or not objects:
        return []
    verb, thing = f"(?:{_any(verbs)})", f"(?:{_any(objects)})"
    if verb_last:
        return [f"{thing}.{{0,{_BETWEEN}}}?{verb}"]
    return [f"{verb}[^:;]{{0,{_BETWEEN}}}?{thing}"]


def _any(phrases: Iterable[str]) -> str:
    return "|".join(sorted(map(_phrase, phrases), key=len, reverse=True))


def _phrase(phrase: str) -> str:
    text = normalise(phrase)
    wide = text[0] >= _WIDE
    body = re.escape(text.removesuffix("*")).replace("…", _GAP_WIDE if wide else _GAP).replace(r"\ ", r"\s+")
    if wide:
        return body
    return rf"\b{body}" + ("" if text.endswith("*") else r"\b")


def _pattern(parts: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE) if parts else _NEVER
