"""A story as it is held in memory while it is open: bounded, however many entries it has."""

import math
from collections import Counter
from dataclasses import dataclass, field

from bot.model import Relation, Stance
from bot.stories.profile import Profile, cosine, named_concepts

_REPRESENTATIVES = 12
_ALIKE = 0.8  # cosine from which an entry adds nothing to the representatives
_CENTRE_TERMS = 200


@dataclass(slots=True)
class Member:
    """An entry that stands for its story in comparisons."""

    profile: Profile
    relation: Relation
    of: int | None
    origin: int

    @property
    def claims(self) -> bool:
        """Whether the entry says what others may deny or confirm."""
        return self.profile.entry.stance in (Stance.REPORT, Stance.ASSERT)


@dataclass(slots=True)
class OpenStory:
    """A story: its centre (the sum of its entries' weights), some of its entries, and the times of all."""

    id: int
    centre: dict[str, float] = field(default_factory=dict)
    length: float = 1.0
    members: list[Member] = field(default_factory=list)
    size: int = 0
    first: float | None = None
    last: float | None = None
    languages: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    entries: list[int] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def add(self, member: Member) -> list[str]:
        """Take an entry in; return the terms whose weight in the centre was dropped to keep it small."""
        profile = member.profile
        for term, weight in profile.weights.items():
            self.centre[term] = self.centre.get(term, 0.0) + weight
        dropped: list[str] = []
        if len(self.centre) > 2 * _CENTRE_TERMS:
            ranked = sorted(self.centre, key=lambda term: (-self.centre[term], term))
            dropped = ranked[_CENTRE_TERMS:]
            for term in dropped:
                del self.centre[term]
        self.length = math.sqrt(sum(w * w for w in self.centre.values())) or 1.0
        self.size += 1
        self.entries.append(profile.entry.id)
        self.languages.add(profile.language)
        self.topics |= profile.entry.topics
        if profile.time is not None:
            self.first = profile.time if self.first is None else min(self.first, profile.time)
            self.last = profile.time if self.last is None else max(self.last, profile.time)
        self._represent(member)
        return dropped

    def likest(self, profile: Profile) -> list[tuple[float, Member]]:
        """The members with their cosines to ``profile``, the most alike first."""
        pairs = [(cosine(profile.weights, member.profile.weights), member) for member in self.members]
        return sorted(pairs, key=lambda pair: -pair[0])

    def concepts(self) -> dict[str, float]:
        """The concepts that the members which make claims name, summed."""
        total: Counter[str] = Counter()
        for member in self.members:
            if member.claims:
                total.update(named_concepts(member.profile))
        return dict(total)

    def apart(self, time: float | None) -> float | None:
        """Seconds by which ``time`` lies outside the story's span, 0 inside; None where times are not known."""
        if time is None or self.last is None or self.first is None:
            return None
        return max(time - self.last, self.first - time, 0.0)

    def _represent(self, member: Member) -> None:
        if len(self.members) < _REPRESENTATIVES:
            self.members.append(member)
            return
        alike = self.likest(member.profile)[0][0]
        new_language = all(other.profile.language != member.profile.language for other in self.members)
        if alike >= _ALIKE and not new_language:
            return
        # The first entry, and the first of each language, stay; of the others the oldest makes room.
        seen: set[str] = set()
        for place, other in enumerate(self.members):
            if place and other.profile.language in seen:
                del self.members[place]
                break
            seen.add(other.profile.language)
        else:
            del self.members[-1]
        self.members.append(member)
