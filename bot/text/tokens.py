"""Letters and words of a text in any script: one spelling for variants, the number of words, the script."""

import re
import unicodedata

JOINED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # kana, Chinese characters, Hangul
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")  # u.s.
_DOTTED_HINT = re.compile(r"\.[a-z]\.")  # a part of every match, found twenty times as fast
_JOINED_RUN = re.compile(f"[{JOINED}]+")
_MARKS = re.compile("[\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]")

# Urdu, Persian and Arabic keyboards type different characters for one letter.
_SAME_LETTER = str.maketrans(
    {"ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "ھ": "ہ", "ه": "ہ", "ۀ": "ہ", "ۂ": "ہ", "ة": "ہ"}
    | {"آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و"}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"}
)


def fold(text: str) -> str:
    """Return ``text`` in lower case and NFKC, with keyboard variants made one and invisible or vowel marks removed."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    folded = folded.lower().translate(_SAME_LETTER)
    if _DOTTED_HINT.search(folded):
        folded = _DOTTED.sub(lambda found: found[0].replace(".", ""), folded)
    return folded if folded.isascii() else _MARKS.sub("", folded)


def word_count(text: str) -> int:
    """Return the number of words; in a script without spaces two characters count as a word."""
    spaced = len(_JOINED_RUN.sub(" ", text).split()) if not text.isascii() else len(text.split())
    joined = sum(map(len, _JOINED_RUN.findall(text))) if not text.isascii() else 0
    return spaced + (joined + 1) // 2


def is_joined(character: str) -> bool:
    """Return whether the character belongs to a script without spaces between words (kana, Chinese) or to Hangul."""
    return (
        "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7af"
        or "\uf900" <= character <= "\ufaff"
    )


def script_of(text: str) -> str:
    """Return ``joined`` (see is_joined), ``arabic``, ``latin`` or ``other``, by the text's first letter or digit."""
    first = text[:1]
    if not first.isalnum():
        first = next((c for c in text if c.isalnum()), "")
    if first < "\u0250":
        return "latin"
    if is_joined(first):
        return "joined"
    return "arabic" if _ARABIC.match(first) else "other"
