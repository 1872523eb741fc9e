"""The outbox as an operator looks at it: what waits, what could not be posted, and what to do with that."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select, update

from bot.model import Channel, DeliveryState, Kind
from bot.storage.outbox import DUE, OWED
from bot.storage.statements import Transaction
from bot.storage.tables import delivery

_ENDED_WELL = (DeliveryState.SENT.value, DeliveryState.TOLD.value)
_ENDED_BADLY = (DeliveryState.DEAD.value, DeliveryState.UNKNOWN.value)


class Waiting(NamedTuple):
    """A delivery that was not sent, as an operator looks at it."""

    id: int
    channel: Channel
    kind: Kind
    story: int
    state: DeliveryState
    attempts: int
    next_try: datetime
    error: str


async def unsent(tx: Transaction, limit: int) -> list[Waiting]:
    """The deliveries that are owed, dead, or perhaps posted, the oldest first."""
    chosen = select(delivery).where(delivery.c.state.not_in(_ENDED_WELL)).order_by(delivery.c.id).limit(limit)
    return [
        Waiting(
            row.id,
            Channel(row.platform, row.channel_id),
            Kind(row.kind),
            row.story_id,
            DeliveryState(row.state),
            row.attempts,
            row.next_try,
            row.error,
        )
        for row in (await tx.execute(chosen)).all()
    ]


async def replay(tx: Transaction, ids: Sequence[int] | None, now: datetime) -> int:
    """Owe deliveries again that are dead or perhaps posted, at once and with all their tries; those named, or all.

    Return how many. What is perhaps posted is posted without another look: whoever asks has looked.
    """
    ended = update(delivery).where(delivery.c.state.in_(_ENDED_BADLY))
    if ids is not None:
        ended = ended.where(delivery.c.id.in_(ids))
    again = await tx.execute(ended.values(state=DeliveryState.RETRYING.value, attempts=0, next_try=now, doubt=None))
    return again.rowcount


async def drop(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Give up what is owed or being tried; those named, or whatever is dead. Return how many deliveries went.

    One that has ended is deleted; one that is owed is marked dead, so that it stays to be seen.
    """
    if ids is None:
        return (await tx.execute(delete(delivery).where(delivery.c.state == DeliveryState.DEAD.value))).rowcount
    named = delivery.c.id.in_(ids)
    gone = await tx.execute(delete(delivery).where(named, delivery.c.state.in_(_ENDED_BADLY)))
    values = {"state": DeliveryState.DEAD.value, "error": "dropped by the operator"}
    stopped = await tx.execute(update(delivery).where(named, delivery.c.state.in_(OWED)).values(values))
    return gone.rowcount + stopped.rowcount


async def count(tx: Transaction) -> dict[str, int]:
    """How many messages there are in each state; edits of messages are none."""
    chosen = select(delivery.c.state, func.count()).where(delivery.c.kind != Kind.HEAD.value)
    return dict((await tx.execute(chosen.group_by(delivery.c.state))).all())


async def count_repeated(tx: Transaction) -> int:
    """How many messages were posted again though an earlier try may have posted them: no more are there twice."""
    twice = select(func.count()).where(delivery.c.state == DeliveryState.SENT.value, delivery.c.doubt.is_not(None))
    return int((await tx.execute(twice)).scalar_one())


async def count_kinds(tx: Transaction) -> Counter[Kind]:
    """How many deliveries there are of each kind."""
    rows = await tx.execute(select(delivery.c.kind, func.count()).group_by(delivery.c.kind))
    return Counter({Kind(kind): number for kind, number in rows.all()})


async def oldest_owed(tx: Transaction) -> datetime | None:
    """When the oldest message was created that is owed and not held for later."""
    statement = select(func.min(delivery.c.created)).where(
        delivery.c.state.in_(DUE), delivery.c.kind != Kind.HEAD.value
    )
    created: datetime | None = (await tx.execute(statement)).scalar_one()
    return created
