"""How a program's parts run: on which event loop, and side by side until one of them ends."""

import asyncio
import ctypes
import gc
import os
import sys
import threading
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8  # malloc.h
_LARGE = 128 * 1024  # bytes


def start_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - not to be had on Windows
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def end_soon(seconds: float) -> None:
    """See to it that this process ends within so many seconds, whatever hangs: a query, a connection, the event loop.

    Nothing is lost by that: what was under way is owed still, as after a kill.
    """

    def end() -> None:
        sys.stderr.write(f"monazite: did not stop within {seconds:.0f} s; exiting\n")
        sys.stderr.flush()
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def spare_memory() -> None:
    """Have what large documents took given back to the system as soon as it is freed.

    glibc raises the size from which it does so whenever something large is freed, unless that size was set: then it
    keeps a hundred megabytes after a round with large documents (https://man7.org/linux/man-pages/man3/mallopt.3.html).
    Threads share one arena: each of their own would keep what it freed, and Python lets one of them work at a time.
    Other systems have no such call.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for setting in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            mallopt(setting, _LARGE)
        mallopt(_ARENA_MAX, 1)


@contextmanager
def loaded_for_good() -> Iterator[None]:
    """Have the garbage collector pass over what is loaded by now: to look through it holds the loop up for 0.1 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def run_beside(*parts: Awaitable[object]) -> None:
    """Run parts side by side until the first of them ends; then stop the others, in order, and wait for them.

    What the first one raised is raised: a bug in any part ends the program with its traceback.
    """
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
