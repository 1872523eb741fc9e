"""Platforms that are up, and those that are not yet."""

import asyncio
import gc
import random

import pytest

from bot.errors import BotError, ConfigError
from bot.operate.connections import Connections
from bot.ports import Platform
from handlers.discord.gateway import connect
from tests.integration.test_discord import serving as discord_serving
from tests.integration.test_slack import StandIn as SlackService
from tests.integration.test_slack import serving as slack_serving
from tests.loopback_discord import LoopbackDiscord
from tests.loopback_slack import LoopbackSlack
from tests.paper import Paper
from tests.samples import MORNING, Kept, commands_of


class Moody(Paper):
    """A platform whose first starts fail as it is told to."""

    def __init__(self, *moods: BotError) -> None:
        super().__init__(lambda: MORNING)
        self.moods = list(moods)
        self.stopped = 0

    async def start(self) -> None:
        if self.moods:
            raise self.moods.pop(0)

    async def stop(self) -> None:
        self.stopped += 1


def connections(*platforms: Platform) -> Connections:
    return Connections({str(number): platform for number, platform in enumerate(platforms)}, random.Random(1))


async def test_only_what_was_started_can_be_posted_to() -> None:
    good, bad = Moody(), Moody(BotError("no network"))
    both = connections(good, bad)
    assert list(both) == []
    await both.connect("0")
    with pytest.raises(BotError, match="no network"):
        await both.connect("1")
    assert (dict(both), both.troubles) == ({"0": good}, {"1": "no network"})
    assert [both.told(name) for name in "01"] == [(True, "connected"), (False, "no network")]
    await both.connect("1")
    assert (list(both), both.troubles) == (["0", "1"], {})
    await both.close()
    assert (good.stopped, bad.stopped) == (1, 1)


async def test_what_does_not_hear_is_told_from_what_is_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    both = connections(Moody(), Moody())
    await both.connect("0")
    monkeypatch.setattr(Paper, "listening", False)
    told = [both.told(name) for name in "01"]
    assert [connected for connected, _ in told] == [False, False]
    assert "commands do not arrive now" in told[0][1]
    assert told[1][1] == "not connected yet"


async def test_a_platform_is_tried_until_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operate.connections._FIRST_PAUSE", 0.01)
    tried = connections(Moody(BotError("no network"), BotError("no network")))
    serving = asyncio.ensure_future(tried.serve("0"))
    await tried.tried(10.0)
    assert list(tried) == []  # the first try is over, and nothing waits for the next
    await serving
    assert list(tried) == ["0"]


async def test_wrong_credentials_are_not_tried_again() -> None:
    wrong = connections(Moody(ConfigError("the token is wrong")))
    with pytest.raises(ConfigError):
        await wrong.serve("0")


async def test_a_platform_that_hangs_is_not_waited_for_for_ever() -> None:
    await connections(Moody()).tried(0.01)  # nobody serves it


async def test_discord_can_be_tried_again() -> None:
    options = {"token": "a.b.c", "base_url": "http://127.0.0.1:9/api"}
    platform = connect(commands_of(object()), options, Kept())
    for _ in range(3):
        with pytest.raises(BotError, match="cannot be reached"):
            await platform.start()
        gc.collect()  # a session that was left open is told of here, which fails the test
    await platform.stop()


async def until(platform: Platform, *, listening: bool) -> None:
    async with asyncio.timeout(20):
        while platform.listening != listening:
            await asyncio.sleep(0.02)


async def test_slack_knows_whether_it_listens() -> None:
    async with LoopbackSlack() as server, slack_serving(server, SlackService(), beat=0.05) as platform:
        await until(platform, listening=True)
        await server.close()
        await until(platform, listening=False)
        await server.open()
        await until(platform, listening=True)


async def test_discord_knows_whether_it_listens() -> None:
    async with LoopbackDiscord() as server, discord_serving(server) as platform:
        await until(platform, listening=True)
        await server.close()
        await until(platform, listening=False)
