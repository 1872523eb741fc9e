"""What a topic would have alerted on among stored entries: how often a day, with examples. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.model import Entry
from bot.storage.feeds import StoredEntry
from bot.stories.assign import FiledEntry, StoryIndex
from bot.text.urls import canonical_url

_EXAMPLES = 5  # fit on a phone's screen
_DAY = 86400.0


class Backtest(NamedTuple):
    """How many days of stored entries were read, how many entries matched, and how many alerts they would have made.

    ``examples`` are entries that would have alerted, the newest first.
    """

    days: float
    entries: int
    matched: int
    alerts: int
    examples: tuple[StoredEntry, ...]

    @property
    def a_day(self) -> float:
        """Alerts a day."""
        return self.alerts / self.days if self.days else float(self.alerts)


def backtest(past: Sequence[StoredEntry], wanted: Callable[[Entry], bool]) -> Backtest:
    """Try a topic (``wanted``) on stored entries, oldest first; of each story's matches one alerts.

    Stories are told apart without an embedder. ``days`` is at least 1, so that an hour of entries is not extrapolated.
    """
    matched = [stored for stored in past if wanted(stored.entry)]
    opening = list(_opening(matched))
    span = (past[-1].seen - past[0].seen).total_seconds() / _DAY if past else 0.0
    examples = tuple(sorted(opening, key=_when, reverse=True)[:_EXAMPLES])
    return Backtest(max(span, 1.0) if past else 0.0, len(past), len(matched), len(opening), examples)


def _opening(matched: Iterable[StoredEntry]) -> Iterable[StoredEntry]:
    index = StoryIndex()
    for stored in sorted(matched, key=_when):
        entry = stored.entry
        filed = FiledEntry(
            stored.id, entry.title, entry.text, entry.language, entry.publisher or entry.feed_id,
            _when(stored), canonical_url(entry.url), topics=frozenset({"wanted"}),
        )  # fmt: skip
        found = index.assign(filed)
        if found.story is None:
            yield stored
        index.add(filed, stored.id if found.story is None else found.story, found.relation, of=found.of)


def _when(stored: StoredEntry) -> datetime:
    return stored.entry.published or stored.seen
