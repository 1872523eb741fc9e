"""Which claim a denial denies: told by what both name, and by the vectors of both where there are any.

Denials are vaguer than what they deny, and like to mention what else is in the news. So what a denial calls unrelated
is passed over; and a claim has to know the countries that the denial names, but for the one that speaks. The weights
and thresholds were set by hand on denials in English, Chinese and Urdu, each beside its claim and beside reports on
export controls of the same days.
"""

import re
from collections.abc import Iterable

from bot.languages.concepts import overlap, shipped
from bot.languages.voices import first_party, parties_in
from bot.stories.crossing import Link, link
from bot.stories.open_story import Member, OpenStory
from bot.stories.profile import Profile, cosine, named_concepts

_NEAR, _NEAR_CONCEPTS, _NEAR_COUNTRIES = 0.905, 0.1, 0.06
_OWN_LANGUAGE = 0.05  # by which vectors of one language are nearer than those of two
_NAMED, _NAMED_CONCEPTS, _NAMED_WORDS, _NAMED_COUNTRIES = 0.6, 0.6, 0.4, 0.3
_NO_COUNTRY = 0.5  # the share of countries known where the denial names none but the speaker's
_FEWEST = 2  # concepts that a denial and its claim both name
_READABLE = 0.1  # of the score: of a story's claims nearly alike, the one in the denial's language is shown
# What every denial names, whatever it denies.
_OF_DENIALS = frozenset({"DENIAL", "REPORT", "SPOKESPERSON", "MFA", "DIVISION", "LIN-JIAN", "MAO-NING", "GUO-JIAKUN"})

_CLAUSE = re.compile(r"[,;:!?،؛؟۔，；：。！？\n]|\.\s|\s[–—-]+\s|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_UNRELATED = re.compile(
    r"\b(?:unrelated|unconnected|nothing to do with|no (?:link|connection|relation|bearing)"
    r"|not? (?:linked|connected|related|aimed))\b"
    r"|无关|没有(?:任何)?(?:关系|关联|联系)|并?不针对|(?:تعلق|واسطہ|واسطه) نہیں",
    re.IGNORECASE,
)


def denied_claim(profile: Profile, story: OpenStory, member: Member, near: float | None) -> Link | None:
    """Whether a denial denies what ``member`` says; None where it surely does not.

    ``near`` is the cosine of their vectors, None where there are none.
    """
    mine, theirs = _denied(profile), _particular(named_concepts(member.profile))
    if len(mine.keys() & theirs.keys()) < _FEWEST:
        return None
    shared, known = overlap(mine, theirs), _known(profile, mine, theirs)
    own = profile.language == member.profile.language
    if near is not None:
        score = near - _OWN_LANGUAGE * own + _NEAR_CONCEPTS * shared + _NEAR_COUNTRIES * known
        return link(story, member, 5 * (score - _NEAR))
    words = cosine(profile.weights, member.profile.weights) if own else 0.0
    score = _NAMED_CONCEPTS * shared + _NAMED_WORDS * words + _NAMED_COUNTRIES * known
    return link(story, member, score - _NAMED)


def choose_claim(links: Iterable[Link], language: str) -> Link | None:
    """The likeliest story's claim, one in ``language`` if it has one that is nearly as likely; None without links."""
    links = list(links)
    best = max(links, key=lambda link: link.score, default=None)
    if best is None:
        return None
    claims = [link for link in links if link.story is best.story]
    return max(claims, key=lambda link: link.score + _READABLE * (link.member.profile.language == language))


def _denied(profile: Profile) -> dict[str, float]:
    """The weighted concepts that a denial names, without those that it only calls unrelated."""
    named = _particular(named_concepts(profile))
    said = shipped().find(_without_asides(f"{profile.entry.title}\n{profile.entry.text[:800]}"))
    kept = {name: weight for name, weight in named.items() if name in said}
    return kept if len(kept) >= _FEWEST else named


def _particular(named: dict[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in named.items() if name not in _OF_DENIALS}


def _known(profile: Profile, mine: dict[str, float], theirs: dict[str, float]) -> float:
    """The share that ``theirs`` names of the countries in ``mine``, the speaker's own left out."""
    said = _without_asides(profile.entry.sentence or profile.entry.title)
    countries = {name for name in mine if len(name) == 2} - {first_party(said, profile.language)}
    return len(countries & parties_in(theirs.keys())) / len(countries) if countries else _NO_COUNTRY


def _without_asides(text: str) -> str:
    return "\n".join(clause for clause in _CLAUSE.split(text) if not _UNRELATED.search(clause))
