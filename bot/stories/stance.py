"""What an entry does with its story's assertion: reports, asserts, confirms or denies it; who does, in which sentence.

Cue words decide, from the language files of ``bot.languages``. Some verbs deny by themselves; "rejects" and its kin
only if they reject a report, claim or remark; slamming or condemning something does not deny it. The headline is read
first. A denial in the text counts if it is in its first sentences, is not merely recalled ("had denied"), and the
headline is not the accusation that somebody else denies.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from bot.languages.cues import (
    ASSERT,
    CONFIRM,
    DENY,
    DENY_TITLE,
    GATED,
    NEGATED,
    REFUSE,
    Cues,
    cues_of,
    normalise,
)
from bot.languages.sentences import iterate_spans
from bot.languages.speakers import Speakers, speakers_of
from bot.model import Entry, Stance
from bot.text.language import detect

# Chosen by hand: more sentences find more denials, and more that somebody else made.
_READ = 700  # characters of the text in which its first sentences are looked for
_DENYING_SENTENCES = 2
_NAMING_SENTENCES = 4
_COLON = re.compile(r"[:：](?!\d)")

_Place = tuple[str, int]
"""A sentence, and where in it a cue begins."""


@dataclass(frozen=True, slots=True)
class StanceFinding:
    """The stance of one entry, who takes it ('' where nobody is named) and the sentence that shows it."""

    stance: Stance
    speaker: str = ""
    sentence: str = ""


def detect_stance(entry: Entry) -> StanceFinding:
    """Return the stance of one entry, its speaker as written ('' if nobody is named) and the sentence that shows it.

    A refusal of what was asked counts as a denial too. Pure and deterministic; raises nothing.
    """
    title, text = entry.title, entry.text[:_READ]
    language = detect(f"{title}\n{text}", entry.language)
    cues, speakers = cues_of(language), speakers_of(language)
    if cues is None:
        return StanceFinding(Stance.REPORT)
    possible = cues.possible(normalise(f"{title}\n{text}"))
    stance, places = Stance.DENY, []
    if possible & ~(CONFIRM | ASSERT):
        places = _denial(title, text, language, cues, speakers)
    if not places and possible & CONFIRM:
        stance, places = Stance.CONFIRM, _first_with(_opening(entry, language, 1), CONFIRM, (cues.not_confirm,), cues)
    if not places and possible & ASSERT:
        stance, places = Stance.ASSERT, _first_with(_opening(entry, language, 1), ASSERT, (), cues)
    if places:
        speaker = _who(places, entry, language, cues, speakers) if speakers else ""
        return StanceFinding(stance, speaker, places[0][0])
    speaker = speakers.attributed(title) if speakers else ""
    return StanceFinding(Stance.ASSERT, speaker, title) if speaker else StanceFinding(Stance.REPORT)


def _opening(entry: Entry, language: str, number: int) -> Iterator[str]:
    """The headline and so many sentences of the text, each found only when it is asked for."""
    yield entry.title
    yield from _first(entry.text[:_READ], language, number)


def _first(text: str, language: str, number: int) -> Iterator[str]:
    return (text[start:end] for start, end in islice(iterate_spans(text, language), number))


def _denial(title: str, text: str, language: str, cues: Cues, speakers: Speakers | None) -> list[_Place]:
    """The places where denying words begin, all in one sentence; none if nothing is denied."""
    exempt = (cues.innocent, cues.background)
    kinds = DENY | DENY_TITLE | GATED | REFUSE | (NEGATED if _names_who(title, cues, speakers) else 0)
    places = _first_with((title,), kinds, exempt, cues)
    if places or cues.accuse.search(normalise(title)):
        return places
    return _first_with(_first(text, language, _DENYING_SENTENCES), DENY | GATED, exempt, cues)


def _names_who(title: str, cues: Cues, speakers: Speakers | None) -> bool:
    """Whether the headline says whose words it gives: by a colon, a verb of saying, or an office at its end."""
    if _COLON.search(title) or cues.patterns[ASSERT].search(normalise(title)):
        return True
    return speakers is not None and speakers.ends_with_office(title)


def _first_with(sentences: Iterable[str], kinds: int, exempt: tuple[re.Pattern[str], ...], cues: Cues) -> list[_Place]:
    """The places of cues of these kinds in the first sentence that has any, outside the spans of exempting phrases."""
    for sentence in sentences:
        text = normalise(sentence)
        possible = cues.possible(text) & kinds
        spans = [
            cue.span() for kind, pattern in cues.patterns.items() if kind & possible for cue in pattern.finditer(text)
        ]
        if spans:
            exempted = [phrase.span() for pattern in exempt for phrase in pattern.finditer(text)]
            starts = [start for start, end in spans if not any(a < end and start < b for a, b in exempted)]
            if starts:
                return [(sentence, start) for start in starts]
    return []


def _who(places: list[_Place], entry: Entry, language: str, cues: Cues, speakers: Speakers) -> str:
    """The speaker beside the cues, else the first who is said to say anything."""
    opening, says = _opening(entry, language, _NAMING_SENTENCES), cues.patterns[ASSERT]
    said = ((sentence, verb.start()) for sentence in opening for verb in says.finditer(normalise(sentence)))
    for candidates in (places, said):
        for sentence, place in candidates:
            speaker = speakers.speaker(sentence, place)
            if speaker:
                return speaker
    return ""
