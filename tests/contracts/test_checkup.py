"""Both databases: what a look through the database finds."""

from datetime import UTC, datetime

from sqlalchemy import text

from bot.model import Channel, Kind, Subscription
from bot.storage import checkup, outbox, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.tables import HEAD

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DESK = Channel("paper", "desk")


async def look(database: Database) -> list[str]:
    revision = await database.revision()
    async with database.read() as tx:
        return await checkup.findings(tx, revision)


async def test_a_new_database_is_well(database: Database) -> None:
    async with database.write() as tx:
        await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", NOW)
        await outbox.owe_notice(tx, DESK, "hello", NOW)
    assert await look(database) == []


async def test_rows_that_name_nothing_are_counted(database: Database) -> None:
    async with database.write() as tx:
        await outbox.owe(tx, [Owed(DESK, Kind.ALERT, 7, 8, ()), Owed(DESK, Kind.UPDATE, 7, 9, ())], NOW)
        await tx.execute(text("update delivery set state = 'told' where entry_id = 8"))
    assert await look(database) == [
        "deliveries without their channel: 2",
        "deliveries without their story: 2",
        "deliveries without their entry: 2",
        "deliveries told in a digest that is not there: 1",
    ]


async def test_another_schema_is_told(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(text("drop table feedback"))
    assert await look(database) == ["table feedback is missing"]
    async with database.write() as tx:
        await tx.execute(text("update alembic_version set version_num = '0001'"))
    assert await look(database) == [f"the schema is 0001, not {HEAD}: monazite db upgrade"]
