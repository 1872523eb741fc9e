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

__all__ = ["ACCEPTED", "Decoders", "zstd"]

ACCEPTED = "gzip, deflate, br, zstd"
_PIECE = 1 << 18  # bytes that one step may give at most
_MOST_LAYERS = 2  # nobody encodes thrice for a good reason
_MOST_PARTS = 1000  # members or frames; each costs time, though it may hold nothing
_ZSTD_WINDOW = 23  # RFC 9659: 8 MiB is what HTTP may ask of a receiver's memory
_SIGNS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_LONGEST_SIGN = 4
_PLAIN = (b"<", b"{", b"\xef\xbb\xbf<", b"\xef\xbb\xbf{")  # how a feed begins, and nothing that is compressed


class _Decoder(Protocol):
    def decode(self, received: bytes) -> Iterator[bytes]:
        """Yield what a chunk unfolds to, in small pieces."""
        ...

    def ended(self) -> bool:
        """Whether the encoded text came to its end."""
        ...


class Decoders:
    """The chain that undoes the encodings of one body, outermost first.

    What the header says is not always so: a body that begins as a feed does is plain whatever was announced, and one
    that begins as a gzip or zstd file is unpacked even where nothing was.
    """

    def __init__(self, encodings: Sequence[str]) -> None:
        """``encodings`` as the header lists them: the innermost first."""
        self._names = [name for name in (e.strip().lower() for e in encodings) if name not in ("", "identity")]
        self._beginning: bytes | None = b""  # held back until it can be judged
        self._chain: list[_Decoder] = []

    def decode(self, received: bytes) -> Iterator[bytes]:
        """Decode a chunk; the pieces are small, so that the caller can stop at its limit. Raises FetchError."""
        if self._beginning is not None:
            self._beginning += received
            if len(self._beginning) < _LONGEST_SIGN:
                return
            received = self._begin()
        yield from self._run(received)

    def finish(self) -> Iterator[bytes]:
        """Decode what was held back. Raises FetchError where the body was cut short."""
        if self._beginning is not None:
            yield from self._run(self._begin())
        if not all(decoder.ended() for decoder in self._chain):
            raise FetchError("the answer was cut short")

    def _begin(self) -> bytes:
        beginning, self._beginning = self._beginning or b"", None
        names = self._names
        if not beginning or (beginning.startswith(_PLAIN) and "deflate" not in names):  # raw deflate may begin so too
            names = []
        elif not names:
            names = [name for sign, name in _SIGNS.items() if beginning.startswith(sign)]
        elif len(names) > _MOST_LAYERS or not _KINDS.keys() >= set(names):
            raise FetchError(f"the answer is encoded as {', '.join(names)[:60]!r}, which is not understood")
        self._chain = [_KINDS[name]() for name in reversed(names)]
        return beginning

    def _run(self, received: bytes) -> Iterator[bytes]:
        pieces: Iterator[bytes] = iter((received,))
        for decoder in self._chain:
            pieces = _through(decoder, pieces)
        try:
            yield from pieces
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise FetchError("the answer's compression is broken") from error


def _through(decoder: _Decoder, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from decoder.decode(piece)


def _count(parts: int) -> int:
    if parts >= _MOST_PARTS:
        raise FetchError(f"the answer's compression has more than {_MOST_PARTS} parts")
    return parts + 1


class _Zlib:
    """gzip (several members too), and deflate with or without its zlib header, which servers disagree about."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._raw_possible = True
        self._between = b""
        self._parts = 1

    def decode(self, received: bytes) -> Iterator[bytes]:
        """See ``_Decoder``."""
        rest = received
        while rest:
            if self._inner.eof:
                rest = self._next_member(rest)
                if not rest:
                    return
            try:
                piece = self._inner.decompress(rest, _PIECE)
            except zlib.error:
                if not self._raw_possible:
                    raise
                self._inner, self._raw_possible = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            self._raw_possible = False
            yield piece
            rest = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail

    def _next_member(self, rest: bytes) -> bytes:
        """Begin another member where one follows; padding and anything else are ignored, as gzip itself does."""
        rest = (self._between + rest).lstrip(b"\0")
        self._between = rest if rest == b"\x1f" else b""  # its second byte is still to come
        if not rest.startswith(b"\x1f\x8b"):
            return b""
        self._parts = _count(self._parts)
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return rest

    def ended(self) -> bool:
        """See ``_Decoder``."""
        return self._inner.eof


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def decode(self, received: bytes) -> Iterator[bytes]:
        """See ``_Decoder``."""
        piece = self._inner.process(received, output_buffer_limit=_PIECE)
        while piece:  # can_accept_more_data() is no help: it is true also while there is more to give
            yield piece
            piece = b"" if self._inner.is_finished() else self._inner.process(b"", output_buffer_limit=_PIECE)

    def ended(self) -> bool:
        """See ``_Decoder``."""
        return bool(self._inner.is_finished())


class _Zstd:
    """zstd, several frames too."""

    def __init__(self) -> None:
        self._inner = self._frame()
        self._parts = 1

    @staticmethod
    def _frame() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})

    def decode(self, received: bytes) -> Iterator[bytes]:
        """See ``_Decoder``."""
        rest = received
        while True:
            if self._inner.eof:
                rest = rest or self._inner.unused_data
                if not rest:
                    return
                self._parts = _count(self._parts)
                self._inner = self._frame()
            yield self._inner.decompress(rest, _PIECE)
            rest = b""
            if self._inner.needs_input and not self._inner.eof:
                return

    def ended(self) -> bool:
        """See ``_Decoder``."""
        return self._inner.eof


_KINDS: dict[str, Callable[[], _Decoder]] = {
    "gzip": _Zlib,
    "x-gzip": _Zlib,
    "deflate": _Zlib,
    "br": _Brotli,
    "zstd": _Zstd,
}
