"""The demo's publishers over real sockets: formats, validators, compression, failings, the second visit."""

import asyncio
import gzip
import json
from calendar import timegm
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
import yaml
from aiohttp import ClientPayloadError, ClientSession
from lxml import etree

from bot.demo.publishers import Newsroom, Publishers
from bot.errors import ConfigError
from bot.model import Feed

NEWSROOM = Newsroom.load()
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}


class Calendar:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Town:
    """Publishers that are being served, the clock they go by, and a client that leaves bodies packed."""

    publishers: Publishers
    calendar: Calendar
    client: ClientSession

    def feed(self, key: str) -> Feed:
        return next(feed for feed in self.publishers.feeds() if feed.id == f"demo-{key}")

    async def get(self, key: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        async with self.client.get(self.feed(key).url, headers=headers) as response:
            return response.status, response.headers, await response.read()

    async def titles(self, key: str) -> list[str]:
        _, _, body = await self.get(key)
        return [title for title, _, _ in read(key, body)]


@asynccontextmanager
async def town(now: datetime, *, second_visit: bool = False, port: int = 0) -> AsyncIterator[Town]:
    calendar = Calendar(now)
    async with (
        Publishers(NEWSROOM, calendar, second_visit=second_visit, port=port) as publishers,
        ClientSession(auto_decompress=False, headers={"Accept-Encoding": "identity"}) as client,
    ):
        yield Town(publishers, calendar, client)


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2025, 10, number, hour, tzinfo=UTC)


def read(key: str, body: bytes) -> list[tuple[str, str, str]]:
    """Return (title, link, identity) of each entry, read by a parser that is not ours."""
    match NEWSROOM.publishers[key].format:
        case "json":
            return [(one["title"], one["url"], one["id"]) for one in json.loads(body)["items"]]
        case "sitemap":
            urls = etree.fromstring(body).findall("s:url", SITEMAP)
            return [
                (one.findtext("n:news/n:title", "", SITEMAP), *2 * (one.findtext("s:loc", "", SITEMAP),))
                for one in urls
            ]
        case _:
            parsed = feedparser.parse(body)
            assert not parsed.bozo, parsed.get("bozo_exception")
            return [(unescape(one.title), one.link, one.id) for one in parsed.entries]


def expected(key: str, now: datetime) -> list[str]:
    credited = NEWSROOM.publishers[key].format == "query"
    visible = NEWSROOM.visible(key, now)
    # Titles are compared as first published, where no edit came between.
    return [f"{one.title} - {one.credit}" if credited else one.title for one in visible]


@pytest.mark.parametrize("key", [key for key, one in NEWSROOM.publishers.items() if not one.delay])
async def test_every_feed_can_be_read_and_holds_what_is_published_by_then(key: str) -> None:
    now = day(2, 18)
    async with town(now) as here:
        status, headers, body = await here.get(key)
        assert status == 200
        assert headers["Content-Type"].startswith("application/")
        entries = read(key, body)
        assert [title for title, _, _ in entries] == expected(key, now)
        assert len({identity for _, _, identity in entries}) == len(entries)
        for (_, link, _), one in zip(entries, NEWSROOM.visible(key, now), strict=True):
            assert here.publishers.slug_of(link) == one.slug


async def test_dates_and_texts_survive_in_each_format() -> None:
    async with town(day(14)) as here:
        for key in ("ravi-chronicle", "karachi-ledger", "indus-lantern", "awaz-e-sangam", "donglin-zh"):
            _, _, body = await here.get(key)
            for parsed, one in zip(feedparser.parse(body).entries, NEWSROOM.visible(key, day(14)), strict=True):
                text = parsed.content[0].value if "content" in parsed else parsed.summary
                assert one.text.split()[-1] in unescape(text)
                if not one.edits:
                    when = parsed.get("published_parsed") or parsed.updated_parsed  # dc:date of RDF is the latter
                    assert timegm(when) == one.published.timestamp()


async def test_chinese_feed_is_in_gb18030() -> None:
    async with town(day(10)) as here:
        _, _, body = await here.get("donglin-zh")
        assert b'encoding="GB18030"' in body
        assert "稀土" in body.decode("gb18030")
        with pytest.raises(UnicodeDecodeError):
            body.decode("utf-8")


async def test_news_query_names_publishers_in_titles_and_source() -> None:
    async with town(day(3)) as here:
        _, _, body = await here.get("headline-harvest")
        entry = next(one for one in feedparser.parse(body).entries if "The Ravi Chronicle" in one.title)
        assert entry.title.endswith(" - The Ravi Chronicle")
        assert entry.source.title == "The Ravi Chronicle"
        assert entry.source.href == f"{here.publishers.base_url}/ravi-chronicle/"


async def test_replay_adds_entries_in_time_order_and_never_loses_one() -> None:
    async with town(day(1)) as here:
        seen: list[str] = await here.titles("karachi-ledger")
        for number in range(2, 15):
            here.calendar.now = day(number)
            shown = await here.titles("karachi-ledger")
            fresh = [title for title in shown if title not in seen]
            assert shown[: len(fresh)] == fresh, "what is new stands on top"
            seen = fresh + seen
        during = [one for one in NEWSROOM.entries.values() if one.publisher == "karachi-ledger"]
        assert list(reversed(seen)) == [one.title for one in during]


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("ravi-chronicle", {"ETag", "Last-Modified"}),
        ("indus-lantern", {"Last-Modified"}),
        ("press-room", {"Last-Modified"}),
        ("furnace-and-shaft", {"ETag"}),
        ("potomac-standard", set()),
    ],
)
async def test_validators_are_those_of_the_publisher(key: str, sent: set[str]) -> None:
    async with town(day(2)) as here:
        _, headers, _ = await here.get(key)
        assert {name for name in ("ETag", "Last-Modified") if name in headers} == sent


@pytest.mark.parametrize(("key", "validator"), [("ravi-chronicle", "ETag"), ("indus-lantern", "Last-Modified")])
async def test_unchanged_feed_is_not_sent_again(key: str, validator: str) -> None:
    condition = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[validator]
    async with town(day(2)) as here:
        _, headers, _ = await here.get(key)
        status, again, body = await here.get(key, **{condition: headers[validator]})
        assert (status, body, again[validator]) == (304, b"", headers[validator])
        here.calendar.now = day(3)
        status, changed, _ = await here.get(key, **{condition: headers[validator]})
        assert status == 200
        assert changed[validator] != headers[validator]
        assert here.publishers.stats.not_modified == 1
        assert here.publishers.served[key].full == 2


async def test_restless_publisher_sends_another_document_with_the_same_entries() -> None:
    async with town(day(2)) as here:
        _, first, one = await here.get("furnace-and-shaft")
        status, second, two = await here.get("furnace-and-shaft", **{"If-None-Match": first["ETag"]})
        assert status == 200
        assert first["ETag"] != second["ETag"]
        assert one != two
        assert read("furnace-and-shaft", one) == read("furnace-and-shaft", two)


async def test_gzip_is_used_where_the_client_takes_it() -> None:
    async with town(day(2)) as here:
        _, plain_headers, plain = await here.get("ravi-chronicle")
        _, headers, packed = await here.get("ravi-chronicle", **{"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in plain_headers
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
        assert len(packed) < len(plain)
        assert gzip.decompress(packed) == plain


async def test_failing_publisher_recovers_with_what_it_missed() -> None:
    async with town(day(4)) as here:
        before = await here.titles("margalla-post")
        here.calendar.now = day(6)
        status, _, _ = await here.get("margalla-post")
        assert status == 500
        here.calendar.now = day(9)
        after = await here.titles("margalla-post")
        assert "Islamabad metro bus fares to stay unchanged till spring" in set(after) - set(before)
        assert here.publishers.stats.failures == 1


async def test_throttling_publisher_says_when_to_come_back() -> None:
    async with town(day(6, 12)) as here:
        status, headers, _ = await here.get("furnace-and-shaft")
        assert (status, headers["Retry-After"]) == (429, "2")


async def test_cut_answer_ends_in_the_middle() -> None:
    async with town(day(3, 12)) as here:
        with pytest.raises(ClientPayloadError):
            await here.get("ozark-record")
        here.calendar.now = day(5)
        assert (await here.get("ozark-record"))[0] == 200
        assert here.publishers.served["ozark-record"].failures == 1


async def test_slow_publisher_answers_after_all_others() -> None:
    async with town(day(2)) as here:
        order: list[str] = []

        async def visit(key: str) -> None:
            assert (await here.get(key))[0] == 200
            order.append(key)

        await asyncio.gather(*(visit(key) for key in NEWSROOM.publishers))
        assert order[-1] == "ufaq-e-nau"
        assert here.publishers.everyone_visited


async def test_moved_publisher_redirects_for_good() -> None:
    async with town(day(2)) as here:
        async with here.client.get(here.feed("press-room").url, allow_redirects=False) as response:
            assert response.status == 301
            assert urlsplit(response.headers["Location"]).path == "/press-room/rss.xml"
        assert (await here.get("press-room"))[0] == 200
        assert here.publishers.stats.redirects == 2


async def test_every_link_opens_once_published() -> None:
    async with town(day(14)) as here:
        for one in NEWSROOM.entries.values():
            async with here.client.get(here.publishers.url_of(one.slug)) as response:
                assert response.status == 200, one.slug
                assert response.content_type == "text/html"
        here.calendar.now = day(5)
        for slug, status in (("quetta-earthquake-drill", 404), ("swat-earthquake-felt", 200)):
            async with here.client.get(here.publishers.url_of(slug)) as response:
                assert response.status == status
        async with here.client.get(f"{here.publishers.base_url}/nobody/rss.xml") as response:
            assert response.status == 404
        async with here.client.get(f"{here.publishers.base_url}/headline-harvest/articles/%FF") as response:
            assert response.status == 404


async def test_news_query_links_lead_to_the_credited_publisher() -> None:
    async with town(day(3)) as here:
        for slug, path in (
            ("harvest-ravi-shipment", "/ravi-chronicle/pakistan-ships-first-rare-earths-to-us-strategic-metals"),
            ("harvest-maple-strait-shipment", "/headline-harvest/harvest-maple-strait-shipment"),
        ):
            async with here.client.get(here.publishers.url_of(slug)) as response:
                assert response.url.path == path


async def test_edited_entry_keeps_its_identity_and_a_moved_one_its_old_page() -> None:
    async with town(day(2, 18)) as here:
        (_, link, identity), *_ = read("ravi-chronicle", (await here.get("ravi-chronicle"))[2])
        here.calendar.now = day(2, 20)
        (title, same_link, same_identity), *_ = read("ravi-chronicle", (await here.get("ravi-chronicle"))[2])
        assert title.endswith("$500m plan")
        assert (link, identity) == (same_link, same_identity)
        old = here.publishers.url_of("pakistan-dispatches-rare-earths-shipment")
        here.calendar.now = day(5, 12)
        new = here.publishers.url_of("pakistan-dispatches-rare-earths-shipment")
        assert old != new
        assert here.publishers.slug_of(old) == here.publishers.slug_of(new)
        for link in (old, new):
            async with here.client.get(link) as response:
                assert response.status == 200


async def test_second_visit_brings_nothing_new_under_new_validators() -> None:
    changed = {"karachi-ledger": 2, "ravi-chronicle": 1, "donglin-zh": None, "indus-lantern": None}
    first: dict[str, tuple[Mapping[str, str], bytes]] = {}
    async with town(NEWSROOM.end) as here:
        port = here.publishers.port
        for key in changed:
            _, headers, body = await here.get(key)
            first[key] = headers, body
    async with town(NEWSROOM.end, second_visit=True, port=port) as here:
        for key, part in changed.items():
            headers, body = first[key]
            conditions = {"If-None-Match": headers.get("ETag", ""), "If-Modified-Since": headers["Last-Modified"]}
            status, _, again = await here.get(key, **{name: value for name, value in conditions.items() if value})
            assert status == 200
            for old, new in zip(read(key, body), read(key, again), strict=True):
                assert [index for index in range(3) if old[index] != new[index]] == ([] if part is None else [part])
                assert here.publishers.slug_of(old[1]) == here.publishers.slug_of(new[1])
        dates = [entry.published for entry in feedparser.parse((await here.get("donglin-zh"))[2]).entries]
        assert dates != [entry.published for entry in feedparser.parse(first["donglin-zh"][1]).entries]
        async with here.client.get(here.publishers.url_of("lahore-test-first-day")) as response:
            assert response.status == 200


async def test_feeds_yaml_lists_every_feed(tmp_path: Path) -> None:
    async with town(day(2)) as here:
        path = tmp_path / "feeds.yaml"
        here.publishers.write_feeds_yaml(path)
        rows = yaml.safe_load(path.read_text("utf-8"))["feeds"]
        assert [row["id"] for row in rows] == [feed.id for feed in here.publishers.feeds()]
        wanted = {"id", "name", "url", "language", "publisher", "country", "ownership", "tier", "topics", "enabled"}
        assert rows[0].keys() == wanted | {"min_interval", "max_interval"}
        here.publishers.write_feeds_yaml(path, poll_bounds=False)
        assert yaml.safe_load(path.read_text("utf-8"))["feeds"][0].keys() == wanted
        assert "روزنامہ" in path.read_text("utf-8")


async def test_front_page_names_the_feed() -> None:
    async with town(day(2)) as here:
        async with here.client.get(f"{here.publishers.base_url}/awaz-e-sangam/") as response:
            page = await response.text()
        assert (
            f'rel="alternate" type="application/atom+xml" title="آوازِ سنگم" href="{here.feed("awaz-e-sangam").url}"'
            in page
        )
        assert 'dir="rtl"' in page
        async with here.client.get(here.publishers.base_url) as response:
            assert 'href="/awaz-e-sangam/"' in await response.text()


async def test_port_in_use_gets_one_line() -> None:
    async with town(day(2)) as here:
        with pytest.raises(ConfigError, match=rf"cannot serve on 127\.0\.0\.1 port {here.publishers.port}: [^\n]+$"):
            async with Publishers(NEWSROOM, here.calendar, port=here.publishers.port):
                pass


async def test_replay_clock_may_run_past_the_end() -> None:
    async with town(NEWSROOM.end + timedelta(days=400)) as here:
        assert await here.titles("magnet-monitor") == expected("magnet-monitor", NEWSROOM.end)
