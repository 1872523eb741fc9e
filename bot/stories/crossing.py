"""Links that words alone cannot make, between entries on a topic: the same event in another language, and a follow-up
in other words.

The scores are sums of a cosine of vectors and of what the texts name (``concepts``). Their weights and thresholds were
set by hand on texts in English, Chinese and Urdu: translations of one report score .89 to 1.0, two reports of one field
.80 to .89. Without a multilingual embedder only the concepts speak, and the thresholds are stricter.
"""

from dataclasses import dataclass

from bot.languages.concepts import overlap
from bot.stories.open_story import Member, OpenStory
from bot.stories.profile import Profile, named_concepts

_CONCEPT_WEIGHT = 0.1  # of the overlap of concepts, beside a cosine of vectors
_SAME_EVENT = 0.905
_SAME_EVENT_BY_CONCEPTS, _FEWEST_CONCEPTS = 0.72, 4
_AGEING = 0.004  # a day, for up to a week: the older a story, the more alike an entry has to be
_FOLLOW_UP = 0.97
_COUNTRIES = 0.03  # what it is worth that all countries named are the same


@dataclass(frozen=True, slots=True)
class Link:
    """A story that an entry is linked to through one of its members; ``score`` is 0.5 at the threshold, at most 1."""

    story: OpenStory
    member: Member
    score: float


def same_event(profile: Profile, story: OpenStory, member: Member, near: float | None) -> Link | None:
    """Whether an entry in another language reports what ``member`` reports; ``near`` is the cosine of their vectors."""
    mine, theirs = named_concepts(profile), named_concepts(member.profile)
    shared = overlap(mine, theirs)
    if near is not None:
        return link(story, member, 5 * (near + _CONCEPT_WEIGHT * shared - _age(profile, story) - _SAME_EVENT))
    if len(mine.keys() & theirs.keys()) < _FEWEST_CONCEPTS:
        return None
    return link(story, member, shared - 10 * _age(profile, story) - _SAME_EVENT_BY_CONCEPTS)


def follow_up(profile: Profile, story: OpenStory, member: Member, near: float) -> Link | None:
    """Whether an entry goes on with what ``member`` reported in the same language, days ago and in other words."""
    mine, theirs = named_concepts(profile), named_concepts(member.profile)
    score = near + _CONCEPT_WEIGHT * overlap(mine, theirs) + _COUNTRIES * _covered(mine, theirs)
    return link(story, member, 5 * (score - _age(profile, story) - _FOLLOW_UP))


def _covered(mine: dict[str, float], theirs: dict[str, float]) -> float:
    """The share of the countries in ``mine`` that ``theirs`` names.

    What names countries of which the other knows nothing is about something else on the same subject.
    """
    countries = {name for name in mine if len(name) == 2}
    return len(countries & theirs.keys()) / len(countries) if countries else 0.0


def _age(profile: Profile, story: OpenStory) -> float:
    return min(7.0, (story.apart(profile.time) or 0.0) / 86400) * _AGEING


def link(story: OpenStory, member: Member, margin: float) -> Link | None:
    """The link with a score by how far the threshold is passed; None below it."""
    return Link(story, member, min(1.0, 0.5 + margin)) if margin >= 0 else None
