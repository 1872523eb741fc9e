"""Read JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from html import escape

from bot.errors import ParseError
from bot.feeds.parse.dates import date_or_text
from bot.feeds.parse.fields import RawEntry, RawFeed
from bot.feeds.parse.split import raw_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_json(body: bytes) -> tuple[RawFeed, list[bytes]]:
    """Read a JSON Feed and the hash of each of its entries. Raises ParseError where it is something else.

    What an entry lacks or has in another type than the format says counts as not given; an entry that is no object
    is quarantined.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("the document begins like JSON, but is not well-formed JSON") from error
    version = _text(document, "version")
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list) or not (version or "title" in document):
        raise ParseError("the document is JSON, but not a JSON Feed: it has no list of items")
    feed = RawFeed("JSON Feed 1.1" if version.endswith("/1.1") else "JSON Feed 1.0")
    feed.title = escape(_text(document, "title"), quote=False)
    feed.link = _text(document, "home_page_url")
    feed.language = _text(document, "language")
    hashes = []
    for found in items:
        if isinstance(found, dict):
            feed.entries.append(_raw_entry(found))
            hashes.append(raw_hash(json.dumps(found, sort_keys=True).encode()))
        else:
            feed.quarantined += 1
    return feed, hashes


def _raw_entry(found: dict[str, Any]) -> RawEntry:
    entry = RawEntry()
    entry.guid = _text(found, "id")
    entry.link = _text(found, "url") or _text(found, "external_url")
    if not entry.link and entry.guid.startswith(("http://", "https://")):
        entry.link = entry.guid
    attachments = found.get("attachments")
    if not entry.link and isinstance(attachments, list) and attachments:
        entry.link = _text(attachments[0], "url")
    entry.title = escape(_text(found, "title"), quote=False)
    plain = (_text(found, "content_text"), _text(found, "summary"))
    entry.texts = [_text(found, "content_html"), *(escape(text, quote=False) for text in plain)]
    entry.published = date_or_text(_text(found, "date_published"))
    entry.updated = date_or_text(_text(found, "date_modified"))
    return entry


def _text(mapping: Any, key: str) -> str:
    """A member's text; a number counts too, for the format asks readers to take it for one in ``id``."""
    value = mapping.get(key) if isinstance(mapping, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
