"""Which entries of a document are new, which are edits, and which are known already.

No single field can be trusted: publishers edit titles, change links, give every entry one guid or all entries new
guids, and keep one link for ever new content. So an entry has several keys, each of which only brings up a stored entry
to compare with; title, text and date then decide. In doubt two entries are distinct, for a second alert is a nuisance
and a lost one is a failure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from bot.model import Entry
from bot.text.urls import canonical_url

_NOT_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_GUID, _LINK, _TITLE, _WHOLE, _DATED = b"g", b"l", b"t", b"w", b"d"
_SPECIFIC = 30
"""Bytes of a folded title from which on it is taken to name one event: five English words, ten Chinese characters."""
_TELLING = 200
_LONG = 600
"""Characters of text that two entries do not share by chance, and not even as the blurb of a daily column."""
_PUBLISHER_LENGTH = 60
_COMPARED = 800
"""Characters of two texts that are compared; an edit leaves most of a text's beginning alone."""
# Unrelated titles of one publisher reach a likeness of 0.62 in one pair of a hundred, unrelated texts 0.51.
_TITLE_ALIKE = 0.65
_TEXT_ALIKE = 0.6
_STRONGLY_ALIKE = 0.85
_MINUTE = 60.0
_ABOUT_A_DAY = 20 * 3600.0
_FEW_DAYS = 3 * 86400.0


class Known(NamedTuple):
    """What is stored of an entry: enough to tell an edit of it from another entry."""

    entry_id: int
    title: str
    text: str
    url: str
    published: datetime | None


class Verdict(StrEnum):
    """What an entry of a document is."""

    NEW = "new"
    EDITED = "edited"  # known, but its title or text has changed since
    SAME = "same"


class Decision(NamedTuple):
    """The verdict on one entry. ``entry_id`` is the stored entry that it is, None for a new one.

    ``twin`` is the index of the new entry in the same document that this one repeats. ``keys`` are those to record
    for the entry (or for the twin): the ones that are not recorded yet.
    """

    verdict: Verdict
    entry_id: int | None
    twin: int | None
    keys: tuple[bytes, ...]


def keys(entries: Sequence[Entry], home_url: str = "") -> tuple[tuple[bytes, ...], ...]:
    """The keys of each entry, 16 bytes each, the most trusted first; the first byte says what the key is of.

    A guid or link that several entries of the document share with different titles (or texts, where they have no
    titles) identifies none of them; neither does a link to the feed's own home page. A title that names one event is a
    key by itself, a generic one ("Market wrap") only together with the text. An entry that no link identifies has all
    it says as one more key. Titles count for each publisher apart: in a news query many publishers print one agency's
    headline.
    """
    home = canonical_url(home_url) if home_url else ""
    links = [canonical_url(entry.url) if entry.url else "" for entry in entries]
    titles = [fold(entry.title) for entry in entries]
    sayings = [title or entry.text[:_COMPARED] for entry, title in zip(entries, titles, strict=True)]
    shared_guids = _shared((entry.guid, saying) for entry, saying in zip(entries, sayings, strict=True))
    shared_links = _shared(zip(links, sayings, strict=True))
    found = []
    for entry, link, title in zip(entries, links, titles, strict=True):
        own = []
        if entry.guid and entry.guid not in shared_guids and not _is_link(entry.guid, entry.url, link):
            own.append(_key(_GUID, entry.guid))
        has_place = bool(link) and link != home and link not in shared_links
        if has_place:
            own.append(_key(_LINK, link))
        words = (entry.publisher, title)
        if len(title.encode()) >= _SPECIFIC:
            own.append(_key(_TITLE, *words))
        elif title or entry.text:
            own.append(_key(_WHOLE, *words, fold(entry.text[:_COMPARED])))
        if not has_place and (title or entry.text):
            own.append(_key(_DATED, *words, fold(entry.text[:_COMPARED]), str(entry.published)))
        found.append(tuple(own))
    return tuple(found)


def decide(
    entries: Sequence[Entry], entry_keys: Sequence[Sequence[bytes]], known: Mapping[bytes, Known]
) -> tuple[Decision, ...]:
    """Decide on each entry of a document.

    Args:
        entries: Of one feed, in the document's order.
        entry_keys: What ``keys`` gave for them.
        known: By key, what is stored of the feed's entries; needed for the keys in ``entry_keys`` only.
    """
    decisions: list[Decision] = []
    here: dict[bytes, int] = {}  # by key, the new entries of this document
    edited: set[int] = set()
    for index, (entry, own) in enumerate(zip(entries, entry_keys, strict=True)):
        unrecorded = tuple(key for key in own if key not in known)
        stored = _find_stored(entry, own, known) if len(unrecorded) < len(own) else None
        if stored is not None:
            verdict = Verdict.EDITED if stored.entry_id not in edited and _differs(entry, stored) else Verdict.SAME
            edited.add(stored.entry_id)
            decisions.append(Decision(verdict, stored.entry_id, None, unrecorded))
            continue
        twin = None
        if not here.keys().isdisjoint(own):
            twin = _find_twin(entry, own, here, entries)
            unrecorded = tuple(key for key in unrecorded if key not in here)
        here.update(dict.fromkeys(unrecorded, index if twin is None else twin))
        decisions.append(Decision(Verdict.NEW if twin is None else Verdict.SAME, None, twin, unrecorded))
    return tuple(decisions)


def fold(text: str) -> str:
    """Text as it is compared: without case, punctuation and differences of blanks."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def same_entry(entry: Entry, stored: Known, kinds: bytes, *, together: bool = False) -> bool:
    """Whether ``entry`` is the stored one, perhaps edited, re-dated or moved.

    ``kinds`` are the first bytes of the keys by which the stored one came up; ``together`` says that both stand in one
    document, where a publisher would hardly leave an entry beside its successor.
    """
    title, stored_title = fold(entry.title), fold(stored.title)
    like = _Likeness(
        title=_ratio(title, stored_title),
        text=_ratio(_own_words(entry.text, title), _own_words(stored.text, stored_title)),
        apart=_seconds_apart(entry.published, stored.published),
        numbers_only=title != stored_title and _DIGITS.sub("0", title) == _DIGITS.sub("0", stored_title),
    )
    if _GUID in kinds:
        moved = _LINK not in kinds and canonical_url(entry.url) != canonical_url(stored.url)
        return _same_guid_elsewhere(like) if moved else _same_place(like, trusted=True)
    if _LINK in kinds:
        link = canonical_url(entry.url)
        if entry.guid and not _is_link(entry.guid, entry.url, link):
            return _same_link_new_guid(like)
        return _same_place(like, trusted=False)
    if _DATED in kinds:
        return True
    if together and like.text is None:
        return False
    return _same_words(like, specific=_TITLE in kinds, length=min(len(entry.text), len(stored.text)))


class _Likeness(NamedTuple):
    """How two entries compare. Ratios in 0..1 or None where either has no text; ``apart`` in seconds, None if unknown.

    ``numbers_only`` says that the titles differ in nothing but figures, as in a series ("Prices on 3 November").
    """

    title: float | None
    text: float | None
    apart: float | None
    numbers_only: bool


def _same_place(like: _Likeness, *, trusted: bool) -> bool:
    """Same link, and the same guid too if ``trusted``: an edit, unless the date moved on and nothing else is left."""
    if (like.title or 0.0) >= _TITLE_ALIKE or (like.text or 0.0) >= _TEXT_ALIKE:
        return True
    if like.title is None and like.text is None:
        return True  # nothing to tell them apart by
    return trusted if like.apart is None else like.apart <= _MINUTE


def _same_link_new_guid(like: _Likeness) -> bool:
    """Same link under a guid not seen before: the feed changed its guids, or the page gathers distinct entries."""
    if like.numbers_only:
        return like.apart is not None and like.apart <= _MINUTE
    if like.title is None and like.text is None:
        return True
    return (like.title or 0.0) >= _STRONGLY_ALIKE or (like.text or 0.0) >= _STRONGLY_ALIKE


def _same_guid_elsewhere(like: _Likeness) -> bool:
    """Same guid at another link: moved, or a guid that the feed gives to many entries."""
    if like.numbers_only:
        return like.apart is not None and like.apart <= _MINUTE
    if like.text is None:
        return (like.title or 0.0) >= 0.9
    return like.text >= _STRONGLY_ALIKE or (like.title == 1.0 and like.text >= _TEXT_ALIKE)


def _same_words(like: _Likeness, *, specific: bool, length: int) -> bool:
    """Same title under another guid and link: published again, or the next of a series with a fixed title."""
    if like.text is None:
        return specific and (like.apart is None or like.apart <= _FEW_DAYS)
    if like.text < _TEXT_ALIKE:
        return False
    if specific or length >= _LONG:
        return True
    within = _ABOUT_A_DAY if length >= _TELLING else _MINUTE
    return like.apart is not None and like.apart <= within


def _find_stored(
    entry: Entry, own: Sequence[bytes], known: Mapping[bytes, Known], *, together: bool = False
) -> Known | None:
    """The first stored entry among those that the keys bring up which is the same."""
    candidates: dict[int, tuple[Known, bytes]] = {}
    for key in own:
        stored = known.get(key)
        if stored is not None:
            kinds = candidates.get(stored.entry_id, (stored, b""))[1]
            candidates[stored.entry_id] = (stored, kinds + key[:1])
    same = (stored for stored, kinds in candidates.values() if same_entry(entry, stored, kinds, together=together))
    return next(same, None)


def _find_twin(entry: Entry, own: Sequence[bytes], here: Mapping[bytes, int], entries: Sequence[Entry]) -> int | None:
    """The index of a new entry earlier in the document that this one repeats."""
    earlier = {}
    for key in own:
        index = here.get(key)
        if index is not None:
            other = entries[index]
            earlier[key] = Known(index, other.title, other.text, other.url, other.published)
    twin = _find_stored(entry, own, earlier, together=True)
    return None if twin is None else twin.entry_id


def _differs(entry: Entry, stored: Known) -> bool:
    """Whether what a reader sees has changed. A text that the feed no longer carries is no change."""
    if entry.title != stored.title or (entry.text and entry.text != stored.text):
        return True
    return bool(entry.url) and canonical_url(entry.url) != canonical_url(stored.url)


def _own_words(text: str, title: str) -> str:
    """The folded beginning of a text; '' where it only repeats the title (and the publisher), as news queries do."""
    words = fold(text[:_COMPARED])
    return "" if title and words.startswith(title) and len(words) < len(title) + _PUBLISHER_LENGTH else words


def _ratio(one: str, other: str) -> float | None:
    """Likeness of two folded texts; None where there is nothing to compare."""
    if not one or not other:
        return None
    if one == other:
        return 1.0
    from rapidfuzz import fuzz  # noqa: PLC0415 - 20 ms, and most polls bring no edit

    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) / 100


def _seconds_apart(one: datetime | None, other: datetime | None) -> float | None:
    return None if one is None or other is None else abs((one - other).total_seconds())


def _is_link(guid: str, url: str, link: str) -> bool:
    """Whether a guid says no more than the link, which is known without its fragment."""
    return "#" not in guid and (guid == url or (guid.startswith("http") and canonical_url(guid) == link))


def _shared(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The values that stand with more than one title."""
    first: dict[str, str] = {}
    return {value for value, title in pairs if first.setdefault(value, title) != title}


def _key(kind: bytes, *parts: str) -> bytes:
    """Sixteen bytes, of which the first names the kind."""
    return kind + blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=15).digest()
