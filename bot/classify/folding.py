"""Spellings made one: case, width, dashes, quotes, variants of Arabic letters; with the way back to the original.

Matching reads the folded text and evidence quotes the original, so every folded position maps to an original one.
Most texts keep their length when folded, and then need no table of positions.
"""

import re
import unicodedata
from dataclasses import dataclass

_DROPPED = "\u00ad\u0640\u093c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u064b-\u065f\u0670"
_DROPPED_MARK = re.compile(f"[{_DROPPED}]")
# Chinese may or may not put spaces around digits and Latin letters: 歼-10C, 歼 10C, 歼10C.
_WIDE = "\u3041-\u30ff\u3400-\u9fff"
_DROPPED_PART = re.compile(f"[{_DROPPED}]|(?<=[{_WIDE}]) +| +(?=[{_WIDE}])")


def _table() -> dict[int, str]:
    """Folds of one character to one character, so that positions stay."""
    table = {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}  # full-width forms
    table |= dict.fromkeys([*range(0x2000, 0x200B), 0xA0, 0x202F, 0x205F, 0x3000], " ")
    table |= dict.fromkeys(
        [*range(0x2010, 0x2016), 0x2212, 0x30FB, 0xB7, 0x2D, 0xFF0D], " "
    )  # "rare-earth" is "rare earth"
    table |= dict.fromkeys([0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x60, 0xB4], "'")
    table |= dict.fromkeys([0x201C, 0x201D, 0x201E, 0x201F, 0xAB, 0xBB, 0x300C, 0x300D, 0x300E, 0x300F], '"')
    table |= {0x130: "i", 0x2026: ".", 0x2122: " ", 0xAE: " ", 0x2120: " "}
    # Urdu, Persian and Arabic keyboards write the same letter with different characters, and press texts leave out
    # hamza, madda and the two-eyed heh. No topic needs the difference.
    for variants, plain in (
        ("يىئۓ", "ی"),
        ("ك", "ک"),
        ("هھۀۂەة", "ہ"),
        ("آأإٱ", "ا"),
        ("ؤ", "و"),
        ("ے", "ی"),
    ):
        table |= {ord(letter): plain for letter in variants}
    return table


_TABLE = _table()
# Upper-case forms are folded by the same pass, as far as one character becomes one character.
_TABLE |= {
    code: chr(code).lower()
    for start, end in ((0x41, 0x5B), (0xC0, 0x250), (0x370, 0x530), (0x1E00, 0x2000))
    for code in range(start, end)
    if len(chr(code).lower()) == 1 and chr(code).lower() != chr(code)
}


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; ``origins`` are its characters' positions in the original, None if all are the same."""

    text: str
    origins: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a half-open span of the folded text, which is not empty, to one of the original."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold ``text`` for matching: NFKC, lower case, one kind of dash, quote and space, no invisible or vowel marks."""
    if text.isascii():
        return Folded(text.lower().replace("-", " "))
    plain = text.translate(_TABLE)
    origins: list[int] | None = None
    if _DROPPED_PART.search(plain):
        plain, origins = _drop(plain)
    if unicodedata.is_normalized("NFKC", plain):
        return Folded(plain, origins)
    return _fold_each(plain, origins)


def _drop(plain: str) -> tuple[str, list[int]]:
    kept: list[int] = []
    last = 0
    for found in _DROPPED_PART.finditer(plain):
        kept.extend(range(last, found.start()))
        last = found.end()
    kept.extend(range(last, len(plain)))
    return "".join([plain[index] for index in kept]), kept


def _fold_each(plain: str, before: list[int] | None) -> Folded:
    """Fold compatibility forms one by one: one character may become several, all from its position."""
    pieces: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(plain):
        piece = char
        if not char.isascii() and not unicodedata.is_normalized("NFKC", char):
            piece = _DROPPED_MARK.sub("", unicodedata.normalize("NFKC", char).translate(_TABLE))
        pieces.append(piece)
        origins.extend([index if before is None else before[index]] * len(piece))
    return Folded("".join(pieces), origins)
