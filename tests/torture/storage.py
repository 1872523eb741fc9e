"""The database goes away under the bot: restarted, locked, and full. Nothing is lost or told twice.

Meanwhile somebody asks at every half second whether the bot is ready: it has to say no, and yes again afterwards.
"""

import asyncio
import resource
import socket
import sqlite3
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp

from tests.postgres import new_database, restart, running_server
from tests.torture import Result
from tests.torture._place import Offers, Place
from tests.torture._victim import Life

_LEASE = 10.0  # seconds
_LOOK = 5.0  # seconds that the bot gives its database before it calls itself not ready


class Doctor:
    """Asks the bot at ``address`` whether it is ready, and keeps the answers: statuses, 0 where there is none."""

    def __init__(self, address: str) -> None:
        self.heard: list[int] = []
        self._address = address

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Ask as long as the block lasts."""
        asking = asyncio.ensure_future(self._ask_on())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def ask(self) -> int:
        """Ask once."""
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(f"http://{self._address}/readyz") as answer:
                    return answer.status
            except aiohttp.ClientError:
                return 0

    async def recovered(self) -> bool:
        """Whether the bot calls itself ready within a minute."""
        for _ in range(120):
            if await self.ask() == 200:
                return True
            await asyncio.sleep(0.5)
        return False

    async def _ask_on(self) -> None:
        while True:
            self.heard.append(await self.ask())
            await asyncio.sleep(0.5)


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
        place, bot, doctor = await _on_a_file(stack)
        holder = sqlite3.connect(place.folder / "monazite.db", isolation_level=None)
        holder.execute("begin exclusive")
        place.print_news(3)
        async with doctor.watching():
            await asyncio.sleep(seconds)
        before = len(place.taken)
        holder.execute("rollback")
        holder.close()
        await place.told()
        well = await doctor.recovered() and (503 in doctor.heard or seconds <= 2 * _LOOK)
        result = await _judge(place, bot, f"lock held for {seconds:.0f} s", doctor)
        return replace(result, met=result.met and well and before < len(place.taken))


async def fill_the_disk(seconds: float) -> Result:
    """The files of the bot cannot grow any more (a limit on its files, which to it is a full disk)."""
    async with AsyncExitStack() as stack:
        place, bot, doctor = await _on_a_file(stack)
        largest = max(file.stat().st_size for file in place.folder.glob("monazite.db*"))
        _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (largest, hard))
        before = len(place.taken)
        place.print_news(40)
        async with doctor.watching():
            await asyncio.sleep(seconds)
        held_up = len(place.taken) < before + 80
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await place.told()
        well = await doctor.recovered() and 503 in doctor.heard
        result = await _judge(place, bot, f"disk full for {seconds:.0f} s", doctor)
        return replace(result, met=result.met and well and held_up)


async def torture(times: int = 20, seconds: float = 30.0) -> list[Result]:
    """All three."""
    return [await restart_often(times), await hold_the_lock(seconds), await fill_the_disk(seconds)]


async def _on_a_file(stack: AsyncExitStack) -> tuple[Place, Process, Doctor]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
    url, address = f"sqlite+aiosqlite:///{folder / 'monazite.db'}", str(folder / "monazite.db")
    place = await stack.enter_async_context(Place(folder, url, address, Offers(drops=120.0, readable=True)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    place.settings["MONAZITE_HTTP"] = address
    doctor = Doctor(address)
    bot = await _begin(place)
    await doctor.recovered()
    return place, bot, doctor


async def _begin(place: Place) -> Process:
    bot = await place.begin(Life(lease=_LEASE))
    place.print_news(1)
    await place.told()
    return bot


async def _judge(place: Place, bot: Process, name: str, doctor: Doctor | None = None) -> Result:
    await place.kill(bot)  # which fails where it ended by itself
    await place.settle()
    toll = await place.count()
    figure = f"{toll.stories} stories: {toll.lost} lost, {toll.twice} twice"
    target = "the bot stays up, 0 and 0"
    if doctor:
        figure += f"; not ready {doctor.heard.count(503)} times of {len(doctor.heard)}"
        target += ", not ready and then ready again"
    return Result(name, figure, target, toll.lost == 0 == toll.twice)
