"""The claim ledger of a story: who claims what, which claim an answer is about, and which print tells an answer best.

An *answer* is a denial or a confirmation of a claim. Everything here is pure: statements in, values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.languages.concepts import in_common
from bot.languages.index_terms import index_terms
from bot.languages.voices import party_of
from bot.model import Relation, Stance

ANSWERS = (Relation.DENIAL, Relation.CONFIRMATION)
_FEWEST_NEW_TERMS = 4
"""A text with fewer terms that its title lacks repeats the title. Chosen by hand: the texts of news queries, which
repeat the headline and the publisher's name, have at most three."""
_SAME_CLAIM = 0.8
"""Share of the known things that two headlines name in common from which they state one claim in two languages. Chosen
by hand on the headlines of tests/quality: lower values pair a claim with a neighbouring report."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one entry says in its story.

    ``answers`` is the id of the entry that it copies, denies or confirms. ``speaker`` and ``sentence`` are those of the
    stance, '' where none is known. ``official`` says that the feed belongs to an official publisher.
    """

    entry: int
    relation: Relation
    answers: int | None
    stance: Stance
    speaker: str
    sentence: str
    title: str
    text: str
    publisher: str
    language: str
    official: bool
    published: datetime

    @property
    def says_more(self) -> bool:
        """Whether the text says more than the title and the publisher's name."""
        known = {*index_terms(self.title), *index_terms(self.publisher)}
        return sum(term not in known for term in index_terms(self.text)) >= _FEWEST_NEW_TERMS


def ledger(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return the statements of a story in order of publication, without copies."""
    return tuple(sorted((s for s in statements if s.relation != Relation.COPY), key=lambda s: s.published))


def headline(statements: Sequence[Statement]) -> Statement:
    """Return the statement whose title names the story: the first in English, else the first."""
    return next((s for s in statements if s.language == "en"), statements[0])


def best_print(statements: Sequence[Statement], answer: Statement) -> Statement:
    """Return the statement that tells an answer best to readers of English.

    Candidates are the English entries that carry the same party's denial (or confirmation). The party's own statement
    is preferred to the press, a text to a bare headline, then ``answer`` itself, then the earliest. Without a candidate
    it is ``answer``.
    """
    party = party_of(answer.speaker, answer.language)
    same = [
        s
        for s in statements
        if s.relation == answer.relation and s.language == "en" and party in {party_of(s.speaker, "en"), ""}
    ]
    return min(same, key=lambda s: (not s.official, not s.says_more, s.entry != answer.entry), default=answer)


def answered_claim(statements: Sequence[Statement], answer: Statement) -> str:
    """Return the headline of the claim that an entry answers or follows: the English one if there is one.

    '' where the entry answers nothing that the story has. A foreign entry that only adds to an English story follows
    the story's headline.
    """
    about = next((s for s in statements if s.entry == answer.answers), None)
    if about is None:
        first = headline(statements)
        foreign = answer.language != "en" == first.language
        return first.title if foreign and answer.relation not in ANSWERS else ""
    if about.language == "en":
        return about.title
    english = {
        s.title: in_common(about.title, s.title) for s in statements if s.language == "en" and s.relation not in ANSWERS
    }
    likest = max(english, key=lambda title: english[title], default=about.title)
    return likest if english.get(likest, 0.0) >= _SAME_CLAIM else about.title


def english_headline(relation: Relation, speaker: str, claim: str) -> str:
    """Return an English headline for an answer in another language: who denies or confirms which claim.

    ``claim`` is quoted verbatim. The headline is '' if the relation is neither a denial nor a confirmation.
    """
    verb = {Relation.DENIAL: "denies", Relation.CONFIRMATION: "confirms"}.get(relation)
    return f"{speaker or 'A source'} {verb}: “{claim}”" if verb else ""
