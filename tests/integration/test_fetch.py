"""Fetching over real sockets: validators, encodings, redirects, refusals, limits."""

import asyncio
import gzip
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import brotli
import pytest

from bot.feeds.fetch.decode import zstd
from bot.feeds.fetch.fetcher import Fetcher, FetchLimits, _Trail
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest, NotModified
from tests.loopback import Asked, Loopback, loopback, reply

BODY = b"<rss version='2.0'><channel><title>Paper</title></channel></rss>"
LIMITS = FetchLimits(max_bytes=1 << 20, timeout=1.5, connect_timeout=1.0, max_redirects=3, per_host=2)


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as state:
        yield state


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(LIMITS, user_agent="Monazite test", allow_hosts=frozenset({"127.0.0.1"})) as opened:
        yield opened


async def get(fetcher: Fetcher, url: str, **asked: Any) -> Fetched | NotModified | FetchFailed:
    return await fetcher.fetch(FetchRequest(url, **asked))


async def failure(fetcher: Fetcher, url: str) -> FetchFailed:
    failed = await get(fetcher, url)
    assert isinstance(failed, FetchFailed)
    assert failed.message
    assert "\n" not in failed.message
    return failed


async def test_answer_and_its_validators(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/rss"] = reply(
        body=BODY,
        ETag='W/"1"',
        Last_Modified="Mon, 02 Mar 2026 11:00:00 GMT",
        Content_Type="text/xml",
        Cache_Control="max-age=90",
    )
    got = await get(fetcher, server.url("/rss"))
    assert isinstance(got, Fetched)
    assert (got.body, got.etag, got.last_modified) == (BODY, 'W/"1"', "Mon, 02 Mar 2026 11:00:00 GMT")
    assert (got.content_type, got.max_age, got.permanent_url, got.url) == ("text/xml", 90, None, server.url("/rss"))
    (asked,) = server.asked
    assert asked.headers["user-agent"] == "Monazite test"
    assert "if-none-match" not in asked.headers
    assert "cookie" not in asked.headers


async def test_conditional_request(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/rss"] = b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\n\r\n"
    got = await get(fetcher, server.url("/rss"), etag='"1"', last_modified="yesterday", user_agent="Other")
    assert isinstance(got, NotModified)
    assert got.max_age == 60
    headers = server.asked[0].headers
    assert (headers["if-none-match"], headers["if-modified-since"], headers["user-agent"]) == (
        '"1"',
        "yesterday",
        "Other",
    )


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("br", brotli.compress(BODY)),
        ("zstd", zstd.compress(BODY)),
        ("gzip, br", brotli.compress(gzip.compress(BODY, mtime=0))),
        ("identity", BODY),
        ("gzip", BODY),
        ("", gzip.compress(BODY, mtime=0)),
    ],
)
async def test_encodings(fetcher: Fetcher, server: Loopback, encoding: str, packed: bytes) -> None:
    server.answers["/rss"] = reply(body=packed, Content_Encoding=encoding)
    got = await get(fetcher, server.url("/rss"))
    assert isinstance(got, Fetched)
    assert got.body == BODY
    assert {"gzip", "br", "zstd"} <= set(server.asked[0].headers["accept-encoding"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", b"this is not gzip"), ("gzip", gzip.compress(BODY, mtime=0)[:-12]), ("rot13", BODY[::-1])],
)
async def test_broken_encodings(fetcher: Fetcher, server: Loopback, encoding: str, packed: bytes) -> None:
    server.answers["/rss"] = reply(body=packed, Content_Encoding=encoding)
    assert (await failure(fetcher, server.url("/rss"))).kind == FailureKind.PROTOCOL


def _bomb(encoding: str) -> bytes:
    """About a gigabyte of zeros."""
    block = bytes(16 << 20)
    if encoding == "br":
        packer = brotli.Compressor(quality=1)
        return b"".join([*(packer.process(block) for _ in range(64)), packer.finish()])
    inner = (zstd.compress(block) if encoding == "zstd" else gzip.compress(block)) * 64
    return gzip.compress(inner) if encoding == "gzip, gzip" else inner


FETCH_AND_MEASURE = """
import asyncio, pathlib, resource, sys
from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
from bot.feeds.fetch.results import FetchRequest
status = pathlib.Path("/proc/self/status")
def peak():
    if status.exists():  # getrusage tells the parent's peak where that is higher
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
async def main():
    async with Fetcher(FetchLimits(max_bytes=1 << 20), user_agent="t", allow_hosts=frozenset({"127.0.0.1"})) as fetcher:
        await fetcher.fetch(FetchRequest(sys.argv[1]))
        for url in sys.argv[2:]:
            before = peak()
            failed = await fetcher.fetch(FetchRequest(url))
            print(failed.kind, peak() - before)
asyncio.run(main())
"""


async def test_bombs_do_not_unfold(server: Loopback) -> None:
    """In a process of its own, because a peak of memory never goes down again."""
    encodings = ["gzip", "gzip, gzip", "br", "zstd"]
    server.answers["/rss"] = reply(body=BODY)
    for encoding in encodings:
        server.answers[f"/{encoding.replace(', ', '-')}"] = reply(body=_bomb(encoding), Content_Encoding=encoding)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FETCH_AND_MEASURE, *map(server.url, server.answers), stdout=asyncio.subprocess.PIPE
    )
    written, _ = await child.communicate()
    lines = [line.split() for line in written.decode().splitlines()]
    assert [kind for kind, _ in lines] == [FailureKind.TOO_LARGE] * len(encodings)
    assert max(int(grown) for _, grown in lines) < 24 * 1024  # KiB


async def test_encoding_that_makes_nothing_of_many_bytes_is_stopped(fetcher: Fetcher, server: Loopback) -> None:
    endless = b"\x50\x2a\x4d\x18\xff\xff\xff\x0f" + bytes(2 << 20)  # a zstd frame to be skipped
    server.answers["/rss"] = reply(body=endless, Content_Encoding="zstd")
    assert (await failure(fetcher, server.url("/rss"))).kind == FailureKind.TOO_LARGE


async def test_large_answer_is_refused(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/rss"] = reply(body=b"x" * (1 << 20) + b"x")
    assert (await failure(fetcher, server.url("/rss"))).kind == FailureKind.TOO_LARGE


@pytest.mark.parametrize(
    ("statuses", "recorded"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 302), True), ((302, 301), False)],
)
async def test_redirects(fetcher: Fetcher, server: Loopback, statuses: tuple[int, ...], recorded: bool) -> None:
    """Only a chain that is permanent from its first hop is recorded, up to where it stops being so."""
    for number, status in enumerate(statuses):
        server.answers[f"/{number}"] = reply(status, Location=f"/{number + 1}")
    server.answers[f"/{len(statuses)}"] = reply(body=BODY)
    got = await get(fetcher, server.url("/0"))
    assert isinstance(got, Fetched)
    assert got.url == server.url(f"/{len(statuses)}")
    permanent = next((n for n, status in enumerate(statuses) if status in (302, 303, 307)), len(statuses))
    assert got.permanent_url == (server.url(f"/{permanent}") if recorded else None)


async def test_redirects_are_counted(fetcher: Fetcher, server: Loopback) -> None:
    for number in range(10):
        server.answers[f"/{number}"] = reply(307, Location=f"{number + 1}")
    failed = await failure(fetcher, server.url("/0"))
    assert (failed.kind, len(server.asked)) == (FailureKind.REDIRECTS, LIMITS.max_redirects + 1)


async def test_circle_is_noticed(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/a"] = reply(301, Location="/b#part")
    server.answers["/b"] = reply(301, Location="/a")
    failed = await failure(fetcher, server.url("/a"))
    assert (failed.message, len(server.asked)) == ("redirects in a circle", 2)


async def test_moved_and_not_modified(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/old"] = reply(301, Location="/new")
    server.answers["/new"] = reply(304)
    got = await get(fetcher, server.url("/old"), etag='"1"')
    assert isinstance(got, NotModified)
    assert got.permanent_url == server.url("/new")
    assert server.asked[1].headers["if-none-match"] == '"1"'


def test_unsafe_address_is_not_recorded_for_ever() -> None:
    trail = _Trail("https://paper.example/rss")
    trail.move("http://paper.example/rss", permanent=True)
    assert (trail.url, trail.permanent_url) == ("http://paper.example/rss", None)


@pytest.mark.parametrize("location", ["/loop", "", "javascript:alert(1)", "ftp://127.0.0.1/", "http://[broken"])
async def test_redirects_to_nowhere(fetcher: Fetcher, server: Loopback, location: str) -> None:
    server.answers["/loop"] = reply(302, Location=location)
    assert (await failure(fetcher, server.url("/loop"))).kind == FailureKind.REDIRECTS


@pytest.mark.parametrize(
    ("answer", "kind", "wait"),
    [
        (reply(404), FailureKind.HTTP, None),
        (reply(500), FailureKind.HTTP, None),
        (reply(410), FailureKind.GONE, None),
        (reply(429, Retry_After="120"), FailureKind.THROTTLED, 120),
        (reply(503), FailureKind.THROTTLED, None),
        (reply(503, Retry_After="99999999999"), FailureKind.THROTTLED, 86400),
        (reply(503, Retry_After="soon"), FailureKind.THROTTLED, None),
        (reply(503, Retry_After="Mon, 01 Jan 99999999999 00:00:00 GMT"), FailureKind.THROTTLED, None),
        (reply(403), FailureKind.HTTP, None),
        (reply(204), FailureKind.HTTP, None),
        (reply(799), FailureKind.HTTP, None),
        (reply(304), FailureKind.PROTOCOL, None),
        (reply(200), FailureKind.PROTOCOL, None),
        (reply(200, b" \r\n "), FailureKind.PROTOCOL, None),
        (b"", FailureKind.PROTOCOL, None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n", FailureKind.PROTOCOL, None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", FailureKind.PROTOCOL, None),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", FailureKind.PROTOCOL, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n<rss", FailureKind.PROTOCOL, None),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", FailureKind.PROTOCOL, None),
    ],
)
async def test_refusals(
    fetcher: Fetcher, server: Loopback, answer: bytes, kind: FailureKind, wait: float | None
) -> None:
    async def once(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server.answers["/rss"] = once
    failed = await failure(fetcher, server.url("/rss"))
    assert (failed.kind, failed.retry_after) == (kind, wait)


async def test_retry_after_as_a_date_is_held_against_the_servers_clock(fetcher: Fetcher, server: Loopback) -> None:
    then = datetime(2031, 5, 1, tzinfo=UTC)
    later = format_datetime(then + timedelta(minutes=5))
    server.answers["/rss"] = reply(429, Date=format_datetime(then), Retry_After=later)
    assert (await failure(fetcher, server.url("/rss"))).retry_after == 300


@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ({"Cache_Control": "public, max-age=600"}, 600),
        ({"Cache_Control": "no-cache, max-age=600"}, None),
        ({"Cache_Control": "s-maxage=900, MAX-AGE = 600"}, 600),
        ({"Cache_Control": "s-maxage=900"}, None),
        ({"Cache_Control": "max-age=600", "Age": "250"}, 350),
        ({"Cache_Control": "max-age=600", "Age": "9000"}, 0),
        ({"Cache_Control": "max-age=-5"}, None),
        ({"Expires": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 0),
        ({"Expires": "Mon, 01 Jan 99999999999 00:00:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, None),
        ({"Expires": "Mon, 02 Mar 2026 12:10:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 600),
        ({"Expires": "0", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, None),
        ({}, None),
    ],
)
async def test_lifetime(fetcher: Fetcher, server: Loopback, headers: dict[str, str], lifetime: float | None) -> None:
    server.answers["/rss"] = reply(200, BODY, **headers)
    got = await get(fetcher, server.url("/rss"))
    assert isinstance(got, Fetched)
    assert got.max_age == lifetime


async def test_long_headers_are_read_and_odd_validators_dropped(fetcher: Fetcher, server: Loopback) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Security-Policy: " + "x " * 10_000 + f"\r\nContent-Length: {len(BODY)}\r\n"
    server.answers["/rss"] = head.encode() + b'ETag: "\xe9\xff"\r\nLast-Modified: ' + b"z" * 2000 + b"\r\n\r\n" + BODY
    got = await get(fetcher, server.url("/rss"))
    assert isinstance(got, Fetched)
    assert (got.etag, got.last_modified) == (None, None)


async def test_drip_ends_with_the_time(fetcher: Fetcher, server: Loopback) -> None:
    async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _byte in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.answers["/rss"] = drip
    failed = await failure(fetcher, server.url("/rss"))
    assert failed.kind == FailureKind.TIMEOUT
    assert failed.elapsed > 1


async def test_nobody_listens(fetcher: Fetcher) -> None:
    async with loopback() as gone:
        url = gone.url("/rss")
    assert (await failure(fetcher, url)).kind == FailureKind.CONNECT


async def test_unknown_host_and_no_address(fetcher: Fetcher) -> None:
    assert (await failure(fetcher, "http://no-such-host.invalid/")).kind == FailureKind.DNS
    assert (await failure(fetcher, "ftp://paper.example/")).kind == FailureKind.ADDRESS


async def test_plain_server_behind_https() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    assert (await _failure_behind(refuse)).kind == FailureKind.TLS


async def test_silence_instead_of_a_handshake() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    failed = await _failure_behind(say_nothing)
    assert (failed.kind, failed.message) == (FailureKind.TIMEOUT, "no connection within 0.3 s")


async def _failure_behind(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> FetchFailed:
    """What becomes of an https address whose server speaks no TLS."""
    limits = FetchLimits(connect_timeout=0.3)
    async with (
        await asyncio.start_server(serve, "127.0.0.1", 0) as plain,
        Fetcher(limits, user_agent="t", allow_hosts=frozenset({"127.0.0.1"})) as fetcher,
    ):
        return await failure(fetcher, f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}/rss")


def slowly(seconds: float, answer: bytes) -> Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]:
    async def write(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer)

    return write


async def test_limit_per_host(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/rss"] = slowly(0.02, reply(body=BODY))
    got = await asyncio.gather(*(get(fetcher, server.url("/rss")) for _ in range(10)))
    assert all(isinstance(one, Fetched) for one in got)
    assert server.most_at_once == LIMITS.per_host
    assert server.connections <= LIMITS.per_host  # connections are kept


async def test_limit_holds_where_redirects_lead(fetcher: Fetcher, server: Loopback) -> None:
    server.answers["/rss"] = slowly(0.02, reply(body=BODY))
    async with loopback() as one, loopback() as other:
        one.answers["/"] = other.answers["/"] = reply(302, Location=server.url("/rss"))
        got = await asyncio.gather(*(get(fetcher, place.url()) for place in (one, other) for _ in range(4)))
    assert all(isinstance(each, Fetched) for each in got)
    assert server.most_at_once == LIMITS.per_host


async def test_limit_over_all() -> None:
    limits = FetchLimits(total_concurrency=3, per_host=3)
    async with (
        loopback() as one,
        loopback() as other,
        Fetcher(limits, user_agent="t", allow_hosts=frozenset({"127.0.0.1"})) as fetcher,
    ):
        at_once = []

        async def count(_: Asked, writer: asyncio.StreamWriter) -> None:
            at_once.append(one.at_once + other.at_once)
            await asyncio.sleep(0.02)
            writer.write(reply(body=BODY))

        one.answers["/"] = other.answers["/"] = count
        await asyncio.gather(*(get(fetcher, place.url()) for place in (one, other) for _ in range(6)))
    assert max(at_once) == 3


async def test_waiting_for_a_place_is_no_part_of_the_time(server: Loopback) -> None:
    server.answers["/rss"] = slowly(0.15, reply(body=BODY))
    limits = FetchLimits(timeout=0.4, per_host=1)
    async with Fetcher(limits, user_agent="t", allow_hosts=frozenset({"127.0.0.1"})) as fetcher:
        got = await asyncio.gather(*(get(fetcher, server.url("/rss")) for _ in range(4)))
    assert all(isinstance(one, Fetched) for one in got)


async def test_cancelled_fetch_leaves_its_place(server: Loopback) -> None:
    server.answers["/slow"] = slowly(30, b"")
    server.answers["/rss"] = reply(body=BODY)
    limits = FetchLimits(per_host=1, total_concurrency=1)
    async with Fetcher(limits, user_agent="t", allow_hosts=frozenset({"127.0.0.1"})) as fetcher:
        slow = asyncio.create_task(get(fetcher, server.url("/slow")))
        while not server.asked:
            await asyncio.sleep(0.01)
        slow.cancel()
        assert isinstance(await get(fetcher, server.url("/rss")), Fetched)


async def test_server_that_closes_kept_connections(fetcher: Fetcher, server: Loopback) -> None:
    async def once(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(body=BODY))
        await writer.drain()
        writer.close()

    server.answers["/rss"] = once
    for _ in range(5):
        assert isinstance(await get(fetcher, server.url("/rss")), Fetched)


@pytest.mark.parametrize("path", ["/rss?token=hunter2", "/moved?token=hunter2"])
async def test_secrets_in_an_address_stay_out_of_messages(fetcher: Fetcher, server: Loopback, path: str) -> None:
    server.answers["/moved?token=hunter2"] = reply(302, Location="ftp://hunter2@127.0.0.1/")
    assert "hunter2" not in (await failure(fetcher, server.url(path))).message
    assert "hunter2" not in (await failure(fetcher, f"http://me:hunter2@127.0.0.1:{server.port}/")).message
