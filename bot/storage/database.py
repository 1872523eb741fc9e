"""Opens the database: one writer and several readers on SQLite, a pool on PostgreSQL, and the migrations."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StorageError
from bot.storage.tables import HEAD

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_MIGRATION_LOCK = 0x4D4F4E415A495445  # "MONAZITE": the number of PostgreSQL's advisory lock under which we migrate


class Database:
    """A database that is open. ``url`` is a SQLAlchemy address with the asynchronous driver named in it."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.dialect = self._url.get_backend_name()
        if self.dialect == "sqlite":
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(url, "BEGIN", pool_size=4)
        else:
            self._writer = self._reader = create_async_engine(url, pool_pre_ping=True)

    @property
    def name(self) -> str:
        """The address without the password, for people."""
        return self._url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that may write: committed at the end of the block, rolled back by any exception.

        On SQLite it takes the write lock at once: a read that turns into a write there fails whatever the timeout.
        """
        async with self._transaction(self._writer) as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that only reads, from a single snapshot."""
        async with self._transaction(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            raise self._trouble(": ", error) from error

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None on PostgreSQL."""
        return Path(self._url.database) if self.dialect == "sqlite" and self._url.database else None

    def check_made(self) -> None:
        """For who only looks: SQLite would make a new file where there is none. Raises StorageError if so."""
        if self.path:
            check_made(self.path)

    async def upgrade(self) -> str:
        """Bring the schema to the newest revision; return the revision found before.

        Programs that start at once take turns: whoever comes second looks again under the lock and finds it done.

        Raises:
            StorageError: the database cannot be reached, is damaged, or was written by a newer Monazite.
        """
        found = await self.revision()
        if found and self.dialect == "sqlite":
            await self._check_sound()
        if found != HEAD:
            from bot.storage.migrate import upgrade  # noqa: PLC0415 - Alembic costs 0.4 s that most starts need not pay

            async with self.write() as connection:  # on SQLite this is the lock
                if self.dialect == "postgresql":
                    await connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
                found = await connection.run_sync(_revision)
                if found != HEAD:
                    await connection.run_sync(upgrade, found)
        return found

    async def revision(self) -> str:
        """The schema's revision, '' in an empty database."""
        if self.path:
            self._check_folder(self.path)
        try:
            async with self._reader.connect() as connection:
                return await connection.run_sync(_revision)
        except (SQLAlchemyError, OSError) as error:
            raise self._trouble(" cannot be opened: ", error) from error

    async def _check_sound(self) -> None:
        """Look at every page of a SQLite file: what is written beside damage makes it worse. Takes about 1 s a GB."""
        async with self.read() as connection:
            found = (await connection.execute(text("pragma quick_check(1)"))).scalar_one()
        if found != "ok":
            raise self._damaged(" ".join(str(found).split()))

    def _trouble(self, how: str, error: BaseException) -> StorageError:
        origin = getattr(error, "orig", None) or error
        if getattr(origin, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:  # the lower byte, see sqlite.org/rescode.html
            return self._damaged(_first_line(origin))
        return StorageError(f"database {self.name}{how}{_first_line(origin)}")

    def _damaged(self, what: str) -> StorageError:
        return StorageError(
            f"database {self.name} is damaged ({what}): monazite db check tells what is wrong, "
            "monazite db restore FILE puts a backup in its place"
        )

    def _check_folder(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise StorageError(f"database {self.name} cannot be opened: no folder {path.parent}; make it first")

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        await self._reader.dispose()


def check_made(path: Path) -> None:
    """Raise StorageError where there is no database file."""
    if not path.is_file():
        raise StorageError(
            f"there is no database {path}: set MONAZITE_DATABASE to where it is, or start the bot, which makes it"
        )


def _revision(connection: Connection) -> str:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    return str(connection.execute(text("select version_num from alembic_version")).scalar() or "")


def _sqlite_engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, connect_args={"timeout": 30})

    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
