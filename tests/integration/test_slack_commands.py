"""Every command and every button in Slack, from the real library to a real database; and mentions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import ACTIONS, COMMANDS
from tests.desk import Desk, open_desk
from tests.loopback_slack import CHANNEL, PERSON, Exchange, LoopbackSlack, Outcome, refused
from tests.samples import Kept
from tests.slack_stage import posted, serving

STORY = "Pakistan ships rare earth samples to US firm"
TYPED = {
    "summary": ("rare-earths 30d", "Rare earths: 1 story in the last"),
    "subscriptions": ("", "This channel has no subscriptions"),
    "topics": ("", "china-pakistan-us"),
    "topic": ("test cricket", "cricket"),
    "recent": ("", STORY),
    "story": ("1", "Who said what"),
    "why": ("1", "Why story 1"),
    "sources": ("1", "The Ledger"),
    "quality": ("", "Quality"),
    "status": ("", "Running for"),
    "help": ("", "Commands"),
    "unsubscribe": ("other", "/topics lists them"),
}
USED_UP = Outcome('{"ok":false,"error":"used_url"}', 404)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def loopback() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


async def test_every_command_is_answered_by_its_name_and_behind_monazite(desk: Desk, loopback: LoopbackSlack) -> None:
    assert {*TYPED, "subscribe"} == {command.name for command in COMMANDS}
    async with serving(loopback, desk.commands):
        for name, (text, said) in TYPED.items():
            for command, words in ((f"/{name}", text), ("/monazite", f"{name} {text}")):
                exchange = await loopback.type(command, words)
                assert said.lower() in (await exchange.answer())["text"].lower(), command
        for number, (command, words) in enumerate((("/subscribe", ""), ("/monazite", "subscribe ")), start=1):
            await loopback.type(command, f"{words}rare-earths digest=08:00 zone=Asia/Karachi")
            assert "digest at 08:00" in (await posted(loopback, number))[-1]["text"]
    assert [one.channel.id for one in await desk.commands.subscribed("slack", channel=CHANNEL)] == [CHANNEL]


async def test_every_button_carries_out_its_command(desk: Desk, loopback: LoopbackSlack) -> None:
    said = {
        "summary": "Who said what", "sources": "The Ledger", "why": "Why story 1",
        "useful": "where it was, it can be judged", "useless": "where it was, it can be judged", "mute": "story 1",
    }  # fmt: skip
    async with serving(loopback, desk.commands):
        for action in ACTIONS:
            answer = await (await loopback.press(f"story-{action.name}", "1")).answer()
            assert said[action.name].lower() in answer["text"].lower(), action.name
            assert answer["response_type"] == "ephemeral"


async def test_fifty_commands_at_once_are_acknowledged_while_the_database_is_busy(
    desk: Desk, loopback: LoopbackSlack
) -> None:
    async with serving(loopback, desk.commands):
        async with desk.database.write():  # nobody else can write until this ends
            exchanges = [await loopback.type("/story", "mute 1") for _ in range(50)]
            await asyncio.gather(*(exchange.acknowledgement() for exchange in exchanges))
            assert all(exchange.answers.empty() for exchange in exchanges)
        answers = await asyncio.gather(*(exchange.answer() for exchange in exchanges))
    assert {answer["text"].splitlines()[0] for answer in answers} == {"Story 1 is muted"}


@pytest.mark.parametrize(
    ("command", "refusal", "place"),
    [("/why", None, "whisper"), ("/why", refused("user_not_in_channel"), f"D-{PERSON}"), ("/story", None, CHANNEL)],
)
async def test_an_answer_whose_address_is_used_up_comes_as_a_message(
    desk: Desk, loopback: LoopbackSlack, command: str, refusal: Outcome | None, place: str
) -> None:
    loopback.will("answers", USED_UP)
    if refusal:
        loopback.will("chat.postEphemeral", refusal)
    async with serving(loopback, desk.commands):
        await loopback.type(command, "1")
        if place == "whisper":
            await loopback.called("chat.postEphemeral")
        else:
            assert (await posted(loopback, 1))[0]["channel"] == place
    if place == "whisper":
        assert [(one["channel"], one["user"]) for one in loopback.whispers] == [(CHANNEL, PERSON)]
        assert loopback.messages == []


def mention(**more: str) -> dict[str, str]:
    return {"type": "app_mention", "user": PERSON, "text": "<@U0> hello", "ts": "5.5", "channel": CHANNEL, **more}


async def heard(loopback: LoopbackSlack, event: dict[str, str], event_id: str = "") -> Exchange:
    exchange = await loopback.happen(event, event_id)
    await exchange.acknowledgement()
    return exchange


async def test_a_mention_is_answered_with_help_in_a_thread_once(desk: Desk, loopback: LoopbackSlack) -> None:
    memory = Kept()
    async with serving(loopback, desk.commands, memory):
        await heard(loopback, mention(), "Ev-once")
        await posted(loopback, 1)
        await heard(loopback, mention(), "Ev-once")
    async with serving(loopback, desk.commands, memory):  # and after a restart
        await heard(loopback, mention(), "Ev-once")
    [answer] = loopback.messages
    assert answer["thread_ts"] == "5.5"
    assert "Commands" in answer["text"]


async def test_a_mention_within_a_thread_is_answered_for_its_author_alone(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        await heard(loopback, mention(thread_ts="4.4"))
        await loopback.called("chat.postEphemeral")
    [whisper] = loopback.whispers
    assert (whisper["thread_ts"], whisper["user"], loopback.messages) == ("4.4", PERSON, [])


async def test_another_bot_gets_no_answer(desk: Desk, loopback: LoopbackSlack) -> None:
    async with serving(loopback, desk.commands):
        await heard(loopback, mention(bot_id="B9"))
        await heard(loopback, mention(ts="6.6"))
        await posted(loopback, 1)
    assert [message["thread_ts"] for message in loopback.messages] == ["6.6"]
