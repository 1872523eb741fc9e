"""The open stories, found by term, address, title and vector."""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from statistics import median

import numpy as np
import numpy.typing as npt

from bot.languages.field import caps
from bot.stories.background import Background
from bot.stories.open_story import Member, OpenStory
from bot.stories.profile import Profile, Vector

_ASKED_TERMS = 30  # heaviest terms of an entry that are looked up
_COMMON = 100  # stories; a term that more of them (and more than a tenth) hold tells nothing
_VISITED = 1000  # stories looked at for one entry, counted once a term; the rarest terms come first
_RANKED = 40
_CANDIDATES = 6
_CLOCK = 101  # entries whose median time is the present, so that one wrong date closes nothing
_SWEEP = 256  # entries between two looks for stories to close


class Shelf:
    """Open stories with their indexes. ``window`` in seconds; at most ``most_open`` stories are held."""

    def __init__(self, background: Background, window: float, most_open: int) -> None:
        self._background = background
        self._caps = caps()
        self._window = window
        self._most_open = most_open
        self._stories: OrderedDict[int, OpenStory] = OrderedDict()  # the last touched at the end
        self._postings: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._story_of: dict[int, int] = {}
        self._by_address: dict[str, int] = {}
        self._by_title: dict[str, int] = {}
        self._times: deque[float] = deque(maxlen=_CLOCK)
        self._added = 0

    def __len__(self) -> int:
        return len(self._stories)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._story_of

    def __iter__(self) -> Iterator[OpenStory]:
        return iter(self._stories.values())

    def rarity(self, term: str) -> float:
        """How telling a term is, among ordinary news and the open stories; the field's own names hardly are."""
        rarity = self._background.rarity(term, len(self._postings.get(term, ())), len(self._stories))
        return min(rarity, self._caps.get(term, rarity))

    def story(self, story_id: int) -> OpenStory:
        """The open story with this id. Raises KeyError where there is none."""
        return self._stories[story_id]

    def same(self, profile: Profile) -> list[OpenStory]:
        """Stories that have the entry's address or its very title."""
        found = (self._by_address.get(profile.entry.url), self._by_title.get(profile.title_key))
        return [self._stories[number] for number in dict.fromkeys(found) if number is not None]

    def candidates(self, profile: Profile) -> list[OpenStory]:
        """The open stories that share the most weight of terms with the entry, the best first."""
        sums: defaultdict[int, float] = defaultdict(float)
        common = max(_COMMON, len(self._stories) // 10)
        budget = _VISITED
        for term, weight in nlargest(_ASKED_TERMS, profile.weights.items(), key=_by_weight):
            posting = self._postings.get(term)
            if posting and len(posting) <= min(common, budget):
                budget -= len(posting)
                for number, centre_weight in posting.items():
                    sums[number] += weight * centre_weight
        likely = nlargest(_RANKED, sums, key=sums.__getitem__)
        best = sorted(likely, key=lambda number: (-sums[number] / self._stories[number].length, number))
        found = (self._stories[number] for number in best)
        return list(islice((story for story in found if self.is_open(story, profile)), _CANDIDATES))

    def is_open(self, story: OpenStory, profile: Profile) -> bool:
        """Whether the entry's time lies within the window around the story."""
        apart = story.apart(profile.time)
        return apart is None or apart <= self._window

    def add(self, story_id: int, member: Member) -> None:
        """File an entry under a story, which is opened if it is not open."""
        story = self._stories.setdefault(story_id, OpenStory(story_id))
        self._stories.move_to_end(story_id)
        profile = member.profile
        dropped = story.add(member)
        for term in profile.weights:
            self._postings[term][story_id] = story.centre.get(term, 0.0)
        for term in dropped:
            self._unpost(term, story_id)
        self._story_of[profile.entry.id] = story_id
        if profile.entry.url and self._by_address.setdefault(profile.entry.url, story_id) == story_id:
            story.addresses.append(profile.entry.url)
        if profile.title_key and self._by_title.setdefault(profile.title_key, story_id) == story_id:
            story.titles.append(profile.title_key)
        self._sweep(profile.time)

    def close(self, story_id: int) -> None:
        """Forget a story; nothing happens where it is not open."""
        story = self._stories.pop(story_id, None)
        if story is None:
            return
        for term in story.centre:
            self._unpost(term, story_id)
        for entry_id in story.entries:
            self._story_of.pop(entry_id, None)
        for address in story.addresses:
            self._by_address.pop(address, None)
        for title in story.titles:
            self._by_title.pop(title, None)

    def _unpost(self, term: str, story_id: int) -> None:
        posting = self._postings.get(term)
        if posting is not None:
            posting.pop(story_id, None)
            if not posting:
                del self._postings[term]

    def _sweep(self, time: float | None) -> None:
        if time is not None:
            self._times.append(time)
        self._added += 1
        while len(self._stories) > self._most_open:
            self.close(next(iter(self._stories)))
        if self._added % _SWEEP == 0 and self._times:
            present = median(self._times)
            over = [s.id for s in self if s.last is not None and present - s.last > self._window]
            for story_id in over:
                self.close(story_id)


def _by_weight(pair: tuple[str, float]) -> tuple[float, str]:
    term, weight = pair
    return weight, term


class VectorShelf:
    """Vectors of entries on topic, to find entries alike in any language."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._rows: npt.NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)

    def add(self, entry_id: int, vector: Vector) -> None:
        """Keep a vector under its entry's id."""
        if len(self._ids) == len(self._rows):
            grown = np.zeros((max(64, 2 * len(self._ids)), len(vector)), dtype=np.float32)
            grown[: len(self._ids)] = self._rows[: len(self._ids)] if self._ids else 0.0
            self._rows = grown
        self._rows[len(self._ids)] = vector
        self._ids.append(entry_id)

    def keep(self, shelf: Shelf) -> None:
        """Drop the vectors of entries whose story is closed."""
        live = [place for place, entry_id in enumerate(self._ids) if entry_id in shelf]
        self._rows = self._rows[live]
        self._ids = [self._ids[place] for place in live]

    def nearest(self, vector: Vector, most: int) -> list[tuple[int, float]]:
        """Entry ids with their cosines to ``vector``, the most alike first."""
        if not self._ids:
            return []
        cosines = self._rows[: len(self._ids)] @ vector
        order = np.argsort(-cosines, kind="stable")[:most]
        return [(self._ids[place], float(cosines[place])) for place in order]
