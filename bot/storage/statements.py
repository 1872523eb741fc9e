"""What SQLAlchemy spells differently for SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Transaction = AsyncConnection
"""A transaction that ``Database.read`` or ``Database.write`` opened."""


def insert(tx: Transaction, table: Table) -> Any:
    """An INSERT that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``, in the transaction's dialect."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
