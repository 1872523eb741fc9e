"""Summaries made of whole, unchanged sentences, each with the document it comes from.

A sentence is worth what it has in common with all of the text (the cosine to the centroid of terms, Radev et al. 2004).
The worthiest sentences are chosen, except those that repeat a chosen one (as in MMR, Carbonell and Goldstein 1998). In
one article the beginning counts more, and so do words of its title. In several documents a word counts by the number of
documents that use it, if they are at least two, and a document by its likeness to all of them; position does not count
there, because what documents share is what they begin with.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.languages.index_terms import index_terms
from bot.languages.lexicon import all_words
from bot.languages.sentences import sentence_spans
from bot.model import CitedSentence, Document
from bot.summarise.boilerplate import is_boilerplate
from bot.text.tokens import word_count

# Weights chosen by hand; what they reach is in docs/quality.md (ROUGE).
_REPEATED = 0.5  # share of the shorter sentence's terms from which it repeats another
_BEGINNING = 0.6  # factor of a position far down; that of the first sentence is 1 more
_TITLE = 0.5  # added to the factor of a sentence with all words of the title
_DAMPED = 0.6  # exponent of frequencies in several documents
# Exponent of a sentence's length. At 1 the worth is a cosine, which favours long sentences: they share most with
# everything. One text repeats itself little, so there each word must count for more.
_BREVITY_OF_ONE, _BREVITY_OF_MANY = 1.4, 1.0
# Limits chosen by hand: a higher one takes longer, and the news comes first.
_READ_OF_ONE, _READ_OF_MANY = 400, 20  # sentences of a document
_CHARACTERS_OF_ONE, _CHARACTERS_OF_MANY = 60_000, 4_000
_READ_DOCUMENTS = 40
_CENTRE_CHARACTERS = 8_000
_TOO_LONG = 3  # times the wanted number of words
_LEANING_WORTH, _QUESTION_WORTH = 0.8, 0.5  # factors, chosen by hand


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
        """Return at most ``sentences`` sentences; or as many as it takes to reach ``words`` words. Give one of the two.

        Sentences come in the order of the documents: fewer, or none, if the documents do not have as many.
        """
        found, counted = _read(documents)
        if len({sentence.document for sentence in found}) > 1:
            _weigh_many(found, counted)
        else:
            _weigh_one(found, documents[found[0].document].title if found else "")
        chosen = _choose(found, sentences, words)
        chosen.sort(key=lambda sentence: (sentence.document, sentence.position))
        return tuple(CitedSentence(sentence.text, sentence.document) for sentence in chosen)


def _read(documents: Sequence[Document]) -> tuple[list[_Sentence], list[Counter[str]]]:
    """The sentences to choose from, and the counted terms of each document.

    Repeated titles and boilerplate are left out unless there is nothing else.
    """
    alone = len(documents) == 1
    most, length = (_READ_OF_ONE, _CHARACTERS_OF_ONE) if alone else (_READ_OF_MANY, _CHARACTERS_OF_MANY)
    found: list[_Sentence] = []
    spare: list[_Sentence] = []
    counted: list[Counter[str]] = []
    for number, document in enumerate(documents[:_READ_DOCUMENTS]):
        title = index_terms(document.title)
        counts: Counter[str] = Counter()
        news = end = 0
        for position, (start, end) in enumerate(_beginning(document.text, length)):
            text = document.text[start:end]
            terms = index_terms(text)
            counts.update(terms)
            sentence = _Sentence(text, number, news, Counter(terms), word_count(text))
            if not terms or terms == title or is_boilerplate(text):
                spare.append(sentence)
            else:
                found.append(sentence)
                news += 1
            if news >= most or position >= 2 * most:
                break
        counts.update(index_terms(document.text[end:_CENTRE_CHARACTERS]))
        counted.append(counts)
    return found or spare, counted


def _beginning(text: str, length: int) -> list[tuple[int, int]]:
    """The spans of the sentences that lie in a text's first ``length`` characters."""
    if len(text) <= length:
        return sentence_spans(text)
    first = sentence_spans(text[:length])
    return first[:-1] or first


def _weigh_one(found: Sequence[_Sentence], title: str) -> None:
    centre: Counter[str] = Counter()
    for sentence in found:
        centre.update(sentence.counts)
    wanted = set(index_terms(title))
    for sentence in found:
        named = len(wanted & sentence.counts.keys()) / len(wanted) if wanted else 0.0
        place = _BEGINNING + 1 / math.sqrt(1 + sentence.position)
        sentence.worth = _nearness(sentence.counts, centre, _BREVITY_OF_ONE) * (1 + _TITLE * named) * place


def _weigh_many(found: Sequence[_Sentence], counted: Sequence[Mapping[str, int]]) -> None:
    users = Counter(term for counts in counted for term in counts)
    shared = [{term: times for term, times in counts.items() if users[term] > 1} for counts in counted]
    if not any(shared):
        shared = [dict(counts) for counts in counted]
    centre = _centre(shared, [1.0] * len(counted))
    # A second time, with documents weighed by the first centre: one on another subject then counts less.
    centre = _centre(shared, [_nearness(counts, centre) for counts in counted])
    for sentence in found:
        sentence.worth = _nearness(sentence.counts, centre, _BREVITY_OF_MANY) * _standing(sentence)


def _centre(counted: Sequence[Mapping[str, int]], weights: Sequence[float]) -> dict[str, float]:
    """What documents share: each term by its damped frequency times the weight of the documents that use it."""
    most = max(weights) or 1.0
    times: dict[str, float] = {}
    users: dict[str, float] = {}
    for counts, weight in zip(counted, weights, strict=True):
        share = weight / most
        for term, count in counts.items():
            times[term] = times.get(term, 0.0) + share * count
            users[term] = users.get(term, 0.0) + share
    return {term: count**_DAMPED * users[term] for term, count in times.items()}


@cache
def _leaning() -> re.Pattern[str]:
    return re.compile("|".join(one for words in all_words() for one in words.leaning), re.IGNORECASE)


def _standing(sentence: _Sentence) -> float:
    """How well a sentence is understood alone, as a factor: less for a question, or if it needs the one before it."""
    worth = _QUESTION_WORTH if sentence.text.rstrip("\"'”’」』 ").endswith(("?", "？", "؟")) else 1.0
    return worth * (_LEANING_WORTH if sentence.position and _leaning().match(sentence.text) else 1.0)


def _nearness(counts: Mapping[str, int], centre: Mapping[str, float], brevity: float = 1.0) -> float:
    """The cosine to the centre, times the centre's length, which is the same for all.

    A ``brevity`` above 1 favours short sentences, below 1 long ones.
    """
    length = math.sqrt(sum([times * times for times in counts.values()])) or 1.0
    shared = math.fsum([times * centre[term] for term, times in counts.items() if term in centre])
    return shared / math.pow(length, brevity)


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
    return one.text == other.text or shared > _REPEATED * min(one.counts.total(), other.counts.total())
