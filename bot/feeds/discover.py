"""Finds the feeds of a page that a person names: the page itself, the links it declares, then the usual places."""

import asyncio
import json
import re
from dataclasses import dataclass

from lxml import etree, html

from bot.errors import FetchError
from bot.feeds.fetch import Fetcher
from bot.model import Fetched, FetchFailed, FetchRequest
from bot.text.urls import clean_url

_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/rdf+xml": "rdf",
}
_ROOTS = {b"rss": "rss", b"feed": "atom", b"rdf": "rdf", b"urlset": "sitemap"}
_ROOT = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|urlset)[\s>]", re.IGNORECASE)
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/feeds", "/index.xml")
_HEAD = 4096  # bytes in which a feed shows its root element


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that was found: its address, its format, and the title that a page gives it ('' where it gives none)."""

    url: str
    format: str
    title: str = ""


async def discover(fetcher: Fetcher, url: str) -> tuple[Candidate, ...]:
    """Find the feeds of an address, which may lack its scheme; the likeliest first.

    Raises:
        FetchError: the address is none, or cannot be fetched, or the page has no feed.
    """
    address = clean_url(url if "://" in url else f"https://{url}")
    if not address:
        raise FetchError(f"{url!r} is not an address; one such as https://example.org/news would be right")
    got = await fetcher.fetch(FetchRequest(address))
    if isinstance(got, FetchFailed):
        raise FetchError(f"{address}: {got.message}")
    if not isinstance(got, Fetched):
        raise FetchError(f"{address}: answers {got.status} to a first request")
    if (found := looks_like_feed(got.body)) is not None:
        return (Candidate(got.permanent_url or address, found),)
    candidates = _declared(got) or await _usual(fetcher, got.url)
    if not candidates:
        raise FetchError(f"{address}: no feed was found on that page; give the feed's own address")
    return candidates


def looks_like_feed(body: bytes) -> str | None:
    """The format that a body seems to have, judged by its beginning; None for a page."""
    head = body[:_HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"{"):
        try:
            version = str(json.loads(body).get("version", ""))
        except (ValueError, RecursionError):
            return None
        return "json" if "jsonfeed.org" in version else None
    if b"<html" in head.lower():
        return None
    root = _ROOT.search(head)
    return _ROOTS[root[1].lower()] if root else None


def _declared(page: Fetched) -> tuple[Candidate, ...]:
    try:
        tree = html.fromstring(page.body)
    except (etree.ParserError, ValueError):
        return ()
    found: dict[str, Candidate] = {}
    for link in tree.iterfind(".//link"):
        kind = _TYPES.get((link.get("type") or "").partition(";")[0].strip().lower())
        address = clean_url(link.get("href") or "", page.url)
        if kind and address and "alternate" in (link.get("rel") or "").lower():
            found.setdefault(address, Candidate(address, kind, (link.get("title") or "").strip()))
    # A feed of comments is declared beside the feed of articles, and is never what was meant.
    return tuple(sorted(found.values(), key=lambda candidate: "comment" in (candidate.url + candidate.title).lower()))


async def _usual(fetcher: Fetcher, url: str) -> tuple[Candidate, ...]:
    places = [clean_url(place, url) for place in _USUAL]
    answers = await asyncio.gather(*(fetcher.fetch(FetchRequest(place)) for place in places))
    found: dict[str, Candidate] = {}
    for place, answer in zip(places, answers, strict=True):
        if isinstance(answer, Fetched) and (kind := looks_like_feed(answer.body)):
            found.setdefault(answer.url, Candidate(answer.permanent_url or place, kind))
    return tuple(found.values())
