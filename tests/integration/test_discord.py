"""The Discord platform with the real library, against a Discord on loopback."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.commands import ACTIONS, COMMANDS
from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    BotError,
    ChannelGoneError,
    CommandError,
    ConfigError,
    StorageError,
    TemporaryDeliveryError,
)
from bot.model import (
    Alert,
    Asker,
    Channel,
    Delivery,
    Kind,
    Publication,
    QuotedSentence,
    Reply,
    Stance,
    Subscription,
    Table,
    Text,
)
from bot.ports import Platform
from handlers.discord.buttons import pressed
from handlers.discord.gateway import connect, invite
from tests.loopback_discord import LoopbackDiscord, Outcome, refused, slow_down
from tests.loopback_gateway import CHANNEL, PERSON, TOKEN
from tests.samples import Kept, commands_of, follow_up

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
COMMANDS_CALL = "/api/applications/{id}/commands"
STORY = Alert(
    story=12,
    headline="Ore leaves the harbour",
    url="https://p1.example/a",
    topics=("rare-earths",),
    stance=Stance.REPORT,
    sentences=(QuotedSentence("Two ships left on Monday.", 0),),
    publications=(Publication("Paper", "PK", "independent", "en", "https://p1.example/a", "Ore", NOON, 1),),
    origins=1,
    why="names ore",
    created=NOON,
)


class StandIn:
    """Answers as the service would; it remembers what it was asked."""

    def __init__(self) -> None:
        self.topics_known = {
            name: SimpleNamespace(id=name, title=name) for name in ("rare-earths", "china-pakistan-us")
        }
        self.asked: list[Any] = []
        self.feeds_known = {"ledger": "The Ledger"}
        self.found: tuple[Subscription, ...] = ()

    async def headlines(self) -> dict[int, str]:
        return {7: "Kiln fails", 8: "Mine opens"}

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        return self.found

    async def sources(self, story_id: int | None = None) -> Reply:
        self.asked.append(("sources", story_id))
        return Reply("Sources")

    async def judge(self, story_id: int, asker: Asker, *, useful: bool) -> Reply:
        if story_id == 13:
            raise CommandError("Story 13 was not posted here.")
        self.asked.append(("judge", story_id, useful))
        return Reply("Noted", private=True)

    async def follow(self) -> None:
        """Nobody makes topics here."""

    async def summary(self, topic: str | None, window: timedelta) -> Reply:
        self.asked.append((topic, window))
        return Reply("What happened", (STORY,))

    async def subscribe(self, wanted: Subscription, asker: Asker) -> Reply:
        self.asked.append((wanted, asker))
        return Reply(f"Subscribed to {wanted.topic}")

    async def recent(self, topic: str | None) -> Reply:
        rows = tuple((str(number), "word " * 40) for number in range(60))
        return Reply("Latest", (Table(("Story", "Headline"), rows),))

    async def story(self, number: int) -> Reply:
        raise CommandError(f"There is no story {number}. <@1>")

    async def why(self, reference: str, asker: Asker) -> Reply:
        self.asked.append(reference)
        return Reply("Why", (Text("Because."),), private=True)

    async def status(self) -> Reply:
        raise StorageError("the database does not answer")

    async def topics(self) -> Reply:
        raise ZeroDivisionError


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as server:
        yield server


@pytest.fixture
def service() -> StandIn:
    return StandIn()


@asynccontextmanager
async def started(
    loopback: LoopbackDiscord, service: StandIn | None = None, memory: Kept | None = None, **options: str
) -> AsyncIterator[Platform]:
    platform = make(loopback, service, memory=memory, **options)
    try:
        await platform.start()
        yield platform
    finally:
        await platform.stop()


@asynccontextmanager
async def serving(loopback: LoopbackDiscord, service: StandIn | None = None) -> AsyncIterator[Platform]:
    async with started(loopback, service) as platform:
        task = asyncio.create_task(platform.run())
        await loopback.served()
        yield platform
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def make(
    loopback: LoopbackDiscord,
    service: StandIn | None = None,
    token: str = TOKEN,
    memory: Kept | None = None,
    **options: str,
) -> Platform:
    commands = commands_of(service or StandIn())
    return connect(commands, {"token": token, "base_url": loopback.base_url, **options}, memory or Kept())


def delivery(number: int = 1, *, thread: str | None = None, channel: str = CHANNEL) -> Delivery:
    key = f"{number:025d}"
    kind = Kind.UPDATE if thread else Kind.ALERT
    return Delivery(number, key, Channel("discord", channel), kind, 12, 34, ("rare-earths",), 1, NOON, thread)


async def test_a_wrong_token_is_one_clear_line_without_the_token(loopback: LoopbackDiscord) -> None:
    platform = make(loopback, token="not.the.token")
    with pytest.raises(ConfigError, match="MONAZITE_DISCORD_TOKEN is refused") as raised:
        await platform.start()
    await platform.stop()
    assert "not.the.token" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token": "two words"}, "MONAZITE_DISCORD_TOKEN"),
        ({"token": " "}, "MONAZITE_DISCORD_TOKEN"),
        ({"token": "a.b.c", "base_url": "ftp://x"}, "MONAZITE_DISCORD_BASE_URL"),
    ],
)
def test_options_that_cannot_be_right(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        connect(commands_of(StandIn()), options, Kept())


async def test_an_unreachable_discord_is_one_clear_line(loopback: LoopbackDiscord) -> None:
    await loopback.close()
    platform = make(loopback)
    with pytest.raises(BotError, match="Discord cannot be reached"):
        await platform.start()
    await platform.stop()


async def test_commands_are_sent_only_when_they_differ(loopback: LoopbackDiscord) -> None:
    memory = Kept()
    async with started(loopback, memory=memory):
        assert {command["name"] for command in loopback.commands} == {command.name for command in COMMANDS}
        assert loopback.overwrites == 1
    async with started(loopback, memory=memory):
        assert loopback.overwrites == 1
    loopback.commands[0]["description"] = "an older text"
    async with started(loopback, memory=memory):
        assert loopback.overwrites == 2
    memory.kept["commands"] = "other translations"
    async with started(loopback, memory=memory):
        assert loopback.overwrites == 3


async def test_two_shards_serve_commands(loopback: LoopbackDiscord, service: StandIn) -> None:
    async with started(loopback, service, shards="2") as platform:
        task = asyncio.create_task(platform.run())
        await loopback.served(identified=2)
        answer = await loopback.ask("subscribe", options=[{"name": "topic", "type": 3, "value": "rare-earths"}])
        assert platform.listening
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert "Subscribed" in answer.text
    assert sorted(said["shard"] for said in loopback.identified) == [[0, 2], [1, 2]]


def test_the_link_that_invites_the_bot_asks_for_little() -> None:
    link = invite({"token": "MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y"})
    assert link.startswith("https://discord.com/oauth2/authorize?client_id=123456789012345678&")
    asked = discord.Permissions(int(link.partition("permissions=")[2].partition("&")[0]))
    assert {name for name, given in asked if given} == {
        "view_channel", "read_messages", "send_messages", "embed_links", "create_public_threads",
        "send_messages_in_threads",
    } & {name for name, _ in asked}  # fmt: skip
    with pytest.raises(ConfigError, match="MONAZITE_DISCORD_TOKEN"):
        invite({"token": "nonsense"})


async def test_commands_have_typed_options_and_permissions(loopback: LoopbackDiscord) -> None:
    async with started(loopback):
        listed = {command["name"]: command for command in loopback.commands}
    options = {option["name"]: option for option in listed["subscribe"]["options"]}
    assert [options[name]["type"] for name in ("topic", "score", "languages")] == [3, 10, 3]
    assert options["topic"]["autocomplete"]
    assert options["topic"]["required"]
    assert (options["score"]["min_value"], options["score"]["max_value"]) == (0, 1)
    assert listed["story"]["options"][0]["type"] == 4
    guarded = {name for name, command in listed.items() if command["default_member_permissions"] is not None}
    assert guarded == {"subscribe", "unsubscribe", "topic"}
    assert {tuple(command["contexts"]) for command in listed.values()} == {(0, 1, 2)}
    assert {tuple(command["integration_types"]) for command in listed.values()} == {(0, 1)}
    assert listed["summary"]["name_localizations"] == {"zh-CN": "摘要", "zh-TW": "摘要"}
    assert all(set(command["description_localizations"]) == {"zh-CN", "zh-TW"} for command in listed.values())


async def test_every_option_is_described_in_chinese_within_discords_limit(loopback: LoopbackDiscord) -> None:
    async with started(loopback):
        sent: list[Any] = [body for method, call, body in loopback.bodies if (method, call) == ("PUT", COMMANDS_CALL)]
    [registered] = sent
    options = [(command["name"], option) for command in registered for option in command["options"]]
    told = {f"/{name} {option['name']}": option.get("description_localizations") or {} for name, option in options}
    assert len(told) > 20
    assert {name: list(texts) for name, texts in told.items() if set(texts) != {"zh-CN", "zh-TW"}} == {}
    texts = [text for texts in told.values() for text in texts.values()]
    assert all(0 < len(text) <= 100 and any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in texts)
    assert told["/summary topic"] == {"zh-CN": "只看此主题", "zh-TW": "只看此主題"}


async def test_an_alert_is_one_message_that_pings_nobody(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        reference = await platform.post(delivery(), STORY)
    [posted] = loopback.messages[CHANNEL]
    assert posted["id"] == reference
    [sent] = loopback.posts
    assert (sent["nonce"], sent["enforce_nonce"]) == (delivery().key, True)
    assert sent["allowed_mentions"] == {"parse": []}
    assert "message_reference" not in sent
    assert sent["embeds"][0]["title"] == "Ore leaves the harbour"


async def test_where_there_are_no_threads_an_update_replies_to_the_first_message(loopback: LoopbackDiscord) -> None:
    loopback.may_make_threads = False
    async with started(loopback) as platform:
        head = await platform.post(delivery(1), STORY)
        await platform.post(delivery(2, thread=head), STORY)
    reference = loopback.posts[1]["message_reference"]
    assert (reference["message_id"], reference["fail_if_not_exists"]) == (int(head), False)


async def test_without_the_history_an_update_stands_alone(loopback: LoopbackDiscord) -> None:
    loopback.may_make_threads = False
    loopback.outcomes.append(refused(400, 160002))
    async with started(loopback) as platform:
        await platform.post(delivery(2, thread="123"), STORY)
    assert ["message_reference" in body for body in loopback.posts] == [True, False]
    assert len(loopback.messages[CHANNEL]) == 1


@pytest.mark.parametrize(
    ("outcome", "error", "said"),
    [
        (refused(403, 50001), ChannelGoneError, "View Channel"),
        (refused(403, 50013), ChannelGoneError, "Send Messages"),
        (refused(404, 10003), ChannelGoneError, "does not exist"),
        (refused(400, 50083), ChannelGoneError, "archived"),
        (refused(403, 123456, "something new"), ChannelGoneError, "something new"),
        (refused(400, 50035, "Invalid Form Body"), BadMessageError, "Invalid Form Body"),
        (refused(404, 10008), BadMessageError, "10008"),
        (refused(401, 0), TemporaryDeliveryError, "MONAZITE_DISCORD_TOKEN"),
        (Outcome(403, "<html>"), TemporaryDeliveryError, "in front of Discord"),
        (Outcome(500, {}), AmbiguousDeliveryError, "500"),
        (Outcome(503, {}), AmbiguousDeliveryError, "503"),
        (Outcome(cut=True), AmbiguousDeliveryError, "lost"),
        (slow_down(7.5), TemporaryDeliveryError, "slowly"),
        (slow_down(60, everywhere=True), TemporaryDeliveryError, "slowly"),
    ],
)
async def test_each_refusal_has_its_error(
    loopback: LoopbackDiscord, outcome: Outcome, error: type[BotError], said: str
) -> None:
    async with started(loopback) as platform:
        loopback.outcomes.append(outcome)
        with pytest.raises(error, match=said):
            await platform.post(delivery(), STORY)
    assert len(loopback.posts) == 1  # the library must not post again out of sight


async def test_how_long_to_wait_is_passed_on(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        for outcome in (slow_down(7.5), slow_down(60, everywhere=True)):
            loopback.outcomes.append(outcome)
            with pytest.raises(TemporaryDeliveryError) as raised:
                await platform.post(delivery(), STORY)
            assert raised.value.retry_after == float(outcome.headers["Retry-After"])


@pytest.mark.parametrize("outcome", [Outcome(500, {}, taken=True), Outcome(taken=True, cut=True)])
async def test_a_message_that_was_taken_after_all_is_not_doubled(loopback: LoopbackDiscord, outcome: Outcome) -> None:
    loopback.outcomes.append(outcome)
    async with started(loopback) as platform:
        with pytest.raises(AmbiguousDeliveryError):
            await platform.post(delivery(), STORY)
        reference = await platform.post(delivery(), STORY)
    assert [message["id"] for message in loopback.messages[CHANNEL]] == [reference]


async def test_refused_connections_are_surely_not_posts(loopback: LoopbackDiscord) -> None:
    loopback.outcomes.append(Outcome(cut=True))
    async with started(loopback) as platform:
        with pytest.raises(AmbiguousDeliveryError):  # the connection that was kept from the login
            await platform.post(delivery(), STORY)
        await loopback.close()
        with pytest.raises(TemporaryDeliveryError, match="cannot be reached"):
            await platform.post(delivery(), STORY)


async def test_a_channel_that_is_no_number_is_gone(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        with pytest.raises(ChannelGoneError, match="general"):
            await platform.post(delivery(channel="general"), STORY)


async def test_a_command_is_deferred_then_answered(loopback: LoopbackDiscord, service: StandIn) -> None:
    async with serving(loopback, service):
        options = [{"name": "topic", "type": 3, "value": "rare-earths"}, {"name": "window", "type": 3, "value": "7d"}]
        exchange = await loopback.ask("summary", options=options, messages=1)
    assert service.asked == [("rare-earths", timedelta(days=7))]
    assert exchange.callback["type"] == 5
    assert "What happened\nOre leaves the harbour" in exchange.text
    assert exchange.private == {False}
    assert not exchange.removed


async def test_subscribing_names_channel_person_and_terms(loopback: LoopbackDiscord, service: StandIn) -> None:
    options = [
        {"name": "topic", "type": 3, "value": "rare-earths"},
        {"name": "score", "type": 10, "value": 0.7},
        {"name": "languages", "type": 3, "value": "en, zh"},
    ]
    async with serving(loopback, service):
        await loopback.ask("subscribe", options=options)
        await loopback.ask("subscribe", options=options[:1], permissions=0)
        await loopback.ask("subscribe", options=options[:1], direct=True)
    (first, here), (plain, stranger), (_, alone) = service.asked
    assert first == Subscription(Channel("discord", CHANNEL), "rare-earths", 0.7, ("en", "zh"))
    assert (plain.minimum_score, plain.languages) == (0.0, ())
    assert here == Asker(Channel("discord", CHANNEL), PERSON, True)
    assert not stranger.may_manage
    assert (alone.channel, alone.may_manage, alone.may_edit) == (Channel("discord", f"@{PERSON}"), True, False)
    assert alone.advice == "that is for people with Manage Server, in a server where the bot is"


async def test_subscribing_where_the_bot_cannot_post_is_refused(loopback: LoopbackDiscord, service: StandIn) -> None:
    options = [{"name": "topic", "type": 3, "value": "rare-earths"}]
    async with serving(loopback, service):
        exchange = await loopback.ask("subscribe", options=options, app_permissions=1 << 10)
    assert "Send Messages, Embed Links" in exchange.text
    assert service.asked == []


async def test_what_concerns_the_asker_alone_is_private(loopback: LoopbackDiscord, service: StandIn) -> None:
    address = "https://p1.example/a b"
    async with serving(loopback, service):
        helped = await loopback.ask("help", options=[{"name": "command", "type": 3, "value": "why"}])
        why = await loopback.ask("why", options=[{"name": "what", "type": 3, "value": address}])
    assert "/why NUMBER" in helped.text
    assert helped.private == why.private == {True}
    assert not helped.removed
    assert service.asked == [address]


async def test_a_refused_command_is_told_to_its_asker_alone(loopback: LoopbackDiscord) -> None:
    async with serving(loopback):
        exchange = await loopback.ask("story", options=[{"name": "number", "type": 4, "value": 7}])
    assert exchange.text == r"There is no story 7. \<\@1\>"
    assert exchange.private == {True}
    assert exchange.removed  # the public "thinking" message


async def test_a_long_answer_takes_several_messages(loopback: LoopbackDiscord) -> None:
    async with serving(loopback):
        exchange = await loopback.ask("recent", messages=3)
    assert len(exchange.shown) == 3
    assert all(f"**{number}** · word" in exchange.text for number in range(60))


async def test_failures_are_told_and_logged_and_do_not_stop_the_bot(
    loopback: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(loopback):
        bug = await loopback.ask("topics")
        outage = await loopback.ask("status")
        afterwards = await loopback.ask("help")
    assert bug.text == "That failed; it is logged."
    assert outage.text == "That cannot be answered now: the database does not answer"
    assert bug.private == outage.private == {True}
    assert "Commands" in afterwards.text
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [bool(record.exc_info) for record in logged] == [True, False]


async def test_topics_and_windows_are_completed(loopback: LoopbackDiscord) -> None:
    async with serving(loopback):
        typed = [{"name": "topic", "type": 3, "value": "Pak", "focused": True}]
        topics = await loopback.ask("summary", options=typed, autocomplete=True)
        typed = [{"name": "window", "type": 3, "value": "7", "focused": True}]
        windows = await loopback.ask("summary", options=typed, autocomplete=True)
    assert topics.choices == [{"name": "china-pakistan-us", "value": "china-pakistan-us"}]
    assert windows.choices == [{"name": "7d", "value": "7d"}]


@pytest.mark.parametrize(
    ("command", "option", "typed", "value"),
    [
        ("story", "number", "kiln", 7),
        ("why", "what", "7", "7"),
        ("sources", "feed", "ledg", "ledger"),
        ("subscribe", "zone", "kara", "Asia/Karachi"),
        ("subscribe", "digest", "08", "08:00"),
        ("subscribe", "quiet", "22", "22:00-07:00"),
    ],
)
async def test_what_can_be_known_is_completed(
    loopback: LoopbackDiscord, command: str, option: str, typed: str, value: str | int
) -> None:
    async with serving(loopback):
        asked = [{"name": option, "type": 3, "value": typed, "focused": True}]
        found = await loopback.ask(command, options=asked, autocomplete=True)
    assert value in [choice["value"] for choice in found.choices]


TERMS = {"digest": "8", "quiet": "22:00-07:00", "zone": "karachi", "lang": "en, zh", "score": "0.7"}


async def test_a_form_subscribes(loopback: LoopbackDiscord, service: StandIn) -> None:
    options = [{"name": "topic", "type": 3, "value": "rare-earths"}, {"name": "details", "type": 5, "value": True}]
    async with serving(loopback, service):
        opened = await loopback.ask("subscribe", options=options)
        modal = opened.callback["data"]
        assert modal["custom_id"] == "terms:rare-earths"
        answer = await loopback.submit(modal["custom_id"], TERMS)
    assert answer.private == {True}
    ((wanted, asker),) = service.asked
    assert wanted == Subscription(
        Channel("discord", CHANNEL), "rare-earths", 0.7, ("en", "zh"), time(8), "Asia/Karachi", (time(22), time(7))
    )
    assert asker.may_manage


async def test_a_form_keeps_what_was_typed_beside_it_and_what_there_is(
    loopback: LoopbackDiscord, service: StandIn
) -> None:
    service.found = (
        Subscription(Channel("discord", CHANNEL), "rare-earths", 0.5, ("en",), zone="Asia/Karachi", aloud=True),
    )
    typed = [
        {"name": "topic", "type": 3, "value": "rare-earths"},
        {"name": "score", "type": 10, "value": 0.7},
        {"name": "details", "type": 5, "value": True},
    ]
    thread = {"name": "denials", "type": 3, "value": "thread"}
    shown = {"digest": "", "quiet": "", "zone": "new york", "lang": "en zh", "score": "0.7"}
    async with serving(loopback, service):
        form = (await loopback.ask("subscribe", options=typed)).callback["data"]
        fields = [row["components"][0] for row in form["components"]]
        await loopback.submit(form["custom_id"], shown)
        wrong = shown | {"zone": "Mars"}
        await loopback.submit(form["custom_id"], wrong)
        [button] = loopback.bodies[-1][2]["components"][0]["components"]
        reopened = (await loopback.press(button["custom_id"])).callback["data"]
        quieter = (await loopback.ask("subscribe", options=[*typed, thread])).callback["data"]
        await loopback.submit(quieter["custom_id"], shown)
    assert {f["custom_id"]: f["value"] for f in fields if f.get("value")} == {
        "zone": "Asia/Karachi", "lang": "en", "score": "0.7"
    }  # fmt: skip
    assert reopened["custom_id"] == form["custom_id"]
    (first, _), (second, _) = service.asked
    assert (first.zone, first.languages, first.minimum_score) == ("America/New_York", ("en", "zh"), 0.7)
    assert (first.aloud, second.aloud) == (True, False)


async def test_what_is_wrong_in_a_form_can_be_changed_as_it_was(loopback: LoopbackDiscord, service: StandIn) -> None:
    async with serving(loopback, service):
        answer = await loopback.submit("terms:rare-earths", TERMS | {"zone": "Mars"})
        assert "not a time zone" in answer.text
        again = f"terms:rare-earths:{'|'.join((TERMS | {'zone': 'Mars'}).values())}"
        reopened = await loopback.press(again)
    assert service.asked == []
    rows = reopened.callback["data"]["components"]
    assert [row["components"][0]["value"] for row in rows] == list((TERMS | {"zone": "Mars"}).values())


async def test_whoever_uses_the_bot_where_it_is_not_is_told_directly(
    loopback: LoopbackDiscord, service: StandIn
) -> None:
    options = [{"name": "topic", "type": 3, "value": "rare-earths"}]
    async with serving(loopback, service):
        await loopback.ask("subscribe", options=options, alone=True, permissions=0, app_permissions=0)
    ((wanted, asker),) = service.asked
    assert wanted.channel == Channel("discord", f"@{PERSON}")
    assert asker.may_manage


async def test_lost_connections_are_resumed(loopback: LoopbackDiscord) -> None:
    async with serving(loopback):
        await loopback.ask_to_reconnect()
        await loopback.served(resumed=1)
        await loopback.hang_up(4000)
        await loopback.served(resumed=2)
        assert "Commands" in (await loopback.ask("help")).text
    assert [said["intents"] for said in loopback.identified] == [1]  # guilds alone
    assert loopback.overwrites == 1
    assert loopback.packed == 3  # connections, all of them


async def test_a_session_that_has_ended_is_resumed_or_begun_anew(loopback: LoopbackDiscord) -> None:
    async with serving(loopback):
        await loopback.invalidate(resumable=True)
        await loopback.served(resumed=1)
        await loopback.invalidate(resumable=False)
        await loopback.served(identified=2, resumed=1)
        await loopback.break_off()
        await loopback.served(identified=2, resumed=2)
        assert "Commands" in (await loopback.ask("help")).text
    assert loopback.overwrites == 1


async def test_a_gateway_that_is_down_at_first_is_tried_again(loopback: LoopbackDiscord) -> None:
    loopback.gateway_refusals = 1
    async with serving(loopback):
        assert "Commands" in (await loopback.ask("help")).text


async def test_a_token_that_was_revoked_ends_the_run_with_one_line(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        task = asyncio.create_task(platform.run())
        await loopback.served()
        await loopback.hang_up(4004)
        with pytest.raises(ConfigError, match="MONAZITE_DISCORD_TOKEN is refused"):
            await task


async def test_an_alert_has_buttons_that_name_its_story(loopback: LoopbackDiscord) -> None:
    async with started(loopback) as platform:
        await platform.post(delivery(), follow_up())
        await platform.post(delivery(2), STORY)
    plain, head = loopback.messages[CHANNEL]
    assert not plain.get("components")
    names = [button["custom_id"] for row in head["components"] for button in row["components"]]
    assert names == [f"story:{action.name}:{STORY.story}" for action in ACTIONS]


async def test_a_button_works_whatever_program_posted_it(loopback: LoopbackDiscord) -> None:
    service = StandIn()
    async with serving(loopback, service):
        sources = await loopback.press("story:sources:12")
        verdict = await loopback.press("story:useless:12")
        refused_one = await loopback.press("story:useful:13")
    assert service.asked == [("sources", 12), ("judge", 12, False)]
    assert sources.private == verdict.private == {True}
    assert "Story 13 was not posted here." in refused_one.text


@pytest.mark.parametrize("custom_id", ["story:explode:1", "story:why:", "else", "story:why:9999999999999999"])
def test_a_button_of_another_making_stands_for_nothing(custom_id: str) -> None:
    assert pressed(custom_id) is None
