"""Summaries of whole sentences, as they stand, each with the document it comes from.

A sentence is worth what it has in common with all of the text (the cosine to the centroid of terms, Radev et al. 2004),
and what is worth most comes first unless it repeats what was chosen (as in MMR, Carbonell and Goldstein 1998). In one
article the beginning counts more, and so do words of its title. In several documents a word counts by how many of them
use it; their beginnings need no help, because what they share is what they begin with.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import CitedSentence, Document
from bot.summarise.boilerplate import is_boilerplate
from bot.text.sentences import sentences as split
from bot.text.tokens import terms, word_count

_REPEATED = 0.6  # of the shorter sentence's terms
_BEGINNING = 0.6  # what position is worth at least, where the first sentence is worth this and 1
_TITLE = 0.5  # what a sentence gains that has all words of the title
_DAMPED = 0.5  # exponent of frequencies over several documents
_READ_OF_ONE, _READ_OF_MANY = 400, 15  # sentences of a document
_CHARACTERS_OF_ONE, _CHARACTERS_OF_MANY = 60_000, 3_000
_READ_DOCUMENTS = 40
_CENTRE_CHARACTERS = 20_000
_TOO_LONG = 3  # times the words wanted
_LEANING_WORTH, _QUESTION_WORTH = 0.8, 0.5
# A sentence that begins like this is understood only behind the one before it.
_LEANING = re.compile(
    r"(?:he|she|they|his|her|their|it|this|that|these|those|but|and|however|also|still|yet|so)\b"
    r"|[他她它]|[这该此](?![次年月])|但|不过|因此|同时|而且|(?:ان|انہوں|انھوں|اس|یہ|تاہم|لیکن|جبکہ)\s",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Sentence:
    text: str
    document: int
    position: int
    counts: Counter[str]
    words: int
    worth: float = 0.0


class ExtractiveSummariser:
    """The summariser that needs no network, no key and no model; the same documents give the same summary."""

    def summarise(
        self, documents: Sequence[Document], *, sentences: int | None = None, words: int | None = None
    ) -> tuple[CitedSentence, ...]:
        """At most ``sentences`` sentences; or, until ``words`` words are reached, one sentence after another.

        Sentences come in the order of the documents. Fewer, or none, where the documents have no more to say.
        """
        found = _read(documents)
        if len({sentence.document for sentence in found}) > 1:
            _weigh_many(found, documents)
        else:
            _weigh_one(found, documents[found[0].document].title if found else "")
        chosen = _choose(found, sentences, words)
        chosen.sort(key=lambda sentence: (sentence.document, sentence.position))
        return tuple(CitedSentence(sentence.text, sentence.document) for sentence in chosen)


def _read(documents: Sequence[Document]) -> list[_Sentence]:
    """The sentences that may be chosen: not the title again, and no boilerplate unless there is nothing else."""
    alone = len(documents) == 1
    most, length = (_READ_OF_ONE, _CHARACTERS_OF_ONE) if alone else (_READ_OF_MANY, _CHARACTERS_OF_MANY)
    found: list[_Sentence] = []
    spare: list[_Sentence] = []
    for number, document in enumerate(documents[:_READ_DOCUMENTS]):
        title = terms(document.title)
        news = 0
        for position, text in enumerate(_beginning(document.text, length)):
            held = terms(text)
            sentence = _Sentence(text, number, news, Counter(held), word_count(text))
            if not held or held == title or is_boilerplate(text):
                spare.append(sentence)
            else:
                found.append(sentence)
                news += 1
            if news >= most or position >= 2 * most:
                break
    return found or spare


def _beginning(text: str, length: int) -> list[str]:
    """The sentences of a text, or of its first ``length`` characters without the one that is cut there."""
    if len(text) <= length:
        return split(text)
    first = split(text[:length])
    return first[:-1] or first


def _weigh_one(found: Sequence[_Sentence], title: str) -> None:
    centre: Counter[str] = Counter()
    for sentence in found:
        centre.update(sentence.counts)
    wanted = set(terms(title))
    for sentence in found:
        named = len(wanted & sentence.counts.keys()) / len(wanted) if wanted else 0.0
        place = _BEGINNING + 1 / math.sqrt(1 + sentence.position)
        sentence.worth = _cosine(sentence.counts, centre) * (1 + _TITLE * named) * place


def _weigh_many(found: Sequence[_Sentence], documents: Sequence[Document]) -> None:
    counts: Counter[str] = Counter()
    holders: Counter[str] = Counter()
    for document in documents[:_READ_DOCUMENTS]:
        held = Counter(terms(document.text[:_CENTRE_CHARACTERS]))
        counts.update(held)
        holders.update(held.keys())
    centre = {term: times**_DAMPED * holders[term] for term, times in counts.items()}
    for sentence in found:
        sentence.worth = _cosine(sentence.counts, centre) * _standing(sentence)


def _standing(sentence: _Sentence) -> float:
    """How well a sentence stands alone, as a factor: less for a question, and for what leans on the one before it."""
    worth = _QUESTION_WORTH if sentence.text.rstrip("\"'”’」』 ").endswith(("?", "？", "؟")) else 1.0
    return worth * (_LEANING_WORTH if sentence.position and _LEANING.match(sentence.text) else 1.0)


def _cosine(counts: Counter[str], centre: dict[str, float] | Counter[str]) -> float:
    """The cosine to the centre, without the centre's length, which is the same for all."""
    length = math.sqrt(sum(times * times for times in counts.values())) or 1.0
    return sum(times * centre.get(term, 0.0) for term, times in counts.items()) / length


def _choose(found: Sequence[_Sentence], most: int | None, words: int | None) -> list[_Sentence]:
    chosen: list[_Sentence] = []
    used = 0
    ranked = sorted(found, key=lambda sentence: (-sentence.worth, sentence.document, sentence.position))
    if words is not None and any(sentence.words <= _TOO_LONG * words for sentence in ranked):
        ranked = [sentence for sentence in ranked if sentence.words <= _TOO_LONG * words]
    for sentence in ranked:
        if (most is not None and len(chosen) >= most) or (words is not None and used >= words):
            break
        if not any(_repeats(sentence, other) for other in chosen):
            chosen.append(sentence)
            used += sentence.words
    return chosen


def _repeats(one: _Sentence, other: _Sentence) -> bool:
    shared = (one.counts & other.counts).total()
    return shared > _REPEATED * min(one.counts.total(), other.counts.total())
