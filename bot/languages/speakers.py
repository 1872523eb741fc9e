"""Who speaks in a sentence, as written: one way of finding the name for each kind of grammar.

A language chooses its way by ``found_by`` in its file and gives the words that this way needs.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cache

from bot.languages.lexicon import Lists, words_of

# Chosen by hand: a higher limit takes half a clause for a name, a lower one cuts a name with its office, such as
# "Chinese Foreign Ministry spokesperson Lin Jian".
LONGEST_NAME = 8  # words
LONGEST_ATTRIBUTION = 5  # words after a headline's last colon, or before its first
_SHORTEST_CLAIM = 3  # words before it
_LONGEST_CHINESE = 8  # characters of a name without a known office
_LONGEST_CHINESE_OFFICE = 14  # characters of a name with one

_AROUND = " \"'“”‘’,.;:()[]|?!-–—"
_TAIL = re.compile(r"[:،]\s*([^:،۔؟]{3,40})\s*$")


class Speakers(ABC):
    """Finds speakers in the sentences of one language; every way knows the words that offices are named by."""

    def __init__(self, lists: Lists) -> None:
        """``lists`` is the section ``speaker`` of a language file."""
        self._office = re.compile(f"(?:{_any(lists['offices'])})", re.IGNORECASE)

    @abstractmethod
    def speaker(self, sentence: str, place: int) -> str:
        """Return the speaker in a sentence whose cue begins at ``place``, as written; '' if nobody is named."""

    def attributed(self, headline: str) -> str:
        """Return the speaker after the colon at a headline's end, as written; '' if there is none."""
        return ""

    def ends_with_office(self, headline: str) -> bool:
        """Return whether the headline ends with an office after a colon or comma."""
        tail = _TAIL.search(headline)
        return bool(tail and self._office.search(tail[1]))


class ByClause(Speakers):
    """The name comes before the verb, in the same clause, and begins with a capital: English.

    ``clause_openers``   begin a clause
    ``asides``           may come between the name and the verb
    ``copulas``          follow the subject of a claim, not its speaker: "the report is false"
    ``passives``         the same, before a cue: "reports were denied"
    ``introduced_by``    come before a name
    ``links``            may be part of a name, but do not begin or end it
    ``nobody``           name no one
    """

    def __init__(self, lists: Lists) -> None:
        super().__init__(lists)
        self._opener = re.compile(rf"[:;,|—–(\"“”?!]|\.\s|\s[-‘']|['’]\s|\b(?:{_any(lists['clause_openers'])})\s")
        self._aside = re.compile(rf"(?:\s+(?:{_any(lists['asides'])}))+\s*$", re.IGNORECASE)
        self._copula = re.compile(rf"(?:{_any(lists['copulas'])})\b", re.IGNORECASE)
        self._passive = re.compile(rf"\b(?:{_any(lists['passives'])})(?:\s+\w+ly)?\s*$", re.IGNORECASE)
        self._introduced = re.compile(rf"\b(?:{_any(lists['introduced_by'])})\s+")
        self._link = re.compile(_any(lists["links"]), re.IGNORECASE)
        self._nobody = re.compile(_any(lists["nobody"]), re.IGNORECASE)

    def speaker(self, sentence: str, place: int) -> str:
        """Return the name before the verb, after "said" or "by", at the headline's end or at its beginning."""
        before = self._opener.split(sentence[:place])[-1]
        # What "is fabricated" is not the speaker.
        if not self._passive.search(before) and not self._copula.match(sentence[place:]):
            speaker = self._name(self._aside.sub("", before).split()[::-1], backwards=True)
            if speaker:
                return speaker
        for introduced in self._introduced.finditer(sentence):
            speaker = self._name(sentence[introduced.end() :].split(), backwards=False)
            if speaker:
                return speaker
        return self.attributed(sentence) or self._headed(sentence[:place])

    def attributed(self, headline: str) -> str:
        """Return the name after the colon at the headline's end: "Reports are false: Lin Jian"."""
        head, colon, tail = headline.strip().rpartition(": ")
        words = tail.split()
        if not colon or len(head.split()) < _SHORTEST_CLAIM or len(words) > LONGEST_ATTRIBUTION:
            return ""
        name = self._name(words, backwards=False)
        return name if name == tail.strip() else ""

    def _headed(self, before: str) -> str:
        """The name before the colon that begins a headline: "Lin Jian: reports are false"."""
        head, colon, _ = before.partition(": ")
        name = self._name(head.split(), backwards=False) if colon else ""
        return name if name == head.strip() else ""

    def _name(self, words: list[str], *, backwards: bool) -> str:
        """The name or office at the beginning of ``words``, which run backwards when they precede a verb."""
        taken: list[str] = []
        for word in words[:LONGEST_NAME]:
            bare = word.strip(_AROUND)
            # "Karachi port rejects": one common noun may come between a name and its verb.
            noun = backwards and not taken and bare.isalpha() and bool(words[1:]) and words[1][0].isupper()
            if not bare or not (bare[0].isupper() or noun or self._office.fullmatch(bare.removesuffix("'s"))):
                break
            taken.append(word.rstrip(_AROUND) if backwards else bare)
            if not backwards and word[-1] in ",.;:":
                break
        if backwards:
            taken.reverse()
        while taken and self._link.fullmatch(taken[0]):
            del taken[0]
        while taken and self._link.fullmatch(taken[-1]):
            del taken[-1]
        name = " ".join(taken).strip(_AROUND)
        return "" if not any(map(str.isalpha, name)) or self._nobody.fullmatch(name) else name


class ByCharacters(Speakers):
    """Words are written without spaces; the speaker is the part of the clause before the verb: Chinese.

    ``says``           verbs of saying
    ``times_before``   may come before a name
    ``times_after``    may come after a name
    """

    _HEAD = re.compile(r"\s*([\u4e00-\u9fff·]{2,14})[：:]")
    _BREAK = re.compile(r"[，。：；！？、“”「」『』《》（）,:;!?\s]")

    def __init__(self, lists: Lists) -> None:
        super().__init__(lists)
        self._says = re.compile(_any(lists["says"]))
        self._times = re.compile(f"^(?:{_any(lists['times_before'])})|(?:{_any(lists['times_after'])})$")

    def speaker(self, sentence: str, place: int) -> str:
        """Return the name before the colon at the beginning, else the clause up to the verb, else an office in it."""
        headed = self._HEAD.match(sentence)
        if headed:
            return headed[1]
        clause = self._says.split(self._BREAK.split(sentence[:place])[-1])[0]
        clause = self._times.sub("", clause)
        office = self._office.search(clause)
        if 2 <= len(clause) <= (_LONGEST_CHINESE_OFFICE if office else _LONGEST_CHINESE):
            return clause
        return office[0] if office else ""


class ByPostposition(Speakers):
    """A small word after the name marks it as the speaker, and headlines often end with an office: Urdu.

    ``speaker_before``   such words, as in "according to"
    ``postpositions``    come after an office
    ``nations``          may come before an office
    ``cities``           begin datelines, and are not speakers
    ``nobody``           name no one
    """

    _HEAD = re.compile(r"^\s*([^:،۔؟]{3,60})\s*:")

    def __init__(self, lists: Lists) -> None:
        super().__init__(lists)
        self._cities = re.compile(_any(lists["cities"]))
        self._nobody = re.compile(_any(lists["nobody"]))
        marks = _any(lists["speaker_before"])
        self._marked = re.compile(rf"(?:^|[،۔:؛\"“”‘’!])\s*([^،۔:؛\"“”‘’!]{{2,60}}?)\s+(?:{marks})(?=\s|$)")
        self._holder = re.compile(
            rf"(?:(?:{_any(lists['nations'])})\s+)?(?:{self._office.pattern})"
            rf"(?=\s+(?:{_any(lists['postpositions'])})\b)"
        )

    def speaker(self, sentence: str, place: int) -> str:
        """Return the office at the end, else the marked name, else the name before a colon, else an office within."""
        tail, head, marked = _TAIL.search(sentence), self._HEAD.search(sentence), self._marked.search(sentence)
        if tail and self._office.search(tail[1]):
            return tail[1].strip()
        if marked and len(marked[1].split()) <= LONGEST_NAME and not self._nobody.fullmatch(marked[1].strip()):
            return marked[1].strip()
        if head and len(head[1].split()) <= LONGEST_ATTRIBUTION and not self._cities.fullmatch(head[1].strip()):
            return head[1].strip()
        holder = self._holder.search(sentence)
        return holder[0].strip() if holder else ""


_WAYS: Mapping[str, type[Speakers]] = {
    "clause": ByClause,
    "characters": ByCharacters,
    "postposition": ByPostposition,
}


@cache
def speakers_of(language: str) -> Speakers | None:
    """What finds speakers in a language (ISO 639-1), or None if its file has no ``speaker``."""
    words = words_of(language)
    return _WAYS[words.found_by](words.speaker) if words and words.speaker else None


def _any(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, in which ``*`` is any word or part of one and ``#`` a number."""
    written = sorted(map(re.escape, phrases), key=len, reverse=True)
    return "|".join(written).replace(r"\*", r"\w+").replace(r"\#", r"\d+") or "(?!)"
