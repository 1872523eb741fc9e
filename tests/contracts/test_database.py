"""Both databases: the migrations make exactly the schema that the code uses, and writers take turns."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.errors import StorageError
from bot.storage import feeds, stories
from bot.storage.database import Database
from bot.storage.migrate import configuration
from bot.storage.stories import StoryRow
from bot.storage.tables import HEAD, metadata

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_make_the_schema_of_the_code(database: Database) -> None:
    async with database.read() as tx:
        assert await tx.run_sync(_differences) == []


async def test_upgrade_is_needed_once(database_url: str) -> None:
    first, second = Database(database_url), Database(database_url)
    assert await first.upgrade() == ""
    assert await second.upgrade() == HEAD
    assert await second.revision() == HEAD
    await first.close()
    await second.close()


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_schema_of_a_newer_version_is_refused(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StorageError, match=r"revision 9999.*upgrade Monazite"):
        await database.upgrade()


async def test_failed_transaction_leaves_nothing(database: Database) -> None:
    async def interrupted() -> None:
        async with database.write() as tx:
            await stories.add_stories(tx, [StoryRow(1, "x", NOW, NOW)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await interrupted()
    async with database.read() as tx:
        assert (await tx.execute(text("select count(*) from story"))).scalar_one() == 0


async def test_who_adds_entries_sees_what_was_added_before(database: Database, migrated_url: str) -> None:
    other, told = Database(migrated_url), []

    async def second() -> None:
        async with other.write() as tx:
            await feeds.take_turn(tx)
            told.append(await stories.next_id(tx))

    async with database.write() as tx:
        await feeds.take_turn(tx)
        waiting = asyncio.ensure_future(second())
        await asyncio.sleep(0.3)
        await stories.add_stories(tx, [StoryRow(7, "x", NOW, NOW)])
        assert not told
    await waiting
    await other.close()
    assert told == [8]


async def test_a_wait_for_the_one_writer_that_is_too_long_is_no_bug(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'm.db'}")
    await database.upgrade()
    database._writer.pool._timeout = 0.05  # type: ignore[attr-defined]  # thirty seconds otherwise
    async with database.write():
        with pytest.raises(StorageError, match="limit of size 1"):
            async with database.write():
                pass
    await database.close()


async def test_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'm.db'}")
    with pytest.raises(StorageError, match=r"no folder .*nowhere; make it first"):
        await database.upgrade()
    await database.close()


async def test_unreachable_server_is_one_line_without_the_password() -> None:
    database = Database("postgresql+asyncpg://monazite:hunter2@127.0.0.1:1/news")
    with pytest.raises(StorageError) as caught:
        await database.upgrade()
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)
    await database.close()


async def test_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_text("this is a shopping list, not a database " * 50)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'm.db'}")
    with pytest.raises(StorageError, match="file is not a database"):
        await database.upgrade()
    await database.close()
