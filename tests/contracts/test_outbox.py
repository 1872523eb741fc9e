"""The outbox keeps its promises on both databases: order, one lease a channel, fences, no second alert."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Channel, DeliveryState, Kind, Subscription
from bot.storage import backlog, outbox, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Owed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK, NEWSROOM = Channel("console", "desk"), Channel("console", "newsroom")


def alert(story: int, entry: int, channel: Channel = DESK, kind: Kind = Kind.ALERT) -> Owed:
    return Owed(channel, kind, story, entry, ("rare-earths",))


async def owe(database: Database, *owed: Owed) -> int:
    async with database.write() as tx:
        for channel in {o.channel for o in owed}:
            await subscriptions.subscribe(tx, Subscription(channel, "rare-earths"), "ann", NOW)
        return await outbox.owe(tx, owed, NOW)


async def lease(database: Database, owner: str, now: datetime = NOW) -> list[outbox.Lease]:
    async with database.write() as tx:
        return await outbox.lease(tx, ["console"], owner, now, MINUTE)


async def test_story_alerts_once_a_channel(database: Database) -> None:
    assert await owe(database, alert(1, 10), alert(1, 10, NEWSROOM)) == 2
    assert await owe(database, alert(1, 10)) == 0
    assert await owe(database, alert(1, 11)) == 0
    assert await owe(database, alert(1, 12, kind=Kind.DENIAL)) == 1
    async with database.read() as tx:
        assert await outbox.channels_told(tx, 1) == {DESK, NEWSROOM}


async def test_channel_is_leased_to_one_owner_until_the_lease_ends(database: Database) -> None:
    await owe(database, alert(1, 10))
    assert [held.channel for held in await lease(database, "a")] == [DESK]
    assert await lease(database, "b") == []
    assert [held.channel for held in await lease(database, "b", NOW + 2 * MINUTE)] == [DESK]


async def test_lost_lease_sends_nothing(database: Database) -> None:
    await owe(database, alert(1, 10))
    (first,) = await lease(database, "a")
    (second,) = await lease(database, "b", NOW + 2 * MINUTE)
    async with database.write() as tx:
        assert await outbox.start(tx, first, NOW + 2 * MINUTE, MINUTE) is None
        started = await outbox.start(tx, second, NOW + 2 * MINUTE, MINUTE)
    assert started is not None
    assert started.entry == 10


async def test_order_is_kept_while_the_oldest_waits(database: Database) -> None:
    await owe(database, alert(1, 10), alert(2, 20))
    (held,) = await lease(database, "a")
    async with database.write() as tx:
        first = await outbox.start(tx, held, NOW, MINUTE)
        assert first is not None
        await outbox.retry(tx, first, NOW + MINUTE, "busy")
        assert await outbox.start(tx, held, NOW, MINUTE) is None
        again = await outbox.start(tx, held, NOW + MINUTE, MINUTE)
        assert again is not None
        assert (again.id, again.key, again.attempts) == (first.id, first.key, 2)
        await outbox.finish(tx, again, "m1", NOW)
        then = await outbox.start(tx, held, NOW + MINUTE, MINUTE)
        assert then is not None
        assert then.story == 2


async def test_follow_up_knows_the_first_message_of_its_story(database: Database) -> None:
    await owe(database, alert(1, 10), alert(1, 11, kind=Kind.DENIAL), alert(2, 20))
    (held,) = await lease(database, "a")
    threads = []
    async with database.write() as tx:
        while started := await outbox.start(tx, held, NOW, MINUTE):
            threads.append(started.thread)
            await outbox.finish(tx, started, f"message-{started.id}", NOW)
    assert threads[0] is None
    assert threads[1] is not None
    assert threads[1].startswith("message-")
    assert threads[2] is None


async def test_interrupted_sending_is_still_owed(database: Database) -> None:
    await owe(database, alert(1, 10))
    (held,) = await lease(database, "a")
    async with database.write() as tx:
        await outbox.start(tx, held, NOW, MINUTE)
    async with database.read() as tx:
        assert await backlog.count(tx) == {DeliveryState.SENDING: 1}
        assert await backlog.oldest_owed(tx) == NOW
    (again,) = await lease(database, "b", NOW + 2 * MINUTE)
    async with database.write() as tx:
        retried = await outbox.start(tx, again, NOW + 2 * MINUTE, MINUTE)
    assert retried is not None
    assert retried.attempts == 2


async def test_paused_channel_gets_nothing_until_somebody_subscribes(database: Database) -> None:
    await owe(database, alert(1, 10))
    async with database.write() as tx:
        await subscriptions.pause(tx, DESK, "the channel was archived")
        assert await subscriptions.paused(tx) == {DESK: "the channel was archived"}
    assert await lease(database, "a") == []
    async with database.write() as tx:
        await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", NOW)
    assert len(await lease(database, "a")) == 1


async def test_buried_and_sent_are_not_owed(database: Database) -> None:
    await owe(database, alert(1, 10), alert(2, 20))
    (held,) = await lease(database, "a")
    async with database.write() as tx:
        first = await outbox.start(tx, held, NOW, MINUTE)
        assert first is not None
        await outbox.bury(tx, first, "refused")
        second = await outbox.start(tx, held, NOW, MINUTE)
        assert second is not None
        await outbox.finish(tx, second, "m2", NOW)
        await outbox.release(tx, held)
    assert await lease(database, "a") == []
    async with database.read() as tx:
        assert await backlog.count(tx) == {DeliveryState.DEAD: 1, DeliveryState.SENT: 1}
        told = await outbox.told(tx, [10, 20], DESK)
    assert told[20] == (Kind.ALERT, DeliveryState.SENT)


@pytest.mark.parametrize("number", [1, 7, 10**12])
def test_key_is_stable_and_fits_discord(number: int) -> None:
    assert outbox.key_of(number, NOW) == outbox.key_of(number, NOW)
    assert len(outbox.key_of(number, NOW)) == 25
    assert outbox.key_of(number, NOW) != outbox.key_of(number + 1, NOW)


async def test_subscription_is_changed_not_doubled(database: Database) -> None:
    async with database.write() as tx:
        assert await subscriptions.subscribe(tx, Subscription(DESK, "rare-earths"), "ann", NOW)
        changed = Subscription(DESK, "rare-earths", 0.7, ("en", "zh"))
        assert not await subscriptions.subscribe(tx, changed, "ben", NOW)
        await subscriptions.subscribe(tx, Subscription(NEWSROOM, "rare-earths"), "ann", NOW)
        assert await subscriptions.of_channel(tx, DESK) == [changed]
        assert await subscriptions.unsubscribe(tx, DESK, None) == ["rare-earths"]
        assert await subscriptions.unsubscribe(tx, DESK, None) == []
        assert len(await subscriptions.everything(tx)) == 1


async def test_dead_deliveries_are_listed_tried_again_and_given_up(database: Database) -> None:
    await owe(database, alert(1, 10), alert(2, 20), alert(3, 30))
    (held,) = await lease(database, "a")
    async with database.write() as tx:
        first = await outbox.start(tx, held, NOW, MINUTE)
        assert first is not None
        await outbox.bury(tx, first, "refused")
        waiting = await backlog.unsent(tx, 10)
        assert [(one.story, one.state) for one in waiting] == [(1, "dead"), (2, "pending"), (3, "pending")]
        assert waiting[0].error == "refused"
        assert await backlog.replay(tx, [waiting[1].id], NOW) == 0  # only what is dead is owed again
        assert await backlog.replay(tx, None, NOW) == 1
        again = await outbox.start(tx, held, NOW, MINUTE)
        assert again is not None
        assert (again.id, again.key, again.attempts) == (first.id, first.key, 1)
        assert await backlog.drop(tx, [waiting[1].id]) == 1
        assert [one.state for one in await backlog.unsent(tx, 10)] == ["sending", "dead", "pending"]
        assert await backlog.drop(tx, None) == 1
        assert [one.story for one in await backlog.unsent(tx, 10)] == [1, 3]
