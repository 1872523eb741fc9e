"""The library's client, with what Monazite needs and the library has no option for.

Another address of the API (a proxy, or the tests' loopback), and posts that end at the first refusal instead of being
repeated out of sight.
"""

import asyncio
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.commands import Commands
from bot.errors import AmbiguousDeliveryError, TemporaryDeliveryError
from bot.ports import Memory
from handlers.discord.caution import Caution
from handlers.discord.languages import ChineseTranslator
from handlers.discord.slash import SlashTree
from handlers.discord.syncing import sync_if_changed

_PACE = 1 / 45  # seconds between two requests
_LONGEST_WAIT = 10.0  # seconds that a request may wait for its rate limit before the library gives it back


class Attempt:
    """What is known of the post that is under way; ``sent`` once its headers have left."""

    sent = False


current_attempt: ContextVar[Attempt | None] = ContextVar("current_attempt", default=None)


class _Own(discord.Client):
    """What both clients below have in common."""

    tree: SlashTree
    _memory: Memory
    _base_url: str

    @property
    def listening(self) -> bool:
        """Whether the gateway connection stands."""
        return bool(self.ws) and self.ws.open

    async def login(self, token: str) -> None:
        """Log in. After a try that failed the connections are closed, so that the next one begins afresh."""
        try:
            await super().login(token)
        except BaseException:
            await self.http.close()
            self.http.connector = discord.utils.MISSING
            raise

    async def setup_hook(self) -> None:
        """Runs once, after the login and before the gateway; ``on_ready`` would run at every reconnection."""
        await sync_if_changed(self.tree, ChineseTranslator(), self._memory)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a press on a button, or a form; slash commands are the tree's."""
        if interaction.type == discord.InteractionType.component:
            await self.tree.press(interaction)
        elif interaction.type == discord.InteractionType.modal_submit:
            await self.tree.submit(interaction)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Serve the gateway; answers to commands go to the same address as everything else."""
        if self._base_url:
            async_context.set(_Webhooks(self._base_url))  # tasks made by the gateway inherit it
        await super().connect(reconnect=reconnect)


class NewsClient(_Own):
    """One connection with slash commands. It asks for the ``guilds`` intent only and can ping nobody."""

    def __init__(self, commands: Commands, memory: Memory, base_url: str) -> None:
        super().__init__(**_options())
        _equip(self, commands, memory, base_url)


class ShardedNewsClient(_Own, discord.AutoShardedClient):
    """The same over several connections. ``shards`` None leaves their number to Discord."""

    def __init__(self, commands: Commands, memory: Memory, base_url: str, shards: int | None) -> None:
        super().__init__(shard_count=shards, **_options())
        _equip(self, commands, memory, base_url)

    @property
    def listening(self) -> bool:
        """Whether every gateway connection stands."""
        return bool(self.shards) and not any(shard.is_closed() for shard in self.shards.values())


def _options() -> dict[str, Any]:
    # The library warns of missing voice packages, of which this bot has no use.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    return {
        "intents": discord.Intents(guilds=True),
        "allowed_mentions": discord.AllowedMentions.none(),
        "member_cache_flags": discord.MemberCacheFlags.none(),
        "max_messages": None,
    }


def _equip(client: NewsClient | ShardedNewsClient, commands: Commands, memory: Memory, base_url: str) -> None:
    client._memory, client._base_url = memory, base_url  # noqa: SLF001 - the two classes of this file
    client.http = client._connection.http = _Http(client, base_url)  # noqa: SLF001 - the library has no option for it
    client.tree = SlashTree(client, commands)


class _Http(HTTPClient):
    """The library's REST client with an address of its own."""

    def __init__(self, client: discord.Client, base_url: str) -> None:
        self._caution = Caution()
        super().__init__(client.loop, http_trace=_trace(self._caution))
        self.max_ratelimit_timeout = _LONGEST_WAIT  # the option's least value is 30 s, more than a post may take
        self._base_url = base_url
        self._next = 0.0

    async def request(self, route: Route, **options: Any) -> Any:
        # Only posts are held back: without its other requests the bot could not get its connection again.
        wait = self._caution.wait(asyncio.get_running_loop().time())
        if wait and current_attempt.get() is not None:
            raise TemporaryDeliveryError("Discord refused too many requests; posts wait, lest it block the bot", wait)
        await self._wait_for_turn()
        answer = await super().request(_moved(route, self._base_url), **options)
        if answer and isinstance(answer, str):
            raise aiohttp.ClientPayloadError("the answer is not JSON, so it is not Discord's")
        return answer

    async def _wait_for_turn(self) -> None:
        """Keep below 50 requests a second in all: https://discord.com/developers/docs/topics/rate-limits#global-rate-limit"""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + _PACE
        if turn > now:
            await asyncio.sleep(turn - now)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        if self._base_url and url.startswith(str(DiscordWebSocket.DEFAULT_GATEWAY)):
            _, gateway, _ = await self.get_bot_gateway()
            url = f"{gateway.rstrip('/')}/?{url.partition('?')[2]}"
        return await super().ws_connect(url, compress=compress)


class _Webhooks(AsyncWebhookAdapter):
    """The library's client for answers to commands, with an address of its own."""

    def __init__(self, base_url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library left this one without annotations
        self._base_url = base_url

    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        return await super().request(_moved(route, self._base_url), session, **options)


def _moved(route: Route, base_url: str) -> Route:
    if base_url:
        route.url = base_url + route.url.removeprefix(Route.BASE)
    return route


def _trace(caution: Caution) -> aiohttp.TraceConfig:
    async def note(
        session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        shared = ended.response.headers.get("X-RateLimit-Scope") == "shared"
        caution.note(ended.response.status, asyncio.get_running_loop().time(), shared=shared)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(note)
    trace.on_request_headers_sent.append(_note_sent)
    trace.on_request_end.append(_end_refused_post)
    return trace


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if (attempt := current_attempt.get()) is not None:
        attempt.sent = True


async def _end_refused_post(
    session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
) -> None:
    """Give a refused post back to the outbox. The library would sleep and post up to four times more.

    A limit over the whole bot is left to the library, which then holds back every other request too.
    """
    if current_attempt.get() is None:
        return
    answer = ended.response
    if answer.status >= 500:
        raise AmbiguousDeliveryError(f"Discord answered {answer.status}")
    if answer.status == 429 and "X-RateLimit-Global" not in answer.headers:
        raise TemporaryDeliveryError("Discord asks to post more slowly here", seconds_to_wait(answer))


def seconds_to_wait(answer: aiohttp.ClientResponse) -> float | None:
    """The ``Retry-After`` of a 429 in seconds, None where there is none that can be read."""
    try:
        return max(0.0, float(answer.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
