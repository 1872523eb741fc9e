"""Copies of a SQLite database: made while the bot runs, and put back in one step. PostgreSQL brings tools of its own.

Here the standard library's ``sqlite3`` is used as it is: a copy is made of pages, not of rows.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StorageError
from bot.model import DeliveryState
from bot.storage.database import check_made
from bot.storage.tables import HEAD
from bot.storage.upkeep import LEADER

_PATIENCE = 5.0  # seconds to wait for somebody else's lock
_BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a database, see sqlite.org/tempfiles.html
_MAY_BE_POSTED = (DeliveryState.PENDING.value, DeliveryState.RETRYING.value, DeliveryState.SENDING.value)


def make_backup(database: Path, target: Path) -> int:
    """Copy a database that may be in use into a new file, look through the copy, and return its size in bytes.

    The copy is of one moment; the bot goes on writing meanwhile. It takes its name only when it is whole.

    Raises:
        StorageError: there is no database, ``target`` exists, the disk is full, or the copy is broken.
    """
    check_made(database)
    if target.exists():
        raise StorageError(f"{target} exists already; name a file that does not")
    if not target.parent.is_dir():
        raise StorageError(f"there is no folder {target.parent}; make it first")
    part = target.with_name(f"{target.name}.part")
    try:
        with _told_of(f"backup of {database}"):
            _copy(database, part)
            complaint = _broken(part)
            if complaint:
                raise StorageError(f"database {database} is broken: {complaint}")
            size = part.stat().st_size
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def restore(copy: Path, database: Path, revisions: frozenset[str], now: datetime) -> Path | None:
    """Put a copy in the database's place; return where the old database is kept, None where there was none.

    ``revisions``: the schema revisions that this version knows. Leases of the copy are void afterwards, and whatever
    it owed counts as perhaps posted since.

    Raises:
        StorageError: the copy is broken or of a newer version, or the database is in use.
    """
    _check_copy(copy, revisions)
    part = database.with_name(f"{database.name}.restored")
    try:
        with _told_of(f"restoring {database}"):
            if database.exists():
                _check_unused(database, now)
            _copy(copy, part)
            with closing(sqlite3.connect(part, isolation_level=None)) as fresh:
                _forget_leases(fresh)
            return _swap(part, database, now)
    finally:
        part.unlink(missing_ok=True)


def _check_copy(copy: Path, revisions: frozenset[str]) -> None:
    if not copy.is_file():
        raise StorageError(f"there is no file {copy}")
    with _told_of(f"{copy} is no good copy"):
        complaint = _broken(copy)
        if complaint:
            raise StorageError(f"{copy} is broken: {complaint}")
        with closing(_open(copy)) as connection:
            known = connection.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone()
            found = connection.execute("select version_num from alembic_version").fetchone() if known else None
    if found is None:
        raise StorageError(f"{copy} is no database of Monazite's: it has no schema revision")
    if found[0] not in revisions:
        raise StorageError(
            f"{copy} has schema revision {found[0]}, newer than {HEAD}, which this version knows: upgrade Monazite"
        )


def _check_unused(database: Path, now: datetime) -> None:
    """Raise StorageError where a program has the database open, or leads on it. A broken one cannot be asked."""
    try:
        with closing(_open(database)) as connection:
            lease = _lease(connection)
            if lease and lease[1] > now:
                left = (lease[1] - now).total_seconds()
                raise StorageError(f"{lease[0]} is running; stop it first (after a crash, wait {left:.0f} s)")
            # Only who has the file alone can leave the write-ahead log, and it takes that log into the file.
            connection.execute("pragma busy_timeout = 0")
            connection.execute("pragma journal_mode = delete")
    except sqlite3.OperationalError as error:
        primary = error.sqlite_errorcode & 0xFF  # the lower byte, see sqlite.org/rescode.html
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageError(f"{database} is in use by another program; stop it first") from error
        if primary != sqlite3.SQLITE_IOERR:
            raise
    except sqlite3.DatabaseError:
        return  # broken, which is why it is to be replaced


def _lease(connection: sqlite3.Connection) -> tuple[str, datetime] | None:
    if not connection.execute("select 1 from sqlite_master where name = 'lease'").fetchone():
        return None
    row = connection.execute("select owner, until from lease where name = ?", (LEADER,)).fetchone()
    return (row[0], datetime.fromisoformat(row[1]).replace(tzinfo=UTC)) if row else None


def _forget_leases(fresh: sqlite3.Connection) -> None:
    fresh.execute("begin immediate")
    fresh.execute("delete from lease")
    fresh.execute("update channel set lease_owner = '', lease_until = null")
    columns = {row[1] for row in fresh.execute("pragma table_info(delivery)")}
    if "doubt" in columns:
        marks = ", ".join("?" * len(_MAY_BE_POSTED))
        fresh.execute(
            f"update delivery set doubt = created where doubt is null and state in ({marks})",  # noqa: S608 - marks only
            _MAY_BE_POSTED,
        )
    fresh.execute("commit")


def _swap(part: Path, database: Path, now: datetime) -> Path | None:
    """Let ``part`` take the database's place; at no moment is there none. The log of the old one goes with it."""
    if not database.exists():
        part.replace(database)
        return None
    kept = database.with_name(f"{database.name}.{now:%Y%m%dT%H%M%SZ}")
    for end in _BESIDE:
        log = database.with_name(database.name + end)
        if log.exists():
            log.replace(kept.with_name(kept.name + end))
    try:
        os.link(database, kept)
    except OSError:  # not every file system has hard links
        shutil.copy2(database, kept)
    part.replace(database)
    return kept


def _copy(source: Path, target: Path) -> None:
    """Copy page by page into a file that only its owner may read; it is on the disk when this returns."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_open(source)) as old, closing(sqlite3.connect(target, isolation_level=None)) as new:
        old.backup(new)
        new.execute("pragma journal_mode = delete")  # one file, with nothing beside it
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _broken(path: Path) -> str:
    """What is wrong with a database file, in one line; '' for a sound one."""
    with closing(_open(path)) as connection:
        (found,) = connection.execute("pragma integrity_check(1)").fetchone()
        if found != "ok":
            return " ".join(str(found).split())
        orphan = connection.execute("pragma foreign_key_check").fetchone()
        return f"a row of {orphan[0]} names a row of {orphan[2]} that does not exist" if orphan else ""


def _open(path: Path) -> sqlite3.Connection:
    """Open a file that exists already."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)


@contextmanager
def _told_of(what: str) -> Iterator[None]:
    """SQLite's and the file system's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{what}: {error}") from error
    except OSError as error:
        raise StorageError(f"{what}: {error.strerror or error}") from error
