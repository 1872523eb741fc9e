"""A bot that serves a loopback Slack: what several test files need to act in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bot.commands import Commands
from bot.model import Channel
from handlers.slack.platform import Account, SlackPlatform
from tests.loopback_slack import APP_TOKEN, BOT_TOKEN, CHANNEL, PERSON, LoopbackSlack
from tests.samples import Kept
from tests.slack_rules import Body

HERE, DIRECT = Channel("slack", CHANNEL), Channel("slack", f"D-{PERSON}")

FILLED: dict[str, Body] = {
    "topic": {"type": "static_select", "selected_option": {"value": "rare-earths"}},
    "mode": {"type": "radio_buttons", "selected_option": {"value": "digest"}},
    "digest": {"type": "timepicker", "selected_time": "18:30"},
    "quiet": {"type": "timepicker", "selected_time": "22:00"},
    "until": {"type": "timepicker", "selected_time": "07:00"},
    "zone": {"type": "plain_text_input", "value": " asia/karachi "},
    "lang": {"type": "plain_text_input", "value": "en, zh"},
    "score": {"type": "plain_text_input", "value": "0.7"},
    "denials": {"type": "checkboxes", "selected_options": [{"value": "channel"}]},
}


@asynccontextmanager
async def serving(
    loopback: LoopbackSlack, commands: Commands, memory: Kept | None = None, **account: Any
) -> AsyncIterator[SlackPlatform]:
    """A bot that is connected and hears what people do, until the block ends."""
    known = Account(BOT_TOKEN, APP_TOKEN, loopback.base_url, **account)
    platform = SlackPlatform(commands, known, memory or Kept(), pace=0.0)
    await platform.start()
    connections = loopback.connections
    task = asyncio.create_task(platform.run())
    await loopback.connected(connections + 1)
    try:
        yield platform
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await platform.stop()


async def shown(loopback: LoopbackSlack, method: str) -> Body:
    """The next view that is opened or published."""
    async with asyncio.timeout(20):
        while True:
            called, view = await loopback.views.get()
            if called == method:
                return view


async def posted(loopback: LoopbackSlack, number: int) -> list[Body]:
    """The messages of all channels once there are so many."""
    async with asyncio.timeout(20):
        while len(loopback.messages) < number:
            await asyncio.sleep(0.01)
    return loopback.messages


def buttons(blocks: list[Body], action: str) -> list[Body]:
    """The buttons of one kind."""
    return [e for block in blocks for e in block.get("elements", ()) if e.get("action_id") == action]
