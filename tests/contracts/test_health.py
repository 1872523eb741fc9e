"""Both databases: what makes the program not ready, and ready again."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.errors import BotError
from bot.model import Channel, Entry, Feed, Kind, Outcome, Ownership, Subscription
from bot.observe import Meters
from bot.operate.connections import Connections
from bot.operate.health import OWED_BOUND, Health
from bot.storage import feeds, gauges, outbox, subscriptions, upkeep
from bot.storage.database import Database
from bot.storage.outbox import Owed
from tests.paper import Paper
from tests.postgres import new_database, running_server

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK = Channel("paper", "desk")
FEED = Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1)


class Ward:
    """A program's health with a clock that is moved by hand; everything is well at the beginning."""

    def __init__(self, database: Database) -> None:
        self.now = NOON
        self.database = database
        self.meters = Meters()
        self.connections = Connections({"paper": Paper(lambda: self.now)}, random.Random(1))
        self.health = Health(
            database, self.connections, self.meters, clock=lambda: self.now, owner="north-1", lease=MINUTE, patience=2.0
        )

    async def begin(self) -> None:
        await self.connections.connect("paper")
        async with self.database.write() as tx:
            await feeds.register(tx, [FEED])
            await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", self.now)
        await self.lead()

    async def lead(self) -> None:
        async with self.database.write() as tx:
            await upkeep.lead(tx, "north-1", self.now, MINUTE)

    async def wrong(self) -> dict[str, str]:
        """The checks that fail now, and why."""
        self.now += timedelta(seconds=2)  # a look is shared by those who ask at once
        return {check.name: check.detail for check in self.health.checks(await self.health.look()) if not check.ok}


@pytest.fixture
async def ward(database: Database) -> AsyncIterator[Ward]:
    made = Ward(database)
    await made.begin()
    yield made
    await made.health.close()


async def test_all_is_well(ward: Ward) -> None:
    checks = {check.name: check.detail for check in ward.health.checks(await ward.health.look())}
    assert await ward.wrong() == {}
    assert list(checks) == ["database", "schema", "leader", "outbox", "work", "platform paper"]
    assert checks["leader"] == "north-1 leads, renewed 0 seconds ago"
    assert checks["outbox"] == "nothing is owed"


async def test_nobody_leads(ward: Ward) -> None:
    ward.now += 2 * MINUTE
    assert await ward.wrong() == {"leader": "nobody is polling: no running program holds the lead"}
    await ward.lead()
    assert await ward.wrong() == {}


async def test_a_lead_of_a_clock_that_was_put_back_is_none(ward: Ward) -> None:
    await ward.wrong()
    ward.now -= timedelta(hours=3)
    assert await ward.wrong() == {"leader": "nobody is polling: no running program holds the lead"}
    await ward.lead()
    assert await ward.wrong() == {}


async def test_a_message_is_owed_for_too_long(ward: Ward) -> None:
    async with ward.database.write() as tx:
        await outbox.owe(tx, [Owed(DESK, Kind.ALERT, 1, 1, ())], ward.now)
    assert await ward.wrong() == {}
    ward.now += OWED_BOUND
    await ward.lead()
    assert await ward.wrong() == {"outbox": "the oldest message is owed for 30 minutes, longer than 30 minutes"}
    async with ward.database.write() as tx:
        await subscriptions.pause(tx, DESK, "archived")  # owed still, should somebody subscribe there again
    assert await ward.wrong() == {}


async def test_the_schema_is_another(ward: Ward) -> None:
    async with ward.database.write() as tx:
        await tx.execute(text("update alembic_version set version_num = '9999'"))
    assert "9999" in (await ward.wrong())["schema"]


async def test_work_fails(ward: Ward) -> None:
    ward.meters.failed("polling", "database or disk is full")
    assert await ward.wrong() == {"work": "polling: database or disk is full"}
    ward.meters.done("polling")
    assert await ward.wrong() == {}


async def test_a_platform_is_not_connected(database: Database) -> None:
    class Away(Paper):
        async def start(self) -> None:
            raise BotError("Paper cannot be reached")

    ward = Ward(database)
    ward.connections = ward.health.connections = Connections({"paper": Away(lambda: NOON)}, random.Random(1))
    await ward.lead()
    assert await ward.wrong() == {"platform paper": "not connected yet"}
    with pytest.raises(BotError):
        await ward.connections.connect("paper")
    assert await ward.wrong() == {"platform paper": "Paper cannot be reached"}


async def test_a_platform_does_not_hear(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Paper, "listening", False)
    assert "do not arrive" in (await ward.wrong())["platform paper"]


async def test_those_who_ask_at_once_share_a_look(ward: Ward) -> None:
    looks = await asyncio.gather(*(ward.health.look() for _ in range(5)))
    assert all(look is looks[0] for look in looks)


async def test_figures(ward: Ward) -> None:
    entry = Entry("ledger", "g", "https://ledger.example/1", "Title", "Text", published=NOON)
    async with ward.database.write() as tx:
        (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED)], NOON + MINUTE)
        await outbox.owe(tx, [Owed(DESK, Kind.ALERT, 1, number, ()), Owed(DESK, Kind.UPDATE, 1, 2, ())], NOON)
        assert await gauges.times(tx, number) == (NOON, NOON + MINUTE)
        assert await gauges.times(tx, 99) is None
    figures = (await ward.health.look()).figures
    assert figures is not None
    assert (figures.outbox, figures.feeds) == ({("paper", "pending"): 2}, {"new": 1})
    assert (figures.oldest_owed, figures.repeated) == (NOON, 0)


async def test_a_server_that_goes_away_and_comes_back() -> None:
    with running_server() as running:
        database = Database((await new_database(running.get_uri()))[0])
        await database.upgrade()
        ward = Ward(database)
        await ward.begin()
        assert await ward.wrong() == {}
        await asyncio.to_thread(running.cleanup)
        assert list(await ward.wrong()) == ["database"]
        await asyncio.to_thread(running.ensure_postgres_running)
        assert await ward.wrong() == {}
        await database.close()
