"""Both databases keep what platforms have to know again."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.ports import Memory
from bot.storage.database import Database
from bot.storage.memory import StoredMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


async def test_each_platform_keeps_its_own(database: Database) -> None:
    slack: Memory = StoredMemory(database, "slack", Clock())
    discord: Memory = StoredMemory(database, "discord", Clock())
    await slack.put("state", "one")
    await slack.put("state", "two")
    assert await slack.get("state") == "two"
    assert await discord.get("state") is None
    await slack.drop("state")
    assert await slack.get("state") is None


async def test_what_is_kept_for_a_while_is_forgotten_after_it(database: Database) -> None:
    clock = Clock()
    memory = StoredMemory(database, "slack", clock)
    assert await memory.add("event", lasts=timedelta(hours=1))
    assert not await memory.add("event", lasts=timedelta(hours=1))
    clock.now += timedelta(hours=1)
    assert await memory.get("event") is None
    assert await memory.add("event", lasts=timedelta(hours=1))


async def test_of_two_that_add_at_once_one_is_first(database: Database) -> None:
    memory = StoredMemory(database, "slack", Clock())
    assert sorted(await asyncio.gather(memory.add("event"), memory.add("event"))) == [False, True]
