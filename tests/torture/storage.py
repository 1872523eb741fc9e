"""The database goes away under the bot: restarted, locked, and full. Nothing is lost or told twice."""

import asyncio
import resource
import sqlite3
import tempfile
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from pathlib import Path

from tests.postgres import new_database, restart, running_server
from tests.torture import Result
from tests.torture._place import Offers, Place
from tests.torture._victim import Life

_LEASE = 10.0  # seconds


async def restart_often(times: int) -> Result:
    """PostgreSQL ends at once under a working bot, again and again."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
        running = stack.enter_context(running_server())
        url, address = await new_database(running.get_uri())
        place = await stack.enter_async_context(Place(folder, url, address, Offers(drops=120.0, readable=True)))
        bot = await _begin(place)
        for _ in range(times):
            place.print_news(place.rng.randint(1, 3))
            await asyncio.sleep(place.rng.uniform(0.0, 1.0))
            await asyncio.to_thread(restart, running)
            await place.told()
        return await _judge(place, bot, f"PostgreSQL restarted {times} times")


async def hold_the_lock(seconds: float) -> Result:
    """Somebody else holds SQLite's write lock."""
    async with AsyncExitStack() as stack:
        place, bot = await _on_a_file(stack)
        holder = sqlite3.connect(place.folder / "monazite.db", isolation_level=None)
        holder.execute("begin exclusive")
        place.print_news(3)
        await asyncio.sleep(seconds)
        before = len(place.taken)
        holder.execute("rollback")
        holder.close()
        await place.told()
        result = await _judge(place, bot, f"lock held for {seconds:.0f} s")
        return Result(result.name, result.figure, result.target, result.met and before < len(place.taken))


async def fill_the_disk(seconds: float) -> Result:
    """The files of the bot cannot grow any more (a limit on its files, which to it is a full disk)."""
    async with AsyncExitStack() as stack:
        place, bot = await _on_a_file(stack)
        largest = max(file.stat().st_size for file in place.folder.glob("monazite.db*"))
        _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (largest, hard))
        before = len(place.taken)
        place.print_news(40)
        await asyncio.sleep(seconds)
        held_up = len(place.taken) < before + 80
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await place.told()
        result = await _judge(place, bot, f"disk full for {seconds:.0f} s")
        return Result(result.name, result.figure, result.target, result.met and held_up)


async def torture(times: int = 20, seconds: float = 30.0) -> list[Result]:
    """All three."""
    return [await restart_often(times), await hold_the_lock(seconds), await fill_the_disk(seconds)]


async def _on_a_file(stack: AsyncExitStack) -> tuple[Place, Process]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
    url, address = f"sqlite+aiosqlite:///{folder / 'monazite.db'}", str(folder / "monazite.db")
    place = await stack.enter_async_context(Place(folder, url, address, Offers(drops=120.0, readable=True)))
    return place, await _begin(place)


async def _begin(place: Place) -> Process:
    bot = await place.begin(Life(lease=_LEASE))
    place.print_news(1)
    await place.told()
    return bot


async def _judge(place: Place, bot: Process, name: str) -> Result:
    await place.kill(bot)  # which fails where it ended by itself
    await place.settle()
    toll = await place.count()
    figure = f"{toll.stories} stories: {toll.lost} lost, {toll.twice} twice"
    return Result(name, figure, "the bot stays up, 0 and 0", toll.lost == 0 == toll.twice)
