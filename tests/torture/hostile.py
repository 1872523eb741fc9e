"""A hundred and fifty feeds that mean harm, polled by the real program in this process: it stays up, lean and awake."""

import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bot.settings import load_settings
from bot.storage import feeds
from bot.wiring import assemble
from tests.torture import Result

_FEED = """
  - {{id: {id}, name: {id}, url: "{url}", language: en, publisher: {id}, ownership: independent, tier: 3}}"""
_GOOD = 40  # feeds that mean no harm, polled first
_GROWTH, _STALL = 100.0, 0.2  # megabytes, seconds


@asynccontextmanager
async def _server(size: int, seed: int) -> AsyncIterator[str]:
    """The publishers, in a program of their own: what they hold is no memory of the bot's."""
    command = (sys.executable, "-m", "tests.torture._hostile", str(size), str(seed))
    running = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    try:
        assert running.stdout is not None
        yield (await running.stdout.readline()).decode().strip()
    finally:
        running.kill()
        await running.wait()


async def _feel(beat: list[float]) -> None:
    """Note by how much a short sleep takes longer than it should: that is how long the loop was held up."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        beat.append(time.perf_counter() - before - 0.005)


def _memory() -> float:
    """In megabytes: this program and the workers that parse; the publishers are not the bot's."""
    own = psutil.Process()
    bot = [own, *(one for one in own.children() if "tests.torture._hostile" not in one.cmdline())]
    return sum(one.memory_info().rss for one in bot) / 1e6


async def torture(size: int = 150, seed: int = 1) -> list[Result]:
    """Poll each of them twice, on a SQLite file."""
    async with _server(size, seed) as server:
        with tempfile.TemporaryDirectory(prefix="monazite-") as folder:
            growth, stall, answered = await _poll(Path(folder), server, size)
    crashes = size - answered
    return [
        Result(f"{size} hostile feeds", f"{crashes} crashes", "0", crashes == 0),
        Result("memory growth on them", f"{growth:+.0f} MB", f"{_GROWTH:.0f} MB", growth < _GROWTH),
        Result("longest stall on them", f"{stall * 1000:.0f} ms", f"{_STALL * 1000:.0f} ms", stall < _STALL),
    ]


async def _poll(folder: Path, server: str, size: int) -> tuple[float, float, int]:
    """The growth in megabytes, the longest stall in seconds, and how many feeds were dealt with."""
    hostile = [_FEED.format(id=f"f{n}", url=f"{server}/{n}") for n in range(size)]
    good = [_FEED.format(id=f"good{n}", url=f"{server}/good-{n}") for n in range(_GOOD)]
    (folder / "feeds.yaml").write_text("feeds:" + "".join(hostile + good))
    settings = load_settings(
        {
            "MONAZITE_FEEDS": str(folder / "feeds.yaml"),
            "MONAZITE_DATABASE": str(folder / "monazite.db"),
            "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
            "MONAZITE_FETCH_TIMEOUT": "3s",
            "MONAZITE_PER_HOST": "16",
            "MONAZITE_EMBEDDINGS": "off",
        }
    )
    async with assemble(settings, chat=False) as program:
        beat: list[float] = []
        async with program.database.read() as tx:
            states = await feeds.states(tx)
        await program.engine.poll({key: states[key] for key in states if key.startswith("good")})  # all is loaded
        before, feeling = _memory(), asyncio.ensure_future(_feel(beat))
        for _ in range(2):
            polled = await program.engine.poll_all()
        feeling.cancel()
        return _memory() - before, max(beat), len(polled) - _GOOD
