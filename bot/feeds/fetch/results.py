"""What a GET asks for and what it gives: values, failures included."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One conditional GET to be made; ``may_follow`` is asked before each redirect is followed."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    user_agent: str | None = None
    may_follow: Callable[[str], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 with its decoded body; ``permanent_url`` where only permanent redirects led there; times in seconds."""

    url: str
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    max_age: float | None
    permanent_url: str | None
    elapsed: float
    status: int = 200


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304. ``max_age`` is the Cache-Control lifetime in seconds, where given."""

    max_age: float | None
    permanent_url: str | None
    elapsed: float
    status: int = 304


class FailureKind(StrEnum):
    """Why a poll failed."""

    ADDRESS = "address"  # not an http(s) address, or malformed
    BLOCKED = "blocked"  # leads to a private, loopback or link-local network
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # not HTTP, broken encoding, cut short
    REDIRECTS = "redirects"
    TOO_LARGE = "too-large"
    HTTP = "http"  # any other status
    THROTTLED = "throttled"  # 429 or 503
    GONE = "gone"  # 410
    PARSE = "parse"
    PARSE_LIMIT = "parse-limit"  # time or memory ran out while parsing


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """A failed GET. ``retry_after`` in seconds where the server said so; ``message`` is one line for a person."""

    kind: FailureKind
    message: str
    status: int | None = None
    retry_after: float | None = None
    elapsed: float = 0.0


FetchResult = Fetched | NotModified | FetchFailed
