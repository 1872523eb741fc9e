"""Two bots share one database, and one of them is killed again and again: the other takes over."""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from tests.postgres import new_database, server
from tests.torture import Result
from tests.torture._place import Offers, Place
from tests.torture._victim import Life

_LEASE = 4.0  # seconds, of a channel; shorter than in earnest, so that many deaths fit into a few minutes
_LEAD = 5.0  # seconds, of the leader
_RECOVERY = _LEAD + 5.0


async def alternate(place: Place, times: int) -> list[float]:
    """Kill one of two bots ``times`` times, and start another in its place; the seconds that news took after each."""
    bots = [await place.begin(Life(lease=_LEASE)) for _ in range(2)]
    place.print_news(1)
    await place.told()
    waits = []
    for _ in range(times):
        place.print_news(place.rng.randint(1, 3))
        await asyncio.sleep(place.rng.uniform(0.0, 0.6))
        dead = place.rng.randrange(2)
        await place.kill(bots[dead])
        place.toll.kills["two at once"] += 1
        place.print_news(1)
        began = time.monotonic()
        await place.told()
        waits.append(time.monotonic() - began)
        bots[dead] = await place.begin(Life(lease=_LEASE))
    for bot in bots:
        await place.kill(bot)
    return waits


async def torture(times: int = 30) -> list[Result]:
    """On PostgreSQL, with a platform that drops copies for a while and lets the bot look after that."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
        url, address = await new_database(stack.enter_context(server()))
        place = await stack.enter_async_context(Place(folder, url, address, Offers(drops=120.0, readable=True)))
        waits = await alternate(place, times)
        await place.settle()
        toll = await place.count()
    met = toll.lost == 0 == toll.twice
    slowest = max(waits)
    return [
        Result("two bots at once", f"{toll.kills.total()} kills: {toll.lost} lost, {toll.twice} twice", "0 and 0", met),
        Result("taking over", f"{slowest:.1f} s at most", f"{_RECOVERY:.0f} s", slowest <= _RECOVERY),
    ]
