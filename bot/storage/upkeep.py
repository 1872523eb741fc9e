"""Leader lease and retention."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from bot.model import DeliveryState
from bot.storage.statements import Transaction, insert
from bot.storage.tables import delivery, entry, lease, story_entry

LEADER = "leader"


async def lead(tx: Transaction, owner: str, now: datetime, length: timedelta) -> bool:
    """Take or renew the leader's lease; return whether ``owner`` leads.

    A row serves both databases. A lease that ends further ahead than any lease could is left over from a clock that
    was wrong, and counts as free.
    """
    row = {"name": LEADER, "owner": owner, "until": now + length}
    await tx.execute(insert(tx, lease).on_conflict_do_nothing(), [row])
    free = or_(lease.c.owner == owner, lease.c.until <= now, lease.c.until > now + 2 * length)
    taken = await tx.execute(
        update(lease)
        .where(lease.c.name == LEADER, free)
        .values(owner=owner, until=now + length)
        .returning(lease.c.name)
    )
    return taken.first() is not None


async def resign(tx: Transaction, owner: str) -> None:
    """Give the leader's lease up, so that another process can take over at once."""
    await tx.execute(delete(lease).where(lease.c.name == LEADER, lease.c.owner == owner))


async def leader(tx: Transaction) -> tuple[str, datetime] | None:
    """Who leads, and until when."""
    row = (await tx.execute(select(lease.c.owner, lease.c.until).where(lease.c.name == LEADER))).first()
    return (row.owner, row.until) if row else None


async def prune(tx: Transaction, before: datetime) -> int:
    """Delete entries first seen before a time that belong to no story, and deliveries that ended before it.

    Stories and their entries stay: they are the memory that a later denial refers to. Return how many entries went.
    """
    ended = (DeliveryState.SENT.value, DeliveryState.TOLD.value, DeliveryState.DEAD.value)
    await tx.execute(delete(delivery).where(delivery.c.created < before, delivery.c.state.in_(ended)))
    in_a_story = select(story_entry.c.entry_id).where(story_entry.c.entry_id == entry.c.id).exists()
    gone = await tx.execute(delete(entry).where(entry.c.seen < before, ~in_a_story))
    return gone.rowcount
