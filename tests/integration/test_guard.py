"""No spelling of a private address, and no redirect to one, opens a connection."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from bot.errors import ConfigError
from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
from bot.feeds.fetch.guard import BlockedAddressError, Guard
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest
from tests.loopback import Loopback, loopback, reply

LIMITS = FetchLimits(timeout=3, connect_timeout=1)
HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0", "127.127.127.127",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[ff02::1]",
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "１２７.0.0.1", "127。0。0。1", "user@127.0.0.1", "example.org@127.0.0.1", "127.0.0.1%00.example.org",
]  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as state:
        state.answers["/rss"] = reply(body=b"<rss/>")
        yield state


@pytest.mark.parametrize("host", HOSTS)
async def test_private_addresses_are_never_connected_to(server: Loopback, host: str) -> None:
    async with Fetcher(LIMITS, user_agent="test") as fetcher:
        got = await fetcher.fetch(FetchRequest(f"http://{host}:{server.port}/rss"))
    assert isinstance(got, FetchFailed)
    assert got.kind in (FailureKind.BLOCKED, FailureKind.ADDRESS, FailureKind.DNS)
    assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.0.0.2"])
async def test_redirects_are_checked_again(server: Loopback, host: str) -> None:
    async with loopback("127.0.0.3") as outside:
        outside.answers["/go"] = reply(302, Location=f"http://{host}:{server.port}/rss")
        async with Fetcher(LIMITS, user_agent="test", allow_hosts=frozenset({"127.0.0.3"})) as fetcher:
            got = await fetcher.fetch(FetchRequest(outside.url("/go", host="127.0.0.3")))
    assert isinstance(got, FetchFailed)
    assert got.kind in (FailureKind.BLOCKED, FailureKind.ADDRESS)
    assert (outside.connections, server.connections) == (1, 0)


@pytest.mark.parametrize("answers", [[["127.0.0.2"], ["127.0.0.1"]], [["127.0.0.2"], ["127.0.0.4", "127.0.0.1"]]])
async def test_a_name_that_is_bound_anew_leads_nowhere(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]
) -> None:
    """A name server of the attacker's: an address that may be had at first, and a private one from then on."""
    outside, waiting = Loopback(port=server.port, answers=dict(server.answers)), iter(answers)

    def resolve(host: str | bytes, port: int, *_: object, **__: object) -> list[object]:
        assert host in ("rebound.example", b"rebound.example")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(waiting)]

    got = []
    async with await asyncio.start_server(outside.serve, "127.0.0.2", server.port):
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        for _ in answers:
            async with Fetcher(LIMITS, user_agent="test", allow_hosts=frozenset({"127.0.0.2"})) as fetcher:
                got.append(await fetcher.fetch(FetchRequest(f"http://rebound.example:{server.port}/rss")))
    assert isinstance(got[0], Fetched)
    assert isinstance(got[1], FetchFailed)
    assert (got[1].kind, outside.connections, server.connections) == (FailureKind.BLOCKED, 1, 0)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "localhost", "127.0.0.1:{}", "LOCALHOST:{}"])
async def test_what_is_allowed_is_let_through(server: Loopback, allowed: str) -> None:
    host = "localhost" if "localhost" in allowed.lower() else "127.0.0.1"
    allow = frozenset({allowed.format(server.port)})
    async with Fetcher(LIMITS, user_agent="test", allow_hosts=allow) as fetcher:
        assert isinstance(await fetcher.fetch(FetchRequest(server.url("/rss", host))), Fetched)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_allowed_port_opens_no_other(server: Loopback, host: str) -> None:
    async with (
        loopback() as other,
        Fetcher(LIMITS, user_agent="test", allow_hosts=frozenset({f"{host}:{server.port}"})) as fetcher,
    ):
        assert isinstance(await fetcher.fetch(FetchRequest(server.url("/rss", host))), Fetched)
        got = await fetcher.fetch(FetchRequest(other.url("/rss", host)))
    assert isinstance(got, FetchFailed)
    assert (got.kind, other.connections) == (FailureKind.BLOCKED, 0)


@pytest.mark.parametrize("entry", ["http://news.lan/", "10.0.0.0/99", "a b", "", "::1::2", "news.lan:port"])
def test_what_cannot_be_allowed_is_said(entry: str) -> None:
    with pytest.raises(ConfigError, match="cannot be allowed"):
        Guard([entry])


async def test_connection_of_an_allowed_name_serves_no_other(server: Loopback) -> None:
    async with Fetcher(LIMITS, user_agent="test", allow_hosts=frozenset({"localhost"})) as fetcher:
        assert isinstance(await fetcher.fetch(FetchRequest(server.url("/rss", "localhost"))), Fetched)
        got = await fetcher.fetch(FetchRequest(server.url("/rss", "127.0.0.1")))
    assert isinstance(got, FetchFailed)
    assert server.connections == 1


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"])
def test_public_addresses_get_a_socket(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = Guard().make_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))
    made.close()


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "192.0.0.192", "192.88.99.1", "168.63.129.16", "100.100.100.200", "::", "fec0::1", "fd00:ec2::254",
        "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2001:db8::1",
        "3fff::1", "4000::1", "::ffff:10.0.0.1", "::10.0.0.1", "fe80::1%eth0", "ff0e::1", "localhost", "",
    ],
)  # fmt: skip
def test_reserved_addresses_get_none(address: str) -> None:
    with pytest.raises(BlockedAddressError):
        Guard().make_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))
