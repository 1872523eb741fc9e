"""Rows of channels and of what they are subscribed to."""

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

from sqlalchemy import Row, select, update

from bot.model import Channel, DeliveryState, Subscription
from bot.storage.statements import Transaction, insert
from bot.storage.tables import channel, delivery, muted, subscription

_HOUR = "%H:%M"


async def subscribe(tx: Transaction, wanted: Subscription, user: str, now: datetime) -> bool:
    """Store a subscription, or change the one that the channel has to this topic; return whether it is new."""
    existing = {s.topic for s in await of_channel(tx, wanted.channel)}
    place = {"platform": wanted.channel.platform, "channel_id": wanted.channel.id}
    await tx.execute(
        insert(tx, channel).on_conflict_do_nothing(), [{**place, "paused": "", "lease_owner": "", "fence": 0}]
    )
    await _resume(tx, wanted.channel)
    changed = {
        "minimum_score": wanted.minimum_score,
        "languages": ",".join(wanted.languages),
        "digest": wanted.digest.strftime(_HOUR) if wanted.digest is not None else None,
        "zone": wanted.zone,
        "quiet": "-".join(at.strftime(_HOUR) for at in wanted.quiet) if wanted.quiet else None,
        "aloud": wanted.aloud,
    }
    row = place | changed | {"topic": wanted.topic, "created": now, "created_by": user}
    statement = insert(tx, subscription).on_conflict_do_update(
        index_elements=["platform", "channel_id", "topic"], set_=changed
    )
    await tx.execute(statement, [row])
    return wanted.topic not in existing


async def unsubscribe(tx: Transaction, place: Channel, topic: str | None) -> list[str]:
    """Remove the channel's subscription to ``topic``, or all of them; return the topics that were removed.

    What was held for a digest on these topics alone is not told any more.
    """
    removed = [s.topic for s in await of_channel(tx, place) if topic in (None, s.topic)]
    statement = subscription.delete().where(
        subscription.c.platform == place.platform,
        subscription.c.channel_id == place.id,
        subscription.c.topic.in_(removed),
    )
    await tx.execute(statement)
    held = select(delivery.c.id, delivery.c.topics).where(
        delivery.c.platform == place.platform,
        delivery.c.channel_id == place.id,
        delivery.c.state == DeliveryState.HELD.value,
    )
    unwanted = [row.id for row in (await tx.execute(held)).all() if set(row.topics.split(",")) <= set(removed)]
    await tx.execute(delivery.delete().where(delivery.c.id.in_(unwanted)))
    return removed


async def of_channel(tx: Transaction, place: Channel) -> list[Subscription]:
    """What a channel is subscribed to, by topic."""
    return [s for s in await everything(tx) if s.channel == place]


async def everything(tx: Transaction) -> list[Subscription]:
    """Every subscription of every channel."""
    rows = await tx.execute(select(subscription).order_by(subscription.c.topic, subscription.c.id))
    return [_subscription(row) for row in rows.all()]


async def mute(tx: Transaction, place: Channel, story_id: int) -> None:
    """Tell a channel nothing more of a story."""
    row = {"platform": place.platform, "channel_id": place.id, "story_id": story_id}
    await tx.execute(insert(tx, muted).on_conflict_do_nothing(), [row])
    held = delivery.delete().where(*(delivery.c[name] == value for name, value in row.items()))
    await tx.execute(held.where(delivery.c.state == DeliveryState.HELD.value))


async def unmute(tx: Transaction, place: Channel, story_id: int) -> bool:
    """Tell a channel of a story again; return whether it was muted."""
    own = (muted.c.platform == place.platform) & (muted.c.channel_id == place.id)
    gone = await tx.execute(muted.delete().where(own, muted.c.story_id == story_id))
    return bool(gone.rowcount)


async def muted_by(tx: Transaction, story_ids: Collection[int]) -> set[tuple[Channel, int]]:
    """The channels that muted any of these stories, each with the story."""
    rows = await tx.execute(select(muted).where(muted.c.story_id.in_(story_ids)))
    return {(Channel(row.platform, row.channel_id), row.story_id) for row in rows.all()}


async def channel_exists(tx: Transaction, place: Channel) -> bool:
    """Whether the channel ever had a subscription."""
    chosen = select(channel).where(channel.c.platform == place.platform, channel.c.channel_id == place.id)
    return (await tx.execute(chosen)).first() is not None


async def pause(tx: Transaction, place: Channel, reason: str) -> bool:
    """Post nothing more to the channel until somebody subscribes there again; return whether it was not paused yet."""
    own = (channel.c.platform == place.platform) & (channel.c.channel_id == place.id)
    fresh = update(channel).where(own, channel.c.paused == "").values(paused=reason).returning(channel.c.fence)
    return (await tx.execute(fresh)).first() is not None


async def resume(tx: Transaction, platform: str, because: str) -> int:
    """Post again to the channels of a platform whose pause has a text in its reason; return how many there are."""
    own = (channel.c.platform == platform) & channel.c.paused.contains(because, autoescape=True)
    return (await tx.execute(update(channel).where(own).values(paused=""))).rowcount


async def paused(tx: Transaction) -> dict[Channel, str]:
    """The channels that nothing is posted to, with the reasons."""
    rows = await tx.execute(select(channel).where(channel.c.paused != ""))
    return {Channel(row.platform, row.channel_id): row.paused for row in rows.all()}


def _subscription(row: Row[Any]) -> Subscription:
    begin, _, end = (row.quiet or "").partition("-")
    return Subscription(
        Channel(row.platform, row.channel_id),
        row.topic,
        row.minimum_score,
        tuple(code for code in row.languages.split(",") if code),
        digest=time.fromisoformat(row.digest) if row.digest else None,
        zone=row.zone,
        quiet=(time.fromisoformat(begin), time.fromisoformat(end)) if row.quiet else None,
        aloud=row.aloud,
        by=row.created_by,
    )


async def _resume(tx: Transaction, place: Channel) -> None:
    own = (channel.c.platform == place.platform) & (channel.c.channel_id == place.id)
    await tx.execute(update(channel).where(own).values(paused=""))
