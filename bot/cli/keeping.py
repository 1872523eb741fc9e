"""``monazite db backup``, ``restore`` and ``check``: looking after the database."""

from pathlib import Path

import click

from bot.app import now
from bot.cli.running import prepare
from bot.errors import ConfigError, StorageError
from bot.operate.runtime import start_loop
from bot.storage import checkup
from bot.storage.backup import make_backup, restore
from bot.storage.database import Database
from bot.storage.migrate import revisions
from bot.storage.tables import HEAD

_POSTGRES = "the database is PostgreSQL, which brings its own tools: pg_dump -Fc to back it up, pg_restore to restore"


def run_backup(target: Path) -> None:
    """Copy the SQLite database into ``target``."""
    size = make_backup(_file(), target)
    click.echo(f"{target}: {size / 1e6:.1f} MB, sound")


def run_restore(copy: Path) -> None:
    """Put a copy in the SQLite database's place."""
    database = _file()
    kept = restore(copy, database, revisions(), now())
    click.echo(f"{database} is what {copy} holds" + (f"; the old one is kept as {kept}" if kept else ""))


def run_check() -> None:
    """Print that all is well, or end with what is not."""
    settings = prepare()

    async def main() -> list[str]:
        database = Database(settings.database_url)
        try:
            database.check_made()
            revision = await database.revision()
            async with database.read() as tx:
                return await checkup.findings(tx, revision)
        finally:
            await database.close()

    found = start_loop(main())
    if found:
        raise StorageError("\n".join(found))
    click.echo(f"sound, schema {HEAD}")


def _file() -> Path:
    path = Database(prepare().database_url).path
    if path is None:
        raise ConfigError(_POSTGRES)
    return path
