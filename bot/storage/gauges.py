"""Figures of the whole database for whoever watches the program, and a write that proves that writing works."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select

from bot.model import Kind
from bot.storage import backlog, upkeep
from bot.storage.outbox import DUE
from bot.storage.statements import Transaction, insert
from bot.storage.tables import channel, delivery, entry, feed_state, lease

_WATCH = "watch"


class Figures(NamedTuple):
    """``leader``: who, and until when. ``outbox``: messages by platform and state; ``feeds``: feeds by state.

    ``oldest_owed``: since when the oldest message is owed to a channel that is not paused. ``repeated``: messages that
    may be there twice.
    """

    leader: tuple[str, datetime] | None
    outbox: Counter[tuple[str, str]]
    oldest_owed: datetime | None
    repeated: int
    feeds: Counter[str]


async def take(tx: Transaction) -> Figures:
    """Read the figures."""
    messages = select(delivery.c.platform, delivery.c.state, func.count()).where(delivery.c.kind != Kind.HEAD.value)
    outbox = (await tx.execute(messages.group_by(delivery.c.platform, delivery.c.state))).all()
    states = (await tx.execute(select(feed_state.c.status, func.count()).group_by(feed_state.c.status))).all()
    return Figures(
        leader=await upkeep.leader(tx),
        outbox=Counter({(platform, state): number for platform, state, number in outbox}),
        oldest_owed=await _oldest_owed(tx),
        repeated=await backlog.count_repeated(tx),
        feeds=Counter(dict(states)),
    )


async def _oldest_owed(tx: Transaction) -> datetime | None:
    place = and_(channel.c.platform == delivery.c.platform, channel.c.channel_id == delivery.c.channel_id)
    owed = (
        select(func.min(delivery.c.created))
        .join(channel, place)
        .where(delivery.c.state.in_(DUE), delivery.c.kind != Kind.HEAD.value, channel.c.paused == "")
    )
    created: datetime | None = (await tx.execute(owed)).scalar_one()
    return created


async def touch(tx: Transaction, owner: str, now: datetime) -> None:
    """Write a row."""
    values = {"owner": owner, "until": now}
    statement = insert(tx, lease).on_conflict_do_update(index_elements=["name"], set_=values)
    await tx.execute(statement, [{"name": _WATCH, **values}])


async def times(tx: Transaction, entry_id: int) -> tuple[datetime | None, datetime] | None:
    """When an entry was published, and when it was first seen; None where there is no such entry."""
    row = (await tx.execute(select(entry.c.published, entry.c.seen).where(entry.c.id == entry_id))).first()
    return (row.published, row.seen) if row else None
