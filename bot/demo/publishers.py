"""The demo's publishers: real HTTP on the loopback network, with the habits and failings of real ones."""

import asyncio
import gzip
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import yaml
from aiohttp import ETag, web

from bot.demo import formats, pages
from bot.demo.clock import ReplayClock
from bot.demo.formats import Edition
from bot.demo.texts import Fault, NewsEntry, Newsroom, Publisher, Shown, shown_at
from bot.errors import ConfigError
from bot.model import Feed
from bot.ports import Clock

__all__ = ["Newsroom", "Publishers", "ReplayClock", "Served"]

_MOVED = "old-feed.xml"
_WRAPPED = "articles"
_DATED = re.compile(r"-\d{8}$")


@dataclass(slots=True)
class Served:
    """How often one publisher, or all of them, received a request, and with what responses."""

    requests: int = 0
    full: int = 0
    not_modified: int = 0
    redirects: int = 0
    failures: int = 0
    pages: int = 0


@dataclass(slots=True)
class _Printed:
    """The last document of a publisher, kept until its content changes."""

    edition: Edition
    body: bytes
    packed: bytes
    tag: str
    serials: int = field(default=0)


class Publishers:
    """Serves the newsroom's publishers over HTTP while the ``async with`` block lasts.

    What is visible depends on ``now``, an aware UTC clock such as ReplayClock. ``port`` 0 takes any free port; give the
    port of the first run again at the second, so that addresses stay the same. With ``second_visit`` every validator is
    new, one publisher has changed its guids, one its dates and one its addresses, and nothing is news.
    """

    def __init__(
        self, newsroom: Newsroom, now: Clock, *, host: str = "127.0.0.1", port: int = 0, second_visit: bool = False
    ) -> None:
        self.newsroom = newsroom
        self.now = now
        self.host = host
        self.port = port
        self.second_visit = second_visit
        self.served = {key: Served() for key in newsroom.publishers}
        self._printed: dict[str, _Printed] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start serving. Raises ConfigError if the port is unavailable."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/{publisher}/", self._front)
        app.router.add_get(f"/{{publisher}}/{_WRAPPED}/{{token}}", self._wrapped)
        app.router.add_get("/{publisher}/{name}", self._named)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError as error:
            await runner.cleanup()
            reason = error.strerror or error
            raise ConfigError(f"the demo cannot serve on {self.host} port {self.port}: {reason}") from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop serving; running requests are cancelled."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def base_url(self) -> str:
        """The address of the publishers, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def stats(self) -> Served:
        """The sum over all publishers."""
        return Served(
            **{part.name: sum(getattr(one, part.name) for one in self.served.values()) for part in fields(Served)}
        )

    @property
    def everyone_visited(self) -> bool:
        """Whether every feed has served its entries at least once."""
        return all(one.full for one in self.served.values())

    def feeds(self) -> tuple[Feed, ...]:
        """Return the feeds that are served, with a cadence of one or two seconds. Only while serving."""
        return tuple(
            Feed(
                id=f"demo-{publisher.key}",
                name=publisher.name,
                url=f"{self._home(publisher)}{_MOVED if publisher.moved else _feed_name(publisher)}",
                language=publisher.language,
                publisher=publisher.name,
                country=publisher.country,
                ownership=publisher.ownership,
                tier=publisher.tier,
                topics=publisher.topics,
                min_interval=1.0,
                max_interval=2.0,
            )
            for publisher in self.newsroom.publishers.values()
        )

    def write_feeds_yaml(self, path: Path, *, poll_bounds: bool = True) -> None:
        """Write ``feeds()`` as a feeds.yaml; ``poll_bounds`` adds min_interval and max_interval (seconds) to each."""
        left_out = {"user_agent"} if poll_bounds else {"user_agent", "min_interval", "max_interval"}
        rows = []
        for feed in self.feeds():
            row = {part.name: getattr(feed, part.name) for part in fields(Feed) if part.name not in left_out}
            rows.append({**row, "ownership": str(feed.ownership), "topics": list(feed.topics)})
        path.write_text(yaml.safe_dump({"feeds": rows}, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def url_of(self, slug: str) -> str:
        """Return the link that an entry has in its feed now. Raises KeyError if there is no such entry."""
        entry = self.newsroom.entries[slug]
        return self._address(self.newsroom.publishers[entry.publisher], self._as_of_now(entry, self.now()))

    def slug_of(self, url: str) -> str | None:
        """Return the slug, as first published, of the entry that a link to this newsroom leads to, or None."""
        name = urlsplit(url).path.rpartition("/")[2]
        if f"/{_WRAPPED}/" in url:
            try:
                name = urlsafe_b64decode(name.encode()).decode()
            except (Base64Error, UnicodeError):
                return None
        entry = self.newsroom.entry(name) or self.newsroom.entry(_DATED.sub("", name))
        return None if entry is None else entry.slug

    # Requests

    async def _index(self, _: web.Request) -> web.Response:
        return _html(pages.index(self.newsroom.publishers.values()))

    async def _front(self, request: web.Request) -> web.Response:
        publisher = self._publisher(request)
        self.served[publisher.key].pages += 1
        return _html(pages.front(self._edition(publisher, self.now())))

    async def _named(self, request: web.Request) -> web.StreamResponse:
        publisher, name = self._publisher(request), request.match_info["name"]
        if name == _feed_name(publisher):
            return await self._feed(request, publisher)
        if name == _MOVED and publisher.moved:
            self.served[publisher.key].redirects += 1
            raise web.HTTPMovedPermanently(f"{self._home(publisher)}{_feed_name(publisher)}")
        slug, now = self.slug_of(request.path), self.now()
        entry = self.newsroom.entries[slug] if slug else None
        if entry is None or entry.publisher != publisher.key or entry.published > now:
            raise web.HTTPNotFound(text="This page is not, or not yet, published.")
        self.served[publisher.key].pages += 1
        return _html(pages.article(publisher, self._as_of_now(entry, now)))

    async def _wrapped(self, request: web.Request) -> web.Response:
        """Redirect a news query's link to the article of the publisher that it names, if that one is served here."""
        slug = self.slug_of(request.path)
        entry = self.newsroom.entries[slug] if slug else None
        if entry is None or entry.published > self.now():
            raise web.HTTPNotFound(text="This page is not, or not yet, published.")
        original = self.newsroom.entries.get(entry.copy_of or "")
        if original is not None and entry.credit == self.newsroom.publishers[original.publisher].name:
            raise web.HTTPFound(self.url_of(original.slug))
        raise web.HTTPFound(f"{self._home(self._publisher(request))}{entry.slug}")

    async def _feed(self, request: web.Request, publisher: Publisher) -> web.StreamResponse:
        served = self.served[publisher.key]
        served.requests += 1
        if publisher.delay:
            await asyncio.sleep(publisher.delay)
        now = self.now()
        printed = self._print(publisher, now)
        fault = next((fault for fault in publisher.faults if fault.since <= now < fault.until), None)
        if fault is not None:
            served.failures += 1
            return await _fail(request, fault, printed.body)
        if _known(request, publisher, printed):
            served.not_modified += 1
            response = web.Response(status=304)
        else:
            served.full += 1
            packed = publisher.gzip and "gzip" in request.headers.get("Accept-Encoding", "")
            body = printed.packed if packed else printed.body
            response = web.Response(body=body, headers={"Content-Type": formats.CONTENT_TYPES[publisher.format]})
            if packed:
                response.headers["Content-Encoding"] = "gzip"
        if publisher.gzip:
            response.headers["Vary"] = "Accept-Encoding"
        if publisher.validators in {"both", "etag"}:
            response.etag = ETag(printed.tag, is_weak=publisher.gzip)
        if publisher.validators in {"both", "date"}:
            response.last_modified = printed.edition.changed
        return response

    # What is shown

    def _publisher(self, request: web.Request) -> Publisher:
        publisher = self.newsroom.publishers.get(request.match_info["publisher"])
        if publisher is None:
            raise web.HTTPNotFound(text="There is no such publisher.")
        return publisher

    def _home(self, publisher: Publisher) -> str:
        return f"{self.base_url}/{publisher.key}/"

    def _address(self, publisher: Publisher, entry: Shown) -> str:
        home = self._home(publisher)
        if publisher.format == "query":
            return f"{home}{_WRAPPED}/{urlsafe_b64encode(entry.slug.encode()).decode()}"
        renamed = self.second_visit and publisher.second_visit == "new-addresses"
        return f"{home}{entry.slug}-{entry.published:%Y%m%d}" if renamed else f"{home}{entry.slug}"

    def _as_of_now(self, entry: NewsEntry, now: datetime) -> Shown:
        """Return the entry as shown now, with what its publisher changed between the first visit and the second."""
        shown = shown_at(entry, now)
        change = self.newsroom.publishers[entry.publisher].second_visit if self.second_visit else "same"
        if change == "new-guids":
            return replace(shown, guid=f"https://{entry.publisher}.example/?p={int(_digest(shown.guid.encode()), 16)}")
        if change == "new-dates":
            # Every entry gets a date in the replay's last hour, in the old order, as an import into a new system does.
            age = self.newsroom.end - shown.published
            fresh = self.newsroom.end - timedelta(seconds=age.total_seconds() / 1000)
            return replace(shown, published=fresh.replace(microsecond=0), changed=self.newsroom.end)
        return shown

    def _edition(self, publisher: Publisher, now: datetime) -> Edition:
        """Return what ``publisher`` shows at ``now``."""
        visible = self.newsroom.visible(publisher.key, now)
        entries = tuple(self._as_of_now(entry, now) for entry in visible)
        return Edition(
            publisher=publisher,
            home=self._home(publisher),
            address=f"{self._home(publisher)}{_feed_name(publisher)}",
            entries=entries,
            addresses={entry.slug: self._address(publisher, entry) for entry in entries},
            homes={other.name: self._home(other) for other in self.newsroom.publishers.values()},
            changed=self.newsroom.end
            if self.second_visit
            else max((entry.changed for entry in entries), default=self.newsroom.start),
        )

    def _print(self, publisher: Publisher, now: datetime) -> _Printed:
        """Return the document for ``now``; it is written again only if it changed, or if the publisher is restless."""
        edition = self._edition(publisher, now)
        last = self._printed.get(publisher.key)
        if last is not None and last.edition == edition and not publisher.restless:
            return last
        serials = 0 if last is None else last.serials + 1
        noted = replace(edition, note=f"copy number {serials}") if publisher.restless else edition
        body = formats.write(noted)
        # The validators of the second visit differ even where the document does not, as after a move to a new server.
        tag = _digest(body + (b"second" if self.second_visit else b""))
        printed = _Printed(edition, body, gzip.compress(body, mtime=0) if publisher.gzip else b"", tag, serials)
        self._printed[publisher.key] = printed
        return printed


def _feed_name(publisher: Publisher) -> str:
    return formats.FILE_NAMES[publisher.format]


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=6).hexdigest()


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _known(request: web.Request, publisher: Publisher, printed: _Printed) -> bool:
    """Return whether the client has this document already (RFC 9110, section 13: an ETag takes precedence)."""
    if request.if_none_match is not None:
        return publisher.validators in {"both", "etag"} and any(
            tag.value == printed.tag for tag in request.if_none_match
        )
    since = request.if_modified_since
    return publisher.validators in {"both", "date"} and since is not None and printed.edition.changed <= since


async def _fail(request: web.Request, fault: Fault, body: bytes) -> web.StreamResponse:
    """Fail as the fault says: with a status, or with half of the body and a closed connection."""
    if fault.kind != "cut":
        after = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return web.Response(status=fault.status, headers=after, text="The publisher is unavailable at the moment.")
    response = web.StreamResponse(
        headers={"Content-Length": str(len(body)), "Content-Type": "application/octet-stream"}
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
