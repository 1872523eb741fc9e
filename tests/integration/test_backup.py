"""Copies of a SQLite database: what is refused, what is kept, and what a restored one knows."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.model import Channel, Kind, Subscription
from bot.storage import outbox, subscriptions, upkeep
from bot.storage.backup import make_backup, restore
from bot.storage.database import Database
from bot.storage.migrate import revisions
from bot.storage.outbox import Owed
from bot.storage.statements import Transaction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK = Channel("paper", "desk")


async def write(path: Path, work: Callable[[Transaction], Awaitable[object]] | None = None) -> None:
    """Open the database, do something in it, and close it."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    await database.upgrade()
    if work:
        async with database.write() as tx:
            await work(tx)
    await database.close()


async def owe(tx: Transaction) -> None:
    """One subscription, one alert owed, and a leader."""
    await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", NOW)
    await outbox.owe(tx, [Owed(DESK, Kind.ALERT, 1, 1, ())], NOW)
    await upkeep.lead(tx, "north-1", NOW, MINUTE)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    await write(tmp_path / "m.db", owe)
    return tmp_path / "m.db"


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


async def test_a_copy_made_while_somebody_writes_is_of_one_moment(path: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.write() as tx:
        await outbox.owe(tx, [Owed(DESK, Kind.ALERT, 2, 2, ())], NOW)
        size = await asyncio.to_thread(make_backup, path, tmp_path / "copy.db")
    await database.close()
    assert size == (tmp_path / "copy.db").stat().st_size
    assert ask(tmp_path / "copy.db", "select story_id from delivery") == [(1,)]
    assert names(tmp_path) == {"m.db", "copy.db"}
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


async def test_restoring_keeps_the_old_database_and_frees_the_lead(path: Path, tmp_path: Path) -> None:
    make_backup(path, tmp_path / "copy.db")
    await write(path, lambda tx: outbox.owe(tx, [Owed(DESK, Kind.ALERT, 2, 2, ())], NOW))
    kept = restore(tmp_path / "copy.db", path, revisions(), NOW + MINUTE)
    assert kept == tmp_path / "m.db.20260301T120100Z"
    assert ask(kept, "select count(*) from delivery") == [(2,)]
    assert ask(path, "select story_id, doubt = created from delivery") == [(1, 1)]  # perhaps posted since the copy
    assert ask(path, "select * from lease") == []
    await write(path, owe)  # it can be used
    assert names(tmp_path) == {"m.db", "copy.db", kept.name}


def test_restoring_where_there_is_none(path: Path, tmp_path: Path) -> None:
    make_backup(path, tmp_path / "copy.db")
    assert restore(tmp_path / "copy.db", tmp_path / "new.db", revisions(), NOW) is None
    assert ask(tmp_path / "new.db", "select story_id from delivery") == [(1,)]


def test_a_broken_database_is_replaced(path: Path, tmp_path: Path) -> None:
    make_backup(path, tmp_path / "copy.db")
    path.write_bytes(b"\0" * 50_000)
    (tmp_path / "m.db-wal").write_bytes(b"left over")
    kept = restore(tmp_path / "copy.db", path, revisions(), NOW)
    assert kept is not None
    assert kept.read_bytes()[:9] == b"\0" * 9
    assert not (tmp_path / "m.db-wal").exists()  # the new database must not read the old one's log
    assert ask(path, "select story_id from delivery") == [(1,)]


async def test_a_running_bot_is_left_alone(path: Path, tmp_path: Path) -> None:
    make_backup(path, tmp_path / "copy.db")
    with pytest.raises(StorageError, match=r"north-1 is running; stop it first \(after a crash, wait 60 s\)"):
        restore(tmp_path / "copy.db", path, revisions(), NOW)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.read() as tx:
        await upkeep.leader(tx)
    with pytest.raises(StorageError, match="in use by another program"):  # it has the file open, and does not lead
        restore(tmp_path / "copy.db", path, revisions(), NOW + 2 * MINUTE)
    await database.close()


def test_bad_copies_are_refused(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    make_backup(path, copy)
    sound = copy.read_bytes()
    wrong = {
        b"": "no schema revision",
        b"a shopping list " * 500: "file is not a database",
        sound[: len(sound) // 2]: "copy.db",
        sound[:8192] + b"\xff" * 8192 + sound[16384:]: "copy.db",
    }
    for content, said in wrong.items():
        copy.write_bytes(content)
        with pytest.raises(StorageError, match=said):
            restore(copy, path, revisions(), NOW + MINUTE)
    copy.write_bytes(sound)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    with pytest.raises(StorageError, match=r"9999.*upgrade Monazite"):
        restore(copy, path, revisions(), NOW + MINUTE)
    assert ask(path, "select story_id, doubt from delivery") == [(1, None)]


def test_backups_overwrite_nothing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    for target, said in ((tmp_path / "copy.db", "exists already"), (tmp_path / "no" / "copy.db", "no folder")):
        with pytest.raises(StorageError, match=said):
            make_backup(path, target)
    with pytest.raises(StorageError, match="there is no database"):
        make_backup(tmp_path / "none.db", tmp_path / "other.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_a_broken_database_is_not_passed_off_as_a_backup(path: Path, tmp_path: Path) -> None:
    sound = path.read_bytes()
    path.write_bytes(sound[:8192] + b"\xff" * 8192 + sound[16384:])
    with pytest.raises(StorageError, match=r"m\.db"):
        make_backup(path, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))
