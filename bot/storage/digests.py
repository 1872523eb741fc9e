"""Many deliveries of a channel become one: digests, what waited for the end of quiet hours, and what came too late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, or_, select, update

from bot.model import Channel, DeliveryState, Kind
from bot.storage.outbox import Lease, is_due
from bot.storage.statements import Transaction, insert
from bot.storage.tables import delivery

_NEWS = (Kind.ALERT.value, Kind.UPDATE.value, Kind.DENIAL.value, Kind.CONFIRMATION.value)
_UNPOSTED = (DeliveryState.PENDING.value, DeliveryState.RETRYING.value)
WAITED = "What came in since the last digest"
LATE = "What could not be posted in time"


class Bundled(NamedTuple):
    """A delivery that a digest tells."""

    kind: Kind
    story: int
    entry: int
    topics: tuple[str, ...]


async def bundle(tx: Transaction, held: Lease, now: datetime, expiry: timedelta) -> int:
    """Make one delivery of what a leased channel was to be told later, and of what is older than ``expiry``.

    What waited alone is posted as itself. What may have been posted already is left as it is. Return how many
    deliveries became part of a digest.
    """
    place = (delivery.c.platform == held.channel.platform) & (delivery.c.channel_id == held.channel.id)
    waited = and_(delivery.c.state == DeliveryState.HELD.value, is_due(now))
    late = and_(
        delivery.c.state.in_(_UNPOSTED),
        delivery.c.kind.in_(_NEWS),
        delivery.c.created < now - expiry,
        delivery.c.doubt.is_(None),
    )
    rows = (await tx.execute(select(delivery).where(place, or_(waited, late)).order_by(delivery.c.id))).all()
    is_late = any(row.state != DeliveryState.HELD.value for row in rows)
    if len(rows) == 1 and not is_late:
        values = {
            "state": DeliveryState.PENDING.value,
            "created": now,
            "next_try": now,
        }  # its wait was wanted, and is over
        await tx.execute(update(delivery).where(delivery.c.id == rows[0].id).values(values))
        return 0
    if rows:
        await _replace(tx, held.channel, rows, LATE if is_late else WAITED, now)
    return len(rows)


async def bundled(tx: Transaction, digest_id: int) -> list[Bundled]:
    """What a digest tells, in the order in which it came about."""
    rows = await tx.execute(select(delivery).where(delivery.c.digest_id == digest_id).order_by(delivery.c.id))
    return [
        Bundled(Kind(row.kind), row.story_id, row.entry_id, tuple(topic for topic in row.topics.split(",") if topic))
        for row in rows.all()
    ]


async def _replace(tx: Transaction, place: Channel, rows: Sequence[Row[Any]], notice: str, now: datetime) -> None:
    digest = {
        "platform": place.platform,
        "channel_id": place.id,
        "kind": Kind.DIGEST.value,
        "story_id": 0,
        "entry_id": 0,
        "topics": ",".join(sorted({topic for row in rows for topic in row.topics.split(",")})),
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "next_try": now,
        "created": now,
        "error": "",
        "notice": notice,
    }
    digest_id = (await tx.execute(insert(tx, delivery).returning(delivery.c.id), [digest])).scalar_one()
    told = {"state": DeliveryState.TOLD.value, "digest_id": digest_id, "error": ""}
    await tx.execute(update(delivery).where(delivery.c.id.in_([row.id for row in rows])).values(told))
