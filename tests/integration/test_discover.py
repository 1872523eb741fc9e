"""Finding the feed of a page over real sockets."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.errors import FetchError
from bot.feeds.discover import Candidate, discover, looks_like_feed
from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
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
    async with Fetcher(
        FetchLimits(timeout=3, connect_timeout=0.2), user_agent="test", allow_hosts=frozenset({"127.0.0.1"})
    ) as opened:
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


async def test_temporary_redirect_keeps_the_address_that_was_named(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/named"] = reply(302, Location="/today")
    server.answers["/moved"] = reply(301, Location="/today")
    server.answers["/today"] = reply(body=RSS)
    assert (await discover(fetcher, server.url("/named")))[0].url == server.url("/named")
    assert (await discover(fetcher, server.url("/moved")))[0].url == server.url("/today")


@pytest.mark.parametrize(
    "typed", ["127.0.0.1:{}/x", " http://127.0.0.1:{}/x ", "feed://127.0.0.1:{}/x", "feed:HTTP://127.0.0.1:{}/x"]
)
async def test_scheme_may_be_missing_or_odd(fetcher: Fetcher, server: Loopback, typed: str) -> None:
    server.answers["/x"] = reply(body=RSS)
    assert await discover(fetcher, typed.format(server.port)) == (Candidate(server.url("/x"), "rss"),)


async def test_base_and_charset_of_the_page(fetcher: Fetcher, server: Loopback) -> None:
    page = '<base href="/deep/"><link rel="alternate" type="application/rss+xml" title="新\n闻" href="rss">'
    server.answers["/"] = reply(body=page.encode("gbk"), Content_Type="text/html; charset=GBK")
    server.answers["/odd"] = reply(body=page.encode(), Content_Type="text/html; charset=klingon")
    assert await discover(fetcher, server.url("/")) == (Candidate(server.url("/deep/rss"), "rss", "新 闻"),)
    assert (await discover(fetcher, server.url("/odd")))[0].url == server.url("/deep/rss")


async def test_page_that_lists_feeds(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/feeds"] = reply(
        body=b"<html><a href='/feeds/home'>Home</a><a href='/home/rss'>RSS</a><a href='world.rss#x'>RSS</a>"
        b"<a href='/dead.rss'>RSS</a><a href='/story/feeding-birds'>Birds</a><a href='/about'>Us</a></html>"
    )
    server.answers["/home/rss"] = server.answers["/world.rss"] = reply(body=RSS)
    found = await discover(fetcher, server.url("/feeds"))
    assert [one.url for one in found] == [server.url("/home/rss"), server.url("/world.rss")]
    assert sorted(asked.path for asked in server.asked) == ["/dead.rss", "/feeds", "/home/rss", "/world.rss"]


NEWS = b"<urlset xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'></urlset>"


async def test_news_sitemap_is_the_last_resort(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/"] = reply(body=b"<html><body>Words</body></html>")
    server.answers["/robots.txt"] = reply(
        body=b"User-agent: *\nDisallow:\nSitemap: /pages.xml\nSITEMAP: http://127.0.0.1:%d/news-index.xml\n"
        % server.port
    )
    server.answers["/pages.xml"] = reply(body=b"<urlset xmlns='x'><url><loc>http://127.0.0.1/a</loc></url></urlset>")
    index = f"<sitemapindex><sitemap><loc>{server.url('/archive.xml')}</loc></sitemap>"
    index += f"<sitemap><loc> {server.url('/sm?news=1&amp;p=2')}\n</loc></sitemap></sitemapindex>"
    server.answers["/news-index.xml"] = reply(body=index.encode())
    server.answers["/sm?news=1&p=2"] = reply(body=NEWS)
    assert await discover(fetcher, server.url("/")) == (Candidate(server.url("/sm?news=1&p=2"), "sitemap"),)
    assert "/archive.xml" not in [asked.path for asked in server.asked]


async def test_publisher_is_not_besieged(fetcher: Fetcher, server: Loopback) -> None:
    links = b"".join(b"<a href='/%d.rss'>RSS</a>" % number for number in range(500))
    server.answers["/"] = reply(body=b"<html>" + links + b"</html>")
    maps = "".join(f"Sitemap: {server.url(f'/news{number}.xml')}\n" for number in range(500))
    server.answers["/robots.txt"] = reply(body=maps.encode())
    with pytest.raises(FetchError, match="no feed was found"):
        await discover(fetcher, server.url("/"))
    assert len(server.asked) <= 22


async def test_usual_places(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/"] = reply(body=b"<html><body>Words</body></html>")
    server.answers["/rss.xml"] = reply(body=RSS)
    server.answers["/feed"] = reply(body=b"<html>also a page</html>")
    assert await discover(fetcher, server.url("/")) == (Candidate(server.url("/rss.xml"), "rss"),)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("javascript:alert(1)", "is not an address"),
        ("ftp://example.org/", "is not an address"),
        ("desk@example.org", "has a user name in it"),
        ("", "is not an address"),
        ("http://127.0.0.1:1/", "no connection"),
        ("127.0.0.1:1", "no connection"),
        ("http://10.0.0.1/", "private or reserved network"),
    ],
)
async def test_no_page(fetcher: Fetcher, typed: str, said: str) -> None:
    with pytest.raises(FetchError, match=said) as raised:
        await discover(fetcher, typed)
    assert "\n" not in str(raised.value)


async def test_secret_in_an_address_is_not_repeated(fetcher: Fetcher, server: Loopback) -> None:
    for typed in (server.url("/?token=hunter2"), "ftp://127.0.0.1/?token=hunter2"):
        with pytest.raises(FetchError) as raised:
            await discover(fetcher, typed)
        assert "hunter2" not in str(raised.value)


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
        (NEWS, "sitemap"),
        (b"<urlset xmlns='x'>", None),
        (b"<!-- long comment --><?xml version='1.0'?><atom:feed xmlns:atom='x'>", "atom"),
        (b"<!DOCTYPE html><p>An <rss > of words", None),
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


def test_label_decides_only_what_the_beginning_leaves_open() -> None:
    late = b"<?xml version='1.0'?><!--" + b"-" * 5000 + b"><rss/>"
    assert looks_like_feed(late) is None
    assert looks_like_feed(late, "application/rss+xml; charset=utf-8") == "rss"
    assert looks_like_feed(b"<html>", "application/rss+xml") is None
