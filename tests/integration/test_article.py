"""The article reader against loopback servers, with a real process that reads the pages."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psutil
import pytest

from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
from bot.pages.article import ArticleLimits, ArticleReader
from tests.loopback import Asked, Loopback, loopback, reply

NOW = datetime(2025, 10, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = ArticleLimits(pause=0.0)
HTML = "text/html; charset=utf-8"
PARAGRAPHS = (
    "The ferry to the outer islands sailed again on Monday, three weeks after its engines had failed in a storm.",
    "Harbour engineers said that both engines had been replaced and tried out on two nights without passengers.",
    "A spokesman for the harbour office denied that the fares would rise, as a local paper had reported on Friday.",
    "Islanders asked for a winter timetable that keeps the morning crossing, on which the school depends.",
)
MENU = "".join(f'<li><a href="/section/{n}">Section {n} of the paper</a></li>' for n in range(30))


def page(*paragraphs: str, head: str = "") -> bytes:
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return f"""<!doctype html><html><head><title>Ferry sails again</title>{head}
    <script>const menu = "{"x" * 2000}";</script><style>p {{ margin: 0 }}</style></head><body>
    <header><nav><ul>{MENU}</ul></nav></header>
    <div class="cookie-banner"><p>We value your privacy and store cookies.</p><button>Accept all cookies</button></div>
    <main><article><h1>Ferry sails again</h1>{text}</article>
    <aside><h3>Most read</h3><ul>{MENU}</ul></aside></main>
    <section class="comments"><h3>Comments</h3><p>I was seasick on this ferry in May.</p></section>
    <footer><p>All rights reserved. Subscribe to our newsletter.</p></footer></body></html>""".encode()


ARTICLE = reply(body=page(*PARAGRAPHS), Content_Type=HTML)


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as state:
        yield state


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    limits = FetchLimits(max_bytes=3 << 20, timeout=5.0, per_host=4)
    async with Fetcher(limits, user_agent="Monazite/0 (test)", allow_hosts=frozenset({"127.0.0.1"})) as opened:
        yield opened


@pytest.fixture
def reader(fetcher: Fetcher) -> ArticleReader:
    return reading(fetcher)


def reading(fetcher: Fetcher, limits: ArticleLimits = LIMITS) -> ArticleReader:
    return ArticleReader(fetcher, limits, user_agent="Monazite/0 (test)")


def paths(server: Loopback) -> list[str]:
    return [asked.path for asked in server.asked]


async def test_the_article_without_what_surrounds_it(server: Loopback, reader: ArticleReader) -> None:
    server.answers["/ferry"] = ARTICLE
    text = await reader.read(server.url("/ferry"), NOW)
    assert text.split("\n") == list(PARAGRAPHS)
    assert paths(server) == ["/robots.txt", "/ferry"]
    assert {asked.headers["user-agent"] for asked in server.asked} == {"Monazite/0 (test)"}


async def test_what_was_read_is_kept(server: Loopback, reader: ArticleReader) -> None:
    server.answers["/ferry"] = ARTICLE
    both = await asyncio.gather(*(reader.read(server.url("/ferry"), NOW) for _ in range(2)))
    assert both[0] == both[1] == await reader.read(server.url("/ferry/?utm_source=feed#top"), NOW + HOUR)
    assert paths(server) == ["/robots.txt", "/ferry"]
    assert await reader.read(server.url("/ferry"), NOW + 25 * HOUR) == both[0]
    assert paths(server) == ["/robots.txt", "/ferry"] * 2


async def test_failures_are_kept_for_less_long(server: Loopback, reader: ArticleReader) -> None:
    for minutes in (0, 20, 40):
        assert await reader.read(server.url("/gone"), NOW + timedelta(minutes=minutes)) == ""
    assert paths(server) == ["/robots.txt", "/gone", "/gone"]


async def test_no_more_is_kept_than_asked_for(server: Loopback, fetcher: Fetcher) -> None:
    reader = reading(fetcher, replace(LIMITS, pages=2))
    for name in ("a", "b", "a", "c", "a", "b"):
        await reader.read(server.url(f"/{name}"), NOW)
    assert paths(server) == ["/robots.txt", "/a", "/b", "/c", "/b"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (reply(body=b"User-agent: *\nDisallow: /fer"), False),
        (reply(body=b"User-agent: monazite\nDisallow: /"), False),
        (reply(body=b"User-agent: *\nDisallow: /\nAllow: /ferry"), True),
        (reply(), True),  # there, and empty
        (reply(body=b"<html>a page</html>", Content_Type="text/html"), True),
        (reply(404), True),
        (reply(403), True),  # RFC 9309, section 2.3.1.3
        (reply(410), True),
        (reply(500), False),
        (reply(503), False),
        (reply(429), False),
        (reply(302, Location="/robots.txt"), True),  # no robots.txt to be had (section 2.3.1.2)
        (reply(302, Location="/rules"), False),
        (b"nothing HTTP\r\n\r\n", False),
    ],
)
async def test_robots(server: Loopback, reader: ArticleReader, answer: bytes, wanted: bool) -> None:
    server.answers |= {"/robots.txt": answer, "/ferry": ARTICLE, "/rules": reply(body=b"User-agent: *\nDisallow: /")}
    assert bool(await reader.read(server.url("/ferry"), NOW)) is wanted
    assert ("/ferry" in paths(server)) is wanted


async def test_robots_are_asked_for_once_a_day_and_sooner_where_they_failed(
    server: Loopback, reader: ArticleReader
) -> None:
    server.answers |= {"/robots.txt": reply(500), "/ferry": ARTICLE, "/pier": ARTICLE}
    assert await reader.read(server.url("/ferry"), NOW) == await reader.read(server.url("/pier"), NOW) == ""
    assert paths(server) == ["/robots.txt"]
    server.answers["/robots.txt"] = reply(404)
    assert await reader.read(server.url("/ferry"), NOW + HOUR)
    assert await reader.read(server.url("/pier"), NOW + 20 * HOUR)
    assert paths(server) == ["/robots.txt", "/robots.txt", "/ferry", "/pier"]
    server.answers["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /")
    assert await reader.read(server.url("/new"), NOW + 26 * HOUR) == ""
    assert paths(server)[4:] == ["/robots.txt"]


async def test_a_host_that_is_busy_is_left_alone(server: Loopback, reader: ArticleReader) -> None:
    server.answers |= {"/ferry": reply(429, Retry_After="7200"), "/pier": ARTICLE}
    assert await reader.read(server.url("/ferry"), NOW) == ""
    assert await reader.read(server.url("/pier"), NOW + HOUR) == ""
    assert paths(server) == ["/robots.txt", "/ferry"]
    assert await reader.read(server.url("/pier"), NOW + 3 * HOUR)


async def test_redirects(server: Loopback, reader: ArticleReader) -> None:
    async with loopback("127.0.0.2") as private, loopback() as other:
        other.answers |= {
            "/robots.txt": reply(body=b"User-agent: *\nDisallow: /closed"),
            **dict.fromkeys(("/open", "/closed", "/"), ARTICLE),
            **dict.fromkeys(("/consent/collect", "/sign-in"), ARTICLE),
        }
        server.answers |= {
            "/moved": reply(301, Location=other.url("/open")),
            "/forbidden": reply(302, Location=other.url("/closed")),
            "/private": reply(302, Location=private.url("/ferry")),
            "/lost": reply(302, Location=other.url("/")),
            "/asks": reply(302, Location=other.url("/consent/collect?back=1")),
            "/member": reply(302, Location=other.url("/sign-in")),
        }
        assert (await reader.read(server.url("/moved"), NOW)).split("\n") == list(PARAGRAPHS)
        for path in ("/forbidden", "/private", "/lost", "/asks", "/member"):
            assert await reader.read(server.url(path), NOW) == "", path
        assert private.connections == 0
        assert "/closed" not in paths(other)  # robots.txt is asked before a redirect is followed, not after


async def test_addresses_that_are_not_asked(server: Loopback, reader: ArticleReader) -> None:
    addresses = (
        *("", "mailto:a@b.example", "file:///etc/passwd", "https://", "http://[::1", "//x", "javascript:alert(1)"),
        *("https://news.google.com/rss/articles/CBMi", "https://www.msn.com/en/a", "http://www.bing.com/news/apiclick"),
        *("http://127.0.0.2/a", "http://localhost/a", "http://169.254.169.254/latest"),
    )
    assert [await reader.read(address, NOW) for address in addresses] == [""] * len(addresses)
    assert server.connections == 0


@pytest.mark.parametrize("kind", ["application/pdf", "application/json", "text/plain", "", "text/htmlx"])
async def test_only_pages_are_read(server: Loopback, reader: ArticleReader, kind: str) -> None:
    server.answers["/ferry"] = reply(body=page(*PARAGRAPHS), Content_Type=kind)
    assert await reader.read(server.url("/ferry"), NOW) == ""


@pytest.mark.parametrize(
    "paragraphs",
    [
        (),
        (PARAGRAPHS[0],),
        (*PARAGRAPHS[:3], "Subscribe to continue reading this article. Already a subscriber? Log in."),
        (*PARAGRAPHS[:3], "Please enable JavaScript and disable any ad blocker to go on."),
        ("We and our 812 partners store and access personal data, such as cookies, on your device. " * 3,),
        ("渡轮周一恢复通航，港务局说票价不变。" * 4, "登录后阅读全文，会员专享内容每天更新，敬请关注。"),
    ],
)
async def test_pages_without_an_article(server: Loopback, reader: ArticleReader, paragraphs: tuple[str, ...]) -> None:
    server.answers["/ferry"] = reply(body=page(*paragraphs), Content_Type=HTML)
    assert await reader.read(server.url("/ferry"), NOW) == ""
    assert paths(server)[-1] == "/ferry"


async def test_long_and_huge_pages(server: Loopback, reader: ArticleReader) -> None:
    long = page(*(f"{PARAGRAPHS[n % 4]} This was crossing {n}." for n in range(3000)))
    bulky = page(*PARAGRAPHS, head=f"<script>{'0,' * 600_000}</script>")
    huge = page(*PARAGRAPHS) + b" " * (3 << 20)
    server.answers = {f"/{n}": reply(body=b, Content_Type=HTML) for n, b in enumerate((long, bulky, huge))}
    text = await reader.read(server.url("/0"), NOW)
    assert 18_000 < len(text) <= 20_000
    assert text.startswith(PARAGRAPHS[0])
    assert (await reader.read(server.url("/1"), NOW)).split("\n") == list(PARAGRAPHS)
    assert await reader.read(server.url("/2"), NOW) == ""


async def test_what_is_invisible_does_not_come_through(server: Loopback, reader: ArticleReader) -> None:
    marked = PARAGRAPHS[0].replace("ferry", "fer\u200b\u202ery\U000e0041") + "&#x202E;&#0;&#xD800;&#999999999999;"
    server.answers["/ferry"] = reply(body=page(marked, *PARAGRAPHS[1:]), Content_Type=HTML)
    text = await reader.read(server.url("/ferry"), NOW)
    assert text.startswith(PARAGRAPHS[0])
    assert not {"\u200b", "\u202e", "\U000e0041", "\0", "\ud800"} & set(text)


HOSTILE = {
    "nested": b"<html><body>" + b"<div>" * 100_000 + page(*PARAGRAPHS) + b"</div>" * 100_000,
    "quotations": b"<html><body>" + b"<blockquote><ul><li>" * 40_000,
    "references": b"<html><body><p>" + b"&amp;&#999999999999;&lt;&#x110000;" * 30_000,
    "openings": b"<html><body>" + b"<script" * 100_000 + b"<!--" * 100_000,
    "nothing but nothing": b"\0" * 100_000,
    "attributes": b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(120_000)) + b">x</p>",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_pages_end(server: Loopback, fetcher: Fetcher, name: str) -> None:
    reader = reading(fetcher, replace(LIMITS, reading_seconds=1))
    server.answers = {"/bad": reply(body=HOSTILE[name], Content_Type=HTML), "/ferry": ARTICLE}
    await reader.read(server.url("/bad"), NOW)
    assert not psutil.Process().children()
    patient = reading(fetcher)
    assert await patient.read(server.url("/ferry"), NOW)


# trafilatura takes some ten seconds for this, and would give its text.
SLOW = reply(body=page(*(f"On {n}." for n in range(70_000))), Content_Type=HTML)


async def test_a_page_that_takes_too_long_or_too_much_memory_gives_nothing(server: Loopback, fetcher: Fetcher) -> None:
    server.answers |= {"/slow": SLOW, "/ferry": ARTICLE}
    assert await reading(fetcher, replace(LIMITS, reading_seconds=1)).read(server.url("/slow"), NOW) == ""
    assert await reading(fetcher, replace(LIMITS, reading_memory=8 << 20)).read(server.url("/ferry"), NOW) == ""
    assert not psutil.Process().children()


async def test_who_is_no_longer_waited_for_is_ended(server: Loopback, fetcher: Fetcher) -> None:
    server.answers["/slow"] = SLOW
    task = asyncio.create_task(reading(fetcher, replace(LIMITS, reading_seconds=60)).read(server.url("/slow"), NOW))
    while not psutil.Process().children():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.Process().children()


async def test_a_host_has_one_request_at_a_time(server: Loopback, fetcher: Fetcher) -> None:
    async def slowly(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(reply(404))

    server.answers = dict.fromkeys(("/robots.txt", *(f"/{n}" for n in range(4))), slowly)
    reader = reading(fetcher)
    await asyncio.gather(*(reader.read(server.url(f"/{n}"), NOW) for n in range(4)))
    assert sorted(paths(server)) == ["/0", "/1", "/2", "/3", "/robots.txt"]
    assert server.most_at_once == 1


@pytest.mark.parametrize(("limits", "least"), [(replace(LIMITS, pause=0.2), 0.2), (LIMITS, 0.3)])
async def test_a_host_is_given_time(server: Loopback, fetcher: Fetcher, limits: ArticleLimits, least: float) -> None:
    times: list[float] = []

    async def note(_: Asked, writer: asyncio.StreamWriter) -> None:
        times.append(asyncio.get_running_loop().time())
        writer.write(reply(404))

    delay = b"3600" if limits.pause == 0.0 else b"0"
    server.answers = dict.fromkeys(("/a", "/b", "/c"), note)
    server.answers["/robots.txt"] = reply(body=b"User-agent: *\nCrawl-delay: " + delay)
    reader = reading(fetcher, replace(limits, longest_pause=0.3))
    for name in ("a", "b", "c"):
        await reader.read(server.url(f"/{name}"), NOW)
    assert [later - earlier >= least for earlier, later in pairwise(times)] == [True, True]


async def test_patience_ends(server: Loopback, fetcher: Fetcher) -> None:
    async def never(_: Asked, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    server.answers |= {"/never": never}
    reader = reading(fetcher, replace(LIMITS, patience=1.0))
    assert await reader.read(server.url("/never"), NOW) == await reader.read(server.url("/never"), NOW) == ""
    assert paths(server) == ["/robots.txt", "/never"]  # and it is not tried again at once
