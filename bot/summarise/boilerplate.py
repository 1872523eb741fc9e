"""Lines of a page that are not news: datelines, credits, captions, invitations to read on or to subscribe."""

import re
from functools import cache

from bot.languages.lexicon import all_words
from bot.text.tokens import word_count

# Chosen by hand: higher limits drop short news, lower ones keep more labels.
_FEWEST_WORDS = 4  # a shorter line is a label, a by-line or a heading
_LONGEST = 220  # characters; a longer sentence is news even if it contains such words

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_DATELINE = re.compile(
    r"[A-Z][A-Z .,'/-]{2,40}(?:,?\s*(?:[A-Z][a-z]+\.?\s*)?\d{1,2}(?:\s[A-Z][a-z]+)?)?"  # ISLAMABAD, Oct. 3
    r"\s*(?:\([^)]{2,40}\))?\s*[:–—-]*\.?"  # (Agency) –
)


@cache
def _openings() -> re.Pattern[str]:
    return re.compile("|".join(one for words in all_words() for one in words.boilerplate["openings"]), re.IGNORECASE)


@cache
def _anywhere() -> re.Pattern[str]:
    return re.compile("|".join(one for words in all_words() for one in words.boilerplate["anywhere"]))


def is_boilerplate(sentence: str) -> bool:
    """Return whether a sentence belongs to the page and not to the news, as every very short line does."""
    text = sentence.strip()
    if len(text) > _LONGEST:
        return False
    if word_count(_ADDRESS.sub("", text)) < _FEWEST_WORDS or _DATELINE.fullmatch(text):
        return True
    return bool(_openings().match(text) or _anywhere().search(text.lower()))
