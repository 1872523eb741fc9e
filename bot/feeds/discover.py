"""Finds the feeds of an address that a person names: the page itself, what it declares, what it links to, the usual
places, and at last the news sitemap that robots.txt may name."""

import asyncio
import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from lxml import etree, html

from bot.errors import FetchError
from bot.feeds.fetch.fetcher import Fetcher
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest
from bot.text.urls import clean_url

_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/rdf+xml": "rdf",
}
_ROOTS = {b"rss": "rss", b"feed": "atom", b"rdf": "rdf", b"urlset": "sitemap"}
_ROOT = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|urlset)[\s>]", re.IGNORECASE)
_PAGE = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_NEWS = b"schemas/sitemap-news/"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_LINKED = re.compile(r"(?:^|[/._-])(?:rss|atom|feed)s?(?:2|\.xml|\.php)?/?(?:$|\?)|\.(?:rss|rdf|atom)$", re.IGNORECASE)
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/feeds", "/index.xml")
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_LOCATION = re.compile(rb"<loc>\s*([^<\s]+)\s*</loc>", re.IGNORECASE)
_HEAD = 4096  # bytes in which a feed shows its root element
_MOST_LINKED, _MOST_SITEMAPS = 6, 4  # requests that one stage may cost the publisher
_NO_SUCH_SERVER = (FailureKind.CONNECT, FailureKind.TLS, FailureKind.TIMEOUT, FailureKind.PROTOCOL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that was found: its address, its format, and the title that a page gives it ('' where it gives none)."""

    url: str
    format: str
    title: str = ""


async def discover(fetcher: Fetcher, url: str) -> tuple[Candidate, ...]:
    """Find the feeds of an address, which may lack its scheme; the likeliest first.

    Feeds that the page declares (https://www.rssboard.org/rss-autodiscovery) are taken at its word, others are looked
    at. At most 22 requests, two at a time; each stage only where those before it found nothing.

    Raises:
        FetchError: the address is none, or cannot be fetched, or the page has no feed.
    """
    address, page = await _open(fetcher, url)
    if (found := looks_like_feed(page.body, page.content_type)) is not None:
        return (Candidate(page.permanent_url or address, found),)
    declared, linked = _links(page)
    if declared:
        return declared
    if candidates := await _verified(fetcher, linked[:_MOST_LINKED]):
        return candidates
    for pair in zip(_USUAL[::2], (*_USUAL[1::2], ""), strict=True):
        if candidates := await _verified(fetcher, [clean_url(place, page.url) for place in pair if place]):
            return candidates
    if candidates := await _sitemaps(fetcher, page.url):
        return candidates
    raise FetchError(f"{_shown(page.url)}: no feed was found on that page; give the feed's own address")


def looks_like_feed(body: bytes, content_type: str = "") -> str | None:
    """The format that a body seems to have, judged by its beginning: rss, atom, rdf, json, sitemap; None for a page.

    ``content_type`` decides only what the beginning leaves open: publishers send feeds as text/html, too.
    """
    head = body[:_HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    if head.startswith(b"{"):
        return _json_format(body)
    if _PAGE.search(head):
        return None
    if (root := _ROOT.search(head)) is None:
        return _TYPES.get(_media_type(content_type)) if head.startswith(b"<?xml") else None
    found = _ROOTS[root[1].lower()]
    return None if found == "sitemap" and _NEWS not in head else found  # other sitemaps have no titles and no times


def _json_format(body: bytes) -> str | None:
    try:
        version = str(json.loads(body).get("version", ""))
    except (ValueError, RecursionError):
        return None
    return "json" if "jsonfeed.org" in version else None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _shown(url: str) -> str:
    """An address without its query, which may hold a secret."""
    return url.partition("?")[0]


async def _open(fetcher: Fetcher, typed: str) -> tuple[str, Fetched]:
    addresses = [found for found in map(clean_url, _spellings(typed.strip())) if found]
    if "@" in re.split(r"[/?#]", typed.partition("://")[2] or typed, maxsplit=1)[0]:
        raise FetchError("the address has a user name in it; write it without what stands before the '@'")
    if not addresses:
        raise FetchError(f"{_shown(typed)!r} is not an address; expected one such as https://example.org/news")
    for address in addresses:
        got = await fetcher.fetch(FetchRequest(address))
        if isinstance(got, Fetched):
            return address, got
        if not (isinstance(got, FetchFailed) and got.kind in _NO_SUCH_SERVER):
            break
    raise FetchError(f"{_shown(address)}: {got.message if isinstance(got, FetchFailed) else 'not modified'}")


def _spellings(typed: str) -> tuple[str, ...]:
    if typed[:5].lower() == "feed:":  # feed://example.org/rss and feed:https://example.org/rss are both in use
        typed = typed[5:].removeprefix("//")
    if typed[:8].lower().startswith(("http://", "https://")):
        return (typed,)
    return () if "://" in typed else (f"https://{typed}", f"http://{typed}")


def _links(page: Fetched) -> tuple[tuple[Candidate, ...], list[str]]:
    """The feeds that a page declares, comments last, and the addresses that it links to as if they were feeds."""
    tree = _tree(page)
    if tree is None:
        return (), []
    base = clean_url(str(tree.xpath("string(//base/@href)")), page.url) or page.url
    declared: dict[str, Candidate] = {}
    for link in tree.iterfind(".//link"):
        kind, address = _TYPES.get(_media_type(link.get("type") or "")), clean_url(link.get("href") or "", base)
        if kind and address and "alternate" in (link.get("rel") or "").lower().split():
            declared.setdefault(address, Candidate(address, kind, " ".join((link.get("title") or "").split())))
    targets = (clean_url(link.get("href") or "", base).partition("#")[0] for link in tree.iterfind(".//a"))
    linked = dict.fromkeys(target for target in targets if _LINKED.search(target) and target != page.url)
    # A feed of comments is declared beside the feed of articles, and is never what was meant.
    ordered = sorted(declared.values(), key=lambda candidate: "comment" in (candidate.url + candidate.title).lower())
    return tuple(ordered), list(linked)


def _tree(page: Fetched) -> html.HtmlElement | None:
    charset = _CHARSET.search(page.content_type)
    try:
        encoding = codecs.lookup(charset[1]).name if charset else None
    except LookupError:
        encoding = None
    try:
        return html.fromstring(page.body, parser=html.HTMLParser(encoding=encoding))
    except (etree.ParserError, ValueError, LookupError):  # no element in it; an encoding that only Python knows
        return None


async def _verified(fetcher: Fetcher, places: Iterable[str]) -> tuple[Candidate, ...]:
    """Those of some addresses at which there is a feed."""
    asked = [FetchRequest(place) for place in places if place]
    found: dict[str, Candidate] = {}
    for request, answer in zip(asked, await asyncio.gather(*map(fetcher.fetch, asked)), strict=True):
        if isinstance(answer, Fetched) and (kind := looks_like_feed(answer.body, answer.content_type)):
            found.setdefault(answer.url, Candidate(answer.permanent_url or request.url, kind))
    return tuple(found.values())


async def _sitemaps(fetcher: Fetcher, url: str) -> tuple[Candidate, ...]:
    """The news sitemap that robots.txt names (https://www.sitemaps.org/protocol.html#submit_robots), or an index of
    its."""
    robots = await fetcher.fetch(FetchRequest(clean_url("/robots.txt", url)))
    if not isinstance(robots, Fetched) or looks_like_feed(robots.body):
        return ()
    named = _SITEMAP.findall(robots.body[: 1 << 19].decode("utf-8", errors="replace"))
    waiting = _news_first(clean_url(place, url) for place in named)
    for _ in range(_MOST_SITEMAPS):
        if not waiting:
            break
        place = waiting.pop(0)
        got = await fetcher.fetch(FetchRequest(place))
        if not isinstance(got, Fetched):
            continue
        if looks_like_feed(got.body) == "sitemap":
            return (Candidate(got.permanent_url or place, "sitemap"),)
        if b"<sitemapindex" in got.body[:_HEAD]:
            waiting = _news_first((*_locations(got), *waiting))
    return ()


def _locations(index: Fetched) -> Iterator[str]:
    for found in _LOCATION.finditer(index.body[: 1 << 20]):
        place = clean_url(unescape(found[1].decode("utf-8", errors="replace")), index.url)
        if "news" in place.lower():
            yield place


def _news_first(places: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(filter(None, places)), key=lambda place: "news" not in place.lower())
