"""Entries → stories: a cascade from what is certain and cheap to what is likely and dear.

1. The same address or the very same title.
2. Rare terms that an open story shares, and a small logistic model of how alike entry and story are.
3. Where that model is unsure, and across languages: vectors, and a second model.

A denial is placed in the story of the claim that it denies. ``StoryIndex.assign`` looks up and changes nothing;
``StoryIndex.add`` files. The bot adds what it commits, the filter what it answers; both run this code.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from bot.model import Relation, Stance
from bot.ports import Embedder
from bot.stories import background
from bot.stories.copies import copied, repeats
from bot.stories.crossing import Link, follow_up, same_event
from bot.stories.denials import choose_claim, denied_claim
from bot.stories.embed import comparable
from bot.stories.likeness import Likeness, Model, set_aheads, set_leads, shipped_models
from bot.stories.open_story import Member, OpenStory
from bot.stories.profile import FiledEntry, Profile, Vector, cosine, make_profile
from bot.stories.shelf import Shelf, VectorShelf
from bot.text.tokens import is_joined, script_of

__all__ = ["Assignment", "FiledEntry", "StoryIndex"]

_SURE, _HOPELESS = 0.92, 0.04  # probabilities by terms between which vectors are asked
_ASKED_STORIES, _ASKED_MEMBERS = 3, 3
_USUAL_NEAR = 0.78  # cosine of unrelated headlines, where there is no runner-up
_SAME_TITLE_OTHER_TEXT = 0.3  # cosine below which two texts under one title are two entries of a column
_SAME_ADDRESS_OTHER_TEXT = 0.1  # cosine below which one address was used again for something else
_PARTICULAR, _PARTICULARS = 4.5, 2  # rarity of terms, and how many a follow-up shares with what it follows
_STRADDLING = 0.6  # of its rarity counts a pair of characters, which may belong to two words
_NEIGHBOURS = 40  # vectors looked at across languages
_RENEW_VECTORS = 512  # entries between two clearings of vectors


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where an entry belongs. ``story`` is None for a new story; ``of`` is the entry it copies, denies or confirms."""

    story: int | None
    relation: Relation
    of: int | None
    score: float


class Candidate(NamedTuple):
    """An open story that an entry may belong to, and the probability that it does."""

    story: OpenStory
    likeness: Likeness
    probability: float


class _Found(NamedTuple):
    story: OpenStory
    score: float


class StoryIndex:
    """The open stories in memory. Not for use by several threads at once.

    Stories close when no entry came for ``window``, judged by the entries' own times, or when more than ``most_open``
    are open. ``embedder`` is asked only for entries on a topic and where terms leave it open; None does without.
    ``models`` are the shipped ones if None.
    """

    def __init__(
        self,
        *,
        embedder: Embedder | None = None,
        window: timedelta = timedelta(days=10),
        most_open: int = 12_000,
        models: Mapping[str, Model] | None = None,
    ) -> None:
        self._shelf = Shelf(background.shipped(), window.total_seconds(), most_open)
        self._vectors = VectorShelf()
        self._embedder = embedder
        models = shipped_models() if models is None else models
        self._lexical = models["lexical"]
        self._full = models.get(embedder.name) if embedder else None
        self._last: Profile | None = None
        self._added = 0

    def __len__(self) -> int:
        """How many stories are open."""
        return len(self._shelf)

    def __contains__(self, entry_id: object) -> bool:
        """Whether an entry with this id is filed under an open story."""
        return entry_id in self._shelf

    def assign(self, filed: FiledEntry) -> Assignment:
        """Say where an entry belongs, given what was added so far. Nothing is changed.

        ``of`` in the result is the id of the entry that it copies, denies or confirms.
        """
        profile = self._profile(filed)
        found = self._same(profile) or self._alike(profile) or self._by_meaning(profile)
        claim = self._claim(profile) if filed.stance == Stance.DENY else None
        if claim and (found is None or found.score < _SURE or not self._answers(found.story)):
            found = _Found(claim.story, claim.score)
        if found is None:
            return Assignment(None, Relation.NEW, None, 0.0)
        relation, of = self._relation(profile, found.story, claim)
        return Assignment(found.story.id, relation, of, round(found.score, 4))

    def add(
        self,
        filed: FiledEntry,
        story: int,
        relation: Relation = Relation.UPDATE,
        *,
        of: int | None = None,
        origin: int | None = None,
    ) -> None:
        """File an entry under a story, as decided (see ``origin`` for the last argument; None is its own)."""
        profile = self._profile(filed)
        self._last = None
        member = Member(profile, relation, of, filed.id if origin is None else origin)
        self._shelf.add(story, member)
        self._added += 1
        if self._added % _RENEW_VECTORS == 0:
            self._vectors.keep(self._shelf)
        if profile.entry.topics and relation != Relation.COPY:
            vector = self._vector(profile) if self._multilingual and (filed.embed or filed.vector is not None) else None
            if vector is not None:
                self._vectors.add(filed.id, vector)

    def origin(self, filed: FiledEntry, assignment: Assignment) -> int:
        """The id of the first entry with this wording: the entry's own, unless it is a copy of a wire text."""
        if assignment.relation == Relation.COPY and assignment.story is not None:
            profile = self._profile(filed)
            for member in self._shelf.story(assignment.story).members:
                if member.profile.entry.id == assignment.of and copied(profile, member.profile):
                    return member.origin
        return filed.id

    def vector(self, filed: FiledEntry) -> Vector | None:
        """The entry's vector, to be stored; None where none is needed (off topic, or no model that translates)."""
        wanted = self._multilingual and filed.topics and filed.embed
        return self._vector(self._profile(filed)) if wanted else None

    @property
    def _multilingual(self) -> bool:
        return self._embedder is not None and self._embedder.multilingual

    def _profile(self, filed: FiledEntry) -> Profile:
        if self._last is None or self._last.entry is not filed:
            self._last = make_profile(filed, self._shelf.rarity)
        return self._last

    def _vector(self, profile: Profile) -> Vector | None:
        if profile.vector is None and self._embedder is not None:
            profile.vector = profile.entry.vector
            if profile.vector is None:
                profile.vector = self._embedder.embed([profile.words_to_embed()])[0]
        return profile.vector

    def _near(self, one: Profile, other: Profile) -> float | None:
        mine, theirs = self._vector(one), self._vector(other)
        if mine is None or theirs is None or mine.shape != theirs.shape:
            return None
        return self._in_scale(float(mine @ theirs), one, other)

    def _in_scale(self, cosine_of_vectors: float, one: Profile, other: Profile) -> float:
        if self._embedder is None or one.language != other.language:
            return cosine_of_vectors
        return comparable(cosine_of_vectors, self._embedder.name, one.language)

    def _same(self, profile: Profile) -> _Found | None:
        for story in self._shelf.same(profile):
            if self._shelf.is_open(story, profile):
                likest, member = story.likest(profile)[0]
                same_title = member.profile.title_key == profile.title_key != ""
                texts = profile.body > 0 and member.profile.body > 0
                floor = _SAME_TITLE_OTHER_TEXT if same_title and texts else _SAME_ADDRESS_OTHER_TEXT
                if likest >= floor:
                    return _Found(story, 1.0)
        return None

    def compare(self, filed: FiledEntry) -> list[Candidate]:
        """The open stories that terms suggest, with what the models see; the likeliest first. For training."""
        return self._by_terms(self._profile(filed))

    def look_closer(self, filed: FiledEntry, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The likeliest of ``candidates`` with what vectors say of them. For training."""
        return self._by_vectors(self._profile(filed), candidates)

    def _alike(self, profile: Profile) -> _Found | None:
        """The open story that the models find most likely, if likely enough.

        Of several that would each do, the largest: two stories on one event then do not go on side by side.
        """
        candidates = self._by_terms(profile)
        model = self._lexical
        if (
            candidates
            and self._full is not None
            and profile.entry.embed
            and _HOPELESS <= candidates[0].probability < _SURE
        ):
            candidates, model = self._by_vectors(profile, candidates), self._full
        if candidates and candidates[0].probability >= model.attach:
            fitting = [candidates[0], *(c for c in candidates[1:] if _alone(c.likeness, model) >= model.attach)]
            return _Found(max(fitting, key=_size).story, candidates[0].probability)
        return None

    def _by_terms(self, profile: Profile) -> list[Candidate]:
        stories = [story for story in self._shelf.candidates(profile) if _comparable(profile, story)]
        pairs = [self._likeness(profile, story) for story in stories]
        set_leads(pairs)
        return _ranked(zip(stories, pairs, strict=True), self._lexical)

    def _by_vectors(self, profile: Profile, candidates: Sequence[Candidate]) -> list[Candidate]:
        asked = [c for c in candidates[:_ASKED_STORIES] if c.probability >= _HOPELESS]
        for candidate in asked:
            self._fill_near(profile, candidate.story, candidate.likeness)
        set_aheads([candidate.likeness for candidate in asked], _USUAL_NEAR)
        return _ranked(((c.story, c.likeness) for c in asked), self._full or self._lexical)

    def _likeness(self, profile: Profile, story: OpenStory) -> Likeness:
        shared = [self._telling(term) for term in profile.title_terms if term in story.centre]
        apart = story.apart(profile.time)
        return Likeness(
            story=cosine(profile.weights, story.centre) / story.length,
            nearest=story.likest(profile)[0][0],
            shared=math.fsum(shared),  # whatever order the set had
            rarest=max(shared, default=0.0),
            size=story.size,
            gap=None if apart is None else apart / 3600,
            body=profile.body,
        )

    def _telling(self, term: str) -> float:
        """A term's rarity; less for the pairs of characters that come with every longer Chinese word."""
        rarity = self._shelf.rarity(term)
        return rarity * _STRADDLING if is_joined(term[0]) else rarity

    def _fill_near(self, profile: Profile, story: OpenStory, likeness: Likeness) -> None:
        likest = [member for _, member in story.likest(profile)]
        asked = [*likest[: _ASKED_MEMBERS - 1], story.members[0]]
        nears = [near for member in asked if (near := self._near(profile, member.profile)) is not None]
        if nears:
            likeness.near, likeness.mean = max(nears), sum(nears) / len(nears)

    def _by_meaning(self, profile: Profile) -> _Found | None:
        """The open story on a topic of the entry that tells its event in another language, or in other words."""
        links = []
        for story, member, near in self._on_topic(profile):
            if profile.language != member.profile.language:
                links.append(same_event(profile, story, member, near))
            elif near is not None and self._names_same(profile, member):
                links.append(follow_up(profile, story, member, near))
        best = max(filter(None, links), key=lambda link: link.score, default=None)
        return _Found(best.story, best.score) if best else None

    def _names_same(self, profile: Profile, member: Member) -> bool:
        """Whether both name the same particular things, and not only the subject that their whole topic has."""
        shared = profile.weights.keys() & member.profile.weights.keys()
        return sum(self._shelf.rarity(term) >= _PARTICULAR for term in shared) >= _PARTICULARS

    def _claim(self, profile: Profile) -> Link | None:
        seen = list(self._on_topic(profile))
        for story in self._shelf.candidates(profile)[:_ASKED_STORIES]:
            for _, member in story.likest(profile)[:_ASKED_MEMBERS]:
                seen.append(
                    (
                        story,
                        member,
                        self._near(profile, member.profile) if self._multilingual and profile.entry.embed else None,
                    )
                )
        links = (denied_claim(profile, story, member, near) for story, member, near in seen if member.claims)
        return choose_claim(filter(None, links), profile.language)

    def _on_topic(self, profile: Profile) -> Iterable[tuple[OpenStory, Member, float | None]]:
        """Members of open stories on a topic of the entry: the nearest by vector, or all where there are no vectors."""
        if not profile.entry.topics:
            return
        nears: dict[int, float] = {}
        multilingual = self._multilingual and profile.entry.embed
        if multilingual:
            vector = self._vector(profile)
            if vector is not None:
                nears = dict(self._vectors.nearest(vector, _NEIGHBOURS))
        for story in self._shelf:
            if story.topics & profile.entry.topics and self._shelf.is_open(story, profile):
                for member in story.members:
                    if not multilingual:
                        yield story, member, None
                    elif member.profile.entry.id in nears:
                        near = nears[member.profile.entry.id]
                        yield story, member, self._in_scale(near, profile, member.profile)

    def _answers(self, story: OpenStory) -> bool:
        return any(member.profile.entry.stance == Stance.DENY for member in story.members)

    def _relation(self, profile: Profile, story: OpenStory, claim: Link | None) -> tuple[Relation, int | None]:
        ranked = story.likest(profile)
        for _, member in ranked:
            if copied(profile, member.profile):
                return Relation.COPY, member.origin
        stance = profile.entry.stance
        if stance in (Stance.DENY, Stance.CONFIRM):
            about = _about(story, ranked, claim)
            if about is not None:
                return (Relation.DENIAL if stance == Stance.DENY else Relation.CONFIRMATION), about
        likest, member = ranked[0]
        if repeats(profile, member.profile, likest):
            return Relation.COPY, member.profile.entry.id
        return Relation.UPDATE, None


def _ranked(pairs: Iterable[tuple[OpenStory, Likeness]], model: Model) -> list[Candidate]:
    scored = [Candidate(story, likeness, model.probability(likeness)) for story, likeness in pairs]
    return sorted(scored, key=lambda candidate: (-candidate.probability, candidate.story.id))


def _alone(likeness: Likeness, model: Model) -> float:
    """How likely the entry would belong to the story if no other story were more like it."""
    return model.probability(replace(likeness, lead=max(0.0, likeness.lead), ahead=max(0.0, likeness.ahead)))


def _size(candidate: Candidate) -> int:
    return candidate.story.size


def _about(story: OpenStory, ranked: list[tuple[float, Member]], claim: Link | None) -> int | None:
    """The entry that a denial or confirmation in this story is about: the claim found, else the likest one."""
    if claim is not None and claim.story is story:
        return claim.member.origin
    return next((member.origin for _, member in ranked if member.claims), None)


def _comparable(profile: Profile, story: OpenStory) -> bool:
    """Whether terms can tell: an entry in the same language, or at least in the same script."""
    if profile.language in story.languages:
        return True
    script = script_of(profile.entry.title)
    return any(script_of(member.profile.entry.title) == script for member in story.members)
