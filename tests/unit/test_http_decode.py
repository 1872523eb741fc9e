"""Undoing Content-Encoding: every encoding, however the body is cut, and what broken or hostile ones come to."""

import gzip
import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.feeds.fetch.decode import Decoders, zstd

BODY = b"<rss version='2.0'><channel><title>Paper</title></channel></rss>"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def wide_zstd(body: bytes) -> bytes:
    """A frame that asks its receiver for 128 MiB of memory, sixteen times what HTTP allows."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    return packer.compress(body) + packer.flush()


def unpack(encoding: str, packed: bytes, step: int = 1000) -> bytes:
    decoders = Decoders(encoding.split(","))
    pieces = [piece for at in range(0, len(packed), step) for piece in decoders.decode(packed[at : at + step])]
    return b"".join([*pieces, *decoders.finish()])


PACKED = [
    ("", BODY),
    ("identity", BODY),
    ("gzip", gzip.compress(BODY, mtime=0)),
    ("X-GZIP", gzip.compress(BODY, mtime=0)),
    ("gzip", gzip.compress(BODY[:20], mtime=0) + b"\0\0" + gzip.compress(BODY[20:], mtime=0) + b"\0" * 16),
    ("gzip", gzip.compress(BODY, mtime=0) + b"words that do not belong there"),
    ("deflate", zlib.compress(BODY)),
    ("deflate", raw_deflate(BODY)),
    ("br", brotli.compress(BODY)),
    ("zstd", zstd.compress(BODY)),
    ("zstd", zstd.compress(BODY[:20]) + zstd.compress(BODY[20:])),
    ("gzip, br", brotli.compress(gzip.compress(BODY, mtime=0))),
    ("gzip", zlib.compress(BODY)),
    ("gzip", BODY),
    ("none", BODY),
    ("UTF-8", BODY),
    ("br, zstd", b"\xef\xbb\xbf" + BODY),
    ("", gzip.compress(BODY, mtime=0)),
    ("", zstd.compress(BODY)),
]


@pytest.mark.parametrize("step", [1, 2, 3, 1000])
@pytest.mark.parametrize(("encoding", "packed"), PACKED)
def test_every_encoding_however_it_arrives(encoding: str, packed: bytes, step: int) -> None:
    assert unpack(encoding, packed, step).removeprefix(b"\xef\xbb\xbf") == BODY


@pytest.mark.parametrize(
    ("encoding", "packed", "said"),
    [
        ("gzip", b"this is not gzip", "compression is broken"),
        ("br", b"\xff\xff\xff nor brotli", "compression is broken"),
        ("zstd", b"nor zstd", "compression is broken"),
        ("zstd", wide_zstd(BODY), "compression is broken"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-12], "cut short"),
        ("br", brotli.compress(BODY)[:-5], "cut short"),
        ("zstd", zstd.compress(BODY)[:-5], "cut short"),
        ("gzip", gzip.compress(b"", mtime=0) * 2000, "more than 1000 parts"),
        ("zstd", zstd.compress(b"") * 2000, "more than 1000 parts"),
        ("rot13", b"<rss/>"[::-1], "rot13"),
        (
            "gzip, gzip, gzip",
            gzip.compress(gzip.compress(gzip.compress(BODY, mtime=0), mtime=0), mtime=0),
            "gzip, gzip, gzip",
        ),
    ],
)
def test_what_cannot_be_undone_is_said(encoding: str, packed: bytes, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        unpack(encoding, packed)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_pieces_are_small(encoding: str) -> None:
    """And none is missing: the decoders hold back much of what a few bytes unfold to."""
    zeros = bytes(4 << 20)
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[encoding]
    sizes = [len(piece) for piece in Decoders([encoding]).decode(pack(zeros))]
    assert sum(sizes) == len(zeros)
    assert max(sizes) <= 1 << 19


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", ""]), st.binary(), st.integers(1, 9))
def test_any_bytes_give_bytes_or_a_failure(encoding: str, received: bytes, step: int) -> None:
    with suppress(FetchError):
        assert isinstance(unpack(encoding, received, step), bytes)
