"""Threads, forums, direct messages, edits and lost answers: the real library against a Discord on loopback."""

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Channel, Delivery, Kind, Notice
from bot.ports import Platform
from tests.loopback_discord import LoopbackDiscord, Outcome, refused
from tests.loopback_gateway import CHANNEL, PERSON, TOKEN
from tests.loopback_rooms import FORUM, LOCKED, UNREADABLE
from tests.samples import Kept, alert, commands_of, follow_up

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore")
    from handlers.discord import client
    from handlers.discord.caution import Caution
    from handlers.discord.gateway import connect

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)  # before the ids of the loopback, which tell a time
KEYS = ("a" * 25, "b" * 25, "c" * 25)


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as server:
        yield server


@asynccontextmanager
async def started(loopback: LoopbackDiscord, memory: Kept | None = None) -> AsyncIterator[Platform]:
    options = {"token": TOKEN, "base_url": loopback.base_url}
    platform = connect(commands_of(object()), options, memory or Kept())
    await platform.start()
    try:
        yield platform
    finally:
        await platform.stop()


def delivery(number: int = 0, *, channel: str = CHANNEL, **changes: Any) -> Delivery:
    place = Channel("discord", channel)
    return replace(Delivery(number, KEYS[number], place, Kind.ALERT, 12, 34, ("rare-earths",), 1, NOON), **changes)


async def test_what_follows_goes_into_one_thread_of_its_story(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        assert loopback.threads == {}  # a story that nothing follows needs none
        await platform.post(
            delivery(1, thread=head),
            follow_up(
                Kind.UPDATE,
            ),
        )
        await platform.post(
            delivery(2, thread=head),
            follow_up(
                Kind.DENIAL,
            ),
        )
    assert list(loopback.threads) == [head]
    assert [len(loopback.messages[place]) for place in (CHANNEL, head)] == [1, 2]


async def test_a_denial_is_shown_in_the_channel_too_where_that_is_wanted(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        denial = delivery(1, thread=head, aloud=True)
        for _ in range(2):  # a repeat of both is dropped by Discord
            await platform.post(
                denial,
                follow_up(
                    Kind.DENIAL,
                ),
            )
    assert [len(loopback.messages[place]) for place in (CHANNEL, head)] == [2, 1]


async def test_a_denial_that_got_no_further_than_the_channel_still_gets_into_its_thread(
    loopback: LoopbackDiscord,
) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        denial = delivery(1, thread=head, aloud=True)
        loopback.outcomes.extend([Outcome(taken=True), refused(503, 0)])
        with pytest.raises(AmbiguousDeliveryError):
            await platform.post(
                denial,
                follow_up(
                    Kind.DENIAL,
                ),
            )
        assert await platform.find(replace(denial, doubt=BEFORE)) is None
        loopback._nonces.clear()  # as after the minutes in which Discord drops copies
        await platform.post(
            replace(denial, doubt=BEFORE),
            follow_up(
                Kind.DENIAL,
            ),
        )
    assert [len(loopback.messages[place]) for place in (CHANNEL, head)] == [2, 1]


async def test_a_locked_thread_leaves_a_reply(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        loopback.threads[head] = "locked"
        await platform.post(
            delivery(1, thread=head),
            follow_up(
                Kind.UPDATE,
            ),
        )
    assert loopback.messages[CHANNEL][1]["message_reference"]["message_id"] == int(head)


async def test_a_story_is_a_post_of_a_forum(loopback: LoopbackDiscord) -> None:
    memory = Kept()
    async with started(loopback, memory) as platform:
        head = await platform.post(delivery(channel=FORUM), alert())
        assert loopback.threads[head] == alert().headline
    async with started(loopback, memory) as platform:  # and after a restart
        await platform.post(
            delivery(1, channel=FORUM, thread=head),
            follow_up(
                Kind.DENIAL,
            ),
        )
        await platform.edit(delivery(2, channel=FORUM, thread=head, kind=Kind.HEAD), alert(headline="Grown"))
        second = await platform.post(delivery(2, channel=FORUM, story=13), alert(story=13))
    assert loopback.messages[head][0]["embeds"][0]["title"] == "Grown"
    assert len(loopback.messages[head]) == 2
    assert set(loopback.threads) == {head, second}


async def test_a_channel_that_takes_nothing_is_gone(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        with pytest.raises(ChannelGoneError, match="archived"):
            await platform.post(delivery(channel=LOCKED), alert())


async def test_a_person_is_written_to_directly(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        await platform.post(delivery(channel=f"@{PERSON}"), Notice("Archived."))
        loopback.outcomes.append(refused(403, 50007))
        with pytest.raises(ChannelGoneError, match="accepts no direct messages"):
            await platform.post(delivery(1, channel=f"@{PERSON}"), alert())
    assert len(loopback.messages[f"9{PERSON}"]) == 1


async def test_the_first_message_is_edited_and_keeps_its_buttons(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        await platform.edit(delivery(kind=Kind.HEAD, thread=head), alert(headline="Grown"))
        with pytest.raises((BadMessageError, ChannelGoneError)):
            await platform.edit(delivery(kind=Kind.HEAD, thread="77"), alert())
    [message] = loopback.messages[CHANNEL]
    assert message["embeds"][0]["title"] == "Grown"
    assert message["components"]


@pytest.mark.parametrize("place", ["channel", "thread"])
async def test_a_lost_answer_is_looked_for(loopback: LoopbackDiscord, place: str) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        owed = delivery(1, thread=head if place == "thread" else None, doubt=BEFORE)
        assert await platform.find(owed) is None
        loopback.outcomes.append(Outcome(taken=True, cut=True))
        with pytest.raises(AmbiguousDeliveryError):
            await platform.post(owed, alert())
        where = head if place == "thread" else CHANNEL
        assert await platform.find(owed) == loopback.messages[where][-1]["id"]
        assert await platform.find(replace(owed, key="z" * 25)) is None


async def test_where_the_bot_may_not_read_nobody_can_tell(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        with pytest.raises(UnreadableError, match="Read Message History"):
            await platform.find(delivery(channel=UNREADABLE, doubt=NOON))


async def test_after_too_many_messages_nobody_can_tell(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        for number in range(100):
            loopback._take(CHANNEL, {"embeds": [], "nonce": str(number)})
        with pytest.raises(UnreadableError, match="too many"):
            await platform.find(delivery(doubt=BEFORE))


async def test_after_many_refusals_nothing_is_posted(
    loopback: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "Caution", lambda: Caution(3))
    loopback.mood = lambda: refused(403, 50013)
    async with started(loopback) as platform:
        for _ in range(3):
            with pytest.raises(ChannelGoneError):
                await platform.post(delivery(), alert())
        with pytest.raises(TemporaryDeliveryError, match="too many") as held:
            await platform.post(delivery(), alert())
    assert len(loopback.posts) == 3
    assert held.value.retry_after is not None
    assert 500 < held.value.retry_after <= 600
