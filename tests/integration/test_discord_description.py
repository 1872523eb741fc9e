"""Every body that the bot sends to Discord, against Discord's own description of its API, where that is at hand.

The description (OpenAPI 3.1, https://github.com/discord/discord-api-spec) is no part of the project. It is read from
``../shared/data/discord_openapi.json``, or from where MONAZITE_TEST_OPENAPI says.
"""

import json
import os
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from bot.commands import COMMANDS
from bot.model import Channel, Delivery, Kind, Notice
from tests.loopback_discord import LoopbackDiscord
from tests.loopback_gateway import CHANNEL, PERSON, TOKEN
from tests.loopback_rooms import FORUM
from tests.samples import Kept, alert, commands_of, digest, follow_up

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord.gateway import connect
    from tests.integration.test_discord import TERMS, StandIn, serving

_NEARBY = Path(__file__).parents[3] / "shared" / "data" / "discord_openapi.json"
DESCRIPTION = Path(os.environ.get("MONAZITE_TEST_OPENAPI", _NEARBY))
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
CALLS = {
    "/api/channels/{id}/messages": "/channels/{channel_id}/messages",
    "/api/channels/{id}/messages/{message}": "/channels/{channel_id}/messages/{message_id}",
    "/api/channels/{id}/messages/{message}/threads": "/channels/{channel_id}/messages/{message_id}/threads",
    "/api/channels/{id}/threads": "/channels/{channel_id}/threads",
    "/api/users/@me/channels": "/users/@me/channels",
    "/api/applications/{id}/commands": "/applications/{application_id}/commands",
    "/api/interactions/{id}/{token}/callback": "/interactions/{interaction_id}/{interaction_token}/callback",
    "/api/webhooks/{id}/{token}": "/webhooks/{webhook_id}/{webhook_token}",
}
pytestmark = pytest.mark.skipif(not DESCRIPTION.is_file(), reason=f"no description of Discord's API at {DESCRIPTION}")


def delivery(key: str, channel: str = CHANNEL, **changes: Any) -> Delivery:
    place = Channel("discord", channel)
    return replace(Delivery(1, key * 25, place, Kind.ALERT, 12, 34, ("rare-earths",), 1, NOON), **changes)


async def post_everything(loopback: LoopbackDiscord) -> None:
    """Every kind of post: alerts, threads, a forum, a person, an edit, a digest and a notice."""
    platform = connect(commands_of(object()), {"token": TOKEN, "base_url": loopback.base_url}, Kept())
    await platform.start()
    for place, key in ((CHANNEL, "a"), (FORUM, "b")):
        head = await platform.post(delivery(key, place), alert())
        await platform.post(
            delivery(f"{key}1"[1:], place, thread=head, aloud=True),
            follow_up(
                Kind.DENIAL,
            ),
        )
        await platform.edit(delivery(key, place, kind=Kind.HEAD, thread=head), alert(headline="Grown"))
    await platform.post(delivery("d", f"@{PERSON}"), Notice("Archived."))
    await platform.post(delivery("e"), digest("2 stories", alert(), alert()))
    loopback.may_make_threads = False
    await platform.post(
        delivery("f", thread="77", story=13),
        follow_up(
            Kind.UPDATE,
        ),
    )
    await platform.stop()


async def ask_everything(loopback: LoopbackDiscord) -> None:
    """Commands, suggestions, forms and buttons."""
    topic = {"name": "topic", "type": 3, "value": "rare-earths"}
    async with serving(loopback, StandIn()):
        for command in COMMANDS:
            if command.name in ("summary", "recent", "help", "topics", "status"):
                await loopback.ask(command.name)
        await loopback.ask("summary", options=[topic | {"focused": True, "value": "r"}], autocomplete=True)
        await loopback.ask("subscribe", options=[topic, {"name": "details", "type": 5, "value": True}])
        await loopback.submit("terms:rare-earths", TERMS | {"zone": "Mars"})
        await loopback.press("story:why:12")


@pytest.fixture(scope="module")
def description() -> Any:
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"))


def test_a_wrong_body_would_be_found(description: Any) -> None:
    assert complaints(description, "post", "/channels/{channel_id}/messages", {"embeds": [{"title": "x" * 257}]})
    register = ("put", "/applications/{application_id}/commands")
    assert complaints(description, *register, [{"description": "no name"}])
    for length, taken in ((100, True), (101, False)):
        option = {"type": 3, "name": "topic", "description": "x", "description_localizations": {"zh-CN": "题" * length}}
        command = {"type": 1, "name": "summary", "description": "x", "options": [option]}
        assert (not complaints(description, *register, [command])) == taken


async def test_every_body_is_one_that_discord_describes(description: Any) -> None:
    async with LoopbackDiscord() as loopback:
        await post_everything(loopback)
        loopback.may_make_threads = True
        await ask_everything(loopback)
    assert {call for _, call, _ in loopback.bodies} == set(CALLS)
    wrong = [
        f"{method} {call}: {complaint.json_path} {complaint.message[:200]}"
        for method, call, body in loopback.bodies
        for complaint in complaints(description, method.lower(), CALLS[call], body)
    ]
    assert wrong == []


def complaints(description: Any, method: str, call: str, body: Any) -> list[ValidationError]:
    wanted = description["paths"][call][method]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**wanted, "components": description["components"]})
    return list(validator.iter_errors(_as_described(body)))


def _as_described(body: Any) -> Any:
    """The library sends ids as numbers, which Discord takes, too; the description knows them as text."""
    if isinstance(body, dict):
        return {
            key: str(value) if key.endswith("_id") and isinstance(value, int) else _as_described(value)
            for key, value in body.items()
        }
    return [_as_described(one) for one in body] if isinstance(body, list) else body
