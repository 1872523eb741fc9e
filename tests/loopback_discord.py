"""A small Discord on 127.0.0.1: the REST calls and the gateway that the bot uses, with faults on demand.

It keeps to what Discord documents: a nonce that is enforced gives the first message back, the first follow-up of a
deferred answer takes its place and its visibility, and limits of length are refused with 50035.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.loopback_gateway import (
    APPLICATION,
    BOT,
    CHANNEL,
    DIRECT,
    GUILD,
    PERSON,
    TOKEN,
    USER,
    Gateway,
    channel_seen,
)
from tests.loopback_rooms import Rooms, wrong_embeds

Body = dict[str, Any]

MANAGE_GUILD, POSTING = 1 << 5, (1 << 10) | (1 << 11) | (1 << 14)


@dataclass(frozen=True)
class Outcome:
    """What the next post gets: a status with a body, or a connection cut off; ``taken`` first keeps the message."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False
    cut: bool = False


def refused(status: int, code: int, text: str = "no") -> Outcome:
    """An error as Discord words it."""
    return Outcome(status, {"code": code, "message": text})


def slow_down(seconds: float, *, everywhere: bool = False) -> Outcome:
    """A 429 as Discord sends it."""
    body = {"message": "slower, please", "retry_after": seconds, "global": everywhere}
    headers = {"Retry-After": str(seconds), "Via": "1.1 loopback"}
    return Outcome(429, body, headers | ({"X-RateLimit-Global": "true"} if everywhere else {}))


@dataclass
class Exchange:
    """One interaction as its asker sees it. ``shown`` holds (embeds, ephemeral) of every message still visible."""

    callback: Body = field(default_factory=dict)
    shown: list[tuple[list[Body], bool]] = field(default_factory=list)
    choices: list[Body] = field(default_factory=list)
    thinking: bool = False
    removed: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        """Titles and descriptions, one a line."""
        embeds = [embed for embeds, _ in self.shown for embed in embeds]
        return "\n".join(str(embed[key]) for embed in embeds for key in ("title", "description") if key in embed)

    @property
    def private(self) -> set[bool]:
        """Whether the visible messages are ephemeral."""
        return {ephemeral for _, ephemeral in self.shown}


class LoopbackDiscord(Rooms, Gateway):
    """The server. ``posts`` holds every body that came, ``messages`` those that were taken, by channel."""

    def __init__(self) -> None:
        Rooms.__init__(self)
        Gateway.__init__(self)
        self.posts: list[Body] = []
        self.bodies: list[tuple[str, str, Body]] = []
        self.outcomes: deque[Outcome] = deque()
        self.mood: Callable[[], Outcome | None] | None = None  # what each post runs into
        self.commands: list[Body] = []
        self.overwrites = 0
        self._nonces: dict[tuple[str, str], Body] = {}
        self._exchanges: dict[str, Exchange] = {}
        self._ids = itertools.count(2**60)
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def open(self) -> None:
        """Listen; at the same port again after ``close``."""
        app = web.Application(middlewares=[self._record])
        app.add_routes(
            [
                web.get("/api/users/@me", self._me),
                web.get("/api/oauth2/applications/@me", self._application),
                web.get("/api/applications/@me", self._application),
                web.get("/api/applications/{id}/commands", self._list_commands),
                web.put("/api/applications/{id}/commands", self._overwrite_commands),
                web.post("/api/channels/{id}/messages", self._post),
                web.post("/api/interactions/{id}/{token}/callback", self._callback),
                web.post("/api/webhooks/{id}/{token}", self._follow_up),
                web.delete("/api/webhooks/{id}/{token}/messages/@original", self._remove_original),
                *self.gates(),
                *self.routes(),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{self._port}/api"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Break every connection and stop listening."""
        for line in self._lines:
            await line.socket.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def press(self, custom_id: str) -> Exchange:
        """Press a button under a message as a person's client would, and wait for the answer."""
        return await self._touch(3, {"component_type": 2, "custom_id": custom_id}, f"pressed-{next(self._ids)}")

    async def submit(self, custom_id: str, filled: Mapping[str, str]) -> Exchange:
        """Send a form as a person's client would, and wait for the answer."""
        rows = [{"type": 1, "components": [{"type": 4, "custom_id": k, "value": v}]} for k, v in filled.items()]
        return await self._touch(5, {"custom_id": custom_id, "components": rows}, f"sent-{next(self._ids)}")

    async def _touch(self, kind: int, data: Body, token: str) -> Exchange:
        exchange = Exchange()
        self._exchanges[token] = exchange
        user = {**USER, "id": PERSON}
        member: Body = {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
        head = self._take(CHANNEL, {"embeds": [], "content": "…"})
        told = {
            "id": str(next(self._ids)),
            "application_id": APPLICATION,
            "type": kind,
            "token": token,
            "version": 1,
            "data": data,
            "channel": channel_seen(),
            "channel_id": CHANNEL,
            "guild_id": GUILD,
            "member": {**member, "permissions": str(MANAGE_GUILD)},
            "message": head,
            "app_permissions": str(POSTING),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD},
            "context": 0,
            "attachment_size_limit": 1,
        }
        await self.dispatch("INTERACTION_CREATE", told)
        async with asyncio.timeout(20):
            while not exchange.shown and exchange.callback.get("type") != 9:
                exchange.answered.clear()
                await exchange.answered.wait()
        return exchange

    async def ask(
        self,
        name: str,
        *,
        options: Sequence[Body] = (),
        direct: bool = False,
        permissions: int = MANAGE_GUILD,
        app_permissions: int = POSTING,
        autocomplete: bool = False,
        messages: int = 1,
        alone: bool = False,
        room: str = CHANNEL,
    ) -> Exchange:
        """Send a slash command as a person's client would; wait for ``messages`` messages, choices or a form."""
        token, exchange = f"asked-{next(self._ids)}", Exchange()
        self._exchanges[token] = exchange
        user = {**USER, "id": PERSON}
        channel = {"id": DIRECT, "type": 1, "recipients": [user]} if direct else channel_seen(room)
        member: Body = {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
        where = {"user": user} if direct else {"guild_id": GUILD, "member": {**member, "permissions": str(permissions)}}
        asked = {
            "id": str(next(self._ids)),
            "application_id": APPLICATION,
            "type": 4 if autocomplete else 2,
            "token": token,
            "version": 1,
            "data": {"id": "1", "name": name, "type": 1, "options": list(options)},
            "channel": channel,
            "channel_id": channel["id"],
            "app_permissions": str(app_permissions),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"1": PERSON} if alone else {"0": GUILD},
            "context": 1 if direct else 0,
            "attachment_size_limit": 1,
            **where,
        }
        await self.dispatch("INTERACTION_CREATE", asked)
        async with asyncio.timeout(20):
            while len(exchange.shown) < messages and not exchange.choices and exchange.callback.get("type") != 9:
                exchange.answered.clear()
                await exchange.answered.wait()
        return exchange

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep every body that came, with the call that it came by."""
        if request.content_type == "application/json" and request.can_read_body:
            route = request.match_info.route.resource
            self.bodies.append((request.method, str(route.canonical if route else ""), await request.json()))
        return await handler(request)

    async def _me(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        return _json({**USER, "id": BOT, "bot": True})

    async def _application(self, request: web.Request) -> web.Response:
        owner = {**USER, "id": PERSON}
        names = {"name": "loopback", "description": "", "icon": None, "summary": "", "verify_key": ""}
        flags = {"bot_public": True, "bot_require_code_grant": False, "flags": 0, "hook": True}
        return _json({"id": APPLICATION, "owner": owner, **names, **flags})

    async def _list_commands(self, request: web.Request) -> web.Response:
        return _json(self.commands)

    async def _overwrite_commands(self, request: web.Request) -> web.Response:
        self.overwrites += 1
        self.commands = [_as_listed(command, str(next(self._ids))) for command in await request.json()]
        return _json(self.commands)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body, channel = await request.json(), request.match_info["id"]
        self.posts.append(body)
        if refused_there := self.refusal_of(channel):
            return refused_there
        outcome = self.outcomes.popleft() if self.outcomes else Outcome(taken=True)
        if self.mood:
            outcome = self.mood() or outcome
        message = self._take(channel, body) if outcome.taken else {}
        if outcome.cut:
            assert request.transport
            request.transport.abort()
        if outcome.status != 200:
            return _answer(outcome)
        wrong = wrong_embeds(body)
        return _answer(refused(400, 50035, wrong)) if wrong else _json(message)

    def _take(self, channel: str, body: Body) -> Body:
        key = (channel, body.get("nonce", ""))
        if body.get("enforce_nonce") and key in self._nonces:
            return self._nonces[key]
        author = {**USER, "id": BOT, "bot": True}
        blank = {"attachments": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False}
        blank |= {"tts": False, "edited_timestamp": None, "timestamp": "2026-01-01T00:00:00+00:00", "content": ""}
        new = {"id": str(next(self._ids)), "type": 0, "channel_id": channel, "author": author, **blank, **body}
        self._nonces[key] = new
        self.messages.setdefault(channel, []).append(new)
        return new

    async def _callback(self, request: web.Request) -> web.Response:
        exchange, body = self._exchanges[request.match_info["token"]], await request.json()
        exchange.callback = body
        if body["type"] == 8:
            exchange.choices = body["data"]["choices"]
        exchange.thinking = body["type"] == 5
        exchange.answered.set()
        told = {"id": request.match_info["id"], "type": 2, "response_message_id": str(next(self._ids))}
        return _json({"interaction": told})

    async def _follow_up(self, request: web.Request) -> web.Response:
        exchange, body = self._exchanges[request.match_info["token"]], await request.json()
        if wrong := wrong_embeds(body):
            return _json({"code": 50035, "message": wrong}, status=400)
        flags = exchange.callback.get("data", {}).get("flags", 0) if exchange.thinking else body.get("flags", 0)
        exchange.thinking = False
        exchange.shown.append((body["embeds"], bool(flags & 64)))
        exchange.answered.set()
        return _json(self._take(CHANNEL, body | {"embeds": body["embeds"]}))

    async def _remove_original(self, request: web.Request) -> web.Response:
        exchange = self._exchanges[request.match_info["token"]]
        exchange.thinking, exchange.removed = False, True
        return web.Response(status=204)


def _answer(outcome: Outcome) -> web.Response:
    return _json(outcome.body, outcome.status, outcome.headers)


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """As Discord sends it: with no charset beside the type, for which the library looks."""
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={**(headers or {}), "Content-Type": "application/json"}
    )


def _as_listed(command: Body, identity: str) -> Body:
    """A command as Discord lists it: with ids, permissions as text, and without the options' default values."""
    options = [
        {key: value for key, value in one.items() if value is not None and value is not False}
        for one in command["options"]
    ]
    allowed = command["default_member_permissions"]
    listed = {**command, "id": identity, "application_id": APPLICATION, "version": identity, "options": options}
    return listed | {"default_member_permissions": None if allowed is None else str(allowed)}
