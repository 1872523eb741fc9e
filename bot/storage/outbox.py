"""The outbox: messages owed to channels. Posting happens from here only.

The channel is leased, not the message, which gives order within a channel for free; every lease has a fence, and a
worker whose fence is no longer the channel's writes nothing. A delivery is marked ``sending`` and committed before the
request goes out, so that a crash leaves a trace of what may have been posted.
"""

import hashlib
from base64 import b32encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select, tuple_, update

from bot.model import Channel, Delivery, DeliveryState, Kind
from bot.storage.statements import Transaction, insert
from bot.storage.tables import channel, delivery

DUE = (DeliveryState.PENDING.value, DeliveryState.SENDING.value, DeliveryState.RETRYING.value)
OWED = (DeliveryState.HELD.value, *DUE)
SETTLING = timedelta(seconds=20)  # a story's first message is edited once for all that comes in meanwhile
LONGEST_PAUSE = timedelta(hours=1)  # between two tries, whatever a platform asks for
_LONGEST_HOLD = timedelta(hours=27)  # a digest is a day away, and a clock's change
_SKEW = timedelta(minutes=5)  # between the clocks of two programs


class Owed(NamedTuple):
    """A delivery to be made, as the pipeline decides it. ``due`` later than now: for a digest, or after quiet hours."""

    channel: Channel
    kind: Kind
    story_id: int
    entry_id: int
    topics: tuple[str, ...]
    due: datetime | None = None
    aloud: bool = False


class Lease(NamedTuple):
    """The right to post to one channel; void once another worker has a higher fence."""

    channel: Channel
    fence: int


async def owe(tx: Transaction, owed: Sequence[Owed], now: datetime) -> int:
    """Write deliveries; those that the channel was already owed for the same story and entry change nothing."""
    rows = []
    for one in owed:
        due = max(one.due or now, now)
        row = _row(one.channel, one.kind, one.story_id, one.entry_id, now) | {
            "topics": ",".join(one.topics),
            "state": (DeliveryState.HELD if due > now else DeliveryState.PENDING).value,
            "next_try": due,
            "aloud": one.aloud,
        }
        rows.append(row)
    return await _write(tx, rows)


async def owe_heads(tx: Transaction, story_ids: Collection[int], now: datetime) -> int:
    """Owe an edit of the first messages of these stories, in every channel where one was posted."""
    posted = select(delivery).where(
        delivery.c.story_id.in_(story_ids),
        delivery.c.kind == Kind.ALERT.value,
        delivery.c.state == DeliveryState.SENT.value,
        delivery.c.reference.is_not(None),
    )
    rows = [
        _row(Channel(r.platform, r.channel_id), Kind.HEAD, r.story_id, r.entry_id, now)
        | {"topics": r.topics, "next_try": now + SETTLING}
        for r in (await tx.execute(posted)).all()
    ]
    return await _write(tx, rows)


async def owe_notice(tx: Transaction, place: Channel, text: str, now: datetime) -> None:
    """Owe a word about the bot itself."""
    row = {"platform": place.platform, "channel_id": place.id, "paused": "", "lease_owner": "", "fence": 0}
    await tx.execute(insert(tx, channel).on_conflict_do_nothing(), [row])
    await _write(tx, [_row(place, Kind.NOTICE, 0, 0, now) | {"notice": text}])


async def _write(tx: Transaction, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    result = await tx.execute(insert(tx, delivery).on_conflict_do_nothing().returning(delivery.c.id), rows)
    return len(result.all())


def _row(place: Channel, kind: Kind, story_id: int, entry_id: int, now: datetime) -> dict[str, Any]:
    return {
        "platform": place.platform,
        "channel_id": place.id,
        "kind": kind.value,
        "story_id": story_id,
        "entry_id": entry_id,
        "topics": "",
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "next_try": now,
        "created": now,
        "error": "",
        "aloud": False,
        "notice": None,
    }


async def lease(
    tx: Transaction,
    platforms: Sequence[str],
    owner: str,
    now: datetime,
    length: timedelta,
    *,
    busy: Collection[Channel] = (),
) -> list[Lease]:
    """Lease the channels of ``platforms`` that have something due, are not paused and that nobody else holds.

    ``busy`` are those that ``owner`` serves already.
    """
    free = or_(
        channel.c.lease_until.is_(None),
        channel.c.lease_until <= now,
        channel.c.lease_until > now + 2 * length,  # left over from a clock that was wrong
        channel.c.lease_owner == owner,
    )
    has_due = exists().where(
        delivery.c.platform == channel.c.platform,
        delivery.c.channel_id == channel.c.channel_id,
        delivery.c.state.in_(OWED),
        is_due(now),
    )
    chosen = (
        select(channel.c.platform, channel.c.channel_id, channel.c.fence)
        .where(channel.c.platform.in_(platforms), channel.c.paused == "", free, has_due)
        .where(tuple_(channel.c.platform, channel.c.channel_id).not_in([(one.platform, one.id) for one in busy]))
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


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether the time of a delivery has come.

    So it has where the time was set by a clock that was put back since: it lies further ahead than any delivery waits,
    or the delivery is not held and yet owed since a time that is still to come.
    """
    held = delivery.c.state == DeliveryState.HELD.value
    return or_(
        delivery.c.next_try <= now,
        delivery.c.next_try > now + _LONGEST_HOLD,
        and_(~held, or_(delivery.c.next_try > now + LONGEST_PAUSE + _SKEW, delivery.c.created > now + _SKEW)),
    )


async def release(tx: Transaction, held: Lease) -> None:
    """Give a lease back, unless somebody else has taken the channel over."""
    await tx.execute(update(channel).where(_holds(held)).values(lease_owner="", lease_until=None))


async def start(tx: Transaction, held: Lease, now: datetime, length: timedelta) -> Delivery | None:
    """Mark the channel's next delivery as being sent and return it; None when nothing is due or the lease is lost.

    The order within the channel is kept: while the oldest delivery waits for its next try, those behind it wait too.
    Edits of first messages come when nothing else is due. Commit before the request goes out.
    """
    if not await renew(tx, held, now, length):
        return None
    here = _is(delivery, held.channel), delivery.c.state.in_(DUE)
    owed = select(delivery, is_due(now).label("is_due")).where(*here).order_by(delivery.c.id)
    row = (await tx.execute(owed.where(delivery.c.kind != Kind.HEAD.value).limit(1))).first()
    if row is None or not row.is_due:
        edits = owed.where(delivery.c.kind == Kind.HEAD.value, is_due(now))
        row = (await tx.execute(edits.limit(1))).first()
    if row is None:
        return None
    values = {"state": DeliveryState.SENDING.value, "attempts": row.attempts + 1, "doubt": row.doubt or now}
    await tx.execute(update(delivery).where(delivery.c.id == row.id).values(values))
    return _delivery(row, await _thread(tx, row))


async def renew(tx: Transaction, held: Lease, now: datetime, length: timedelta) -> bool:
    """Keep a lease for longer; False where somebody else has taken the channel over."""
    renewed = update(channel).where(_holds(held)).values(lease_until=now + length).returning(channel.c.fence)
    return (await tx.execute(renewed)).first() is not None


async def resolve(tx: Transaction, absent: Delivery, now: datetime) -> None:
    """An earlier try did not post it: what is in doubt from now on is the try that begins."""
    await tx.execute(update(delivery).where(_same(absent)).values(doubt=now))


async def finish(
    tx: Transaction, done: Delivery, reference: str | None, now: datetime, *, repeated: bool = False
) -> None:
    """The platform took the message; ``reference`` is its own name of it, None for an edit.

    ``repeated`` says that an earlier try may have posted it as well: the doubt stays, and is counted.
    """
    values: dict[str, Any] = {"state": DeliveryState.SENT.value, "sent": now, "reference": reference, "error": ""}
    if not repeated:
        values["doubt"] = None
    await tx.execute(update(delivery).where(_same(done)).values(values))


async def retry(tx: Transaction, failed: Delivery, at: datetime, error: str, *, doubtful: bool = False) -> None:
    """Try again at a later time. ``doubtful`` says that this try may have posted it; else only earlier ones may."""
    values: dict[str, Any] = {"state": DeliveryState.RETRYING.value, "next_try": at, "error": error}
    if not doubtful:
        values["doubt"] = failed.doubt
    await tx.execute(update(delivery).where(_same(failed)).values(values))


async def bury(tx: Transaction, dead: Delivery, error: str) -> None:
    """Never try again."""
    values = {"state": DeliveryState.DEAD.value, "error": error}
    await tx.execute(update(delivery).where(_same(dead)).values(values))


async def hold_back(tx: Transaction, unknown: Delivery, error: str) -> None:
    """Leave it to the operator: it is perhaps posted, and nobody can tell."""
    values = {"state": DeliveryState.UNKNOWN.value, "error": error}
    await tx.execute(update(delivery).where(_same(unknown)).values(values))


async def told(tx: Transaction, entry_ids: Sequence[int], place: Channel) -> dict[int, tuple[Kind, DeliveryState]]:
    """What the channel was owed for each of the entries."""
    statement = select(delivery).where(delivery.c.entry_id.in_(entry_ids), _is(delivery, place))
    return {r.entry_id: (Kind(r.kind), DeliveryState(r.state)) for r in (await tx.execute(statement)).all()}


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
        delivery.c.story_id != 0,
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
        aloud=row.aloud,
        notice=row.notice or "",
        doubt=row.doubt,
    )


def _is(table: Any, place: Channel) -> ColumnElement[bool]:
    return and_(table.c.platform == place.platform, table.c.channel_id == place.id)


def _holds(held: Lease) -> ColumnElement[bool]:
    return and_(_is(channel, held.channel), channel.c.fence == held.fence)


def _same(one: Delivery) -> ColumnElement[bool]:
    return delivery.c.id == one.id
