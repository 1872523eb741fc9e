"""Bytes to entries: RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, Google News sitemaps."""

from datetime import datetime

from bot.feeds.parse.document import read_document
from bot.feeds.parse.fields import Terms
from bot.feeds.parse.values import parsed_feed
from bot.model import ParsedFeed


def parse(
    body: bytes,
    *,
    feed_id: str,
    content_type: str = "",
    base_url: str = "",
    language: str = "",
    known: bytes = b"",
    max_entries: int = 1000,
    max_text: int = 20_000,
    now: datetime | None = None,
) -> ParsedFeed:
    """Read one document.

    Args:
        body: The bytes as fetched, any content encoding undone. A gzip file is unpacked up to 32 MB.
        feed_id: Becomes each entry's ``feed_id``.
        content_type: The HTTP header, for its charset; RFC 3023 decides between it, the XML declaration and the BOM.
        base_url: What relative links are relative to.
        language: What entries are taken to be written in where the feed does not say; it overrides the feed.
        known: Concatenated 8-byte hashes (``ParsedFeed.raw_hashes`` of an earlier document): entries to leave out.
        max_entries: At most so many new entries are read, in the document's order. Those left over are among the
            ``raw_hashes`` all the same: what an overlong document brings beyond the limit is not asked for again.
        max_text: Characters of an entry's text. Once the texts of a document reach two million, 500 is the limit.
        now: Dates more than a day later are dropped, as they are mistakes. Without it every date up to 2100 counts.

    A title that ends in " - " and the name of the entry's ``<source>`` loses that, as in news queries. ``published``
    falls back to the other dates that the entry gives. ``newest`` is the latest date among the entries returned.

    Raises:
        ParseError: The document is no feed; the text is one line for a person.
    """
    terms = Terms(
        content_type=content_type,
        base_url=base_url,
        known=known,
        max_entries=max_entries,
        max_text=max_text,
        now=now.timestamp() if now else None,
        language=language,
    )
    return parsed_feed(read_document(body, terms), feed_id, language)
