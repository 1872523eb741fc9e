"""Runs the Alembic migrations on a connection that is already open."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from bot.errors import StorageError

_PACKAGED = Path(__file__).parent / "migrations"  # where an installed wheel carries the alembic folder
_CHECKOUT = Path(__file__).parent.parent.parent / "alembic"


def configuration() -> Config:
    """The Alembic configuration for the migrations that travel with this installation."""
    config = Config()
    config.set_main_option("script_location", str(_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT))
    return config


def revisions() -> frozenset[str]:
    """Every schema revision that this version knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


def upgrade(connection: Connection, found: str) -> None:
    """Apply every migration after revision ``found`` ('' for an empty database).

    Raises:
        StorageError: ``found`` is no revision of ours, so a newer Monazite wrote this database.
    """
    config = configuration()
    try:
        if found:
            ScriptDirectory.from_config(config).get_revision(found)
    except CommandError as error:
        raise StorageError(
            f"the database has schema revision {found}, which this version does not know: upgrade Monazite"
        ) from error
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
