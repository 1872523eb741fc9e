"""Edits, notices, lost posts, HTTP, and what Slack sends twice: the real library against a Slack on loopback."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    CommandError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Asker, Channel, Delivery, Kind, Notice, Reply, Subscription, Table
from handlers.slack.gateway import connect, requires
from handlers.slack.platform import PATH, Account, SlackPlatform
from tests.loopback_slack import APP_TOKEN, BOT_TOKEN, CHANNEL, PERSON, LoopbackSlack, Outcome, refused
from tests.samples import Kept, alert, commands_of, follow_up

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
HERE, DIRECT = Channel("slack", CHANNEL), Channel("slack", f"D-{PERSON}")


class StandIn:
    """Answers as the service would; it remembers what it was asked."""

    def __init__(self) -> None:
        self.topics_known = {name: SimpleNamespace(id=name, title=name) for name in ("rare-earths", "other")}
        self.asked: list[Any] = []
        self.subscriptions_made: list[Subscription] = []

    async def follow(self) -> None:
        """Nobody makes topics here."""

    async def subscribe(self, wanted: Subscription, asker: Asker) -> Reply:
        if not asker.may_manage:
            raise CommandError("You may not change this channel's subscriptions.")
        self.asked.append((wanted, asker))
        self.subscriptions_made.append(replace(wanted, by=asker.user))
        return Reply(f"Subscribed to {wanted.topic}")

    async def unsubscribe(self, topic: str, asker: Asker) -> Reply:
        self.asked.append(("end", topic, asker.channel))
        self.subscriptions_made = [one for one in self.subscriptions_made if one.topic != topic]
        return Reply("Unsubscribed")

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        return tuple(s for s in self.subscriptions_made if s.channel.id == channel or (user and s.by == user))

    async def status(self) -> Reply:
        return Reply("Status", (Table(("What", "How it is"), (("Feeds", "3 (3 active)"),)),))

    async def judge(self, story_id: int, asker: Asker, *, useful: bool) -> Reply:
        self.asked.append(("judge", story_id, useful))
        return Reply("Noted", private=True)


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


@pytest.fixture
def service() -> StandIn:
    return StandIn()


@asynccontextmanager
async def serving(
    loopback: LoopbackSlack, service: StandIn, memory: Kept | None = None, **account: Any
) -> AsyncIterator[SlackPlatform]:
    known = Account(BOT_TOKEN, APP_TOKEN, loopback.base_url, **account)
    platform = SlackPlatform(commands_of(service), known, memory or Kept(), pace=0.0)
    await platform.start()
    connections = loopback.connections
    task = asyncio.create_task(platform.run())
    if known.listen is None:
        await loopback.connected(connections + 1)
    try:
        yield platform
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await platform.stop()


def delivery(**changes: Any) -> Delivery:
    return replace(Delivery(1, "k" * 25, HERE, Kind.ALERT, 12, 34, ("rare-earths",), 1, NOON), **changes)


async def test_a_button_and_a_command_that_come_again_are_carried_out_once(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    async with serving(loopback, service):
        first = await loopback.press("story-useful", "12", trigger="t1")
        await first.answer()
        again = await loopback.press("story-useful", "12", trigger="t1")
        await again.acknowledgement()
        await (await loopback.type("/subscribe", "rare-earths", trigger="t2")).acknowledgement()
        await loopback.called("chat.postMessage")
        await (await loopback.type("/subscribe", "rare-earths", trigger="t2")).acknowledgement()
    assert [asked[0] for asked in service.asked if asked[0] == "judge"] == ["judge"]
    assert len(service.asked) == 2


async def test_the_first_message_is_edited_with_its_buttons(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service) as platform:
        head = await platform.post(delivery(), alert())
        await platform.edit(delivery(kind=Kind.HEAD, thread=head), alert(headline="Grown"))
        assert "Grown" in loopback.messages[0]["text"]
        assert loopback.messages[0]["blocks"][-1]["type"] == "actions"
        with pytest.raises(BadMessageError, match="message_not_found"):
            await platform.edit(delivery(kind=Kind.HEAD, thread="9.9"), alert())


async def test_a_denial_is_shown_in_the_channel_too_where_that_is_wanted(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    async with serving(loopback, service) as platform:
        await platform.post(
            delivery(kind=Kind.DENIAL, thread="1.1", aloud=True),
            follow_up(
                Kind.DENIAL,
            ),
        )
        await platform.post(
            delivery(kind=Kind.DENIAL, thread="1.1"),
            follow_up(
                Kind.DENIAL,
            ),
        )
    assert [post.get("reply_broadcast") for post in loopback.messages] == [True, None]


async def test_a_notice_goes_to_a_person_directly(loopback: LoopbackSlack, service: StandIn) -> None:
    person = Channel("slack", f"@{PERSON}")
    async with serving(loopback, service) as platform:
        await platform.post(delivery(kind=Kind.NOTICE, channel=person), Notice("Archived."))
        loopback.will("conversations.open", refused("user_not_found"))
        with pytest.raises(ChannelGoneError):
            await platform.post(delivery(channel=Channel("slack", "@U9")), alert())
    assert loopback.messages[0]["channel"] == f"D-{PERSON}"


async def test_a_delivery_is_found_again_where_the_app_may_look(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service) as platform:
        reference = await platform.post(delivery(), alert())
        with pytest.raises(UnreadableError, match="channels:history"):
            await platform.find(delivery(doubt=NOON))
        loopback.readable = True
        assert await platform.find(delivery(doubt=NOON)) == reference
        assert await platform.find(delivery(key="x" * 25, doubt=NOON)) is None


async def test_an_update_is_found_in_its_thread_and_beside_it(loopback: LoopbackSlack, service: StandIn) -> None:
    loopback.readable = True
    async with serving(loopback, service) as platform:
        head = await platform.post(delivery(), alert())
        update = delivery(key="u" * 25, kind=Kind.UPDATE, thread=head, doubt=NOON)
        assert await platform.find(update) is None
        in_thread = await platform.post(
            update,
            follow_up(
                Kind.UPDATE,
            ),
        )
        assert await platform.find(update) == in_thread
        beside = replace(update, key="b" * 25, thread="1.1")
        lost = Outcome({"ok": False, "error": "internal_error"}, taken=True)
        loopback.will("chat.postMessage", refused("thread_not_found"), lost)
        with pytest.raises(AmbiguousDeliveryError):
            await platform.post(
                beside,
                follow_up(
                    Kind.UPDATE,
                ),
            )
        assert await platform.find(beside) == loopback.messages[-1]["ts"]


async def test_a_delivery_that_would_wait_long_for_its_turn_is_surely_not_sent(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    platform = SlackPlatform(commands_of(service), Account(BOT_TOKEN, APP_TOKEN, loopback.base_url), Kept(), pace=60.0)
    await platform.start()
    reference = await platform.post(delivery(), alert())
    for act in (platform.post, platform.edit):
        with pytest.raises(TemporaryDeliveryError, match="other messages go first") as error:
            await act(delivery(thread=reference), alert())
        assert 0 < (error.value.retry_after or 0) <= 60  # it took no turn, or the second would wait for two
    await platform.stop()
    assert len(loopback.posts) == 1


async def test_a_workspace_gets_fifty_edits_a_minute(loopback: LoopbackSlack, service: StandIn) -> None:
    platform = SlackPlatform(commands_of(service), Account(BOT_TOKEN, APP_TOKEN, loopback.base_url), Kept(), pace=60.0)
    await platform.start()
    loopback.will("chat.update", Outcome({"ok": True}))
    await platform.edit(delivery(thread="1.1"), alert())
    elsewhere = replace(delivery(thread="2.2"), channel=Channel("slack", "C2"))
    with pytest.raises(TemporaryDeliveryError, match="other messages go first") as error:
        await platform.edit(elsewhere, alert())
    assert 60 < (error.value.retry_after or 0) <= 72
    await platform.stop()


async def test_a_channel_gets_one_message_a_second(loopback: LoopbackSlack, service: StandIn) -> None:
    platform = SlackPlatform(commands_of(service), Account(BOT_TOKEN, APP_TOKEN, loopback.base_url), Kept(), pace=0.2)
    await platform.start()
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(platform.post(delivery(), alert()) for _ in range(3)))
    assert asyncio.get_running_loop().time() - began >= 0.4
    await platform.stop()


SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def signed(body: str, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = str(int(at or time.time()))
    digest = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


async def test_over_http_only_what_slack_signed_just_now_is_heard(
    loopback: LoopbackSlack, service: StandIn, unused_port: int
) -> None:
    command = {
        "command": "/monazite", "text": "subscribe rare-earths", "user_id": PERSON, "channel_id": CHANNEL,
        "team_id": "T1", "trigger_id": "t9", "api_app_id": "A1", "response_url": "",
    }  # fmt: skip
    body = urlencode(command)
    url = f"http://127.0.0.1:{unused_port}{PATH}"
    async with (
        serving(loopback, service, listen=("127.0.0.1", unused_port), signing_secret=SECRET) as platform,
        aiohttp.ClientSession() as session,
    ):
        statuses = []
        for headers in (
            {"Content-Type": "application/x-www-form-urlencoded"},
            signed(body, secret="wrong"),
            signed(body, at=time.time() - 600),
            signed(body + "&more=1"),
        ):
            async with asyncio.timeout(10):
                while True:
                    try:
                        async with session.post(url, data=body, headers=headers) as answer:
                            statuses.append(answer.status)
                        break
                    except aiohttp.ClientConnectorError:
                        await asyncio.sleep(0.02)
        assert service.asked == []
        async with session.post(url, data=body, headers=signed(body)) as answer:
            statuses.append(answer.status)
        await loopback.called("chat.postMessage")
        async with session.post(url, data=body, headers=signed(body) | {"X-Slack-Retry-Num": "1"}) as answer:
            statuses.append(answer.status)
        assert platform.listening
    assert not platform.listening
    assert statuses == [401, 401, 401, 401, 200, 200]
    assert [wanted.topic for wanted, _ in service.asked] == ["rare-earths"]
    assert "apps.connections.open" not in loopback.calls


def test_the_mode_decides_what_is_needed() -> None:
    assert requires({}) == ("bot_token", "app_token")
    assert requires({"mode": "http"}) == ("bot_token", "signing_secret")
    for options, said in (
        ({"mode": "fax"}, "MONAZITE_SLACK_MODE"),
        ({"mode": "http", "listen": "3000"}, "_LISTEN"),
        ({"client_id": "1.2", "client_secret": "s"}, "MONAZITE_SLACK_CLIENT_ID needs MONAZITE_SLACK_MODE=http"),
    ):
        with pytest.raises(Exception, match=said):
            connect(
                commands_of(StandIn()), {"bot_token": "x", "signing_secret": "y", "app_token": "z"} | options, Kept()
            )
