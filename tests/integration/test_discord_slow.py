"""The form of Discord's ``/subscribe`` before a database that answers too late for it."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.commands import Commands
from bot.errors import StorageError
from bot.model import Subscription
from tests.desk import Desk, open_desk
from tests.loopback_discord import Exchange, LoopbackDiscord
from tests.loopback_gateway import TOKEN
from tests.samples import Kept, commands_of

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord.gateway import connect
    from tests.integration.test_discord import StandIn

DISCORDS_PATIENCE = 3.0  # seconds
READERS = 4  # of a SQLite database at once
DEFERRED, FORM, EPHEMERAL = 5, 9, 64
CALLBACK = "/api/interactions/{id}/{token}/callback"
TOPIC = {"name": "topic", "type": 3, "value": "rare-earths"}
TERMS = {"quiet": "22:00-07:00", "zone": "Asia/Karachi", "denials": "channel"}
FORM_WANTED = [TOPIC, {"name": "score", "type": 10, "value": 0.7}, {"name": "details", "type": 5, "value": True}]


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as server:
        yield server


@asynccontextmanager
async def serving(discord: LoopbackDiscord, commands: Commands) -> AsyncIterator[None]:
    platform = connect(commands, {"token": TOKEN, "base_url": discord.base_url}, Kept())
    await platform.start()
    task = asyncio.create_task(platform.run())
    await discord.served()
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await platform.stop()


@asynccontextmanager
async def busy(desk: Desk) -> AsyncIterator[None]:
    """Every reader of the database taken: whoever reads now waits."""
    async with AsyncExitStack() as readers:
        for _ in range(READERS):
            await readers.enter_async_context(desk.database.read())
        yield


async def first_answer(discord: LoopbackDiscord, beyond: int) -> dict[str, Any]:
    """The first answer to a command, which Discord takes for three seconds only."""
    async with asyncio.timeout(DISCORDS_PATIENCE):
        while len(found := [body for _, call, body in discord.bodies if call == CALLBACK]) <= beyond:
            await asyncio.sleep(0.01)
    return found[-1]


def filled(form: Exchange) -> dict[str, str]:
    fields = [row["components"][0] for row in form.callback["data"]["components"]]
    return {field["custom_id"]: field["value"] for field in fields if field.get("value")}


async def test_a_form_that_is_read_too_late_is_offered_by_a_button(
    discord: LoopbackDiscord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = [TOPIC, *({"name": name, "type": 3, "value": value} for name, value in TERMS.items())]
    async with open_desk(tmp_path) as desk, serving(discord, desk.commands):
        await discord.ask("subscribe", options=options)
        async with busy(desk):
            asked = asyncio.create_task(discord.ask("subscribe", options=FORM_WANTED))
            answer = await first_answer(discord, beyond=1)
            assert not asked.done()
        offered = await asked
        [button] = discord.bodies[-1][2]["components"][0]["components"]
        async with busy(desk):  # the button needs no database
            form = await discord.press(button["custom_id"])
        at_once = await discord.ask("subscribe", options=FORM_WANTED)
    assert (answer["type"], answer["data"]["flags"]) == (DEFERRED, EPHEMERAL)
    assert (offered.text, offered.private) == ("That took a while. The form is ready now.", {True})
    assert button["label"] == "Open the form"
    assert form.callback["type"] == at_once.callback["type"] == FORM
    assert form.callback["data"] == at_once.callback["data"]
    assert filled(form) == {"quiet": "22:00-07:00", "zone": "Asia/Karachi", "score": "0.7"}
    assert form.callback["data"]["custom_id"] == "terms-aloud:rare-earths"
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


class Failing(StandIn):
    """Is slow and fails then."""

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        await asyncio.sleep(2)
        raise StorageError("the database does not answer")


async def test_a_read_that_fails_late_is_answered_in_one_line(
    discord: LoopbackDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(discord, commands_of(Failing())):
        answer = await discord.ask("subscribe", options=FORM_WANTED)
    assert (answer.text, answer.private) == ("That cannot be answered now: the database does not answer", {True})
    assert [record.exc_info for record in caplog.records if record.levelno >= logging.WARNING] == [None]
