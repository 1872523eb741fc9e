"""Both databases: programs that start at the same moment on an empty or an old database."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from bot.storage.database import Database
from bot.storage.migrate import configuration
from bot.storage.tables import HEAD

ROOT = Path(__file__).parent.parent.parent
UPGRADE = """
import asyncio, sys
from bot.storage import migrate
from bot.storage.database import Database

async def main():
    database = Database(sys.argv[1])
    print(len(await database.revision()), flush=True)
    sys.stdin.readline()
    print(repr(await database.upgrade()))
    await database.close()

asyncio.run(main())
"""


async def _start_together(url: str, programs: int = 3) -> list[str]:
    """Have several programs look at the database, let them all go on at once, and return what each found."""
    begun = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, url, cwd=ROOT, stdin=PIPE, stdout=PIPE)
        for _ in range(programs)
    ]
    for one in begun:
        assert one.stdout is not None
        await one.stdout.readline()
    said = await asyncio.gather(*(one.communicate(b"\n") for one in begun))
    assert [one.returncode for one in begun] == [0] * programs
    return sorted(out.decode().strip() for out, _ in said)


async def test_one_of_several_migrates_an_empty_database(database_url: str) -> None:
    assert await _start_together(database_url) == ["''", repr(HEAD), repr(HEAD)]


async def test_one_of_several_migrates_an_old_database(database_url: str) -> None:
    def first_schema(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    database = Database(database_url)
    async with database.write() as tx:
        await tx.run_sync(first_schema)
    await database.close()
    assert await _start_together(database_url) == ["'0001'", repr(HEAD), repr(HEAD)]
