"""Whether an entry adds something to its story that is worth a follow-up. Pure: values in, values out."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model import Entry, Feed, Ownership, Relation
from bot.stories.profile import stated_numbers

PARTIES = ("CN", "PK", "US")
_READ = 3000
"""Characters of a text in which numbers are read. News puts its figures first; the same length is compared for
likeness (``stories.profile``)."""
_MOST_FIGURES = 300
"""Numbers remembered of a story, which bounds its memory. The largest story of the development sets (62 entries) states
about 200."""


class Addition(StrEnum):
    """What an entry adds to its story."""

    NOTHING = "nothing"
    DENIAL = "denial"  # the first, or the first of another party
    CONFIRMATION = "confirmation"  # likewise
    SIDE = "side"  # a side that had not spoken
    FIGURE = "figure"  # a number in the headline that nobody had stated


@dataclass(frozen=True, slots=True)
class Said:
    """What a story has said so far: which sides spoke, which answers were given and by whom, which numbers were stated.

    ``answers`` has a pair for each denial and confirmation: the relation, and the party that gives it (an ISO 3166
    country, '' if unknown).
    """

    sides: frozenset[str] = frozenset()
    answers: frozenset[tuple[Relation, str]] = frozenset()
    figures: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one entry brings to its story.

    ``side`` is whose word it carries (``side_of``), ``party`` the country that is said to deny or confirm; '' if
    unknown. ``headline`` and ``figures`` are the numbers in its title and in its text.
    """

    relation: Relation
    side: str = ""
    party: str = ""
    headline: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()


def coverage_of(entry: Entry, feed: Feed, relation: Relation, party: str) -> Coverage:
    """Return what an entry brings to its story."""
    return Coverage(
        relation=relation,
        side=side_of(feed, entry),
        party=party,
        headline=frozenset(stated_numbers(entry.title)),
        figures=frozenset(stated_numbers(entry.text[:_READ])),
    )


def side_of(feed: Feed, entry: Entry) -> str:
    """Return the side whose word an entry carries, such as ``CN official`` or ``PK press``.

    '' for entries that a feed relays from another publisher, and for publishers of other countries, which speak for
    none of the parties. State outlets count as their government's voice: hearing the agency and the ministry is hearing
    one side.
    """
    if entry.publisher or feed.ownership == Ownership.AGGREGATOR or feed.country not in PARTIES:
        return ""
    voice = "official" if feed.ownership in (Ownership.STATE, Ownership.OFFICIAL) else "press"
    return f"{feed.country} {voice}"


def judge(said: Said, entry: Coverage) -> tuple[Addition, Said]:
    """Decide what an entry adds to what its story has said; return that, and what the story has said with it.

    The first denial adds something, regardless of who prints it, and so does the first denial by each party. The party
    is the one that is said to deny, else the country of the official publisher that prints it. Confirmations likewise.
    Any other entry adds something if its side had not spoken, or if its headline states a new number. A copy adds
    nothing.
    """
    figures = said.figures
    if len(figures) < _MOST_FIGURES:
        figures |= entry.headline | entry.figures
    after = Said(said.sides | {entry.side}, said.answers | _answers(entry), figures)
    return _addition(said, entry), after


def _addition(said: Said, entry: Coverage) -> Addition:
    if entry.relation in (Relation.DENIAL, Relation.CONFIRMATION):
        return Addition(entry.relation.value) if _answers(entry) - said.answers else Addition.NOTHING
    if entry.relation != Relation.UPDATE:
        return Addition.NOTHING
    if entry.side and entry.side not in said.sides:
        return Addition.SIDE
    return Addition.FIGURE if entry.headline - said.figures else Addition.NOTHING


def _answers(entry: Coverage) -> frozenset[tuple[Relation, str]]:
    if entry.relation not in (Relation.DENIAL, Relation.CONFIRMATION):
        return frozenset()
    country, _, voice = entry.side.partition(" ")
    party = entry.party or (country if voice == "official" else "")
    return frozenset({(entry.relation, ""), (entry.relation, party)})
