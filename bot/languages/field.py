"""Words that name the field itself: entries on it contain them whatever they report, so sharing them says little."""

from collections.abc import Mapping
from functools import cache

from bot.languages.index_terms import index_terms
from bot.languages.lexicon import all_words

# Natural logarithms of entries per entry with the word, chosen by hand: about every twentieth and every third entry. A
# higher cap joins stories that share the field and no event; a lower one splits stories that are told in its words.
_CAPS = {"often": 3.0, "everywhere": 1.2}


@cache
def caps() -> Mapping[str, float]:
    """The most that an index term of the field's own counts."""
    return {
        term: most
        for name, most in _CAPS.items()
        for words in all_words()
        for phrase in words.field[name]
        for term in index_terms(phrase)
    }
