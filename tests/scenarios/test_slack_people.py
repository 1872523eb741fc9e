"""The program as a process on Slack, and what people do there: every command, button and form, and App Home."""

import json
import signal

from bot.commands import ACTIONS, COMMANDS
from tests.loopback import Loopback
from tests.loopback_slack import CHANNEL, PERSON, LoopbackSlack
from tests.scenarios.conftest import OLD, ORE, Bot, publish, until
from tests.slack_stage import FILLED, buttons, shown

HEADLINE = "Pakistan ships first rare earth samples"
ANSWERS = {
    "summary": ("rare-earths 7d", HEADLINE),
    "subscriptions": ("", "rare-earths"),
    "unsubscribe": ("china-pakistan-us", "no such subscription"),
    "topics": ("", "rare-earths"),
    "topic": ("test ore AND missouri", "ore AND missouri"),
    "recent": ("", HEADLINE),
    "story": ("1", HEADLINE),
    "why": ("1", "rare-earths matches"),
    "sources": ("1", "The Ledger"),
    "quality": ("", "Alerts sent"),
    "status": ("", "Platform slack · connected"),
    "help": ("", "/summary"),
}
PRESSED = {
    "summary": HEADLINE,
    "sources": "The Ledger",
    "why": "rare-earths matches",
    "useful": "Story 1: useful",
    "useless": "Story 1: not useful",
    "mute": "Story 1 is muted",
}


async def alerted(bot: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    """Start the bot and have it post one alert."""
    await bot.start()
    await slack.connected()
    await slack.type("/subscribe", "rare-earths")
    await until(lambda: slack.messages)
    await publish(publisher, OLD, ORE)
    await until(lambda: len(slack.messages) == 2)


async def test_every_command_and_button_is_answered(on_slack: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    await alerted(on_slack, slack, publisher)
    assert set(ANSWERS) | {"subscribe"} == {command.name for command in COMMANDS}
    assert set(PRESSED) == {action.name for action in ACTIONS}
    for name, (words, said) in ANSWERS.items():
        for command, text in ((f"/{name}", words), ("/monazite", f"{name} {words}")):
            assert said in (await (await slack.type(command, text)).answer())["text"]
    for button, said in PRESSED.items():
        answer = await (await slack.press(f"story-{button}", "1")).answer()
        assert (said in answer["text"], answer["response_type"]) == (True, "ephemeral")
    wrong = await (await slack.type("/monazite", "sumary")).answer()
    assert "/summary" in wrong["text"]
    assert await on_slack.end(signal.SIGTERM) == 0


async def test_a_person_subscribes_alone(on_slack: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    direct = f"D-{PERSON}"
    await on_slack.start()
    await slack.connected()
    await slack.type("/subscribe", "rare-earths", channel=direct)
    await until(lambda: slack.messages)
    await publish(publisher, OLD, ORE)
    await until(lambda: len(slack.messages) == 2)
    assert {message["channel"] for message in slack.messages} == {direct}
    assert HEADLINE in slack.messages[1]["text"]
    ended = await (await slack.type("/unsubscribe", "all", channel=direct)).answer()
    assert "Unsubscribed from Rare earths" in ended["text"]
    assert await on_slack.end(signal.SIGTERM) == 0


async def test_a_form_and_app_home_over_a_restart(on_slack: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    await alerted(on_slack, slack, publisher)
    await slack.type("/subscribe")
    form = await shown(slack, "views.open")
    half = FILLED | {"until": {"type": "timepicker", "selected_time": None}}
    refusal = await (await slack.submit(form, half)).acknowledgement()
    if not refusal:  # on a busy machine the complaint comes as a message, and whoever reads it sends the form again
        refusal = await (await slack.submit(form, half)).acknowledgement()
        slack.messages[:] = [message for message in slack.messages if message["channel"] == CHANNEL]
    assert list(refusal["errors"]) == ["quiet"]
    await (await slack.submit(form, FILLED, trigger="sent")).acknowledgement()
    await until(lambda: len(slack.messages) == 3)
    assert "at 18:30" in slack.messages[2]["text"]
    assert await on_slack.end(signal.SIGTERM) == 0
    await on_slack.start()
    await slack.connected(2)
    await (await slack.submit(form, FILLED, trigger="sent")).acknowledgement()  # Slack heard nothing, and asks again
    await slack.happen({"type": "app_home_opened", "user": PERSON, "channel": "D1", "tab": "home"})
    while "18:30" not in json.dumps(home := await shown(slack, "views.publish")):
        pass  # the form was carried out before, and showed App Home then
    [end] = buttons(home["blocks"], "subscription-end")
    await slack.press_at_home("subscription-end", end["value"])
    await until(lambda: len(slack.messages) == 4)
    assert await on_slack.end(signal.SIGTERM) == 0
