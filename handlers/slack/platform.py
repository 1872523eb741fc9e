"""Slack: the connection in Socket Mode or over HTTP, and what the program asks of a platform."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.commands import Commands
from bot.errors import BotError, ConfigError
from bot.model import Delivery, Message
from bot.ports import Memory
from handlers.slack.installing import Installations, make_flow
from handlers.slack.listeners import Listeners
from handlers.slack.managers import MEMBERS, Managers
from handlers.slack.posting import Poster
from handlers.slack.refusals import checked, workspace_named
from handlers.slack.workspaces import Workspaces, make_client

PATH = "/slack/events"
_BEAT = 10.0  # seconds between two looks at the connection
_PATIENCE = 4  # beats that the library gets to renew a lost connection by itself

log = logging.getLogger(__name__)
_connection_log = logging.getLogger(f"{__name__}.connection")


def _in_one_line(record: logging.LogRecord) -> bool:
    """A lost connection needs no traceback, which the library would log at every try."""
    record.exc_info = None
    return True


_connection_log.addFilter(_in_one_line)


@dataclass(frozen=True, slots=True)
class Account:
    """How the bot is known to Slack. With ``signing_secret`` and ``listen`` (host and port) it is called over HTTP.

    With ``client_id`` and ``client_secret`` further workspaces can install the app; ``bot_token`` may then be ''.
    ``managers`` says who may change a channel's subscriptions (``handlers.slack.managers``).
    """

    bot_token: str
    app_token: str = ""
    base_url: str = ""
    signing_secret: str = ""
    listen: tuple[str, int] | None = None
    client_id: str = ""
    client_secret: str = ""
    managers: frozenset[str] = frozenset({MEMBERS})


class SlackPlatform:
    """Slack in one workspace or in many. ``beat`` is how often, in seconds, the connection is looked at."""

    name = "slack"
    drops_copies_for = timedelta(0)

    def __init__(
        self, commands: Commands, account: Account, memory: Memory, *, beat: float = _BEAT, pace: float = 1.0
    ) -> None:
        self._account = account
        self._beat = beat
        self._commands = commands
        self._web = make_client("", account.base_url)  # for calls that no workspace's token is good for
        self._flow, installations = None, None
        if account.client_id:
            installations = Installations(memory, self._web, self._installed)
            self._flow = make_flow(account.client_id, account.client_secret, installations, memory, self._web)
        self._workspaces = Workspaces(account.bot_token, account.base_url, installations)
        self._poster = Poster(self._workspaces, pace=pace)
        managers = Managers(self._workspaces, account.managers)
        self._listeners = Listeners(commands, self._workspaces, self._poster, memory, managers)
        self._ticket = ""
        self.listening = False

    async def start(self) -> None:
        """Check both tokens. Messages can be posted from then on; commands arrive while ``run`` serves.

        Raises:
            ConfigError: a token is wrong.
            BotError: Slack cannot be reached, or does not answer as it should.
        """
        await self._workspaces.start()
        if self._account.listen is None:
            self._ticket = await self._open_socket()

    async def run(self) -> None:
        """Serve what people do until cancelled. Lost connections are taken up again for as long as it takes.

        Raises:
            ConfigError: the app token has become invalid, or the address to listen at is taken.
        """
        app = self._make_app()
        if self._account.listen is not None:
            await self._serve_http(app, *self._account.listen)
            return
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
        await self._listeners.stop()

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post and return the message's timestamp, by which Slack names it; an update goes into its story's thread.

        Raises:
            TemporaryDeliveryError: refused for now, or Slack was not reached.
            AmbiguousDeliveryError: sent, but no good answer came.
            BadMessageError: Slack refuses this content, as blocks and as plain text.
            ChannelGoneError: nothing can be posted to the channel until somebody there acts.
        """
        return await self._poster.deliver(delivery, message)

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring the story's first message up to date. Raises as ``post`` does."""
        await self._poster.edit(delivery, message)

    async def find(self, delivery: Delivery) -> str | None:
        """Look whether a delivery was posted, where the app was given the permission to. Raises UnreadableError."""
        return await self._poster.find(delivery)

    async def _installed(self, key: str) -> None:
        """Post again to a workspace that has installed the app anew."""
        await self._commands.resume(self.name, workspace_named(key))

    async def _open_socket(self) -> str:
        """The address of a new connection; good for one use, and for a short time."""
        opened = await checked(
            "MONAZITE_SLACK_APP_TOKEN", self._web.apps_connections_open(app_token=self._account.app_token)
        )
        return str(opened["url"])

    async def _serve(self, app: AsyncApp, ticket: str) -> None:
        """Serve one connection until it has stayed down for longer than the library takes to renew it."""
        handler = AsyncSocketModeHandler(
            app, self._account.app_token, logger=_connection_log, web_client=self._web, ping_interval=self._beat
        )
        handler.client.wss_uri = ticket
        try:
            async with asyncio.timeout(2 * self._beat):  # the library would try for ever an address good for one use
                await handler.connect_async()  # type: ignore[no-untyped-call]  # the library left it bare
            await self._until_down(handler.client)
        except TimeoutError:
            return
        finally:
            self.listening = False
            await handler.close_async()  # type: ignore[no-untyped-call]  # as above

    async def _until_down(self, client: SocketModeClient) -> None:
        missed = 0
        while missed < _PATIENCE:
            self.listening = await client.is_connected()
            missed = 0 if self.listening else missed + 1
            await asyncio.sleep(self._beat)

    def _make_app(self) -> AsyncApp:
        app = AsyncApp(
            name="monazite",
            signing_secret=self._account.signing_secret or None,
            client=make_client("", self._account.base_url),
            authorize=self._workspaces,  # type: ignore[arg-type]  # the library takes its own class, too, and says not
            oauth_flow=self._flow,
            logger=log,
        )
        if self._flow is not None:
            app.enable_token_revocation_listeners()
        self._listeners.listen(app)
        return app

    async def _serve_http(self, app: AsyncApp, host: str, port: int) -> None:
        """Answer Slack's requests; the library refuses what is not signed, or signed more than five minutes ago.

        Signatures: https://docs.slack.dev/authentication/verifying-requests-from-slack
        """
        runner = web.AppRunner(app.web_app(PATH), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            self.listening = True
            await asyncio.Event().wait()
        except OSError as error:
            raise ConfigError(f"MONAZITE_SLACK_LISTEN: cannot listen on {host}:{port} ({error.strerror})") from None
        finally:
            self.listening = False
            await runner.cleanup()
