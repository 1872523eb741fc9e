"""Alembic's entry: migrates the connection that the program hands over, or the address in MONAZITE_DATABASE."""

from alembic import context
from sqlalchemy import Connection

from bot.storage.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations in the transaction that is already open."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is None:
    raise SystemExit("run the migrations with: monazite db upgrade")
migrate(handed_over)
