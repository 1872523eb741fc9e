"""The program as a process on Discord, and what people do there: commands, forms, forums, shards, refusals."""

import asyncio
import signal

import pytest

from bot.commands import ACTIONS, COMMANDS
from tests.loopback import Loopback
from tests.loopback_discord import Body, LoopbackDiscord, Outcome, refused
from tests.loopback_gateway import CHANNEL, GUILD, PERSON
from tests.loopback_rooms import FORUM
from tests.scenarios.conftest import COPY, DENIAL, OLD, ORE, Bot, publish, until

OUTAGE = 20.0  # seconds
HEADLINE = "Pakistan ships first rare earth samples"
TOPIC = [{"name": "topic", "type": 3, "value": "rare-earths"}]
ANSWERS: dict[str, tuple[tuple[tuple[str, str | int], ...], str]] = {
    "summary": ((("topic", "rare-earths"), ("window", "7d")), HEADLINE),
    "subscriptions": ((), "rare-earths"),
    "unsubscribe": ((("topic", "china-pakistan-us"),), "no such subscription"),
    "topics": ((), "rare-earths"),
    "topic": ((("action", "test"), ("query", "ore AND missouri")), "ore AND missouri"),
    "recent": ((), HEADLINE),
    "story": ((("number", 1),), HEADLINE),
    "why": ((("what", "1"),), "rare-earths matches"),
    "sources": ((("number", 1),), "The Ledger"),
    "quality": ((), "Alerts sent"),
    "status": ((), "**Platform discord** · connected"),
    "help": ((), "/summary"),
}
PRESSED = {
    "summary": HEADLINE,
    "sources": "The Ledger",
    "why": "rare-earths matches",
    "useful": "Story 1: useful",
    "useless": "Story 1: not useful",
    "mute": "Story 1 is muted",
}


def given(name: str, value: str | int) -> Body:
    """An option that somebody filled in."""
    return {"name": name, "type": 4 if isinstance(value, int) else 3, "value": value}


async def subscribed(bot: Bot, discord: LoopbackDiscord, room: str = CHANNEL) -> None:
    """Start the bot and subscribe a channel."""
    await bot.start()
    await discord.served()
    assert "Subscribed" in (await discord.ask("subscribe", options=TOPIC, room=room)).text


async def test_every_command_and_button_is_answered(
    on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback
) -> None:
    await subscribed(on_discord, discord)
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.posts)
    assert set(ANSWERS) | {"subscribe"} == {command["name"] for command in discord.commands}
    assert set(ANSWERS) | {"subscribe"} == {command.name for command in COMMANDS}
    for name, (options, said) in ANSWERS.items():
        assert said in (await discord.ask(name, options=[given(*one) for one in options])).text
    assert set(PRESSED) == {action.name for action in ACTIONS}
    for button, said in PRESSED.items():
        pressed = await discord.press(f"story:{button}:1")
        assert (said in pressed.text, pressed.private) == (True, {True})
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_words_are_completed_and_forms_are_checked(
    on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback
) -> None:
    await subscribed(on_discord, discord)
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.posts)
    for name, option, completed in (
        ("subscribe", ("topic", "chi"), "china-pakistan-us"),
        ("summary", ("window", "7"), "7d"),
        ("story", ("number", ""), 1),
        ("sources", ("feed", "led"), "ledger"),
    ):
        shown = await discord.ask(name, options=[given(*option) | {"focused": True}], autocomplete=True)
        assert completed in [choice["value"] for choice in shown.choices]
    asked = await discord.ask("subscribe", options=[*TOPIC, {"name": "details", "type": 5, "value": True}])
    form = asked.callback["data"]
    fields = {one["custom_id"]: "" for row in form["components"] for one in row["components"]}
    [quiet] = [name for name in fields if "quiet" in name]
    wrong = await discord.submit(form["custom_id"], fields | {quiet: "late"})
    assert "quiet" in wrong.text.lower()
    assert wrong.private == {True}
    right = await discord.submit(form["custom_id"], fields | {quiet: "22:00-07:00"})
    assert "22:00" in right.text
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_discord_goes_away_and_comes_back(on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback) -> None:
    await subscribed(on_discord, discord)
    await discord.ask_to_reconnect()
    await discord.served(resumed=1)
    await discord.invalidate(resumable=False)
    await discord.served(identified=2, resumed=1)
    await discord.break_off()
    await discord.served(identified=2, resumed=2)
    await discord.close()
    await publish(publisher, OLD, ORE)
    await asyncio.sleep(OUTAGE)
    await discord.open()
    await until(lambda: discord.posts)
    await discord.served(identified=2, resumed=3)
    assert "Feeds" in (await discord.ask("status")).text
    assert len(discord.posts) == 1
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_a_story_is_a_post_of_a_forum(on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback) -> None:
    await subscribed(on_discord, discord, FORUM)
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.threads)
    [(post, name)] = discord.threads.items()
    assert name.startswith(HEADLINE)
    await publish(publisher, OLD, ORE, COPY, DENIAL)
    await until(lambda: len(discord.messages[post]) == 2)
    assert discord.messages[post][1]["embeds"][0]["author"]["name"].startswith("DENIAL")
    assert await on_discord.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (refused(403, 50013), "lacks a permission there"),
        (refused(403, 50001), "may not see it"),
        (refused(403, 10004), "no longer in that server"),
        (refused(404, 10003), "does not exist"),
        (refused(400, 50083), "the thread is archived"),
    ],
)
async def test_where_nothing_can_be_posted_somebody_is_told_once(
    on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback, outcome: Outcome, said: str
) -> None:
    await subscribed(on_discord, discord)
    discord.outcomes.append(outcome)
    await discord.dispatch("GUILD_DELETE", {"id": GUILD})
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.messages.get(f"9{PERSON}"))
    await publish(publisher, OLD, ORE, COPY, DENIAL)
    assert "Paused discord:1004" in (await discord.ask("status", direct=True)).text
    [notice] = discord.messages[f"9{PERSON}"]
    assert said in notice["embeds"][0]["description"]
    assert len(discord.posts) == 2
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_a_locked_thread_leaves_a_reply(on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback) -> None:
    await subscribed(on_discord, discord)
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.posts)
    head = discord.messages[CHANNEL][-1]
    discord.threads[head["id"]] = "locked"
    await publish(publisher, OLD, ORE, DENIAL)
    await until(lambda: discord.messages[CHANNEL][-1] is not head)
    denial = discord.messages[CHANNEL][-1]
    assert denial["embeds"][0]["author"]["name"].startswith("DENIAL")
    assert denial["message_reference"]["message_id"] == int(head["id"])
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_a_person_subscribes_alone(on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback) -> None:
    await on_discord.start()
    await discord.served()
    assert "Subscribed" in (await discord.ask("subscribe", options=TOPIC, direct=True)).text
    elsewhere = await discord.ask("subscribe", options=TOPIC, alone=True, app_permissions=0)
    assert "Changed the subscription" in elsewhere.text
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.messages.get(f"9{PERSON}"))
    assert "Unsubscribed" in (await discord.ask("unsubscribe", options=TOPIC, direct=True)).text
    assert len(discord.posts) == 1
    assert await on_discord.end(signal.SIGTERM) == 0


async def test_two_shards(on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback) -> None:
    on_discord.environment["MONAZITE_DISCORD_SHARDS"] = "2"
    await on_discord.start()
    await discord.served(identified=2)
    await discord.ask("subscribe", options=TOPIC)
    await publish(publisher, OLD, ORE)
    await until(lambda: discord.posts)
    assert sorted(said["shard"] for said in discord.identified) == [[0, 2], [1, 2]]
    assert await on_discord.end(signal.SIGTERM) == 0
