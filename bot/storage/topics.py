"""Rows of users' own topics, and of what was learned from people's verdicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select

from bot.storage.statements import Transaction, insert
from bot.storage.tables import learned, own_topic, subscription


class OwnTopicRow(NamedTuple):
    """A topic that somebody made: its query, and whether it is live or a draft."""

    id: str
    query: str
    live: bool
    created_by: str


async def own(tx: Transaction) -> list[OwnTopicRow]:
    """Every topic that somebody made, drafts included, by name."""
    rows = await tx.execute(select(own_topic).order_by(own_topic.c.id))
    return [OwnTopicRow(row.id, row.query, row.live, row.created_by) for row in rows.all()]


async def put(tx: Transaction, row: OwnTopicRow, now: datetime) -> None:
    """Store a topic, in place of the one with its name where there is one."""
    values = {**row._asdict(), "created": now}
    changed = {name: values[name] for name in ("query", "live", "created_by", "created")}
    await tx.execute(insert(tx, own_topic).on_conflict_do_update(index_elements=["id"], set_=changed), [values])


async def drop(tx: Transaction, topic: str) -> int:
    """Delete a topic and the subscriptions to it; return how many these were."""
    gone = await tx.execute(delete(subscription).where(subscription.c.topic == topic))
    await tx.execute(delete(own_topic).where(own_topic.c.id == topic))
    return gone.rowcount


class Learned(NamedTuple):
    """What was learned of a topic: its threshold, and by rule what is added to the written weight."""

    topic: str
    threshold: float
    changes: Mapping[str, float]


async def learned_in_force(tx: Transaction) -> list[Learned]:
    """What is in force, by topic."""
    newest = select(func.max(learned.c.id)).group_by(learned.c.topic)
    rows = await tx.execute(select(learned).where(learned.c.id.in_(newest)).order_by(learned.c.topic))
    return [Learned(row.topic, row.threshold, row.changes) for row in rows.all()]


async def learn(tx: Transaction, found: Sequence[Learned], now: datetime) -> None:
    """Put what was learned in force; what was before is kept, so that it can come back."""
    if found:
        await tx.execute(
            learned.insert(), [{**one._asdict(), "changes": dict(one.changes), "created": now} for one in found]
        )


async def last_learned(tx: Transaction) -> datetime | None:
    """When something was last put in force."""
    found: datetime | None = (await tx.execute(select(func.max(learned.c.created)))).scalar()
    return found


async def unlearn(tx: Transaction) -> list[str]:
    """Take back what was learned last; return the topics that are changed by that."""
    last = await last_learned(tx)
    if last is None:
        return []
    gone = await tx.execute(delete(learned).where(learned.c.created == last).returning(learned.c.topic))
    return sorted(row.topic for row in gone.all())
