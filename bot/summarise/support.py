"""Whether a sentence by a language model says no more than the sentences it cites. Pure, and strict.

It checks what does harm if it is wrong: numbers, names, quotations, whether something is denied, and links or mentions
that an article smuggled in. A sentence that fails is not corrected; a cited sentence is quoted instead.
"""

import re
from collections.abc import Sequence

LONGEST = 400  # characters of a sentence; chosen by hand: a longer one is hardly a summary
_FEWEST_WORDS = 4  # fewer are no sentence
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
# A sentence may begin with one of these, capitalised, even if the cited sentences do not contain it.
_OPENERS = frozenset(
    (
        *("a", "after", "also", "although", "an", "and", "as", "at", "but", "by", "despite", "during", "for", "from"),
        *("he", "however", "in", "it", "its", "later", "meanwhile", "on", "reports", "she", "since", "such", "the"),
        *("their", "these", "they", "this", "those", "though", "under", "until", "when", "while", "with"),
    )
)


def is_supported(sentence: str, cited: Sequence[str]) -> bool:
    """Return whether the sentences that ``sentence`` cites support it.

    They must contain its numbers, capitalised words and number words, and its quotations word for word. It denies
    something exactly if they do, and has no link, mention or markup.
    """
    text = " ".join(sentence.split())
    if not cited or len(text) > LONGEST or _FOREIGN.search(text) or len(text.split()) < _FEWEST_WORDS:
        return False
    support = " ".join(" ".join(cited).split())
    if not _numbers(text) <= _numbers(support):
        return False
    known = {word.casefold() for word in _WORD.findall(support)}
    if not all(_is_known(word, first, known) for first, word in _telling(text)):
        return False
    if not all(_plain(quoted) in _plain(support) for quoted in _QUOTED.findall(text)):
        return False
    return bool(_NEGATION.search(text)) == bool(_NEGATION.search(support))


def _numbers(text: str) -> set[str]:
    """The numbers of a text without separators: 1,200 and 1200 are the same."""
    return {found.rstrip(".,").replace(",", "") for found in _NUMBER.findall(text)}


def _telling(text: str) -> list[tuple[bool, str]]:
    """Capitalised words and number words, each with whether it begins the sentence."""
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
