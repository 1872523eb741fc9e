"""The outbox: messages owed to channels. Posting happens from here only.

The channel is leased, not the message, which gives order within a channel for free; every lease has a fence, and a
worker whose fence is no longer the channel's writes nothing. A delivery is marked ``sending`` and committed before the
request goes out, so that a crash leaves a trace of what may have been posted.
"""

import hashlib
from base64 import b32encode
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, or_, select, update

from bot.model import Channel, Delivery, DeliveryState, Kind
from bot.storage.statements import Transaction, insert
from bot.storage.tables import channel, delivery

OWED = (DeliveryState.PENDING.value, DeliveryState.SENDING.value, DeliveryState.RETRYING.value)


class Owed(NamedTuple):
    """A delivery to be made, as the pipeline decides it."""

    channel: Channel
    kind: Kind
    story_id: int
    entry_id: int
    topics: tuple[str, ...]


class Lease(NamedTuple):
    """The right to post to one channel; void once another worker has a higher fence."""

    channel: Channel
    fence: int


async def owe(tx: Transaction, owed: Sequence[Owed], now: datetime) -> int:
    """Write deliveries; those that the channel was already owed for the same story and entry change nothing."""
    if not owed:
        return 0
    rows = [
        {
            "platform": o.channel.platform,
            "channel_id": o.channel.id,
            "kind": o.kind.value,
            "story_id": o.story_id,
            "entry_id": o.entry_id,
            "topics": ",".join(o.topics),
            "state": DeliveryState.PENDING.value,
            "attempts": 0,
            "next_try": now,
            "created": now,
            "error": "",
        }
        for o in owed
    ]
    result = await tx.execute(insert(tx, delivery).on_conflict_do_nothing().returning(delivery.c.id), rows)
    return len(result.all())


async def lease(tx: Transaction, platforms: Sequence[str], owner: str, now: datetime, length: timedelta) -> list[Lease]:
    """Lease the channels of ``platforms`` that have something due, are not paused and that nobody else holds."""
    free = or_(channel.c.lease_until.is_(None), channel.c.lease_until <= now, channel.c.lease_owner == owner)
    has_due = exists().where(
        delivery.c.platform == channel.c.platform,
        delivery.c.channel_id == channel.c.channel_id,
        delivery.c.state.in_(OWED),
        delivery.c.next_try <= now,
    )
    chosen = (
        select(channel.c.platform, channel.c.channel_id, channel.c.fence)
        .where(channel.c.platform.in_(platforms), channel.c.paused == "", free, has_due)
        .limit(50)
        .with_for_update(skip_locked=True)  # SQLite has no such clause and needs none: its writer is alone
    )
    leases = []
    for row in (await tx.execute(chosen)).all():
        held = Lease(Channel(row.platform, row.channel_id), row.fence + 1)
        values = {"lease_owner": owner, "lease_until": now + length, "fence": held.fence}
        await tx.execute(update(channel).where(_is(channel, held.channel)).values(values))
        leases.append(held)
    return leases


async def release(tx: Transaction, held: Lease) -> None:
    """Give a lease back, unless somebody else has taken the channel over."""
    await tx.execute(update(channel).where(_holds(held)).values(lease_owner="", lease_until=None))


async def start(tx: Transaction, held: Lease, now: datetime, length: timedelta) -> Delivery | None:
    """Mark the channel's next delivery as being sent and return it; None when nothing is due or the lease is lost.

    The order within the channel is kept: while the oldest delivery waits for its next try, those behind it wait too.
    Commit before the request goes out.
    """
    renewed = await tx.execute(
        update(channel).where(_holds(held)).values(lease_until=now + length).returning(channel.c.fence)
    )
    if renewed.first() is None:
        return None
    oldest = select(delivery).where(_is(delivery, held.channel), delivery.c.state.in_(OWED)).order_by(delivery.c.id)
    row = (await tx.execute(oldest.limit(1))).first()
    if row is None or row.next_try > now:
        return None
    values = {"state": DeliveryState.SENDING.value, "attempts": row.attempts + 1}
    await tx.execute(update(delivery).where(delivery.c.id == row.id).values(values))
    return _delivery(row, await _thread(tx, row))


async def finish(tx: Transaction, done: Delivery, reference: str, now: datetime) -> None:
    """The platform took the message; ``reference`` is its own name of it."""
    values = {"state": DeliveryState.SENT.value, "sent": now, "reference": reference, "error": ""}
    await tx.execute(update(delivery).where(delivery.c.id == done.id).values(values))


async def retry(tx: Transaction, failed: Delivery, at: datetime, error: str) -> None:
    """Try again at a later time."""
    values = {"state": DeliveryState.RETRYING.value, "next_try": at, "error": error}
    await tx.execute(update(delivery).where(delivery.c.id == failed.id).values(values))


async def bury(tx: Transaction, dead: Delivery, error: str) -> None:
    """Never try again."""
    values = {"state": DeliveryState.DEAD.value, "error": error}
    await tx.execute(update(delivery).where(delivery.c.id == dead.id).values(values))


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
    """The deliveries that are owed or dead, the oldest first."""
    chosen = select(delivery).where(delivery.c.state != DeliveryState.SENT.value).order_by(delivery.c.id).limit(limit)
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
    """Owe dead deliveries again, at once and with all their tries; those named, or all. Return how many."""
    dead = update(delivery).where(delivery.c.state == DeliveryState.DEAD.value)
    if ids is not None:
        dead = dead.where(delivery.c.id.in_(ids))
    again = await tx.execute(dead.values(state=DeliveryState.RETRYING.value, attempts=0, next_try=now))
    return again.rowcount


async def drop(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Give up what is owed or being tried; those named, or whatever is dead. Return how many deliveries went.

    A dead one is deleted; one that is owed is marked dead, so that it stays to be seen.
    """
    if ids is None:
        return (await tx.execute(delete(delivery).where(delivery.c.state == DeliveryState.DEAD.value))).rowcount
    named = delivery.c.id.in_(ids)
    gone = await tx.execute(delete(delivery).where(named, delivery.c.state == DeliveryState.DEAD.value))
    values = {"state": DeliveryState.DEAD.value, "error": "dropped by the operator"}
    stopped = await tx.execute(update(delivery).where(named, delivery.c.state.in_(OWED)).values(values))
    return gone.rowcount + stopped.rowcount


async def count(tx: Transaction) -> dict[str, int]:
    """How many deliveries there are in each state."""
    rows = await tx.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    return dict(rows.all())


async def count_kinds(tx: Transaction) -> Counter[Kind]:
    """How many deliveries there are of each kind."""
    rows = await tx.execute(select(delivery.c.kind, func.count()).group_by(delivery.c.kind))
    return Counter({Kind(kind): number for kind, number in rows.all()})


async def told(tx: Transaction, entry_ids: Sequence[int], place: Channel) -> dict[int, tuple[Kind, DeliveryState]]:
    """What the channel was owed for each of the entries."""
    statement = select(delivery).where(delivery.c.entry_id.in_(entry_ids), _is(delivery, place))
    return {r.entry_id: (Kind(r.kind), DeliveryState(r.state)) for r in (await tx.execute(statement)).all()}


async def oldest_owed(tx: Transaction) -> datetime | None:
    """When the oldest delivery that is still owed was created."""
    statement = select(func.min(delivery.c.created)).where(delivery.c.state.in_(OWED))
    created: datetime | None = (await tx.execute(statement)).scalar_one()
    return created


async def channels_told(tx: Transaction, story_id: int) -> set[Channel]:
    """The channels that were ever owed a message on the story."""
    statement = select(delivery.c.platform, delivery.c.channel_id).where(delivery.c.story_id == story_id).distinct()
    return {Channel(*row) for row in (await tx.execute(statement)).all()}


def key_of(delivery_id: int, created: datetime) -> str:
    """25 characters that are the same at every try of a delivery and differ between deliveries and databases.

    Discord's ``nonce`` takes at most 25 characters, which sets the length for all.
    """
    digest = hashlib.blake2b(f"{delivery_id} {created.isoformat()}".encode(), digest_size=16).digest()
    return b32encode(digest).decode().lower()[:25]


async def _thread(tx: Transaction, row: Row[Any]) -> str | None:
    first = select(delivery.c.reference).where(
        _is(delivery, Channel(row.platform, row.channel_id)),
        delivery.c.story_id == row.story_id,
        delivery.c.id < row.id,
        delivery.c.reference.is_not(None),
    )
    return (await tx.execute(first.order_by(delivery.c.id).limit(1))).scalar()


def _delivery(row: Row[Any], thread: str | None) -> Delivery:
    return Delivery(
        id=row.id,
        key=key_of(row.id, row.created),
        channel=Channel(row.platform, row.channel_id),
        kind=Kind(row.kind),
        story=row.story_id,
        entry=row.entry_id,
        topics=tuple(topic for topic in row.topics.split(",") if topic),
        attempts=row.attempts + 1,
        created=row.created,
        thread=thread,
    )


def _is(table: Any, place: Channel) -> ColumnElement[bool]:
    return and_(table.c.platform == place.platform, table.c.channel_id == place.id)


def _holds(held: Lease) -> ColumnElement[bool]:
    return and_(_is(channel, held.channel), channel.c.fence == held.fence)
