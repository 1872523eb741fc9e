"""A hundred and fifty feeds that mean harm, polled by the real program in this process: it stays up, lean and awake."""

import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.app import assemble
from bot.settings import load_settings
from bot.storage import feeds
from tests.torture import Result

_FEED = """
  - {{id: {id}, name: {id}, url: "{url}", language: en, publisher: {id}, ownership: independent, tier: 3}}"""
_GOOD = 40  # feeds that mean no harm, polled first
_GROWTH, _STALL = 100.0, 0.2  # megabytes, seconds


@dataclass(slots=True)
class Beat:
    """How long the loop was held up at worst, in seconds: by the clock, and by what it computed meanwhile.

    What it computed does not grow when other programs use the machine.
    """

    stall: float = 0.0
    work: float = 0.0

    async def feel(self) -> None:
        """Note by how much a short sleep takes longer than it should, and what this thread computes in it."""
        while True:
            before, computed = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.005)
            self.stall = max(self.stall, time.perf_counter() - before - 0.005)
            self.work = max(self.work, time.thread_time() - computed)


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


def _memory() -> float:
    """In megabytes: this program and the workers that parse; the publishers are not the bot's."""
    own = psutil.Process()
    bot = [own, *(one for one in own.children() if "tests.torture._hostile" not in one.cmdline())]
    return sum(one.memory_info().rss for one in bot) / 1e6


async def torture(size: int = 150, seed: int = 1) -> list[Result]:
    """Poll each of them twice, on a SQLite file."""
    async with _server(size, seed) as server:
        with tempfile.TemporaryDirectory(prefix="monazite-") as folder:
            growth, beat, answered = await _poll(Path(folder), server, size)
    crashes = size - answered
    return [
        Result(f"{size} hostile feeds", f"{crashes} crashes", "0", crashes == 0),
        Result("memory growth on them", f"{growth:+.0f} MB", f"{_GROWTH:.0f} MB", growth < _GROWTH),
        Result("longest stall on them", f"{beat.stall * 1000:.0f} ms", f"{_STALL * 1000:.0f} ms", beat.stall < _STALL),
        Result("computed at one stretch", f"{beat.work * 1000:.0f} ms", f"{_STALL * 1000:.0f} ms", beat.work < _STALL),
    ]


async def _poll(folder: Path, server: str, size: int) -> tuple[float, Beat, int]:
    """The growth in megabytes, how the loop fared, and how many feeds were dealt with."""
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
        beat = Beat()
        async with program.database.read() as tx:
            states = await feeds.states(tx)
        await program.engine.poll({key: states[key] for key in states if key.startswith("good")})  # all is loaded
        before, feeling = _memory(), asyncio.ensure_future(beat.feel())
        for _ in range(2):
            polled = await program.engine.poll_all()
        feeling.cancel()
        return _memory() - before, beat, len(polled) - _GOOD
