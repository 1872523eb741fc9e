"""The words of dates, by language: months and days from Babel (CLDR), parts of the day, and what says nothing."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LONGEST = 100  # characters; a longer text is a sentence
LANGUAGES = ("en", "zh", "ur", "hi", "ar", "fa", "ru", "de", "fr", "es", "ja", "ko", "fi", "it", "pt", "tr", "id", "nl")
_REGIONS = {"ar": ("ar", "ar_SY", "ar_DZ", "ar_MA"), "pt": ("pt", "pt_PT")}  # where the names of months differ
_MORE_MONTHS = {"de": {"mrz": 3}}  # as content systems abbreviate beside CLDR
_SHORTEST_MONTH, _SHORTEST_DAY = 3, 2  # letters of a name that CLDR has longer: "sep", "Mo"
# Words by language: English, Chinese, Japanese, Korean, Arabic, Urdu, Hindi.
MORNING = frozenset(
    ("am", "a.m", "上午", "早上", "凌晨", "清晨", "午夜", "午前", "오전", "صباحا", "ص", "صبح")
) | frozenset(("पूर्वाह्न", "सुबह"))
EVENING = frozenset(
    ("pm", "p.m", "下午", "晚上", "傍晚", "中午", "午後", "오후", "مساء", "م", "شام", "سہپہر", "دوپہر")
) | frozenset(("अपराह्न", "शाम", "दोपहर"))
# What may stand in a date and says nothing of it: prepositions, "o'clock", labels.
FILLERS = frozenset(
    (
        *("at", "on", "of", "the", "and", "h", "hrs", "hours", "local", "time"),
        *("published", "posted", "updated", "date"),
        *(
            "um",
            "uhr",
            "klo",
            "kl",
            "le",
            "à",
            "de",
            "del",
            "a",
            "las",
            "alle",
            "ore",
            "às",
            "em",
            "om",
            "pukul",
            "feira",
        ),
        *("г", "года", "в", "بجے", "کو", "و", "فی", "في", "ساعت", "شائع", "تاریخ", "ء", "को", "बजे"),
        *("发布", "发布于", "发表于", "时间", "发布时间", "发表", "更新", "更新于", "於", "于", "配信", "掲載"),
        *("입력", "수정", "등록"),
    )
)
# Marks that show nothing, and the vowel signs of Arabic.
_MARKS = re.compile("[\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\u064b-\u0652]")
_LETTERS = str.maketrans("يىكأإآؤ", "ییکاااو")  # one letter for what keyboards write in several ways


def in_one_form(text: str) -> str:
    """``text`` in small letters of one width, with ASCII digits, without marks and without spaces at its ends."""
    folded = unicodedata.normalize("NFKC", _MARKS.sub("", text[: 4 * LONGEST])).casefold()
    if not folded.isascii():
        folded = "".join(str(unicodedata.digit(letter, letter)) if letter.isdigit() else letter for letter in folded)
        folded = folded.translate(_LETTERS)
    return " ".join(folded.split())


class Names:
    """The names of months and of days of the week in one language."""

    __slots__ = ("days", "months")

    def __init__(self, months: dict[str, int], days: dict[str, int]) -> None:
        self.months = months
        self.days = days


def names_by_preference(language: str) -> Iterator[Names]:
    """The names of the feed's own language, of English, then of the others."""
    for one in dict.fromkeys((language, *LANGUAGES) if language in LANGUAGES else LANGUAGES):
        yield _names(one)


@cache
def _names(language: str) -> Names:
    from babel import Locale  # noqa: PLC0415 - 30 ms that only such dates have to pay

    months: dict[str, int] = dict(_MORE_MONTHS.get(language, {}))
    days: dict[str, int] = {}
    for region in _REGIONS.get(language, (language,)):
        locale = Locale.parse(region)
        for found, table, shortest in ((months, locale.months, _SHORTEST_MONTH), (days, locale.days, _SHORTEST_DAY)):
            names = [(number, in_one_form(str(name)).strip(".:'’")) for number, name in _of_table(table)]
            found.update({name: number for number, name in names if not name.isdecimal()})
            for name, number in _beginnings(names, shortest).items():
                found.setdefault(name, number)
    return Names(months, days)


def _of_table(table: Any) -> Iterator[tuple[int, str]]:
    for context in table.values():
        for width in ("wide", "abbreviated"):
            yield from context.get(width, {}).items()


def _beginnings(names: list[tuple[int, str]], shortest: int) -> dict[str, int]:
    """The beginnings of names that belong to one of them only, as people shorten them."""
    found: dict[str, set[int]] = {}
    for number, name in names:
        for end in range(shortest, min(len(name), 9)):
            found.setdefault(name[:end], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1 and name.isalpha()}
