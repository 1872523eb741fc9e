"""Undoes Content-Encoding in pieces of bounded size, so that a small body cannot grow into all of the memory."""

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import brotli

from bot.errors import FetchError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
_PIECE = 1 << 18  # bytes that one step may give at most
_MOST_LAYERS = 2  # nobody encodes thrice for a good reason


class _Decoder(Protocol):
    def decode(self, received: bytes) -> Iterator[bytes]: ...

    def ended(self) -> bool: ...


class Decoders:
    """The chain that undoes the encodings of one body, outermost first."""

    def __init__(self, encodings: Sequence[str]) -> None:
        """Raises FetchError for an encoding that is not known, or too many of them."""
        wanted = [name for name in (e.strip().lower() for e in encodings) if name not in ("", "identity")]
        unknown = [name for name in wanted if name not in _KINDS]
        if unknown or len(wanted) > _MOST_LAYERS:
            raise FetchError(f"the answer is encoded as {', '.join(wanted)[:60]}, which is not understood")
        self._chain = [_KINDS[name]() for name in reversed(wanted)]

    def decode(self, received: bytes) -> Iterator[bytes]:
        """Decode a chunk; the pieces are small, so that the caller can stop at its limit. Raises FetchError."""
        pieces: Iterator[bytes] = iter((received,))
        for decoder in self._chain:
            pieces = _through(decoder, pieces)
        try:
            yield from pieces
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise FetchError("the answer's compression is broken") from error

    def ended(self) -> bool:
        """Whether every layer came to its end; False for a body that was cut short."""
        return all(decoder.ended() for decoder in self._chain)


def _through(decoder: _Decoder, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from decoder.decode(piece)


class _Zlib:
    """gzip (several members too), and deflate with or without its zlib header, which servers disagree about."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._raw_possible = True

    def decode(self, received: bytes) -> Iterator[bytes]:
        rest = received
        while rest:
            try:
                piece = self._inner.decompress(rest, _PIECE)
            except zlib.error:
                if not self._raw_possible:
                    raise
                self._inner, self._raw_possible = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            self._raw_possible = False
            yield piece
            rest = self._inner.unconsumed_tail
            if self._inner.eof and self._inner.unused_data.lstrip(b"\0"):
                rest, self._inner = self._inner.unused_data.lstrip(b"\0"), zlib.decompressobj(zlib.MAX_WBITS | 32)

    def ended(self) -> bool:
        return self._inner.eof


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def decode(self, received: bytes) -> Iterator[bytes]:
        yield self._inner.process(received, output_buffer_limit=_PIECE)
        while not self._inner.can_accept_more_data():
            yield self._inner.process(b"", output_buffer_limit=_PIECE)

    def ended(self) -> bool:
        return bool(self._inner.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstd.ZstdDecompressor()

    def decode(self, received: bytes) -> Iterator[bytes]:
        yield self._inner.decompress(received, _PIECE)
        while not self._inner.needs_input and not self._inner.eof:
            yield self._inner.decompress(b"", _PIECE)

    def ended(self) -> bool:
        return self._inner.eof


_KINDS: dict[str, Callable[[], _Decoder]] = {
    "gzip": _Zlib,
    "x-gzip": _Zlib,
    "deflate": _Zlib,
    "br": _Brotli,
    "zstd": _Zstd,
}
