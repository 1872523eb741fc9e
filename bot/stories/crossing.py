"""Links that words alone cannot make: the same event in another language, and the claim that a denial denies.

The scores are sums of a cosine of vectors and of what the texts name (``concepts``). Their weights and thresholds were
set by hand on texts in English, Chinese and Urdu: translations of one report score .89 to 1.0, two reports of one field
.80 to .89. Without a multilingual embedder only the concepts speak, and the thresholds are stricter.
"""

from dataclasses import dataclass

from bot.stories.concepts import overlap
from bot.stories.open_story import Member, OpenStory
from bot.stories.profile import Profile, cosine, named_concepts

_CONCEPT_WEIGHT = 0.1  # of the overlap of concepts, beside a cosine of vectors
_SAME_EVENT = 0.905
_SAME_EVENT_BY_CONCEPTS, _FEWEST_CONCEPTS = 0.72, 4
_AGEING = 0.004  # a day, for up to a week: the older a story, the more alike an entry has to be
_OWN_LANGUAGE = 0.05  # by which vectors of one language are nearer than those of two
_CLAIM, _CLAIM_BY_CONCEPTS = 0.905, 0.5
_COUNTRY_WEIGHT, _COUNTRY_WEIGHT_BY_CONCEPTS = 0.03, 0.15
# What every denial names, whatever it denies.
_OF_DENIALS = frozenset({"DENIAL", "REPORT", "SPOKESPERSON", "MFA", "DIVISION", "LIN-JIAN", "MAO-NING", "GUO-JIAKUN"})


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
    apart = min(7.0, (story.apart(profile.time) or 0.0) / 86400) * _AGEING
    if near is not None:
        margin = near + _CONCEPT_WEIGHT * shared - apart - _SAME_EVENT
        return Link(story, member, min(1.0, 0.5 + 5 * margin)) if margin >= 0 else None
    margin = shared - 10 * apart - _SAME_EVENT_BY_CONCEPTS
    enough = len(mine.keys() & theirs.keys()) >= _FEWEST_CONCEPTS
    return Link(story, member, min(1.0, 0.5 + margin)) if enough and margin >= 0 else None


def denied_claim(profile: Profile, story: OpenStory, member: Member, near: float | None) -> Link | None:
    """Whether a denial denies what ``member`` says; None where it surely does not."""
    mine = {name: weight for name, weight in named_concepts(profile).items() if name not in _OF_DENIALS}
    theirs = {name: weight for name, weight in named_concepts(member.profile).items() if name not in _OF_DENIALS}
    shared = overlap(mine, theirs)
    countries = {name for name in mine if len(name) == 2}
    # A denial that names countries of which the claim knows nothing is about something else on the same subject.
    covered = len(countries & theirs.keys()) / len(countries) if countries else 0.0
    own = profile.language == member.profile.language
    if near is not None:
        score = near - _OWN_LANGUAGE * own + _CONCEPT_WEIGHT * shared + _COUNTRY_WEIGHT * covered
        margin = 5 * (score - _COUNTRY_WEIGHT / 2 - _CLAIM)
    else:
        words = cosine(profile.weights, member.profile.weights) if own else 0.0
        score = 0.6 * shared + 0.4 * words + _COUNTRY_WEIGHT_BY_CONCEPTS * covered
        margin = score - _CLAIM_BY_CONCEPTS
    return Link(story, member, min(1.0, 0.5 + margin)) if margin >= 0 else None
