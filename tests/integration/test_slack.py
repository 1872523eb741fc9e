"""The Slack platform with the real library, against a Slack on loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from bot.commands import COMMANDS
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
from bot.model import Asker, Channel, Delivery, Kind, Reply, Subscription, Table, Text
from bot.ports import Platform
from handlers.slack.gateway import connect
from handlers.slack.platform import Account, SlackPlatform
from tests.loopback_slack import APP_TOKEN, BOT_TOKEN, CHANNEL, PERSON, LoopbackSlack, Outcome, refused, slow_down
from tests.samples import Kept, alert, commands_of, follow_up

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
MANIFEST = Path(__file__).parent.parent.parent / "docs" / "slack-manifest.yaml"
HERE = Channel("slack", CHANNEL)


class StandIn:
    """Answers as the service would; it remembers what it was asked."""

    def __init__(self) -> None:
        self.topics_known = {name: SimpleNamespace(id=name, title=name) for name in ("rare-earths", "other")}
        self.asked: list[Any] = []
        self.may_answer = asyncio.Event()

    async def judge(self, story_id: int, asker: Asker, *, useful: bool) -> Reply:
        self.asked.append(("judge", story_id, useful))
        return Reply("Noted", private=True)

    async def mute(self, story_id: int, asker: Asker, *, silent: bool) -> Reply:
        self.asked.append(("mute", story_id, silent))
        return Reply("Muted")

    async def follow(self) -> None:
        """Nobody makes topics here."""

    async def summary(self, topic: str | None, window: timedelta) -> Reply:
        self.asked.append((topic, window))
        return Reply("What happened", (alert(asked=True),))

    async def subscribe(self, wanted: Subscription, asker: Asker) -> Reply:
        self.asked.append((wanted, asker))
        return Reply(f"Subscribed to {wanted.topic}")

    async def recent(self, topic: str | None) -> Reply:
        rows = tuple((str(number), "word " * 40) for number in range(100))
        return Reply("Latest", (Table(("Story", "Headline"), rows),))

    async def story(self, number: int) -> Reply:
        raise CommandError(f"There is no story {number}. <!channel>")

    async def why(self, reference: str, asker: Asker) -> Reply:
        self.asked.append(reference)
        return Reply("Why", (Text("Because."),), private=True)

    async def sources(self, number: int | None) -> Reply:
        await self.may_answer.wait()
        return Reply("Sources")

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        return ()

    async def status(self) -> Reply:
        raise StorageError("the database does not answer")

    async def topics(self) -> Reply:
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


@pytest.fixture
def service() -> StandIn:
    return StandIn()


def make(loopback: LoopbackSlack, *, bot_token: str = BOT_TOKEN, app_token: str = APP_TOKEN) -> Platform:
    options = {"bot_token": bot_token, "app_token": app_token, "base_url": loopback.base_url}
    return connect(commands_of(StandIn()), options, Kept())


def account(loopback: LoopbackSlack) -> Account:
    return Account(BOT_TOKEN, APP_TOKEN, loopback.base_url)


@asynccontextmanager
async def started(loopback: LoopbackSlack) -> AsyncIterator[Platform]:
    platform = make(loopback)
    try:
        await platform.start()
        yield platform
    finally:
        await platform.stop()


@asynccontextmanager
async def serving(loopback: LoopbackSlack, service: StandIn, *, beat: float = 10.0) -> AsyncIterator[Platform]:
    platform = SlackPlatform(commands_of(service), account(loopback), Kept(), beat=beat, pace=0.0)
    await platform.start()
    task = asyncio.create_task(platform.run())
    await loopback.connected()
    yield platform
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await platform.stop()


def delivery(*, thread: str | None = None) -> Delivery:
    kind = Kind.UPDATE if thread else Kind.ALERT
    return Delivery(1, "k" * 25, HERE, kind, 12, 34, ("rare-earths",), 1, NOON, thread)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ({"bot_token": "xoxb-wrong"}, r"MONAZITE_SLACK_BOT_TOKEN is refused by Slack \(invalid_auth\)"),
        ({"bot_token": APP_TOKEN}, r"MONAZITE_SLACK_BOT_TOKEN is refused by Slack \(not_allowed_token_type\)"),
        ({"app_token": "xapp-wrong"}, r"MONAZITE_SLACK_APP_TOKEN is refused by Slack \(invalid_auth\)"),
    ],
)
async def test_a_wrong_token_is_one_clear_line_without_it(
    loopback: LoopbackSlack, tokens: dict[str, str], said: str
) -> None:
    platform = make(loopback, **tokens)
    with pytest.raises(ConfigError, match=said) as raised:
        await platform.start()
    await platform.stop()
    assert not any(token in str(raised.value) for token in tokens.values())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bot_token": "two words", "app_token": "x"}, "MONAZITE_SLACK_BOT_TOKEN"),
        ({"bot_token": "x", "app_token": " "}, "MONAZITE_SLACK_APP_TOKEN"),
        ({"bot_token": "x", "app_token": "x", "base_url": "ftp://x"}, "MONAZITE_SLACK_BASE_URL"),
    ],
)
def test_options_that_cannot_be_right(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        connect(commands_of(StandIn()), options, Kept())


async def test_a_slack_that_cannot_be_reached_or_is_ill_is_one_clear_line(loopback: LoopbackSlack) -> None:
    platform = make(loopback)
    for outcome in (refused("internal_error"), Outcome("<html>", 503), Outcome("<html>"), slow_down(3)):
        loopback.will("auth.test", outcome)
        with pytest.raises(BotError, match="try again later") as raised:
            await platform.start()
        assert not isinstance(raised.value, ConfigError)
    await loopback.close()
    with pytest.raises(BotError, match="Slack cannot be reached"):
        await platform.start()


async def test_an_alert_is_one_message_that_calls_nobody(loopback: LoopbackSlack) -> None:
    async with started(loopback) as platform:
        reference = await platform.post(delivery(), alert())
    [posted] = loopback.messages
    assert (posted["ts"], posted["channel"]) == (reference, CHANNEL)
    assert posted["metadata"] == {"event_type": "monazite_delivery", "event_payload": {"key": "k" * 25}}
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)
    assert (posted["parse"], posted["link_names"], posted["mrkdwn"]) == ("none", False, False)
    assert "thread_ts" not in posted
    assert posted["text"].split("\n")[1] == "Ore samples leave Karachi for Missouri"
    assert len(posted["blocks"]) == 6


async def test_an_update_goes_into_its_thread(loopback: LoopbackSlack) -> None:
    async with started(loopback) as platform:
        head = await platform.post(delivery(), alert())
        reference = await platform.post(
            delivery(thread=head),
            follow_up(
                Kind.UPDATE,
            ),
        )
    assert loopback.messages[1]["thread_ts"] == head != reference


@pytest.mark.parametrize(
    ("outcome", "error", "said"),
    [
        (refused("channel_not_found"), ChannelGoneError, "/invite"),
        (refused("not_in_channel"), ChannelGoneError, "/invite"),
        (refused("is_archived"), ChannelGoneError, "archived"),
        (refused("restricted_action"), ChannelGoneError, "administrator"),
        (refused("missing_scope"), ChannelGoneError, "chat:write"),
        (refused("account_inactive"), ChannelGoneError, "MONAZITE_SLACK_BOT_TOKEN"),
        (refused("token_revoked"), ChannelGoneError, "MONAZITE_SLACK_BOT_TOKEN"),
        (refused("invalid_auth"), ChannelGoneError, "MONAZITE_SLACK_BOT_TOKEN"),
        (refused("msg_too_long"), BadMessageError, "msg_too_long"),
        (refused("something_new"), BadMessageError, "something_new"),
        (refused("internal_error"), AmbiguousDeliveryError, "internal_error"),
        (refused("fatal_error", 500), AmbiguousDeliveryError, "500"),
        (Outcome("<html>", 502), AmbiguousDeliveryError, "502"),
        (Outcome("<html>"), AmbiguousDeliveryError, "200"),
        (Outcome(cut=True), AmbiguousDeliveryError, "lost"),
        (Outcome("<html>", 403), TemporaryDeliveryError, "in front of Slack"),
        (refused("team_added_to_org"), TemporaryDeliveryError, "team_added_to_org"),
        (refused("rate_limited"), TemporaryDeliveryError, "slowly"),
        (slow_down(7), TemporaryDeliveryError, "slowly"),
    ],
)
async def test_each_refusal_has_its_error(
    loopback: LoopbackSlack, outcome: Outcome, error: type[BotError], said: str
) -> None:
    loopback.will("chat.postMessage", outcome)
    async with started(loopback) as platform:
        with pytest.raises(error, match=said):
            await platform.post(delivery(), alert())
    assert len(loopback.posts) == 1  # the library must not post again out of sight


async def test_how_long_to_wait_is_passed_on(loopback: LoopbackSlack) -> None:
    loopback.will("chat.postMessage", slow_down(7))
    async with started(loopback) as platform:
        with pytest.raises(TemporaryDeliveryError) as raised:
            await platform.post(delivery(), alert())
    assert raised.value.retry_after == 7


async def test_no_answer_in_time_may_have_been_a_post(loopback: LoopbackSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.slack.workspaces.REQUEST_TIMEOUT", 0.2)
    loopback.will("chat.postMessage", Outcome(slow=True))
    async with started(loopback) as platform:
        with pytest.raises(AmbiguousDeliveryError, match="no answer within"):
            await platform.post(delivery(), alert())


async def test_a_refused_connection_is_surely_no_post(loopback: LoopbackSlack) -> None:
    async with started(loopback) as platform:
        await loopback.close()
        with pytest.raises(TemporaryDeliveryError, match="cannot be reached"):
            await platform.post(delivery(), alert())


@pytest.mark.parametrize(
    ("code", "missing"),
    [("invalid_blocks", "blocks"), ("msg_blocks_too_long", "blocks"), ("thread_not_found", "thread_ts")],
)
async def test_what_slack_will_not_have_is_left_out(loopback: LoopbackSlack, code: str, missing: str) -> None:
    loopback.will("chat.postMessage", refused(code))
    async with started(loopback) as platform:
        reference = await platform.post(delivery(thread="1.2"), alert())
    [taken] = loopback.messages
    assert taken["ts"] == reference
    assert set(loopback.posts[0]) - set(loopback.posts[1]) == {missing}
    assert "Two tonnes of ore left the port." in taken["text"]


async def test_a_message_refused_without_blocks_too_is_bad(loopback: LoopbackSlack) -> None:
    loopback.will("chat.postMessage", refused("invalid_blocks"), refused("invalid_blocks"))
    async with started(loopback) as platform:
        with pytest.raises(BadMessageError, match="invalid_blocks"):
            await platform.post(delivery(), alert())


async def test_a_command_is_acknowledged_before_it_is_answered(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        exchange = await loopback.type("/sources")
        async with asyncio.timeout(20):
            await exchange.acknowledged.wait()
        assert exchange.answers.empty()
        service.may_answer.set()
        assert (await exchange.answer())["text"] == "Sources"


@pytest.mark.parametrize(
    ("command", "text"), [("/summary", "rare-earths 7d"), ("/monazite", " summary rare-earths 7d")]
)
async def test_a_command_is_answered_in_the_channel(
    loopback: LoopbackSlack, service: StandIn, command: str, text: str
) -> None:
    async with serving(loopback, service):
        answer = await (await loopback.type(command, text)).answer()
    assert service.asked == [("rare-earths", timedelta(days=7))]
    assert answer["response_type"] == "in_channel"
    assert answer["text"].startswith("What happened\nSTORY · ")
    assert (answer["unfurl_links"], answer["unfurl_media"]) == (False, False)


async def test_every_command_arrives(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        for command in COMMANDS:
            answer = await (await loopback.type("/help", command.name)).answer()
            assert answer["text"].startswith(f"/{command.name}")
            assert answer["response_type"] == "ephemeral"
            assert "the bot's is /monazite status" in answer["text"]
        assert "Commands" in (await (await loopback.type("/monazite")).answer())["text"]
        unknown = await (await loopback.type("/reecent")).answer()
    assert "Did you mean /recent?" in unknown["text"]


async def test_what_people_type_is_taken_as_they_typed_it(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        for typed in ("https://a.example/?x=1&amp;y=2", "<https://a.example/?x=1&amp;y=2|a.example>"):
            await (await loopback.type("/why", typed)).answer()
    assert service.asked == ["https://a.example/?x=1&y=2"] * 2


async def test_a_refused_command_is_told_to_its_asker_alone(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        answer = await (await loopback.type("/story", "7")).answer()
    assert answer["response_type"] == "ephemeral"
    assert answer["text"] == "There is no story 7. &lt;!channel&gt;"


async def test_subscribing_is_answered_by_a_post_like_an_alert(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        exchange = await loopback.type("/subscribe", "rare-earths score=0.7 lang=en,zh")
        await loopback.called("chat.postMessage")
    assert service.asked == [
        (Subscription(HERE, "rare-earths", 0.7, ("en", "zh")), Asker(HERE, PERSON, may_manage=True))
    ]
    assert [(message["channel"], message["text"]) for message in loopback.messages] == [
        (CHANNEL, "Subscribed to rare-earths")
    ]
    assert exchange.answers.empty()


async def test_subscribing_where_the_bot_is_not_says_so_at_once(loopback: LoopbackSlack, service: StandIn) -> None:
    loopback.will("chat.postMessage", refused("not_in_channel"))
    async with serving(loopback, service):
        answer = await (await loopback.type("/subscribe", "rare-earths")).answer()
    assert answer["response_type"] == "ephemeral"
    assert "/invite the bot there" in answer["text"]


async def test_subscribing_while_slack_is_busy_is_answered_all_the_same(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    loopback.will("chat.postMessage", slow_down(3))
    async with serving(loopback, service):
        answer = await (await loopback.type("/subscribe", "rare-earths")).answer()
    assert (answer["response_type"], answer["text"]) == ("in_channel", "Subscribed to rare-earths")


async def test_a_long_answer_takes_several_messages(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        exchange = await loopback.type("/recent")
        answers = [await exchange.answer() for _ in range(3)]
    shown = [section["elements"][0]["text"] for answer in answers for section in list_entries(answer)]
    assert shown == [str(number) for number in range(100)]


def list_entries(answer: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [group for block in answer["blocks"] for group in block["elements"]]
    return [entry for group in groups if group["type"] == "rich_text_list" for entry in group["elements"]]


async def test_an_answer_whose_blocks_are_refused_comes_as_text(
    loopback: LoopbackSlack, service: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    loopback.will("answers", Outcome("invalid_blocks", 400))
    async with serving(loopback, service):
        answer = await (await loopback.type("/summary")).answer()
    assert "blocks" not in answer
    assert "What happened" in answer["text"]
    assert "invalid_blocks" in caplog.text


async def test_failures_are_told_and_logged_and_do_not_stop_the_bot(
    loopback: LoopbackSlack, service: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(loopback, service):
        bug = await (await loopback.type("/topics")).answer()
        outage = await (await loopback.type("/monazite", "status")).answer()
        afterwards = await (await loopback.type("/help")).answer()
    assert bug["text"] == "That failed; it is logged."
    assert outage["text"] == "That cannot be answered now: the database does not answer"
    assert bug["response_type"] == outage["response_type"] == "ephemeral"
    assert "Commands" in afterwards["text"]
    own = [record for record in caplog.records if record.name == "handlers.slack.listeners"]
    logged = [record for record in own if record.levelno >= logging.ERROR]
    assert [bool(record.exc_info) for record in logged] == [True, False]


async def test_an_answer_under_way_is_given_before_the_end(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        exchange = await loopback.type("/sources")
        async with asyncio.timeout(20):
            await exchange.acknowledged.wait()
        asyncio.get_running_loop().call_later(0.2, service.may_answer.set)
    assert exchange.answers.get_nowait()["text"] == "Sources"


async def test_a_connection_that_slack_renews_goes_on(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service):
        await loopback.ask_to_reconnect()
        await loopback.connected(2)
        assert "Commands" in (await (await loopback.type("/help")).answer())["text"]


async def test_a_connection_that_breaks_is_made_anew(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service, beat=0.1):
        await loopback.hang_up()
        await loopback.connected(2)
        assert "Commands" in (await (await loopback.type("/help")).answer())["text"]


async def test_a_connection_that_hangs_is_made_anew(loopback: LoopbackSlack, service: StandIn) -> None:
    async with serving(loopback, service, beat=0.1):
        loopback.freeze()
        await loopback.connected(2)
        assert "Commands" in (await (await loopback.type("/help")).answer())["text"]


async def test_an_outage_is_outlived(
    loopback: LoopbackSlack, service: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(loopback, service, beat=0.1) as platform:
        await loopback.close()
        async with asyncio.timeout(20):
            while "Slack cannot be reached" not in caplog.text:
                await asyncio.sleep(0.05)
        await loopback.open()
        await loopback.connected(2)
        assert "Commands" in (await (await loopback.type("/help")).answer())["text"]
        assert await platform.post(delivery(), alert())


async def test_an_address_that_is_used_up_is_asked_for_anew(
    loopback: LoopbackSlack, service: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    platform = SlackPlatform(commands_of(service), account(loopback), Kept(), beat=0.1, pace=0.0)
    await platform.start()
    loopback.forget_tickets()
    task = asyncio.create_task(platform.run())
    await loopback.connected()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await platform.stop()
    assert loopback.calls.count("apps.connections.open") == 2
    assert "Failed to connect" in caplog.text  # by the library, which would add a traceback to each try
    assert "Traceback" not in caplog.text


async def test_an_app_token_that_was_revoked_ends_the_run_with_one_line(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    platform = SlackPlatform(commands_of(service), account(loopback), Kept(), beat=0.1, pace=0.0)
    await platform.start()
    task = asyncio.create_task(platform.run())
    await loopback.connected()
    loopback.will("apps.connections.open", *[refused("token_revoked")] * 100)
    await loopback.hang_up()
    with pytest.raises(ConfigError, match="MONAZITE_SLACK_APP_TOKEN is refused"):
        async with asyncio.timeout(20):
            await task


def test_the_manifest_has_every_command_and_asks_for_little() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    listed = {command["command"]: command for command in manifest["features"]["slash_commands"]}
    # Slack has a /status of its own and refuses a manifest that names another; /monazite status is there.
    assert set(listed) == {f"/{command.name}" for command in COMMANDS if command.name != "status"} | {"/monazite"}
    assert all(listed[f"/{c.name}"].get("usage_hint", "") == c.usage for c in COMMANDS if c.name != "status")
    assert manifest["oauth_config"]["scopes"] == {"bot": ["app_mentions:read", "chat:write", "commands", "im:write"]}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened", "app_mention"]}


@pytest.mark.parametrize(
    ("button", "asked"),
    [("useful", ("judge", 12, True)), ("useless", ("judge", 12, False)), ("mute", ("mute", 12, True))],
)
async def test_a_button_carries_out_its_command_for_whoever_pressed(
    loopback: LoopbackSlack, service: StandIn, button: str, asked: tuple[object, ...]
) -> None:
    async with serving(loopback, service):
        answer = await (await loopback.press(f"story-{button}", "12")).answer()
    assert service.asked[-1] == asked
    assert (answer["response_type"], answer["replace_original"]) == ("ephemeral", False)


async def test_a_button_that_is_none_of_ours_is_acknowledged_and_left(
    loopback: LoopbackSlack, service: StandIn
) -> None:
    async with serving(loopback, service):
        for action_id, value in (("story-explode", "12"), ("story-why", "<!here>")):
            exchange = await loopback.press(action_id, value)
            async with asyncio.timeout(10):
                await exchange.acknowledged.wait()
        assert exchange.answers.empty()
    assert service.asked == []
