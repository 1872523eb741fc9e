"""Which entries of a poll are new, which are edits, and which are known. Pure: values in, values out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.feeds import identity
from bot.model import Entry, Outcome, ParsedFeed
from bot.storage.feeds import KnownRow


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry that is new or edited. ``index`` is its place in the parsed document.

    ``keys`` are those to record for it. ``stored`` is the id of the stored entry that it edits, None for a new entry;
    ``outcome`` is what became of that entry so far.
    """

    index: int
    entry: Entry
    keys: tuple[bytes, ...]
    stored: int | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The new and edited entries of a document, and the further keys of entries that are known, by their ids."""

    entries: tuple[Arrival, ...] = ()
    keys: tuple[tuple[bytes, int], ...] = ()

    @property
    def new(self) -> int:
        """How many entries are new."""
        return sum(one.stored is None for one in self.entries)


def keys_of(parsed: ParsedFeed) -> Iterator[bytes]:
    """Yield every key of a document's entries: those that ``identify`` needs the stored rows of."""
    for group in identity.keys(parsed.entries, parsed.home_url):
        yield from group


def identify(parsed: ParsedFeed, rows: Sequence[KnownRow]) -> Arrivals:
    """Tell new entries from edits and from those that are known.

    Args:
        parsed: One document.
        rows: What is stored under its keys; empty at the first poll of a feed.
    """
    entries = parsed.entries
    entry_keys = identity.keys(entries, parsed.home_url)
    known = {row.key: identity.Known(row.entry_id, row.title, row.text, row.url, row.published) for row in rows}
    stored = {row.entry_id: row for row in rows}
    arrivals: dict[int, Arrival] = {}
    recorded: list[tuple[bytes, int]] = []
    for index, decision in enumerate(identity.decide(entries, entry_keys, known)):
        if decision.twin is not None:
            twin = arrivals[decision.twin]
            arrivals[decision.twin] = replace(twin, keys=twin.keys + decision.keys)
        elif decision.entry_id is None:
            arrivals[index] = Arrival(index, entries[index], decision.keys)
        else:
            recorded += [(key, decision.entry_id) for key in decision.keys]
            if decision.verdict == identity.Verdict.EDITED:
                row = stored[decision.entry_id]
                arrivals[index] = Arrival(index, entries[index], (), row.entry_id, row.outcome)
    return Arrivals(tuple(_with_text(one, stored) for one in arrivals.values()), tuple(recorded))


def assumed_date(parsed: ParsedFeed, index: int) -> datetime | None:
    """Return when an entry was published, judged by its neighbours where its own date is there and cannot be read.

    The later date of the nearest dated entries before and behind it counts: an entry between two old ones is old.
    None where the entry has no date at all, or no neighbour has one: then it is as new as its first sight.
    """
    own = parsed.entries[index].published
    if own is not None or index not in parsed.unread_dates:
        return own
    before = next((e.published for e in reversed(parsed.entries[:index]) if e.published), None)
    behind = next((e.published for e in parsed.entries[index + 1 :] if e.published), None)
    return max((date for date in (before, behind) if date), default=None)


def _with_text(arrival: Arrival, stored: dict[int, KnownRow]) -> Arrival:
    """Keep the stored text of an edited entry if the feed has dropped its texts since: that is no edit of the entry."""
    if arrival.stored is None or arrival.entry.text:
        return arrival
    return replace(arrival, entry=replace(arrival.entry, text=stored[arrival.stored].text))
