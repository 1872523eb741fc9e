"""Index terms of a text in any script: what stories are compared by and summaries are weighed by.

An index term is a word in lower case without its commonest endings; in scripts written without spaces it is a pair of
neighbouring characters. Two spellings of one word that differ by keyboard or typesetting only give the same term.
"""

import re
from functools import cache, lru_cache

from bot.languages.lexicon import all_words
from bot.text.tokens import JOINED, fold, is_joined

_PIECE = re.compile(rf"[{JOINED}]+|\d+(?:[.,]\d+)+|[^\W_{JOINED}]+(?:'[^\W_{JOINED}]+)*")
_PIECE_ASCII = re.compile(r"\d+(?:[.,]\d+)+|[a-z\d]+(?:'[a-z\d]+)*")  # finds the same in folded ASCII, faster


@cache
def _common() -> frozenset[str]:
    """The common words of all languages together, because a text may mix two."""
    return frozenset(fold(word) for words in all_words() for word in words.common_words)


def index_terms(text: str) -> list[str]:
    """Return the index terms of ``text`` in order, with repeats, without common words."""
    found: list[str] = []
    folded = fold(text)
    for piece in (_PIECE_ASCII if folded.isascii() else _PIECE).findall(folded):
        if (term := _term(piece)) is not None:
            found.append(term)
        elif piece[0] >= "\u0250" and is_joined(piece[0]):
            found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
    return found


@lru_cache(maxsize=100_000)
def _term(piece: str) -> str | None:
    """The term of a word; None for a common word and for characters written without spaces."""
    if piece in _common() or is_joined(piece[0]) or (len(piece) == 1 and not piece.isdigit()):
        return None
    return _stem(piece) if piece[0] < "\u0250" else piece


def _stem(word: str) -> str:
    """Cut an English word's commonest endings; the rest need not be a word, but is the same for its forms."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, shortest in (("ing", 6), ("ed", 5)):
        if word.endswith(ending) and len(word) >= shortest:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lse":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
