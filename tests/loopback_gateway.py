"""The gateway of the small Discord: compressed events, connections that are resumed, refused, ended and broken.

Operations and close codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway
"""

import asyncio
import itertools
import json
import zlib
from socket import SHUT_RDWR
from typing import Any

from aiohttp import WSMsgType, web

from tests.loopback_rooms import answer

Body = dict[str, Any]

TOKEN = "loopback.token.of-no-worth"
BOT, APPLICATION, GUILD, CHANNEL, DIRECT, PERSON = "1001", "1002", "1003", "1004", "1005", "1006"
USER = {"username": "someone", "discriminator": "0", "avatar": None, "global_name": None}


class Line:
    """One connection. Where it asked for that, everything is one stream of zlib, flushed after each event."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.socket = socket
        self._packer = zlib.compressobj() if compressed else None

    async def say(self, told: Body) -> None:
        """Send one event."""
        if self._packer is None:
            await self.socket.send_json(told)
            return
        packed = self._packer.compress(json.dumps(told).encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        await self.socket.send_bytes(packed)


class Gateway:
    """A part of the loopback Discord."""

    def __init__(self) -> None:
        self.base_url = ""
        self.gateway_refusals = 0
        self.identified: list[Body] = []
        self.resumed: list[Body] = []
        self.packed = 0  # connections that asked for compressed events
        self._lines: list[Line] = []
        self._sequence = itertools.count(1)
        self._sessions = itertools.count(1)
        self._serving = asyncio.Condition()

    def gates(self) -> list[web.RouteDef]:
        """The calls that this part answers."""
        return [web.get("/api/gateway/bot", self._gateway_address), web.get("/gateway/", self._gateway)]

    async def served(self, *, identified: int = 1, resumed: int = 0) -> None:
        """Return once the bot has identified and resumed that often."""
        async with asyncio.timeout(60), self._serving:
            await self._serving.wait_for(lambda: len(self.identified) >= identified and len(self.resumed) >= resumed)

    async def ask_to_reconnect(self) -> None:
        """Op 7 to the present connection."""
        await self._lines[-1].say({"op": 7, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9 to the present connection: its session has ended, for a moment or for good."""
        await self._lines[-1].say({"op": 9, "d": resumable})

    async def hang_up(self, code: int) -> None:
        """Close the present connection."""
        await self._lines[-1].socket.close(code=code)

    async def break_off(self) -> None:
        """Break the present connection without a word, as a network does."""
        self._lines[-1].socket.get_extra_info("socket").shutdown(SHUT_RDWR)

    async def dispatch(self, event: str, told: Body) -> None:
        """Have something happen."""
        await self._dispatch(self._lines[-1], event, told)

    async def _gateway_address(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return answer({"url": self._socket_url(), "shards": 1, "session_start_limit": limit})

    def _socket_url(self) -> str:
        return self.base_url.replace("http", "ws", 1).removesuffix("/api") + "/gateway/"

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if self.gateway_refusals:
            self.gateway_refusals -= 1
            return web.Response(status=503)
        wanted = request.query.get("compress", "")
        assert wanted in ("", "zlib-stream")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(socket, compressed=bool(wanted))
        self.packed += bool(wanted)
        self._lines.append(line)
        await line.say({"op": 10, "d": {"heartbeat_interval": 41250}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._hear(line, json.loads(frame.data))
        return socket

    async def _hear(self, line: Line, said: Body) -> None:
        if said["op"] == 1:
            await line.say({"op": 11, "d": None})
        elif said["op"] in (2, 6) and said["d"]["token"] != TOKEN:
            await line.socket.close(code=4004)
        elif said["op"] == 2:
            await self._dispatch(line, "READY", self._ready() | {"shard": said["d"].get("shard", [0, 1])})
            await self._dispatch(line, "GUILD_CREATE", _guild())
            await self._note(self.identified, said["d"])
        elif said["op"] == 6:
            await self._dispatch(line, "RESUMED", {})
            await self._note(self.resumed, said["d"])

    def _ready(self) -> Body:
        guilds = [{"id": GUILD, "unavailable": True}]
        session = {"session_id": f"session-{next(self._sessions)}", "resume_gateway_url": self._socket_url()}
        return {"v": 10, "user": {**USER, "id": BOT}, "guilds": guilds, "application": {"id": APPLICATION}, **session}

    async def _note(self, where: list[Body], said: Body) -> None:
        async with self._serving:
            where.append(said)
            self._serving.notify_all()

    async def _dispatch(self, line: Line, event: str, told: Body) -> None:
        await line.say({"op": 0, "t": event, "s": next(self._sequence), "d": told})


def channel_seen(identity: str = CHANNEL, kind: int = 0) -> Body:
    """A channel as an event tells it."""
    return {
        "id": identity,
        "type": kind,
        "name": "news",
        "position": 0,
        "permission_overwrites": [],
        "guild_id": GUILD,
    }


def _guild() -> Body:
    lists = ("emojis", "stickers", "roles", "members", "threads", "presences", "voice_states", "stage_instances")
    return {
        "id": GUILD,
        "name": "loopback",
        "member_count": 2,
        "channels": [channel_seen()],
        **{name: [] for name in lists},
    }
