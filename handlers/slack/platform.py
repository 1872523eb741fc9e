"""Slack through Socket Mode: posts deliveries, and carries slash commands in and replies out."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.commands import Commands
from bot.errors import (
    AmbiguousDeliveryError,
    BotError,
    ChannelGoneError,
    CommandError,
    ConfigError,
    DeliveryError,
    TemporaryDeliveryError,
)
from bot.model import Asker, Channel, Delivery, Message, Reply, Text
from handlers.slack.refusals import SPARED, code_of, delivery_error, passes
from handlers.slack.render import Post, render_message, render_reply

_REQUEST_TIMEOUT = 12  # seconds; less than whoever calls ``post`` allows, so that the outcome is named here
_BEAT = 10.0  # seconds between two looks at the connection
_PATIENCE = 4  # beats that the library gets to renew a lost connection by itself
_LAST_ANSWERS = 5.0  # seconds that answers under way get when the platform stops
_HINTS = {
    "MONAZITE_SLACK_BOT_TOKEN": "it is the Bot User OAuth Token (xoxb-…) of the app's OAuth & Permissions page",
    "MONAZITE_SLACK_APP_TOKEN": "it is an App-Level Token (xapp-…) with connections:write, of Basic Information",
}

log = logging.getLogger(__name__)
_connection_log = logging.getLogger(f"{__name__}.connection")
_connection_log.addFilter(lambda record: not setattr(record, "exc_info", None))  # a lost connection needs no traceback


class SlackPlatform:
    """Slack in one workspace. ``beat`` is how often, in seconds, the connection is looked at."""

    name = "slack"

    def __init__(
        self, commands: Commands, bot_token: str, app_token: str, base_url: str = "", *, beat: float = _BEAT
    ) -> None:
        self._commands = commands
        self._app_token = app_token
        self._beat = beat
        # The library's own retries are off: they would repeat a post that may have been taken.
        self._web = AsyncWebClient(
            bot_token, base_url or AsyncWebClient.BASE_URL, _REQUEST_TIMEOUT, retry_handlers=[], logger=log
        )
        self._installation = AuthorizeResult(enterprise_id=None, team_id=None)
        self._ticket = ""
        self._answering: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Check both tokens. Messages can be posted from then on; commands arrive while ``run`` serves.

        Raises:
            ConfigError: a token is wrong.
            BotError: Slack cannot be reached, or does not answer as it should.
        """
        identity = await _checked("MONAZITE_SLACK_BOT_TOKEN", self._web.auth_test())
        self._installation = AuthorizeResult(
            enterprise_id=identity.get("enterprise_id"),
            team_id=identity.get("team_id"),
            bot_id=identity.get("bot_id"),
            bot_user_id=identity.get("user_id"),
            bot_token=self._web.token,
        )
        self._ticket = await self._open_socket()

    async def run(self) -> None:
        """Serve commands until cancelled. Lost connections are taken up again for as long as it takes.

        Raises:
            ConfigError: the app token has become invalid.
        """
        app = self._make_app()
        while True:
            try:
                ticket, self._ticket = self._ticket or await self._open_socket(), ""
                await self._serve(app, ticket)
                log.warning("the connection to Slack stays down; making a new one")
            except ConfigError:
                raise
            except BotError as error:
                log.warning("%s", error)
                await asyncio.sleep(self._beat)

    async def stop(self) -> None:
        """Let answers that are under way end, for at most five seconds; ``run`` has closed the connection."""
        if self._answering:
            _, late = await asyncio.wait(self._answering, timeout=_LAST_ANSWERS)
            for task in late:
                task.cancel()

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post and return the message's timestamp, by which Slack names it; an update goes into its story's thread.

        Raises:
            TemporaryDeliveryError: refused for now, or Slack was not reached.
            AmbiguousDeliveryError: sent, but no good answer came.
            BadMessageError: Slack refuses this content, as blocks and as plain text.
            ChannelGoneError: nothing can be posted to the channel until somebody there acts.
        """
        metadata = {"event_type": "monazite_delivery", "event_payload": {"key": delivery.key}}
        thread = {"thread_ts": delivery.thread} if delivery.thread else {}
        return await self._post(delivery.channel, render_message(message), metadata=metadata, **thread)

    async def _post(self, channel: Channel, post: Post, **told: Any) -> str:
        told |= {"text": post.text, "blocks": post.blocks, "unfurl_links": False, "unfurl_media": False}
        told |= {"mrkdwn": False, "parse": "none", "link_names": False}
        try:
            while True:
                try:
                    answer = await self._web.chat_postMessage(channel=channel.id, **told)
                    return str(answer["ts"])
                except SlackApiError as error:
                    spared = SPARED.get(code_of(error), "")
                    if told.pop(spared, None) is None:
                        raise
                    log.warning("Slack refused a post (%s); trying it without %s", code_of(error), spared)
        except SlackApiError as error:
            raise delivery_error(error, channel.id) from error
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
            raise TemporaryDeliveryError(f"Slack cannot be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            what = str(error) or f"no answer within {_REQUEST_TIMEOUT} s"
            raise AmbiguousDeliveryError(f"the answer of Slack was lost: {what}") from error

    async def _open_socket(self) -> str:
        """The address of a new connection; good for one use, and for a short time."""
        opened = await _checked(
            "MONAZITE_SLACK_APP_TOKEN", self._web.apps_connections_open(app_token=self._app_token)
        )
        return str(opened["url"])

    async def _serve(self, app: AsyncApp, ticket: str) -> None:
        """Serve one connection until it has stayed down for longer than the library takes to renew it."""
        handler = AsyncSocketModeHandler(
            app, self._app_token, logger=_connection_log, web_client=self._web, ping_interval=self._beat
        )
        handler.client.wss_uri = ticket
        try:
            # The library would try the same address for ever, though it is good for one use.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE * self._beat):
                    await handler.connect_async()
            await self._until_down(handler.client)
        finally:
            await handler.close_async()

    async def _until_down(self, client: SocketModeClient) -> None:
        missed = 0
        while missed < _PATIENCE:
            missed = 0 if await client.is_connected() else missed + 1
            await asyncio.sleep(self._beat)

    def _make_app(self) -> AsyncApp:
        app = AsyncApp(
            name="monazite",
            client=AsyncWebClient(base_url=self._web.base_url, timeout=_REQUEST_TIMEOUT, retry_handlers=[], logger=log),
            authorize=self._authorize,
            logger=log,
        )
        app.command(lambda command: True)(self._answer)
        app.error(self._tell_failure)
        return app

    async def _authorize(self) -> AuthorizeResult:
        return self._installation

    async def _answer(self, ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        """Acknowledge within Slack's three seconds, carry the command out, and show the reply."""
        await ack()
