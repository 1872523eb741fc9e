"""Understand the bytes of one document: which format, which encoding, which entries are new, and what they say."""

from __future__ import annotations

import re

from bot.errors import ParseError
from bot.feeds.parse.encoding import as_utf8, inflated, with_good_utf8
from bot.feeds.parse.fields import Terms, feed_row
from bot.feeds.parse.split import known_hashes, raw_hash, split_entries
from bot.feeds.parse.xml_feed import NotPlainError, read_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bot.feeds.parse.fields import FeedRow, RawEntry, RawFeed
    from bot.feeds.parse.split import Split

_MAX_SINGLE_READS = 500
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_FEED_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)[\s/>]", re.IGNORECASE)


def read_document(body: bytes, terms: Terms) -> FeedRow:
    """Read a document of any format we know as plain values.

    Raises ParseError, with one line for a person, where it is no feed.
    """
    return _Document(inflated(body), terms).read()


class _Document:
    """One document, and the terms on which it is read."""

    def __init__(self, body: bytes, terms: Terms) -> None:
        self.body, self.utf8 = as_utf8(body, terms.content_type)
        self.terms = terms

    def read(self) -> FeedRow:
        """Find out the format and read it."""
        start = self.body[:1024]
        if not start:
            raise ParseError("the document is empty")
        root = _ROOT.search(start)
        name = root[1].decode().lower() if root else ""
        if start[:1] in (b"{", b"["):
            from bot.feeds.parse.json_feed import read_json  # noqa: PLC0415 - few feeds need it

            return self._listed(*read_json(self.body))
        if name in ("urlset", "sitemapindex"):
            from bot.feeds.parse.sitemap import read_sitemap  # noqa: PLC0415 - few feeds need it

            return self._listed(*read_sitemap(self.body))
        if _FEED_TAG.search(self.body) is None:
            raise ParseError(_not_a_feed(start, name))
        return self._read_xml()

    def _read_xml(self) -> FeedRow:
        """Read the new entries alone, or everything where the entries cannot be told from the bytes."""
        split = split_entries(self.body, self.terms.known, self.terms.max_entries)
        feed = self._read_split(split) if split else None
        if split and feed:
            return feed_row(feed, feed.entries, split.total, split.hashes, self.terms)
        feed = self._read_bytes(self.body)
        if any(entry.unsure for entry in feed.entries):
            feed = self._read_loose(self.body)
        if not feed.format and not feed.entries:
            raise ParseError("the document looks like a feed, but nothing in it can be read as one")
        return self._listed(feed, [_field_hash(entry) for entry in feed.entries])

    def _read_split(self, split: Split) -> RawFeed | None:
        """Read the new entries alone; None where the reader finds other entries than the split did."""
        try:
            feed = self._read_bytes(split.only(split.fresh))
            unsure = [at for at, entry in enumerate(feed.entries) if entry.unsure]
            if len(feed.entries) != len(split.fresh):
                return None
            again = self._read_loose(split.only([split.fresh[at] for at in unsure])) if unsure else feed
        except ParseError:
            return self._read_singly(split)
        if unsure and len(again.entries) != len(unsure):
            return None
        for at, entry in zip(unsure, again.entries, strict=False):
            feed.entries[at] = entry
        feed.quarantined += split.oversized
        return feed

    def _read_singly(self, split: Split) -> RawFeed:
        """Read each new entry in a document of its own, so that one that breaks feedparser is lost alone."""
        feed = self._read_loose(split.only([]))
        feed.quarantined = split.oversized + len(split.fresh[_MAX_SINGLE_READS:])
        for span in split.fresh[:_MAX_SINGLE_READS]:
            try:
                feed.entries += self._read_loose(split.only([span])).entries
            except ParseError:
                feed.quarantined += 1
        feed.malformed = True
        return feed

    def _read_bytes(self, body: bytes) -> RawFeed:
        """Read with expat where the document is plain, else with feedparser."""
        if self.utf8:
            try:
                return read_plain(body)
            except NotPlainError:
                body = with_good_utf8(body)
        return self._read_loose(body)

    def _read_loose(self, body: bytes) -> RawFeed:
        """Read with feedparser, whose adapter is imported only when it is needed."""
        from bot.feeds.parse.loose import read_loose  # noqa: PLC0415 - see above

        return read_loose(body, "" if self.utf8 else self.terms.content_type)

    def _listed(self, feed: RawFeed, hashes: list[bytes]) -> FeedRow:
        """Drop what is known from a feed that was read as a whole."""
        known = known_hashes(self.terms.known)
        fresh = [entry for entry, digest in zip(feed.entries, hashes, strict=True) if digest not in known]
        return feed_row(feed, fresh[: self.terms.max_entries], len(hashes), b"".join(hashes), self.terms)


def _not_a_feed(start: bytes, root: str) -> str:
    if root in ("html", "head", "body", "script", "div") or b"<!doctype html" in start.lower():
        return "the address gives a web page, not a feed"
    if root:
        return f"the document is XML with the root element {root[:40]}, not a feed"
    return "the document is no feed: it holds no XML and no JSON"


def _field_hash(entry: RawEntry) -> bytes:
    """The hash of an entry whose bytes could not be told from its document's."""
    return raw_hash("\0".join((entry.guid, entry.link, entry.title, *entry.texts)).encode("utf-8", "surrogatepass"))
