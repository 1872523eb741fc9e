"""Databases for the tests: a real SQLite file and a real PostgreSQL that a package carries and the tests start."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.storage.database import Database
from tests.postgres import make_fast, new_database, server


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run (it listens on a socket file)."""
    with server() as uri:
        asyncio.run(make_fast(uri))
        yield uri


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postgres_url(postgres_uri: str) -> str:
    """The SQLAlchemy address of a new, empty PostgreSQL database."""
    return asyncio.run(new_database(postgres_uri))[0]


@pytest.fixture
def postgres_address(postgres_uri: str) -> str:
    """The same as people write it."""
    return asyncio.run(new_database(postgres_uri))[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema in place, made by the migrations once for all tests."""
    path = tmp_path_factory.mktemp("migrated") / "monazite.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_uri: str) -> str:
    """The same on PostgreSQL: the name of a database."""
    url, _ = asyncio.run(new_database(postgres_uri))
    asyncio.run(_migrate(url))
    return str(make_url(url).database)


async def _migrate(url: str) -> None:
    made = Database(url)
    await made.upgrade()
    await made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database of each kind in turn, with the schema in place."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "monazite.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}"
    template = request.getfixturevalue("migrated_database")
    return asyncio.run(new_database(request.getfixturevalue("postgres_uri"), template))[0]


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """An open database of each kind, with the schema in place."""
    opened = Database(migrated_url)
    yield opened
    await opened.close()
