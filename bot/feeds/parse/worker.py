"""The process that reads documents for ``bot.feeds.parse.pool``. Whatever a document does here, the bot goes on.

Frames go both ways over standard input and output: four bytes of length (big-endian), then a value packed by
``marshal``, which unlike ``pickle`` cannot carry code. A question is a list of headers, after which come their bodies
as raw bytes. The answer is a list with one item for each, in the same order, and whether this worker retires now.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal

from bot.errors import ParseError
from bot.feeds.parse import LENGTH_SIZE, REFUSED, ROW, TOO_LARGE
from bot.feeds.parse.document import read_document
from bot.feeds.parse.fields import Terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Header = tuple[int, str, str, bytes, int, int, float | None, str]
    """Length of the body, content type, base address, known hashes, most entries, most text, present time, language."""
    Answer = tuple[int, object]
    """``(ROW, row)``, ``(REFUSED, why)`` or ``(TOO_LARGE, "")``."""

_FRESH_ENOUGH = 100 << 20
"""A worker that still holds more than this many bytes after its work makes way for a fresh one."""


def main(memory_limit: int, time_limit: float) -> None:
    """Answer questions until standard input ends. Limits in bytes and seconds."""
    _limit_memory(memory_limit)
    questions = os.fdopen(0, "rb", buffering=1 << 16)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # should a library print, it must not garble the answers
    gc.freeze()  # what was imported never becomes garbage, so need not be looked at
    while frame := questions.read(LENGTH_SIZE):
        headers: list[Header] = marshal.loads(questions.read(int.from_bytes(frame, "big")))  # noqa: S302 - our own bot's
        _arm(time_limit)
        replies = [_answer(header, questions) for header in headers]
        _arm(0)
        retires = any(kind == TOO_LARGE for kind, _ in replies) or _resident_memory() > _FRESH_ENOUGH
        packed = marshal.dumps((replies, retires))
        _write(answers, len(packed).to_bytes(LENGTH_SIZE, "big") + packed)
        if retires:
            break
    os._exit(0)  # nothing is open that would need an orderly end, and one costs ten milliseconds


def _answer(header: Header, questions: BinaryIO) -> Answer:
    size, content_type, base_url, known, max_entries, max_text, now, language = header
    try:
        body = questions.read(size)
        terms = Terms(
            content_type=content_type,
            base_url=base_url,
            known=known,
            max_entries=max_entries,
            max_text=max_text,
            now=now,
            language=language,
        )
        return ROW, read_document(body, terms)
    except ParseError as error:
        return REFUSED, str(error)
    except MemoryError:
        return TOO_LARGE, ""


def _write(answers: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[answers.write(view) :]


def _arm(seconds: float) -> None:
    """Have the kernel end this process after so long, whoever may be left to do it; 0 disarms."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(limit: int) -> None:
    """Cap the memory of this process where the system can (RLIMIT_DATA counts private memory on Linux since 4.7)."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _resident_memory() -> int:
    """Bytes, or 0 where the system does not tell. (The peak in getrusage() is no use: it begins with our parent's.)"""
    try:
        with open("/proc/self/statm", "rb") as statistics:  # noqa: PTH123 - pathlib costs 5 ms to import
            return int(statistics.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
