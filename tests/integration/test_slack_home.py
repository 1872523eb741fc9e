"""App Home and the buttons of /subscriptions, from the real library to a real database."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import Asker
from handlers.slack import listing, modal
from tests.desk import Desk, open_desk
from tests.loopback_slack import CHANNEL, PERSON, LoopbackSlack, refused
from tests.slack_rules import Body
from tests.slack_stage import DIRECT, FILLED, HERE, buttons, posted, serving, shown

OPENED = {"type": "app_home_opened", "user": PERSON, "tab": "home", "channel": DIRECT.id}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk where a person subscribed alone, and for a channel."""
    async with open_desk(tmp_path) as opened:
        await opened.commands.run("/subscribe rare-earths", Asker(DIRECT, PERSON))
        await opened.commands.run("/subscribe china-pakistan-us score=0.5 digest=07:00", Asker(HERE, PERSON))
        yield opened


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


async def opened(loopback: LoopbackSlack) -> Body:
    await loopback.happen(OPENED)
    return await shown(loopback, "views.publish")


async def subscribed(desk: Desk) -> dict[str, str]:
    return {one.topic: one.channel.id for one in await desk.commands.subscribed("slack", user=PERSON)}


async def test_app_home_shows_what_a_person_subscribed_and_how_the_bot_fares(
    desk: Desk, loopback: LoopbackSlack
) -> None:
    async with serving(loopback, desk.commands):
        view = await opened(loopback)
        await loopback.happen(OPENED | {"tab": "messages"})
    told = json.dumps(view)
    assert told.index("Rare earths") < told.index("Subscriptions that you made") < told.index("score 0.5 or more")
    assert f'{{"type": "channel", "channel_id": "{CHANNEL}"}}' in told
    assert "Running for" in told
    assert loopback.calls.count("views.publish") == 1


async def test_buttons_of_app_home_change_end_and_add(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        view = await opened(loopback)
        [_, change], [end, _] = buttons(view["blocks"], listing.CHANGE), buttons(view["blocks"], listing.END)
        await loopback.press_at_home(listing.CHANGE, change["value"])
        form = await shown(loopback, "views.open")
        filled = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}
        assert modal.channel_of(form) == CHANNEL
        assert [one["value"] for one in filled["topic"]["options"]] == ["china-pakistan-us"]
        assert (filled["digest"]["initial_time"], filled["score"]["initial_value"]) == ("07:00", "0.5")
        topic = {"type": "static_select", "selected_option": filled["topic"]["initial_option"]}
        assert (await (await loopback.submit(form, FILLED | {"topic": topic})).acknowledgement()) == {}
        assert "score 0.7 or more" in json.dumps(await shown(loopback, "views.publish"))
        await loopback.press_at_home(listing.END, end["value"])
        assert "You get no alerts here yet" in json.dumps(await shown(loopback, "views.publish"))
        [add] = buttons(view["blocks"], listing.ADD)
        await loopback.press_at_home(listing.ADD, add["value"])
        assert modal.channel_of(await shown(loopback, "views.open")) == DIRECT.id
    assert await subscribed(desk) == {"china-pakistan-us": CHANNEL}
    assert [(post["channel"], post["text"].splitlines()[0]) for post in loopback.messages] == [
        (CHANNEL, "Changed the subscription to China, Pakistan and the United States"),
        (DIRECT.id, "Unsubscribed from Rare earths"),
    ]


async def test_app_home_is_brought_up_to_date_by_typed_commands(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        await loopback.type("/unsubscribe", "rare-earths", channel=DIRECT.id)
        assert "You get no alerts here yet" in json.dumps(await shown(loopback, "views.publish"))
        await loopback.type("/subscribe", "rare-earths", channel=DIRECT.id)
        assert "You get no alerts here yet" not in json.dumps(await shown(loopback, "views.publish"))


async def test_a_person_without_direct_messages_sees_the_rest(desk: Desk, loopback: LoopbackSlack) -> None:
    loopback.will("conversations.open", refused("missing_scope"))
    async with serving(loopback, desk.commands):
        assert "score 0.5 or more" in json.dumps(await opened(loopback))


async def test_subscriptions_are_answered_with_buttons(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        answer = await (await loopback.type("/subscriptions")).answer()
        assert "china-pakistan-us" in answer["text"]
        [change], [end] = buttons(answer["blocks"], listing.CHANGE), buttons(answer["blocks"], listing.END)
        await loopback.press(listing.CHANGE, change["value"])
        assert (await shown(loopback, "views.open"))["submit"]["text"] == "Change"
        ended = await (await loopback.press(listing.END, end["value"])).answer()
        assert ended["text"] == "Unsubscribed from China, Pakistan and the United States"
        assert ended["response_type"] == "in_channel"
        for pressed in (listing.CHANGE, listing.END):
            again = await (await loopback.press(pressed, end["value"])).answer()
            assert (again["text"], again["response_type"]) == ("That subscription has ended already.", "ephemeral")
        [add] = buttons(answer["blocks"], listing.ADD)
        await loopback.press(listing.ADD, add["value"])
        assert modal.channel_of(await shown(loopback, "views.open")) == CHANNEL
    assert await subscribed(desk) == {"rare-earths": DIRECT.id}


async def test_who_may_not_change_a_channel_is_told_at_its_buttons(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands, managers=frozenset({"U2"})):
        answer = await (await loopback.type("/subscriptions")).answer()
        [end] = buttons(answer["blocks"], listing.END)
        told = await (await loopback.press(listing.END, end["value"])).answer()
        assert told["response_type"] == "ephemeral"
        await loopback.press_at_home(listing.END, end["value"])
        [message] = await posted(loopback, 1)
    assert message["channel"] == DIRECT.id
    assert told["text"] == message["text"]
    assert "MONAZITE_SLACK_MANAGERS names who may" in told["text"]
    assert await subscribed(desk) == {"rare-earths": DIRECT.id, "china-pakistan-us": CHANNEL}


async def test_a_button_of_another_version_does_no_harm(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        for value in ("", "rare-earths", "[1]", '{"channel": "C1"}'):
            told = await (await loopback.press(listing.END, value)).answer()
            assert told["text"] == "That subscription has ended already."
