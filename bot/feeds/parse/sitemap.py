"""Read Google News sitemaps (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap)."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree as ET

from bot.errors import ParseError
from bot.feeds.parse.dates import date_or_text
from bot.feeds.parse.fields import RawEntry, RawFeed
from bot.feeds.parse.split import raw_hash
from bot.text.clean import clean_text, one_line


def read_sitemap(body: bytes) -> tuple[RawFeed, list[bytes]]:
    """Read the news of a sitemap and the hash of each. Raises ParseError where it holds no news, or is an index."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ParseError("the document is a sitemap with a DOCTYPE, which no sitemap needs: not read")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    except ET.ParseError as error:
        raise ParseError(f"the document begins like a sitemap, but is not well-formed XML: {error}") from error
    locations = [text for text in map(_text, root.iter()) if text.startswith(("http://", "https://"))]
    if _local(root) == "sitemapindex":
        example = f", such as {clean_text(one_line(locations[0], 200))}" if locations else ""
        raise ParseError(f"the document is an index of sitemaps: add one of those it lists{example}")
    feed = RawFeed("News sitemap")
    hashes = []
    for url in root:
        news = next((part for part in url if _local(part) == "news"), None)
        if news is None:
            continue
        feed.entries.append(_raw_entry(url, news))
        hashes.append(raw_hash(ET.tostring(url)))
    if not feed.entries and locations:
        raise ParseError("the document is a sitemap without news entries: only a news sitemap can be followed")
    feed.title, feed.language = _publication(root)
    return feed, hashes


def _raw_entry(url: ET.Element, news: ET.Element) -> RawEntry:
    entry = RawEntry()
    fields = {_local(part): _text(part) for part in (*news, *url)}
    entry.link = entry.guid = fields.get("loc", "")
    entry.title = escape(fields.get("title", ""), quote=False)
    entry.published = date_or_text(fields.get("publication_date", ""))
    entry.updated = date_or_text(fields.get("lastmod", ""))
    return entry


def _publication(root: ET.Element) -> tuple[str, str]:
    """The name and language of the publication, as its first entry gives them."""
    for part in root.iter():
        if _local(part) == "publication":
            fields = {_local(field): _text(field) for field in part}
            return escape(fields.get("name", ""), quote=False), fields.get("language", "")
    return "", ""


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()
