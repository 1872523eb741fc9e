"""Rows of the texts of pages, for entries of which the feed gives only a teaser."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from bot.storage.statements import Transaction, insert
from bot.storage.tables import article


async def texts(tx: Transaction, entry_ids: Sequence[int]) -> dict[int, str]:
    """The page's text by entry, where there is one."""
    rows = await tx.execute(select(article).where(article.c.entry_id.in_(entry_ids)))
    return {row.entry_id: row.text for row in rows.all()}


async def keep(tx: Transaction, found: Mapping[int, str]) -> None:
    """Store texts of pages; what is there already stays."""
    if found:
        rows = [{"entry_id": entry_id, "text": text} for entry_id, text in found.items()]
        await tx.execute(insert(tx, article).on_conflict_do_nothing(), rows)
