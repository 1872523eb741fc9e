"""Read any other feed with feedparser, the parser of record: malformed, in other encodings, of rarer formats."""

from __future__ import annotations

import io
import re
import warnings

from bot.errors import ParseError
from bot.feeds.parse.dates import date_or_text
from bot.feeds.parse.fields import RawEntry, RawFeed
from bot.text.clean import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REFERENCE = re.compile(rb"&#(?:([0-9]{2,})|[xX]([0-9a-fA-F]{2,}));?")
# An & that begins no reference: feedparser reads "&lang=7" as "⟨=7", so that a link leads elsewhere.
_RAW_AMPERSAND = re.compile(rb"<!\[CDATA\[.*?\]\]>|&(?!#[0-9]|#[xX][0-9a-fA-F]|[A-Za-z][A-Za-z0-9]*;)", re.DOTALL)
_ATTRIBUTE_BOMB = re.compile(rb"<[A-Za-z](?:[^<>=]*+=){5000}")
_REPLACEMENT = b"&#65533;"
_SKIPS = re.compile(rb"<skip(hours|days)[\s>](.*?)</skip\1", re.IGNORECASE | re.DOTALL)
_SKIPPED = re.compile(rb"<(?:hour|day)[^<>]*>\s*(\w{1,12})\s*<", re.IGNORECASE)


def read_loose(body: bytes, content_type: str) -> RawFeed:
    """Read a document as feedparser does, without its sanitiser and its resolving of relative addresses.

    Raises ParseError where feedparser itself fails, or would take time in the square of a tag's attributes.
    """
    if _ATTRIBUTE_BOMB.search(body):
        raise ParseError("the document has a tag with thousands of attributes")
    import feedparser  # noqa: PLC0415 - 60 ms, and most polls need none of it

    # With a Content-Type the encoding goes by RFC 3023; without one feedparser assumes Latin-1 if any header is given.
    headers = {"content-type": content_type} if content_type else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = feedparser.parse(
                io.BytesIO(_without_bad_references(_with_escaped_ampersands(body))),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except Exception as error:  # feedparser lets any exception of its handlers through
            what = f"{type(error).__name__}: {one_line(str(error), 100)}"
            raise ParseError(f"the document is malformed in a way that feedparser cannot read: {what}") from error
        feed = _raw_feed(found, body)
    harmless = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)
    feed.malformed = bool(found.bozo) and not isinstance(found.get("bozo_exception"), harmless)
    return feed


def _with_escaped_ampersands(body: bytes) -> bytes:
    """Escape each raw ``&`` outside CDATA, as its author meant it; UTF-16 and its like stay as they are."""
    if b"&" not in body or b"\x00" in body[:64]:
        return body
    return _RAW_AMPERSAND.sub(lambda found: b"&amp;" if found[0] == b"&" else found[0], body)


def _without_bad_references(body: bytes) -> bytes:
    """Replace references to what is no character: feedparser makes characters of them and fails on the whole feed."""
    return _REFERENCE.sub(_checked_reference, body) if b"&#" in body else body


def _checked_reference(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal = found.groups()
    if len(decimal or hexadecimal) > 12:
        return _REPLACEMENT
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return found[0] if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else _REPLACEMENT


def _raw_feed(found: Any, body: bytes) -> RawFeed:
    head = found.feed
    feed = RawFeed(_format_name(found.version))
    feed.title = _text(head, "title")
    feed.link = _text(head, "link")
    feed.language = _text(head, "language")
    feed.ttl = _text(head, "ttl")
    feed.update_period = _text(head, "sy_updateperiod")
    feed.update_frequency = _text(head, "sy_updatefrequency")
    for kind, listed in _SKIPS.findall(body[: 1 << 20]):
        values = [value.decode("ascii", "replace") for value in _SKIPPED.findall(listed)]
        (feed.skip_hours if kind.lower() == b"hours" else feed.skip_days).extend(values)
    feed.entries = [_raw_entry(entry) for entry in found.entries]
    return feed


def _format_name(version: str) -> str:
    """feedparser's ``rss20`` as ``RSS 2.0``; '' where it recognised nothing."""
    kind, digits = version.rstrip("0123456789nu"), "".join(filter(str.isdigit, version))
    names = {"rss": "RSS", "atom": "Atom", "cdf": "CDF"}
    name = names.get(kind, version)
    return f"{name} {digits[0]}.{digits[1:]}" if name in names.values() and digits else name


def _text(mapping: Any, key: str) -> str:
    """A text of feedparser's, which at times holds a dictionary where the feed was odd."""
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _raw_entry(found: Any) -> RawEntry:
    entry = RawEntry()
    entry.guid = _text(found, "id")
    entry.link = _text(found, "link")
    if not entry.link or (entry.link == entry.guid and not entry.link.startswith(("http://", "https://", "/"))):
        entry.link = _other_link(found) or entry.link  # feedparser takes an id for a link where there is none
    entry.title = _text(found, "title")
    contents = found.get("content")
    entry.texts = [_text(content, "value") for content in contents] if isinstance(contents, list) else []
    entry.texts.append(_text(found, "summary"))
    source = found.get("source")
    entry.publisher = _text(source, "title") if source else ""
    entry.published = _date(found, "published")
    entry.updated = _date(found, "updated")
    entry.created = _date(found, "created")
    return entry


def _other_link(found: Any) -> str:
    """Where an entry without a link leads: to its enclosure (an audio file, a document), else to itself."""
    links = found.get("links")
    by_kind = {_text(link, "rel"): _text(link, "href") for link in reversed(links)} if isinstance(links, list) else {}
    return by_kind.get("enclosure") or by_kind.get("self") or ""


def _date(found: Any, key: str) -> int | str | None:
    """A date as this house reads it: feedparser's own reading fills in from today what the text does not say."""
    return date_or_text(_text(found, key)) if key in found else None  # a get() would answer with another date
