"""Rows of users' own topics, and of the thresholds that were learned from people's judgement."""

from collections.abc import Sequence
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


async def thresholds(tx: Transaction) -> dict[str, float]:
    """The learned thresholds in force, by topic."""
    newest = select(func.max(learned.c.id)).group_by(learned.c.topic)
    rows = await tx.execute(select(learned.c.topic, learned.c.threshold).where(learned.c.id.in_(newest)))
    return {row.topic: row.threshold for row in rows.all()}


async def learn(tx: Transaction, found: Sequence[tuple[str, float]], now: datetime) -> None:
    """Put thresholds in force; those before them are kept, so that they can come back."""
    if found:
        rows = [{"topic": topic, "threshold": threshold, "created": now} for topic, threshold in found]
        await tx.execute(insert(tx, learned), rows)


async def unlearn(tx: Transaction) -> list[str]:
    """Take back what was learned last; return the topics whose thresholds changed by that."""
    last = (await tx.execute(select(func.max(learned.c.created)))).scalar()
    if last is None:
        return []
    gone = await tx.execute(delete(learned).where(learned.c.created == last).returning(learned.c.topic))
    return sorted(row.topic for row in gone.all())
