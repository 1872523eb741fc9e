"""Find the raw bytes of each entry in an XML feed without parsing it, so that only entries not seen before are parsed.

A search for start and end tags is enough, because a wrong split is noticed: the reader that parses what is left must
find exactly as many entries as were left in. The bytes of an entry are known only if a document that held them passed
that test, so that a document in which every entry is known needs no test at all.
"""

from __future__ import annotations

import re
from hashlib import blake2b

HASH_SIZE = 8
_START = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)(item|entry)(?=[\s/>])")
_NAME_ENDS = frozenset((b" ", b"\t", b"\r", b"\n", b"/", b">"))
_MAX_LISTED = 20_000
"""Entries beyond this many in one document are counted and otherwise left out: nobody publishes so much at once."""
_MAX_ENTRY_BYTES = 4 << 20
"""An entry larger than this is quarantined; the largest seen in 1,530 published feeds has 0.3 MB."""


class Split:
    """The entries of a document as spans of bytes.

    ``total`` counts the entries of the document, ``hashes`` are the concatenated hashes of those that were listed,
    ``fresh`` are the spans still to be parsed, in the document's order, and ``oversized`` counts the quarantined.
    """

    __slots__ = ("_body", "_spans", "fresh", "hashes", "oversized", "total")

    def __init__(self, body: bytes, spans: list[tuple[int, int]], known: bytes, max_entries: int) -> None:
        self._body = body
        self._spans = spans
        self.total = len(spans)
        listed = spans[:_MAX_LISTED]
        seen = known_hashes(known)
        hashes = [raw_hash(body[start:end]) for start, end in listed]
        fresh = [span for span, digest in zip(listed, hashes, strict=True) if digest not in seen]
        self.fresh = [span for span in fresh if span[1] - span[0] <= _MAX_ENTRY_BYTES]
        self.oversized = len(fresh) - len(self.fresh)
        del self.fresh[max_entries:]
        self.hashes = b"".join(hashes)

    def only(self, wanted: list[tuple[int, int]]) -> bytes:
        """The document with these entries alone."""
        if len(wanted) == self.total:
            return self._body
        keep = set(wanted)
        parts, position = [], 0
        for span in self._spans:
            if span not in keep:
                parts.append(self._body[position : span[0]])
                position = span[1]
        return b"".join((*parts, self._body[position:]))


def known_hashes(known: bytes) -> set[bytes]:
    """Concatenated hashes taken apart."""
    return {known[at : at + HASH_SIZE] for at in range(0, len(known), HASH_SIZE)}


def raw_hash(raw: bytes) -> bytes:
    """The hash by which an entry's bytes are known at the next poll."""
    return blake2b(raw, digest_size=HASH_SIZE).digest()


def split_entries(body: bytes, known: bytes, max_entries: int) -> Split | None:
    """Split a document in an encoding that extends ASCII; None where no entry starts in it.

    ``known`` are concatenated hashes; at most ``max_entries`` of the others are kept as fresh. An entry that is not
    closed reaches to the next start or to the document's end, as feedparser reads it.
    """
    first = _START.search(body)
    if first is None:
        return None
    starts = _tags(body, first[0], first.start())
    ends = _tags(body, b"</" + first[0][1:], first.start())
    spans = []
    ends.append(len(body))
    at = 0
    for start, follower in zip(starts, [*starts[1:], len(body)], strict=True):
        while ends[at] < start:
            at += 1
        close = body.find(b">", ends[at]) + 1 if ends[at] < follower else follower
        spans.append((start, close or len(body)))
    return Split(body, spans, known, max_entries)


def _tags(body: bytes, tag: bytes, position: int) -> list[int]:
    """Where tags of exactly this name begin."""
    found = []
    at = body.find(tag, position)
    while at >= 0:
        position = at + len(tag)
        if body[position : position + 1] in _NAME_ENDS:
            found.append(at)
        at = body.find(tag, position)
    return found
