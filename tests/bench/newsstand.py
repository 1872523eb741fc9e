"""A loopback server of many feeds with ETags and gzip, as light as can be: it must not be what is measured.

Run as ``python -m tests.bench.newsstand PORT FEEDS ENTRIES``. ``POST /next`` publishes: one feed in five gets one to
three new entries. A document is rendered before the answer to that, never while a measurement runs.
"""

import asyncio
import hashlib
import html
import random
import sys
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_TEXT = (
    "harbour council budget minister report growth policy airport weather season player market school river bridge "
    "energy court health storm election festival museum railway cotton copper wheat budgetary storage factory village "
    "engine signal harvest orchard library theatre glacier summit tunnel ferry reactor satellite textile currency"
)
WORDS = _TEXT.split()
ON_TOPIC = (
    "China tightens licences for rare earth exports",
    "Pakistan and a US firm discuss rare earth processing",
    "Neodymium prices rise after new quotas in China",
    "Islamabad and Beijing sign a new corridor agreement",
)
START = datetime(2026, 1, 5, 6, tzinfo=UTC)


def _words(rng: random.Random, number: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(number)).capitalize()


def _entry(feed: int, number: int) -> dict[str, str]:
    rng = random.Random(f"{feed}/{number}")
    title = rng.choice(ON_TOPIC) if rng.random() < 0.03 else _words(rng, rng.randint(6, 12))
    body = "".join(f"<p>{_words(rng, 60)}. <a href='/more/{n}'>{rng.choice(WORDS)}</a></p>" for n in range(6))
    return {
        "id": f"urn:bench:{feed}:{number}",
        "url": f"https://paper{feed}.example/story/{number}?utm_source=rss",
        "title": f"{title} ({feed}-{number})",
        "summary": f"{_words(rng, rng.randint(25, 70))}.",
        "content": body if rng.random() < 0.3 else "",
        "when": format_datetime(START + timedelta(minutes=10 * number)),
        "iso": (START + timedelta(minutes=10 * number)).isoformat(),
    }


def _rss(feed: int, entries: list[dict[str, str]]) -> str:
    rows = []
    for entry in entries:
        content = f"<content:encoded><![CDATA[{entry['content']}]]></content:encoded>" if entry["content"] else ""
        rows.append(
            f"<item><title>{html.escape(entry['title'])}</title><link>{html.escape(entry['url'])}</link>"
            f"<guid isPermaLink='false'>{entry['id']}</guid><pubDate>{entry['when']}</pubDate>"
            f"<description>{html.escape(entry['summary'])}</description>{content}</item>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        f"<title>Paper {feed}</title><link>https://paper{feed}.example/</link><description>News</description>"
        f"<language>en</language>{''.join(rows)}</channel></rss>"
    )


def _atom(feed: int, entries: list[dict[str, str]]) -> str:
    rows = []
    for entry in entries:
        content = f"<content type='html'>{html.escape(entry['content'])}</content>" if entry["content"] else ""
        rows.append(
            f"<entry><title>{html.escape(entry['title'])}</title><id>{entry['id']}</id>"
            f"<link href='{html.escape(entry['url'], quote=True)}'/><updated>{entry['iso']}</updated>"
            f"<summary>{html.escape(entry['summary'])}</summary>{content}</entry>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'>"
        f"<title>Paper {feed}</title><id>urn:bench:{feed}</id><updated>{entries[0]['iso']}</updated>"
        f"<link href='https://paper{feed}.example/'/>{''.join(rows)}</feed>"
    )


class Newsstand:
    """What every feed answers now: with a body, with a gzipped body, and when it has not changed."""

    def __init__(self, feeds: int, entries: int) -> None:
        self.entries = entries
        self.published = [entries] * feeds
        self.answers: list[tuple[bytes, bytes, bytes, bytes]] = [self._render(feed) for feed in range(feeds)]
        self._round = 0

    def publish(self) -> None:
        """Add new entries to one feed in five."""
        self._round += 1
        rng = random.Random(self._round)
        for feed in range(len(self.published)):
            if rng.random() < 0.2:
                self.published[feed] += rng.randint(1, 3)
                self.answers[feed] = self._render(feed)

    def _render(self, feed: int) -> tuple[bytes, bytes, bytes, bytes]:
        newest = self.published[feed]
        entries = [_entry(feed, number) for number in range(newest - 1, newest - self.entries - 1, -1)]
        atom = feed % 4 == 3
        body = (_atom if atom else _rss)(feed, entries).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        packed = packer.compress(body) + packer.flush()
        kind = "application/atom+xml" if atom else "application/rss+xml"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nETag: {etag}\r\n"
        plain = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        gzipped = f"{head}Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed
        return etag.encode(), plain, gzipped, f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """Just enough of HTTP/1.1 with keep-alive for GETs without bodies."""

    def __init__(self, stand: Newsstand) -> None:
        self._stand = stand
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, received: bytes) -> None:
        *requests, self._pending = (self._pending + received).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        method, path, _ = request.split(b"\r\n", 1)[0].split(b" ", 2)
        if method == b"POST":
            self._stand.publish()
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        headers = request.lower()
        etag, plain, gzipped, unchanged = self._stand.answers[int(path.rsplit(b"/", 1)[1])]
        if b"if-none-match: " + etag in headers:
            return unchanged
        accepted = headers.partition(b"accept-encoding:")[2].split(b"\r\n", 1)[0]
        return gzipped if b"gzip" in accepted else plain


async def _serve(port: int, feeds: int, entries: int) -> None:
    stand = Newsstand(feeds, entries)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(stand), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:4])))
