"""Finding the feed of a page over real sockets."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.errors import FetchError
from bot.feeds.discover import Candidate, discover, looks_like_feed
from bot.feeds.fetch import Fetcher, FetchLimits
from tests.loopback import Loopback, loopback, reply

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>"
PAGE = b"""<!doctype html><html><head>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml; charset=utf-8" title="News" href="news.rss">
<LINK REL="Alternate" TYPE="application/atom+xml" HREF="//127.0.0.1/atom">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" type="text/html" hreflang="ur" href="/ur">
<link rel="stylesheet" href="/style.css"></head><body>Words</body></html>"""


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as state:
        yield state


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(FetchLimits(timeout=3), user_agent="test", allow_hosts=frozenset({"127.0.0.1"})) as opened:
        yield opened


async def test_feed_itself(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/x"] = reply(body=RSS)
    assert await discover(fetcher, server.url("/x")) == (Candidate(server.url("/x"), "rss"),)


async def test_declared_feeds_with_comments_last(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/a/b"] = reply(body=PAGE)
    found = await discover(fetcher, server.url("/a/b"))
    assert found == (
        Candidate(server.url("/a/news.rss"), "rss", "News"),
        Candidate("http://127.0.0.1/atom", "atom"),
        Candidate(server.url("/comments/feed"), "rss", "Comments"),
    )


async def test_usual_places(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/"] = reply(body=b"<html><body>Words</body></html>")
    server.answers["/rss.xml"] = reply(body=RSS)
    server.answers["/feed"] = reply(body=b"<html>also a page</html>")
    assert await discover(fetcher, server.url("/")) == (Candidate(server.url("/rss.xml"), "rss"),)


@pytest.mark.parametrize(
    ("typed", "said"), [("javascript:alert(1)", "is not an address"), ("http://127.0.0.1:1/", "no connection")]
)
async def test_no_page(fetcher: Fetcher, typed: str, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        await discover(fetcher, typed)


async def test_page_without_feed(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/"] = reply(body=b"<html><body>Words</body></html>")
    with pytest.raises(FetchError, match="no feed was found"):
        await discover(fetcher, server.url("/"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (RSS, "rss"),
        (b"\xef\xbb\xbf" + RSS, "rss"),
        ("\ufeff<?xml version='1.0' encoding='utf-16'?><rss version='2.0'/>".encode("utf-16-le"), "rss"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "atom"),
        (b"<rdf:RDF xmlns:rdf='x'/>", "rdf"),
        (b"<urlset xmlns='x'>", "sitemap"),
        (json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": []}).encode(), "json"),
        (b'{"version": 3}', None),
        (b"{broken", None),
        (b"[" * 100_000, None),
        (b"<html><rss ", None),
        (b"", None),
    ],
)
def test_formats_are_told_by_their_beginning(body: bytes, kind: str | None) -> None:
    assert looks_like_feed(body) == kind
