"""Installing the app in further workspaces: Slack's OAuth by the library's pages, what they leave in our database.

The exchange: https://docs.slack.dev/authentication/installing-with-oauth
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiohttp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Memory
from handlers.slack.refusals import code_of, is_of_token

SCOPES = ("app_mentions:read", "chat:write", "commands", "im:write")
_INSTALLING = timedelta(minutes=10)  # from the page that offers the app to the one that thanks

log = logging.getLogger(__name__)


def key_of(enterprise: str | None, team: str | None, of_enterprise: bool) -> str:
    """What an installation is kept under: the workspace or, where a whole organisation installed it, that."""
    return (enterprise if of_enterprise else team) or ""


class Installations(AsyncInstallationStore):
    """The tokens of the workspaces that installed the app. No token of a person is kept.

    ``installed`` is told the key of a workspace that has a new token.
    """

    def __init__(self, memory: Memory, client: AsyncWebClient, installed: Callable[[str], Awaitable[None]]) -> None:
        self._memory = memory
        self._client = client
        self._installed = installed

    async def of(self, key: str) -> Bot | None:
        """What is known of a workspace's bot; None where the app is not installed."""
        kept = await self._memory.get(_kept(key))
        return Bot(**json.loads(kept)) if kept else None

    async def async_save(self, installation: Installation) -> None:
        """Keep what a new installation gave."""
        bot = installation.to_bot()
        key = key_of(bot.enterprise_id, bot.team_id, bot.is_enterprise_install)
        await self._memory.put(_kept(key), json.dumps(bot.to_dict_for_copying(), default=str))
        log.info("installed in Slack workspace %s", key)
        await self._installed(key)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget a token that Slack refuses. Word of its end may come late, when there is a new one."""
        key = team_id or enterprise_id or ""
        found = await self.of(key)
        if found is None:
            return
        try:
            await self._client.auth_test(token=found.bot_token)
        except SlackApiError as error:
            if is_of_token(code_of(error)):
                await self._memory.drop(_kept(key))
                log.warning("Slack workspace %s has removed the app", key)

    async def async_delete_installation(self, **_: str | None) -> None:
        """Nothing: no token of a person is kept."""


class States(AsyncOAuthStateStore):
    """One-time words that tie the page that thanks to the page that offered, for ten minutes."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def async_issue(self, *_: object, **__: object) -> str:
        """A new word."""
        state = secrets.token_urlsafe()
        await self._memory.put(f"installing {state}", "", _INSTALLING)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether a word is good; it is no longer."""
        known = await self._memory.get(f"installing {state}") is not None
        return known and await self._memory.add(f"installed {state}", lasts=_INSTALLING)


class _Flow(AsyncOAuthFlow):
    async def run_installation(self, code: str) -> Installation | None:
        """As the library does it; a Slack that does not answer is no more than an installation that failed."""
        try:
            return await super().run_installation(code)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("the app was not installed: Slack cannot be reached (%s)", error)
            return None


def make_flow(
    client_id: str, client_secret: str, installations: Installations, memory: Memory, client: AsyncWebClient
) -> AsyncOAuthFlow:
    """The pages ``/slack/install`` and ``/slack/oauth_redirect``."""
    return _Flow(
        client=client,
        logger=log,
        settings=AsyncOAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=SCOPES,
            authorization_url=client.base_url.removesuffix("api/") + "oauth/v2/authorize",
            installation_store=installations,
            installation_store_bot_only=True,
            state_store=States(memory),
        ),
    )


def _kept(key: str) -> str:
    return f"installation {key}"
