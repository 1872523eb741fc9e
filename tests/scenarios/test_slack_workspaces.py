"""The program as a process that several Slack workspaces install."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest

from tests.loopback import Loopback
from tests.loopback_slack import BOT_TOKEN, CHANNEL, CLIENT_ID, CLIENT_SECRET, LoopbackSlack
from tests.scenarios.conftest import OLD, ORE, QUOTAS, Bot, publish
from tests.slack_caller import SECRET, Caller

HERE, THERE = "T2", "T3"


class Installer:
    """Somebody at a browser who installs the app."""

    def __init__(self, caller: Caller, session: aiohttp.ClientSession) -> None:
        self._address = caller.address
        self._session = session

    async def agree(self, team: str) -> tuple[dict[str, str], str]:
        """Open the page that offers the app and follow it to Slack; return what Slack sends on, and the cookie."""
        async with asyncio.timeout(30):
            while True:
                try:
                    async with self._session.get(f"{self._address}/slack/install") as answer:
                        page, cookie = await answer.text(), answer.headers["Set-Cookie"].partition(";")[0]
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)
        address = re.search(r'href="([^"]*oauth/v2/authorize[^"]*)"', page)
        assert address is not None
        async with self._session.get(unescape(address[1]) + f"&team={team}") as answer:
            return await answer.json(), cookie

    async def come_back(self, query: dict[str, str], cookie: str) -> int:
        """Open the page that Slack sends people back to; return its status."""
        where = f"{self._address}/slack/oauth_redirect"
        async with self._session.get(where, params=query, headers={"Cookie": cookie}) as answer:
            return answer.status

    async def install(self, team: str) -> int:
        """The whole way."""
        return await self.come_back(*await self.agree(team))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as made:
        yield made


@pytest.fixture
def caller(bot: Bot, slack: LoopbackSlack, unused_port: int, session: aiohttp.ClientSession) -> Caller:
    bot.environment |= {
        "MONAZITE_SLACK_MODE": "http",
        "MONAZITE_SLACK_CLIENT_ID": CLIENT_ID,
        "MONAZITE_SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "MONAZITE_SLACK_SIGNING_SECRET": SECRET,
        "MONAZITE_SLACK_LISTEN": f"127.0.0.1:{unused_port}",
        "MONAZITE_SLACK_BASE_URL": slack.base_url,
    }
    return Caller(session, unused_port)


@pytest.fixture
def installer(caller: Caller, session: aiohttp.ClientSession) -> Installer:
    return Installer(caller, session)


async def told(slack: LoopbackSlack, text: str, teams: set[str]) -> None:
    """Wait until a text was posted in just these workspaces, once in each, in the channel that both call the same."""
    async with asyncio.timeout(40):
        while len(found := [m for m in slack.messages if text in m["text"]]) < len(teams):
            await asyncio.sleep(0.05)
    assert {message["team"] for message in found} == teams
    assert len(found) == len(teams)
    assert {message["channel"] for message in found} == {CHANNEL}


async def test_each_workspace_gets_its_alerts_by_its_own_token(
    bot: Bot, slack: LoopbackSlack, publisher: Loopback, caller: Caller, installer: Installer
) -> None:
    await bot.start()
    assert [await installer.install(team) for team in (HERE, THERE)] == [200, 200]
    for team in (HERE, THERE):
        assert await caller.type("subscribe rare-earths", f"t-{team}", team=team) == 200
    await told(slack, "Subscribed", {HERE, THERE})
    await publish(publisher, OLD, ORE)
    await told(slack, "Pakistan ships first rare earth samples", {HERE, THERE})
    assert await bot.end(signal.SIGTERM) == 0
    assert not any(secret in bot.output + bot.errors for secret in (CLIENT_SECRET, *slack.workspaces))


async def test_a_workspace_that_removes_the_app_gets_nothing_until_it_installs_it_again(
    bot: Bot, slack: LoopbackSlack, publisher: Loopback, caller: Caller, installer: Installer
) -> None:
    await bot.start()
    for team in (HERE, THERE):
        await installer.install(team)
        await caller.type("subscribe rare-earths", f"t-{team}", team=team)
    await told(slack, "Subscribed", {HERE, THERE})
    slack.remove_app(THERE)
    assert await caller.happen({"type": "app_uninstalled"}, "Ev1", team=THERE) == 200
    await publish(publisher, OLD, ORE)
    await told(slack, "Pakistan ships first rare earth samples", {HERE})
    assert await bot.end(signal.SIGTERM) == 0
    await bot.start()
    assert await installer.install(THERE) == 200
    await told(slack, "Pakistan ships first rare earth samples", {HERE, THERE})
    late = {"type": "tokens_revoked", "tokens": {"bot": ["U0"]}}
    assert await caller.happen(late, "Ev2", team=THERE) == 200  # of the token before
    await publish(publisher, OLD, ORE, QUOTAS)
    await told(slack, "China cuts rare earth export quotas", {HERE, THERE})
    assert await bot.end(signal.SIGTERM) == 0


async def test_nobody_installs_the_app_in_another_browser_or_twice(
    bot: Bot, slack: LoopbackSlack, installer: Installer
) -> None:
    await bot.start()
    query, cookie = await installer.agree(HERE)
    assert await installer.come_back(query, "slack-app-oauth-state=forged") == 400
    assert await installer.come_back(query, cookie) == 200
    assert await installer.come_back(query, cookie) == 401
    query, cookie = await installer.agree(THERE)
    assert await installer.come_back(query | {"code": "guessed"}, cookie) == 401
    assert sorted(slack.workspaces.values()) == ["T1", HERE]
    assert await bot.end(signal.SIGTERM) == 0


async def test_beside_a_configured_token_its_workspace_keeps_its_channels(
    bot: Bot, slack: LoopbackSlack, publisher: Loopback, caller: Caller, installer: Installer
) -> None:
    alone = {"MONAZITE_SLACK_CLIENT_ID": "", "MONAZITE_SLACK_CLIENT_SECRET": ""}
    many = {name: bot.environment[name] for name in alone}
    bot.environment |= {"MONAZITE_SLACK_BOT_TOKEN": BOT_TOKEN, **alone}
    await bot.start()
    assert await caller.type("subscribe rare-earths", "t1") == 200
    await told(slack, "Subscribed", {"T1"})
    assert await bot.end(signal.SIGTERM) == 0
    bot.environment |= many
    await bot.start()
    assert await installer.install(HERE) == 200
    assert await caller.type("subscribe rare-earths", "t2", team=HERE) == 200
    await told(slack, "Subscribed", {"T1", HERE})
    await publish(publisher, OLD, ORE)
    await told(slack, "Pakistan ships first rare earth samples", {"T1", HERE})
    assert await bot.end(signal.SIGTERM) == 0
