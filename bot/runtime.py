"""How a program's parts run: on which event loop, and side by side until one of them ends."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def start_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - not to be had on Windows
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


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
