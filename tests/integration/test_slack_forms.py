"""The form of /subscribe, from the real library to a real database: filled in, wrong, too late, and not allowed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.model import Asker, Subscription
from handlers.slack import modal
from handlers.slack.gateway import connect
from tests.desk import Desk, open_desk
from tests.loopback_slack import CHANNEL, PERSON, LoopbackSlack, Outcome, refused
from tests.samples import Kept
from tests.slack_rules import Body
from tests.slack_stage import DIRECT, FILLED, HERE, posted, serving, shown

WANTED = Subscription(
    HERE, "rare-earths", 0.7, ("en", "zh"), time(18, 30), "Asia/Karachi", (time(22), time(7)), aloud=True
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


async def subscribed(desk: Desk) -> tuple[Subscription, ...]:
    return await desk.commands.subscribed("slack", user=PERSON)


@pytest.mark.parametrize(("command", "text"), [("/subscribe", ""), ("/monazite", "subscribe")])
async def test_subscribe_without_words_opens_a_form_that_subscribes(
    desk: Desk, loopback: LoopbackSlack, command: str, text: str
) -> None:
    async with serving(loopback, desk.commands):
        exchange = await loopback.type(command, text)
        view = await shown(loopback, "views.open")
        assert view["submit"]["text"] == "Subscribe"
        assert (await (await loopback.submit(view, FILLED)).acknowledgement()) == {}
        await shown(loopback, "views.publish")
    assert await subscribed(desk) == (WANTED,)
    assert [message["channel"] for message in loopback.messages] == [CHANNEL]
    assert "digest at 18:30" in loopback.messages[0]["text"]
    assert exchange.answers.empty()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("zone", {"type": "plain_text_input", "value": "Mars"}, "Mars is not a time zone, such as Asia/Karachi"),
        ("zone", {"type": "plain_text_input", "value": "UTC' score=0.1"}, "is not a time zone"),
        ("score", {"type": "plain_text_input", "value": "7"}, "7 is not a number from 0 to 1, such as 0.7."),
        ("lang", {"type": "plain_text_input", "value": "english"}, "english is not a list of two-letter"),
        ("quiet", {"type": "timepicker", "selected_time": "07:00"}, "07:00-07:00 begins and ends at one time"),
        ("quiet", {"type": "timepicker", "selected_time": None}, "-07:00 is not a span of hours"),
        ("topic", {"type": "static_select", "selected_option": None}, "Which topic?"),
        ("topic", {"type": "static_select", "selected_option": {"value": "gone"}}, "is not a topic"),
    ],
)
async def test_what_is_wrong_in_a_form_is_shown_beside_its_field(
    desk: Desk, loopback: LoopbackSlack, field: str, value: Body, said: str
) -> None:
    async with serving(loopback, desk.commands):
        view = modal.subscribe_view(desk.commands.topics, CHANNEL)
        told = await (await loopback.submit(view, FILLED | {field: value})).acknowledgement()
    assert told["response_action"] == "errors"
    assert list(told["errors"]) == [field]
    assert said in told["errors"][field]
    assert await subscribed(desk) == ()


async def test_a_form_that_comes_again_is_carried_out_once_and_one_that_was_refused_is_told_why_again(
    desk: Desk, loopback: LoopbackSlack
) -> None:
    wrong = FILLED | {"zone": {"type": "plain_text_input", "value": "Mars"}}
    async with serving(loopback, desk.commands):
        view = modal.subscribe_view(desk.commands.topics, CHANNEL)
        for _ in range(2):
            told = await (await loopback.submit(view, wrong, trigger="first")).acknowledgement()
            assert list(told["errors"]) == ["zone"]
        await (await loopback.submit(view, FILLED, trigger="second")).acknowledgement()
        await shown(loopback, "views.publish")
        assert (await (await loopback.submit(view, FILLED, trigger="second")).acknowledgement()) == {}
    assert await subscribed(desk) == (WANTED,)
    assert len(loopback.messages) == 1


async def test_what_was_left_empty_means_every_match_at_once(desk: Desk, loopback: LoopbackSlack) -> None:
    empty = {name: {"type": field["type"]} for name, field in FILLED.items()}
    empty |= {"topic": FILLED["topic"], "mode": {"type": "radio_buttons", "selected_option": {"value": "now"}}}
    async with serving(loopback, desk.commands):
        view = modal.subscribe_view(desk.commands.topics, CHANNEL)
        assert (await (await loopback.submit(view, empty | {"digest": FILLED["digest"]})).acknowledgement()) == {}
        await posted(loopback, 1)
    assert await subscribed(desk) == (Subscription(HERE, "rare-earths"),)


async def test_a_form_for_a_channel_where_the_bot_is_not_tells_whoever_filled_it_in(
    desk: Desk, loopback: LoopbackSlack
) -> None:
    loopback.will("chat.postMessage", refused("not_in_channel"))
    async with serving(loopback, desk.commands):
        view = modal.subscribe_view(desk.commands.topics, CHANNEL)
        await (await loopback.submit(view, FILLED)).acknowledgement()
        await shown(loopback, "views.publish")
    assert loopback.messages[0]["channel"] == DIRECT.id
    assert "/invite the bot there" in loopback.messages[0]["text"]


async def test_a_form_that_slack_shows_no_more_is_told(desk: Desk, loopback: LoopbackSlack) -> None:
    loopback.will("views.open", refused("expired_trigger_id"))
    async with serving(loopback, desk.commands):
        answer = await (await loopback.type("/subscribe")).answer()
    assert answer["response_type"] == "ephemeral"
    assert "could not be shown in time" in answer["text"]


@pytest.mark.parametrize(("score", "said"), [("0.7", "Subscribed to"), ("7", "7 is not a number")])
async def test_a_form_that_takes_long_is_acknowledged_first_and_answered_then(
    desk: Desk, loopback: LoopbackSlack, monkeypatch: pytest.MonkeyPatch, score: str, said: str
) -> None:
    monkeypatch.setattr("handlers.slack.listeners._FORM_WAIT", 0.05)
    filled = FILLED | {"score": {"type": "plain_text_input", "value": score}}
    view = modal.subscribe_view(desk.commands.topics, CHANNEL)
    slow = asyncio.Event()
    follow = desk.commands.run

    async def run(typed: str, asker: Asker) -> object:
        await slow.wait()
        return await follow(typed, asker)

    monkeypatch.setattr(desk.commands, "run", run)
    async with serving(loopback, desk.commands):
        assert (await (await loopback.submit(view, filled)).acknowledgement()) == {}
        assert loopback.messages == []
        slow.set()
        [message] = await posted(loopback, 1)
    assert said in message["text"]
    assert message["channel"] == (CHANNEL if score == "0.7" else DIRECT.id)


@pytest.mark.parametrize(
    ("managers", "admins", "said"),
    [
        ({"members"}, set(), ""),
        ({PERSON}, set(), ""),
        ({"admins"}, {PERSON}, ""),
        ({"U2"}, set(), "MONAZITE_SLACK_MANAGERS names who may"),
        ({"admins"}, set(), "administrators of the workspace may"),
        ({"admins", "U2"}, None, "without the scope users:read"),
    ],
)
async def test_who_may_change_what_a_channel_gets(
    desk: Desk, loopback: LoopbackSlack, managers: set[str], admins: set[str] | None, said: str
) -> None:
    loopback.admins = admins or set()
    if admins is None:
        loopback.will("users.info", refused("missing_scope"))
    async with serving(loopback, desk.commands, managers=frozenset(managers)):
        exchange = await loopback.type("/subscribe", "rare-earths")
        if said:
            answer = await exchange.answer()
            assert answer["response_type"] == "ephemeral"
            assert answer["text"].startswith("You may not change this channel's subscriptions; ")
            assert said in answer["text"]
            without_form = await (await loopback.type("/subscribe")).answer()
            assert said in without_form["text"]
            view = modal.subscribe_view(desk.commands.topics, CHANNEL)
            told = await (await loopback.submit(view, FILLED)).acknowledgement()
            assert said in told["errors"]["topic"]
        else:
            await posted(loopback, 1)
        await loopback.type("/subscribe", "rare-earths", channel=DIRECT.id)
        await posted(loopback, 1 if said else 2)
    assert {one.channel for one in await subscribed(desk)} == ({DIRECT} if said else {HERE, DIRECT})
    assert loopback.calls.count("users.info") == ("admins" in managers)  # what Slack says is kept for a while


@pytest.mark.parametrize(("managers", "may"), [({"members"}, True), ({PERSON}, True), ({"U2"}, False)])
async def test_stories_are_not_changed_from_a_direct_message_by_whoever_likes(
    desk: Desk, loopback: LoopbackSlack, managers: set[str], may: bool
) -> None:
    async with serving(loopback, desk.commands, managers=frozenset(managers)):
        answer = await (await loopback.type("/story", "merge 1 2", channel=DIRECT.id)).answer()
    assert ("You may not change stories here; MONAZITE_SLACK_MANAGERS names who may" in answer["text"]) is not may


async def test_a_slack_that_does_not_say_who_administers_it_is_no_reason_to_wait(
    desk: Desk, loopback: LoopbackSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.managers._PATIENCE", 0.05)
    loopback.will("users.info", Outcome(slow=True))
    loopback.admins = {PERSON}
    async with serving(loopback, desk.commands, managers=frozenset({"admins"})):
        answer = await (await loopback.type("/unsubscribe", "all")).answer()
        assert "Slack does not say now who administers the workspace" in answer["text"]
        await loopback.type("/subscribe", "rare-earths")
        await posted(loopback, 1)


@pytest.mark.parametrize("managers", ["admin", "members,@ann", ",", "u012ab"])
async def test_managers_that_cannot_be_right(desk: Desk, managers: str) -> None:
    with pytest.raises(ConfigError, match=r"MONAZITE_SLACK_MANAGERS.*is none of members, admins"):
        connect(desk.commands, {"bot_token": "x", "app_token": "y", "managers": managers}, Kept())
