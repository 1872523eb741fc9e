"""Every platform tells the same: one body of assertions over all that are found in ``handlers``."""

import io
import json
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

import handlers
from bot.commands import ACTIONS
from bot.model import Alert, FollowUp, Kind, Message, Notice, Reply, Stance, Table, Text
from handlers.console import render as console
from handlers.slack import render as slack
from tests.samples import alert, digest, follow_up

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord import buttons as discord_buttons
    from handlers.discord import render as discord

Told = Callable[[Message], str]


def _printed(what: object) -> str:
    out = io.StringIO()
    Console(file=out, width=200, color_system=None).print(what)
    return out.getvalue()


def _on_console(message: Message) -> str:
    return _printed(console.render_message(message, links=False))


def _on_slack(message: Message) -> str:
    post = slack.render_message(message)
    return post.text + json.dumps(post.blocks, ensure_ascii=False)


def _on_discord(message: Message) -> str:
    embed = json.dumps(discord.render_message(message).to_dict(), ensure_ascii=False)
    story = message.story if isinstance(message, Alert | FollowUp) else 0
    shown = discord_buttons.buttons(story).to_components() if story else []
    return embed.replace("\\\\", "") + json.dumps(shown)


TELL: dict[str, Told] = {"console": _on_console, "slack": _on_slack, "discord": _on_discord}
REPLY: dict[str, Callable[[Reply], str]] = {
    "console": lambda reply: _printed(console.render_reply(reply, links=False)),
    "slack": lambda reply: "".join(post.text for post in slack.render_reply(reply)),
    "discord": lambda reply: "".join(str(embed.to_dict()) for batch in discord.render_reply(reply) for embed in batch),
}
DENIAL = follow_up(
    Kind.DENIAL,
    stance=Stance.DENY,
    headline="China denies: “Ore samples leave Karachi”",
    original="中方否认有关报道",
    speaker="Lin Jian",
    claim="Ore samples leave Karachi for Missouri",
)


def test_every_platform_is_held_to_this() -> None:
    found = {module.name for module in pkgutil.iter_modules(handlers.__path__) if module.ispkg}
    assert found == set(TELL) == set(REPLY)


@pytest.mark.parametrize("platform", TELL)
def test_an_alert_has_its_facts_its_sources_and_why(platform: str) -> None:
    text, message = TELL[platform](alert()), alert()
    for wanted in (
        message.headline, message.url, *(sentence.text for sentence in message.sentences),
        *(publication.publisher for publication in message.publications), "Pakistan", "United States", "independent",
        "3 entries of 2 independent origins", "rare-earths + china-pakistan-us", "report", "story 12",
    ):  # fmt: skip
        assert wanted.lower() in text.lower(), wanted
    assert "rare-earths matches" in text


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.DENIAL, Kind.CONFIRMATION])
@pytest.mark.parametrize("platform", TELL)
def test_a_follow_up_has_its_facts_and_its_sources(platform: str, kind: Kind) -> None:
    message = follow_up(kind, stance=Stance.CONFIRM, claim="Ore samples leave Karachi")
    text = TELL[platform](message)
    for wanted in (
        kind.value, message.headline, message.url, *(sentence.text for sentence in message.sentences),
        *(publication.publisher for publication in message.publications), "Pakistan", "United States", "confirmed",
        message.why, message.claim, "/story 12", "/why 12", "/sources 12",
    ):  # fmt: skip
        assert wanted.lower() in text.lower(), wanted
    assert "independent origins" not in text


@pytest.mark.parametrize("platform", TELL)
def test_a_story_on_request_says_that_it_is_one(platform: str) -> None:
    text = TELL[platform](alert(asked=True))
    assert "STORY" in text
    assert "3 entries of 2 independent origins" in text


@pytest.mark.parametrize("platform", TELL)
def test_a_denial_says_who_denies_what_and_how_it_was_printed(platform: str) -> None:
    text = TELL[platform](DENIAL)
    for wanted in ("denied", "Lin Jian", DENIAL.claim, DENIAL.original):
        assert wanted in text, wanted


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_an_alert_offers_every_action(platform: str) -> None:
    text = TELL[platform](alert())
    assert all(action.label in text for action in ACTIONS)


@pytest.mark.parametrize("platform", TELL)
def test_a_digest_tells_each_story_with_its_stance(platform: str) -> None:
    told = (alert(), replace(DENIAL, story=13))
    text = TELL[platform](digest("2 stories", *told))
    for wanted in (
        "2 stories", told[0].headline, "China denies", "report", "denied", "story 12", "story 13",
        "3 entries of 2 independent origins", "3 sources",
    ):  # fmt: skip
        assert wanted in text, wanted


@pytest.mark.parametrize("platform", TELL)
def test_a_notice_and_a_doubt_are_told(platform: str) -> None:
    assert "It is archived." in TELL[platform](Notice("It is archived."))
    assert "may be a repeat" in TELL[platform](alert(repeated=True))
    assert "may be a repeat" not in TELL[platform](alert())


@pytest.mark.parametrize("platform", REPLY)
def test_a_reply_has_all_its_parts(platform: str) -> None:
    reply = Reply("Latest", (Text("In order."), Table(("Story", "Headline"), (("7", "Kiln fails"),))))
    text = REPLY[platform](reply)
    assert all(wanted in text for wanted in ("Latest", "In order.", "Story", "Headline", "7", "Kiln fails"))
