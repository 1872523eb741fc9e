"""Slack through Socket Mode: posts deliveries, and carries slash commands in and replies out."""

import asyncio
import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands import ACTIONS, Commands
from bot.errors import (
    AmbiguousDeliveryError,
    BotError,
    ChannelGoneError,
    CommandError,
    ConfigError,
    DeliveryError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Asker, Channel, Delivery, Message, Reply, Text
from handlers.slack.refusals import SPARED, checked, code_of, delivery_error
from handlers.slack.render import BUTTON, Post, render_message, render_reply

_REQUEST_TIMEOUT = 12  # seconds; less than whoever calls ``post`` allows, so that the outcome is named here
_BEAT = 10.0  # seconds between two looks at the connection
_PATIENCE = 4  # beats that the library gets to renew a lost connection by itself
_LAST_ANSWERS = 5.0  # seconds that answers under way get when the platform stops
_ANY_COMMAND = re.compile("^/")
_OWN_COMMAND = "/monazite"
_OWN_STATUS = "Slack has a /status of its own; the bot's is /monazite status. /monazite stands before any command."

log = logging.getLogger(__name__)
_connection_log = logging.getLogger(f"{__name__}.connection")


def _in_one_line(record: logging.LogRecord) -> bool:
    """A lost connection needs no traceback, which the library would log at every try."""
    record.exc_info = None
    return True


_connection_log.addFilter(_in_one_line)


class SlackPlatform:
    """Slack in one workspace. ``beat`` is how often, in seconds, the connection is looked at."""

    name = "slack"
    drops_copies_for = timedelta(0)

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
        identity = await checked("MONAZITE_SLACK_BOT_TOKEN", self._web.auth_test())
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
                ticket = self._ticket or await self._open_socket()
                self._ticket = ""
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

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring the story's first message up to date. Raises as ``post`` does."""
        if not delivery.thread:
            return
        post = render_message(message)
        try:
            await self._web.chat_update(
                channel=delivery.channel.id, ts=delivery.thread, text=post.text, blocks=post.blocks
            )
        except SlackApiError as error:
            raise delivery_error(error, delivery.channel.id) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TemporaryDeliveryError(f"Slack cannot be reached: {error}") from error

    async def find(self, delivery: Delivery) -> str | None:
        """A channel's history cannot be read without a permission that the app does not ask for."""
        raise UnreadableError("Slack does not let the bot read back what it posted")

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
        opened = await checked("MONAZITE_SLACK_APP_TOKEN", self._web.apps_connections_open(app_token=self._app_token))
        return str(opened["url"])

    async def _serve(self, app: AsyncApp, ticket: str) -> None:
        """Serve one connection until it has stayed down for longer than the library takes to renew it."""
        handler = AsyncSocketModeHandler(
            app, self._app_token, logger=_connection_log, web_client=self._web, ping_interval=self._beat
        )
        handler.client.wss_uri = ticket
        try:
            async with asyncio.timeout(2 * self._beat):  # the library would try for ever an address good for one use
                await handler.connect_async()  # type: ignore[no-untyped-call]  # the library left it bare
            await self._until_down(handler.client)
        except TimeoutError:
            return
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # as above

    async def _until_down(self, client: SocketModeClient) -> None:
        missed = 0
        while missed < _PATIENCE:
            missed = 0 if await client.is_connected() else missed + 1
            await asyncio.sleep(self._beat)

    def _make_app(self) -> AsyncApp:
        async def authorize() -> AuthorizeResult:  # the library cannot call a method
            return self._installation

        app = AsyncApp(
            name="monazite",
            client=AsyncWebClient(base_url=self._web.base_url, timeout=_REQUEST_TIMEOUT, retry_handlers=[], logger=log),
            authorize=authorize,
            logger=log,
        )
        app.command(_ANY_COMMAND)(self._answer)
        app.action(re.compile(f"^{BUTTON}"))(self._press)
        app.error(self._tell_failure)
        return app

    async def _answer(self, ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        """Acknowledge within Slack's three seconds, carry the command out, and show the reply."""
        await ack()
        task = asyncio.current_task()
        if task:
            self._answering.add(task)  # also because the library keeps no hold of it
            task.add_done_callback(self._answering.discard)
        typed = _typed(command)
        name = typed.split()[0].lstrip("/").lower()
        asker = Asker(Channel(self.name, command["channel_id"]), command["user_id"])
        try:
            reply = await self._commands.run(typed, asker)
            if name == "help":
                reply = replace(reply, parts=(*reply.parts, Text(_OWN_STATUS)))
        except CommandError as error:
            reply = _private(str(error))
        except BotError as error:
            log.error("/%s failed: %s", name, error)
            reply = _private(f"That cannot be answered now: {error}")
        if name == "subscribe" and not reply.private:
            await self._announce(asker.channel, reply, respond)
        else:
            await _show(reply, respond)

    async def _press(self, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond) -> None:
        """Carry out the command that a button stands for; only whoever pressed it sees the answer."""
        await ack()
        name, story = str(action["action_id"]).removeprefix(BUTTON), str(action.get("value", ""))
        wanted = next((known for known in ACTIONS if known.name == name), None)
        if wanted is None or not story.isdecimal():  # of a version that had another button
            return
        asker = Asker(Channel(self.name, body["channel"]["id"]), body["user"]["id"])
        try:
            reply = await self._commands.run(wanted.command(int(story)), asker)
        except CommandError as error:
            reply = _private(str(error))
        except BotError as error:
            log.error("a button failed: %s", error)
            reply = _private(f"That cannot be answered now: {error}")
        await _show(replace(reply, private=True), respond)

    async def _announce(self, channel: Channel, reply: Reply, respond: AsyncRespond) -> None:
        """Show the reply in the way of an alert. Where that cannot be done, whoever subscribes has to know now."""
        try:
            for post in render_reply(reply):
                await self._post(channel, post)
        except ChannelGoneError as error:
            warning = f"But the bot cannot post here. {error}. After that, subscribe again."
            await _show(Reply(reply.title, (*reply.parts, Text(warning)), private=True), respond)
        except DeliveryError:
            await _show(reply, respond)

    async def _tell_failure(self, error: Exception, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Log a bug with its traceback and tell the asker so in one line."""
        log.error("%s failed", body.get("command"), exc_info=error)
        if body.get("response_url"):
            await _show(_private("That failed; it is logged."), respond)


def _typed(command: dict[str, Any]) -> str:
    """The text of a command as the console would get it: ``/monazite`` stands before any command, and alone for help.

    Slack escapes three characters in what people type, and may set addresses in angle brackets.
    """
    name, text = str(command["command"]), str(command.get("text") or "").strip()
    text = re.sub(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>", r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return (text or "help") if name.startswith(_OWN_COMMAND) else f"{name} {text}"


def _private(text: str) -> Reply:
    return Reply("", (Text(text),), private=True)


async def _show(reply: Reply, respond: AsyncRespond) -> None:
    """Answer through the command's own address; as plain text where Slack does not take the blocks."""
    shown = "ephemeral" if reply.private else "in_channel"
    try:
        for post in render_reply(reply):
            for blocks in (post.blocks, None):
                answer = await respond(
                    post.text,
                    blocks,
                    response_type=shown,
                    replace_original=False,
                    unfurl_links=False,
                    unfurl_media=False,
                )
                if answer.status_code == 200:
                    break
                log.warning("Slack did not take an answer: %s %s", answer.status_code, answer.body[:100])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("Slack did not take an answer: %s", error)
