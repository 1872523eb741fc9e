"""Hop 2: a conditional GET becomes bytes, "not modified", or a failure. A failure is a value, never an exception."""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Self
from weakref import WeakValueDictionary

import aiohttp
from aiohttp import hdrs
from yarl import URL

from bot.errors import FetchError
from bot.feeds.fetch.decode import ACCEPTED, Decoders
from bot.feeds.fetch.guard import BlockedAddressError, Guard
from bot.feeds.fetch.headers import freshness, kept_value, retry_after
from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest, FetchResult, NotModified
from bot.text.urls import clean_url

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 15  # bytes of one header; some publishers' content policies are longer than the usual 8 KiB
_PERMANENT = (301, 308)
_REDIRECTS = (*_PERMANENT, 302, 303, 307)
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """``max_bytes`` counts decoded bytes; times are in seconds and cover all redirects; the rest are counts."""

    max_bytes: int = 10 * 1024 * 1024
    timeout: float = 20.0
    connect_timeout: float = 8.0
    max_redirects: int = 5
    total_concurrency: int = 64
    per_host: int = 2


@dataclass(slots=True)
class _Trail:
    """Where a request has come to: its present address, what led there, and the seconds it took."""

    url: str
    permanent: bool = True
    permanent_url: str | None = None
    spent: float = 0.0
    passed: set[str] = field(default_factory=set)

    def move(self, target: str, *, permanent: bool) -> None:
        """Follow a redirect."""
        self.passed.add(self.url)
        # A redirect from https to http is followed, but not for ever: the next poll tries the safe address again.
        self.permanent = self.permanent and permanent and not (self.url[:5] == "https" and target[:5] == "http:")
        self.permanent_url = target if self.permanent else self.permanent_url
        self.url = target


class _FetchStoppedError(Exception):
    """Carries a failure up to where it is returned."""

    def __init__(self, kind: FailureKind, message: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(message)
        self.failed = FetchFailed(kind, message, status, wait)


class Fetcher:
    """Fetches feeds and pages over connections that are kept and shared. An asynchronous context manager.

    ``allow_hosts`` are host names, addresses and networks that may be private; see ``Guard``, which raises ConfigError
    for what is none.
    """

    def __init__(self, limits: FetchLimits, *, user_agent: str, allow_hosts: frozenset[str] = frozenset()) -> None:
        self._limits = limits
        self._user_agent = user_agent
        self._guard = Guard(allow_hosts)
        self._all = asyncio.Semaphore(limits.total_concurrency)
        self._unfolding = asyncio.Lock()
        self._by_host: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._sessions: list[aiohttp.ClientSession] = []

    async def __aenter__(self) -> Self:
        # Hosts that the configuration allows by name have connections of their own, which ask no guard.
        self._sessions = [self._open(guarded=True), self._open(guarded=False)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions:
            await session.close()

    def _open(self, *, guarded: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # our own semaphores count, so that waiting for a place is no part of a fetch's time
            resolver=aiohttp.ThreadedResolver(),  # the system's: it knows /etc/hosts and the local domain
            ttl_dns_cache=300,
            socket_factory=self._guard.make_socket if guarded else None,
            keepalive_timeout=30,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING),
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Make one GET, conditional where the request has validators, following redirects within the limits."""
        url = clean_url(request.url)
        if not url:
            return FetchFailed(FailureKind.ADDRESS, "this is no http or https address that can be fetched")
        trail, headers = _Trail(url), _headers(request, self._user_agent)
        for _ in range(self._limits.max_redirects + 1):
            if (result := await self._step(trail, headers)) is not None:
                return result
            if request.may_follow is not None and not await request.may_follow(trail.url):
                return FetchFailed(FailureKind.REDIRECTS, "redirects to where we may not go", elapsed=trail.spent)
        message = f"more than {self._limits.max_redirects} redirects"
        return FetchFailed(FailureKind.REDIRECTS, message, elapsed=trail.spent)

    async def _step(self, trail: _Trail, headers: Mapping[str, str]) -> FetchResult | None:
        """One request, when its host has a place free; None where it was redirected, and the trail has moved on."""
        async with self._place(trail.url), self._all:
            started = time.monotonic() - trail.spent
            try:
                async with asyncio.timeout(self._limits.timeout - trail.spent):
                    return await self._ask(trail, headers, started)
            except _FetchStoppedError as stopped:
                failed = stopped.failed
            except FetchError as error:
                failed = FetchFailed(FailureKind.PROTOCOL, str(error))
            except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a header that cannot be sent
                failed = _connection_failure(error, self._limits)
            finally:
                trail.spent = time.monotonic() - started
            return replace(failed, elapsed=trail.spent)

    def _place(self, url: str) -> asyncio.Semaphore:
        host = url.split("/", 3)[2]
        place = self._by_host.get(host)
        if place is None:
            place = self._by_host[host] = asyncio.Semaphore(self._limits.per_host)
        return place

    async def _ask(self, trail: _Trail, headers: Mapping[str, str], started: float) -> FetchResult | None:
        target = URL(trail.url, encoded=True)
        unguarded = self._guard.allows_host(target.host or "", target.port or 0)
        async with self._sessions[unguarded].get(target, headers=headers, allow_redirects=False) as response:
            status = response.status
            if status in _REDIRECTS:
                trail.move(_redirect_target(trail, response), permanent=status in _PERMANENT)
                return None
            if status == 304:
                return _not_modified(trail, headers, response, time.monotonic() - started)
            if status != 200:
                raise _refusal(status, response.headers)
            body = await self._body(response)
            return Fetched(
                url=trail.url,
                body=body,
                content_type=kept_value(response.headers, hdrs.CONTENT_TYPE) or "",
                etag=kept_value(response.headers, hdrs.ETAG),
                last_modified=kept_value(response.headers, hdrs.LAST_MODIFIED),
                max_age=freshness(response.headers),
                permanent_url=trail.permanent_url,
                elapsed=time.monotonic() - started,
            )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """The decoded body. What is received counts too: an encoding can make nothing out of any number of bytes."""
        decoders = Decoders(",".join(response.headers.getall(hdrs.CONTENT_ENCODING, [])).split(","))
        pieces: list[bytes] = []
        size = arrived = 0
        async for received in response.content.iter_chunked(_CHUNK):
            arrived += len(received)
            for number, piece in enumerate(decoders.decode(received)):
                if number:  # a bomb unfolds to many pieces: one piece of one bomb at a time, and everybody has a turn
                    async with self._unfolding:
                        await asyncio.sleep(0)
                pieces.append(piece)
                size += len(piece)
                if max(size, arrived) > self._limits.max_bytes:
                    response.close()
                    limit = self._limits.max_bytes / 2**20
                    raise _FetchStoppedError(FailureKind.TOO_LARGE, f"the answer has more than {limit:g} MiB", 200)
        pieces.extend(decoders.finish())
        body = b"".join(pieces)
        if not body or body.isspace():
            raise _FetchStoppedError(FailureKind.PROTOCOL, "the answer is empty", 200)
        return body


def _headers(request: FetchRequest, user_agent: str) -> dict[str, str]:
    headers: dict[str, str] = {
        hdrs.USER_AGENT: request.user_agent or user_agent,
        hdrs.ACCEPT: _ACCEPT,
        hdrs.ACCEPT_ENCODING: ACCEPTED,
    }
    if request.etag:
        headers[hdrs.IF_NONE_MATCH] = request.etag
    if request.last_modified:
        headers[hdrs.IF_MODIFIED_SINCE] = request.last_modified
    return headers


def _not_modified(
    trail: _Trail, asked: Mapping[str, str], response: aiohttp.ClientResponse, elapsed: float
) -> NotModified:
    if hdrs.IF_NONE_MATCH not in asked and hdrs.IF_MODIFIED_SINCE not in asked:
        raise _FetchStoppedError(FailureKind.PROTOCOL, 'the answer is "not modified" to a first request', 304)
    return NotModified(freshness(response.headers), trail.permanent_url, elapsed)


def _redirect_target(trail: _Trail, response: aiohttp.ClientResponse) -> str:
    location = response.headers.get(hdrs.LOCATION, "")
    target = clean_url(location, trail.url).partition("#")[0] if location else ""
    if not target:
        message = f"redirect ({response.status}) to no usable address"
        raise _FetchStoppedError(FailureKind.REDIRECTS, message, response.status)
    if target == trail.url or target in trail.passed:  # no cookies are kept, so that nothing would be different then
        raise _FetchStoppedError(FailureKind.REDIRECTS, "redirects in a circle", response.status)
    return target


def _refusal(status: int, headers: Mapping[str, str]) -> _FetchStoppedError:
    if status == 410:
        return _FetchStoppedError(FailureKind.GONE, "the feed is gone for good (410)", status)
    if status in (429, 503):
        wait = retry_after(headers, datetime.now(UTC))
        said = f", asks to wait {wait:.0f} s" if wait is not None else ""
        return _FetchStoppedError(FailureKind.THROTTLED, f"the server is busy ({status}){said}", status, wait)
    try:
        phrase = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        phrase = ""
    return _FetchStoppedError(FailureKind.HTTP, f"the server answers {status}{phrase}", status)


def _connection_failure(error: BaseException, limits: FetchLimits) -> FetchFailed:
    """The kind and the line for what the network did. Of the address only the host is named: the rest may be secret."""
    origin: object = getattr(error, "os_error", None) or error
    host = str(getattr(error, "host", "the server"))
    if isinstance(origin, BlockedAddressError) or "blocked address" in str(origin):
        kind = FailureKind.BLOCKED
        message = f"{host} leads to a private or reserved network (MONAZITE_ALLOW_HOSTS can allow it)"
    elif isinstance(error, aiohttp.InvalidURL):
        kind, message = FailureKind.ADDRESS, "the address names no proper host"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        kind, message = FailureKind.DNS, f"the host {host} is not known"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "") or "not valid"
        kind, message = FailureKind.TLS, f"the certificate of {host} is refused: {reason}"
    elif isinstance(error, aiohttp.ClientSSLError) or isinstance(origin, ssl.SSLError):
        kind, message = FailureKind.TLS, f"the connection to {host} cannot be secured"
    elif isinstance(error, aiohttp.ServerTimeoutError):
        kind, message = FailureKind.TIMEOUT, f"no connection within {limits.connect_timeout:g} s"
    elif isinstance(error, TimeoutError):
        kind, message = FailureKind.TIMEOUT, f"no full answer within {limits.timeout:g} s"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = os.strerror(error.errno) if error.errno else "it was broken off"
        kind, message = FailureKind.CONNECT, f"no connection to {host}: {reason}"
    elif isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | ConnectionError):
        kind, message = FailureKind.PROTOCOL, "the answer was cut short"
    else:
        kind, message = FailureKind.PROTOCOL, f"the answer is not proper HTTP ({type(error).__name__})"
    return FetchFailed(kind, message)
