"""The beat goes on whatever becomes of the clock on the wall."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers import base

import bot.operate.scheduler
from bot.observe import Meters
from bot.operate.scheduler import Scheduler
from bot.storage.database import Database


class Wall(datetime):
    """A clock on the wall that can be moved."""

    moved = timedelta()

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> datetime:  # type: ignore[override]  # what it gives stays as it is
        return datetime.now(tz) + cls.moved


class Engine:
    """Counts how often it is asked."""

    polls = deliveries = 0

    async def poll_due(self) -> int:
        self.polls += 1
        return 0

    async def deliver_due(self) -> int:
        self.deliveries += 1
        return 0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}")
    await database.upgrade()
    yield database
    await database.close()


@pytest.mark.parametrize(
    "moved", [timedelta(hours=-1), timedelta(days=-400), timedelta(hours=1), timedelta(days=20_000)], ids=str
)
async def test_a_clock_that_is_moved_does_not_stop_the_beat(
    database: Database, monkeypatch: pytest.MonkeyPatch, moved: timedelta
) -> None:
    for module in (base, bot.operate.scheduler):
        monkeypatch.setattr(module, "datetime", Wall)
    monkeypatch.setattr(Wall, "moved", timedelta())
    engine = Engine()
    scheduler = Scheduler(
        engine, database, clock=lambda: Wall.now(UTC), owner="north-1", tick=0.1, deliver_every=0.05,
        retention=timedelta(days=1), meters=Meters(),
    )  # fmt: skip
    running = asyncio.ensure_future(scheduler.run())
    for change in (timedelta(), moved, timedelta()):
        Wall.moved += change
        before = engine.polls, engine.deliveries
        async with asyncio.timeout(10):
            while engine.polls < before[0] + 3 or engine.deliveries < before[1] + 3:
                await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
