"""Which way a text reads, and marks that let texts of both directions stand beside each other. Pure.

Slack gives a whole block the direction of its first letter that has one. So a line of the other direction is set apart
(U+2068 … U+2069), and a line whose first letter misleads gets a mark before it. The rules are those of
https://www.unicode.org/reports/tr9/ (P2 and P3: what is set apart does not count).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

Element = dict[str, Any]

_APART, _END = "\u2068", "\u2069"
_MARKS = {"L": "\u200e", "R": "\u200f"}
_SET_APART = re.compile(f"{_APART}[^{_END}]*{_END}")
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(f"[{_RIGHT}][{_RIGHT}\u200c\u200d]*(?:[ ,.:'’-]+[{_RIGHT}][{_RIGHT}\u200c\u200d]*)*")


def reads(text: str) -> str:
    """``R`` or ``L``, as most of its letters do; '' where no letter has a direction. What is set apart counts not."""
    strong = _strong(text)
    return "" if not strong else "R" if 2 * strong.count("R") > len(strong) else "L"


def apart(text: str) -> str:
    """A text from outside, to stand beside others: set apart where something in it reads from right to left."""
    return f"{_APART}{_marked(text)}{_END}" if "R" in _strong(text) else text


def woven(text: str, limit: int) -> str:
    """A line of ours with the words from right to left in it set apart, if it has then ``limit`` characters at most."""
    if not _strong(text).startswith("L"):
        return text
    told = _RUN.sub(lambda found: f"{_APART}{found[0]}{_END}", text)
    return told if len(told) <= limit else text


def in_line(elements: Sequence[Element], block: str) -> list[Element]:
    """A line of text elements, to stand in a block that reads as ``block`` (``L`` or ``R``)."""
    whole = "".join(element["text"] for element in elements)
    own = reads(whole)
    if not own or (own == block and "R" not in _strong(whole)):
        return list(elements)
    mark = "" if _strong(whole).startswith(own) else _MARKS[own]
    begin, end = (_APART + mark, _END) if own != block else (mark, "")
    told = [dict(element) for element in elements]
    told[0]["text"] = begin + told[0]["text"]
    told[-1]["text"] += end
    return told


def _marked(text: str) -> str:
    own = reads(text)
    return text if _strong(text).startswith(own) else _MARKS[own] + text


def _strong(text: str) -> str:
    """The directions of the letters that have one, as a row of ``L`` and ``R``."""
    if text.isascii():
        return "L" if any(letter.isalpha() for letter in text) else ""
    kinds = (unicodedata.bidirectional(letter) for letter in _SET_APART.sub("", text))
    return "".join("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL"))
