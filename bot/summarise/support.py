"""Whether a sentence that a language model wrote says no more than the sentences it cites. Pure, and strict.

What is checked are the things that do harm when they are wrong: numbers, names, quotations, whether something is
denied, and links or mentions that the articles slipped in. A sentence that fails is not mended; what it cites is quoted
instead.
"""

import re
from collections.abc import Sequence

LONGEST = 400  # characters of a sentence
_FEWEST_WORDS = 4
_NUMBER = re.compile(r"\d[\d,.]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“”«»„]([^\"“”«»„]{2,})[\"“”«»„]")
_FOREIGN = re.compile(r"https?:|www\.|://|[<>@#`|\\]|\]\(|\*\*")
_NEGATION = re.compile(
    r"(?i)\b(?:no|not|never|none|neither|nor|without|den(?:y|ies|ied|ying|ial)|reject\w*|refus\w*|dismiss\w*|false|"
    r"fabricated|baseless|unrelated|cannot|\w+n['’]t)\b"
)
_COUNTS = frozenset(
    (
        *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
        *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty"),
        *("sixty", "seventy", "eighty", "ninety", "hundred", "hundreds", "thousand", "thousands", "million"),
        *("millions", "billion", "billions", "trillion", "dozen", "dozens", "half", "twice", "double", "doubled"),
        *("triple", "tripled", "quarter", "third", "most", "all", "every"),
    )
)
# With these a sentence may begin, in capitals, whether or not what it cites has them.
_OPENERS = frozenset(
    (
        *("a", "after", "also", "although", "an", "and", "as", "at", "but", "by", "despite", "during", "for", "from"),
        *("he", "however", "in", "it", "its", "later", "meanwhile", "on", "reports", "she", "since", "such", "the"),
        *("their", "these", "they", "this", "those", "though", "under", "until", "when", "while", "with"),
    )
)


def is_supported(sentence: str, cited: Sequence[str]) -> bool:
    """Whether ``sentence`` stands on the sentences it cites.

    Its numbers, its capitalised words and its words of number have to stand there, its quotations word for word; it
    denies something exactly if they do; and it holds no link, mention or markup.
    """
    text = " ".join(sentence.split())
    if not cited or len(text) > LONGEST or _FOREIGN.search(text) or len(text.split()) < _FEWEST_WORDS:
        return False
    source = " ".join(" ".join(cited).split())
    if not _numbers(text) <= _numbers(source):
        return False
    known = {word.casefold() for word in _WORD.findall(source)}
    if not all(_is_known(word, first, known) for first, word in _telling(text)):
        return False
    if not all(_plain(quoted) in _plain(source) for quoted in _QUOTED.findall(text)):
        return False
    return bool(_NEGATION.search(text)) == bool(_NEGATION.search(source))


def _numbers(text: str) -> set[str]:
    """The figures of a text without their separators: 1,200 and 1200 are one."""
    return {found.rstrip(".,").replace(",", "") for found in _NUMBER.findall(text)}


def _telling(text: str) -> list[tuple[bool, str]]:
    """Capitalised words and words of number, each with whether it begins the sentence."""
    found = list(_WORD.finditer(text))
    return [
        (place == 0, match[0])
        for place, match in enumerate(found)
        if match[0][0].isupper() or match[0].casefold() in _COUNTS
    ]


def _is_known(word: str, first: bool, known: set[str]) -> bool:
    plain = word.casefold()
    base = re.sub(r"['’]s$", "", plain)
    if {plain, base, base + "s", base + "'s", base + "’s"} & known or (base.endswith("s") and base[:-1] in known):
        return True
    parts = base.split("-")
    if len(parts) > 1 and all(part in known for part in parts):
        return True
    return first and plain in _OPENERS


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'").replace("‘", "'").strip(" .,;:")
