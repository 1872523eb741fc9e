"""The workspaces that the app is in: which token is good in which, and ids that say which one they belong to.

An id of Slack's counts in its workspace alone. So where the app is in several, the workspace's id stands before it:
``T1/C1`` is a channel, ``T1/U1`` a person. In the workspace of the configured bot token it is left out.
"""

import logging

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, ChannelGoneError, TemporaryDeliveryError
from handlers.slack.installing import Installations, key_of
from handlers.slack.refusals import checked, uninstalled

REQUEST_TIMEOUT = 12  # seconds; less than whoever calls ``post`` allows, so that the outcome is named here

log = logging.getLogger(__name__)


def make_client(token: str, base_url: str = "") -> AsyncWebClient:
    """A client without the library's own retries, which would repeat a post that may have been taken."""
    return AsyncWebClient(
        token or None, base_url or AsyncWebClient.BASE_URL, REQUEST_TIMEOUT, retry_handlers=[], logger=log
    )


class Workspaces(AsyncAuthorize):
    """``home_token`` is the configured bot token, '' where there is none.

    Without ``installations`` everything belongs to the workspace of that token.
    """

    def __init__(self, home_token: str, base_url: str = "", installations: Installations | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library left it bare
        self._base_url = base_url
        self._home = make_client(home_token, base_url) if home_token else None
        self._installations = installations
        self._clients: dict[str, AsyncWebClient] = {}  # by token
        self._identity: AuthorizeResult | None = None
        self._home_key = ""

    async def start(self) -> None:
        """Check the configured token. Raises ConfigError or BotError as ``checked`` does."""
        if self._home is None:
            return
        found = await checked("MONAZITE_SLACK_BOT_TOKEN", self._home.auth_test())
        told = {name: found.get(name) for name in ("enterprise_id", "team_id", "bot_id")}
        self._identity = AuthorizeResult(**told, bot_user_id=found.get("user_id"), bot_token=self._home.token)
        self._home_key = key_of(told["enterprise_id"], told["team_id"], bool(found.get("is_enterprise_install")))

    async def __call__(
        self, *, context: AsyncBoltContext, enterprise_id: str | None, team_id: str | None, **_: str | None
    ) -> AuthorizeResult | None:
        """Who the bot is where something happened (the library asks); None where it is not installed."""
        key = key_of(enterprise_id, team_id, bool(context.is_enterprise_install))
        if self._installations is None or key == self._home_key:
            return self._identity
        found = await self._installations.of(key)
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=found.enterprise_id,
            team_id=found.team_id,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user_id,
            bot_token=found.bot_token,
        )

    def named(self, context: AsyncBoltContext, own: str) -> str:
        """An id of Slack's as it is known here, with its workspace; '' stays ''."""
        key = key_of(context.enterprise_id, context.team_id, bool(context.is_enterprise_install))
        return own if not own or self._installations is None or key == self._home_key else f"{key}/{own}"

    async def client(self, place: str) -> AsyncWebClient:
        """A client with the token of a place's workspace.

        Raises:
            ChannelGoneError: the app is not installed there (any more).
            TemporaryDeliveryError: that cannot be found out now.
        """
        key = place.removeprefix("@").rpartition("/")[0]
        if not key:
            if self._home is None:
                raise ChannelGoneError(f"Slack channel {place} is of a bot token: set MONAZITE_SLACK_BOT_TOKEN to it")
            return self._home
        try:
            found = await self._installations.of(key) if self._installations else None
        except BotError as error:
            raise TemporaryDeliveryError(f"the token of Slack workspace {key} cannot be read: {error}") from error
        if found is None or not found.bot_token:
            raise ChannelGoneError(uninstalled(key))
        return self._clients.setdefault(found.bot_token, make_client(found.bot_token, self._base_url))
