"""A small Slack on 127.0.0.1: the Web API methods that the bot calls, Socket Mode and response addresses.

Further workspaces can install the app. It keeps to what Slack documents: errors come with status 200, an address of a
socket is good for one use, and blocks are held against the models of Slack's own library and the published limits.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, encode_basic_auth, web

from tests.slack_rules import Body, wrong_acknowledgement, wrong_message, wrong_view

BOT_TOKEN, APP_TOKEN = "xoxb-loopback-of-no-worth", "xapp-loopback-of-no-worth"
TEAM, CHANNEL, PERSON = "T1", "C1", "U1"
CLIENT_ID, CLIENT_SECRET = "1234.5678", "client-secret-of-no-worth"
_ANSWERS = 5  # to one command or press
_FROM_ANN: Body = {
    "user": {"id": PERSON, "username": "ann", "team_id": TEAM},
    "api_app_id": "A1",
    "token": "legacy",
    "team": {"id": TEAM, "domain": "loopback"},
}


@dataclass(frozen=True)
class Outcome:
    """What the next call of a method gets; ``cut`` breaks the connection, ``slow`` gives no answer.

    ``taken`` first keeps the message, as Slack may before it fails.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    slow: bool = False
    taken: bool = False


def refused(code: str, status: int = 200) -> Outcome:
    """An error as Slack words it."""
    return Outcome({"ok": False, "error": code}, status)


def slow_down(seconds: int) -> Outcome:
    """A 429 as Slack sends it."""
    return Outcome({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)})


@dataclass
class Exchange:
    """One slash command as its asker sees it: whether it was acknowledged, and the answers."""

    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    told: Body = field(default_factory=dict)  # what came with the acknowledgement
    answers: asyncio.Queue[Body] = field(default_factory=asyncio.Queue)
    form: Body = field(default_factory=dict)  # that was sent, where it was one
    taken: int = 0  # answers; Slack takes five

    async def acknowledgement(self) -> Body:
        """What came with the acknowledgement, waited for."""
        async with asyncio.timeout(20):
            await self.acknowledged.wait()
        if self.form:
            assert wrong_acknowledgement(self.form, self.told) == ""
        return self.told

    async def answer(self) -> Body:
        """The next answer, waited for."""
        async with asyncio.timeout(20):
            return await self.answers.get()


class LoopbackSlack:
    """The server. ``posts`` holds every body that came, ``messages`` those that were taken."""

    def __init__(self) -> None:
        self.base_url = ""
        self.posts: list[Body] = []
        self.messages: list[Body] = []
        self.whispers: list[Body] = []
        self.outcomes: dict[str, deque[Outcome]] = {}
        self.calls: list[str] = []
        self.bodies: list[tuple[str, Body]] = []
        self.views: asyncio.Queue[tuple[str, Body]] = asyncio.Queue()
        self.readable = False
        self.mood: Callable[[], Outcome | None] | None = None  # what each post runs into
        self.admins: set[str] = set()
        self.workspaces = {BOT_TOKEN: TEAM}
        self._codes: dict[str, str] = {}  # that stand for a workspace which agreed to install the app
        self._exchanges: dict[str, Exchange] = {}
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._sockets: list[web.WebSocketResponse] = []
        self._frozen: web.WebSocketResponse | None = None
        self._connected = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen; at the same port again after ``close``."""
        self._closing.clear()
        app = web.Application()
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.post("/answers/{envelope}", self._take_answer),
                web.get("/oauth/v2/authorize", self._agree),
                web.get("/socket/{ticket}", self._serve_socket),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{self._port}/api/"

    async def close(self) -> None:
        """Break every connection and stop listening."""
        self._closing.set()
        for socket in self._sockets:
            await socket.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def will(self, method: str, *outcomes: Outcome) -> None:
        """What the next calls of a method get."""
        self.outcomes.setdefault(method, deque()).extend(outcomes)

    async def break_off(self) -> None:
        """Break the present connection without a word, as a network does."""
        transport = self._sockets[-1].get_extra_info("socket")
        transport.shutdown(SHUT_RDWR)

    @property
    def connections(self) -> int:
        """How often the bot has opened a socket."""
        return len(self._sockets)

    async def connected(self, times: int = 1) -> None:
        """Return once the bot has opened a socket that often."""
        async with asyncio.timeout(20), self._connected:
            await self._connected.wait_for(lambda: len(self._sockets) >= times)

    async def called(self, method: str) -> None:
        """Return once a method was called."""
        async with asyncio.timeout(20):
            while method not in self.calls:
                await asyncio.sleep(0.01)

    def remove_app(self, team: str) -> None:
        """Make a workspace's token good for nothing."""
        self.workspaces = {token: known for token, known in self.workspaces.items() if known != team}

    def forget_tickets(self) -> None:
        """Let every address of a socket that was given out end unused, as they do after a while."""
        self._tickets.clear()

    async def type(self, command: str, text: str = "", *, channel: str = CHANNEL, trigger: str = "") -> Exchange:
        """Send a slash command as a person's client would."""
        envelope, exchange = f"envelope-{next(self._numbers)}", Exchange()
        self._exchanges[envelope] = exchange
        payload = {
            "token": "legacy",
            "team_id": TEAM,
            "team_domain": "loopback",
            "channel_id": channel,
            "channel_name": "news",
            "user_id": PERSON,
            "user_name": "ann",
            "command": command,
            "text": text,
            "api_app_id": "A1",
            "is_enterprise_install": "false",
            "response_url": self.base_url.replace("/api/", f"/answers/{envelope}"),
            "trigger_id": trigger or envelope,
        }
        sent = {"type": "slash_commands", "envelope_id": envelope, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_json(sent)
        return exchange

    async def press(self, action_id: str, value: str, *, channel: str = CHANNEL, trigger: str = "") -> Exchange:
        """Press a button under a message as a person's client would."""
        envelope, exchange = f"envelope-{next(self._numbers)}", Exchange()
        self._exchanges[envelope] = exchange
        payload = {
            "type": "block_actions",
            **_FROM_ANN,
            "container": {"type": "message", "message_ts": "1.1", "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": "news"},
            "message": {"type": "message", "ts": "1.1", "text": "…"},
            "response_url": self.base_url.replace("/api/", f"/answers/{envelope}"),
            "trigger_id": trigger or envelope,
            "actions": [
                {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "2.2"}
            ],
        }
        sent = {"type": "interactive", "envelope_id": envelope, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_json(sent)
        return exchange

    async def press_at_home(self, action_id: str, value: str = "") -> Exchange:
        """Press a button of App Home."""
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "2.2"}
        payload = {"type": "block_actions", **_FROM_ANN, "container": {"type": "view"}, "actions": [action]}
        payload["view"] = {"id": "V1", "type": "home", "blocks": []}
        return await self._send("interactive", payload | {"trigger_id": f"pressed-{next(self._numbers)}"})

    async def submit(self, view: Body, filled: Mapping[str, Body], *, trigger: str = "") -> Exchange:
        """Send a form that was opened, filled in as given by block id; with an earlier trigger, that one again."""
        values = {block: {block: field} for block, field in filled.items()}
        told = {**view, "id": "V2", "state": {"values": values}, "hash": "1"}
        payload = {"type": "view_submission", **_FROM_ANN, "view": told, "response_urls": []}
        exchange = await self._send("interactive", payload | {"trigger_id": trigger or f"sent-{next(self._numbers)}"})
        exchange.form = view
        return exchange

    async def happen(self, event: Body, event_id: str = "") -> Exchange:
        """Send an event; with the id of an earlier one it is that one again."""
        told: Body = {"token": "legacy", "team_id": TEAM, "api_app_id": "A1", "type": "event_callback", "event": event}
        told |= {"event_id": event_id or f"Ev{next(self._numbers)}", "event_time": 1700000000, "authorizations": []}
        return await self._send("events_api", told)

    async def _send(self, kind: str, payload: Body) -> Exchange:
        envelope, exchange = f"envelope-{next(self._numbers)}", Exchange()
        self._exchanges[envelope] = exchange
        sent = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_json(sent)
        return exchange

    async def ask_to_reconnect(self) -> None:
        """What Slack sends every few hours, before it closes a connection."""
        await self._sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    def freeze(self) -> None:
        """Leave the present connection open and say nothing there any more, not even that it is alive."""
        self._frozen = self._sockets[-1]

    async def hang_up(self) -> None:
        """Close the present connection."""
        await self._sockets[-1].close()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        waiting = self.outcomes.get(method)
        outcome = waiting.popleft() if waiting else None
        is_json = request.content_type == "application/json"
        body: Body = {**request.query, **(await request.json() if is_json else await request.post())}
        self.bodies.append((method, body))
        if method == "chat.postMessage":
            self.posts.append(body)
        if self.mood and method == "chat.postMessage":
            outcome = self.mood()
        if outcome:
            if outcome.taken:
                self._take(body, TEAM)
            if outcome.slow:
                await self._closing.wait()
            if outcome.cut and request.transport:
                request.transport.abort()
            text = outcome.body if isinstance(outcome.body, str) else None
            if text is not None:
                return web.Response(text=text, status=outcome.status, content_type="text/html")
            return web.json_response(outcome.body, status=outcome.status, headers=dict(outcome.headers))
        if method == "oauth.v2.access":
            return web.json_response(self._install(request.headers.get("Authorization", ""), body))
        if token not in ({APP_TOKEN} if method == "apps.connections.open" else self.workspaces):
            other = token in (APP_TOKEN, BOT_TOKEN)
            return web.json_response({"ok": False, "error": "not_allowed_token_type" if other else "invalid_auth"})
        return web.json_response(self._answer(method, body, self.workspaces.get(token, "")))

    async def _agree(self, request: web.Request) -> web.Response:
        """Somebody allows the app: the workspace that the query names, which Slack would ask for."""
        if request.query["client_id"] != CLIENT_ID or not request.query["scope"]:
            return web.Response(status=400)
        code = f"code-{next(self._numbers)}"
        self._codes[code] = request.query["team"]
        return web.json_response({"code": code, "state": request.query["state"]})

    def _install(self, proof: str, body: Body) -> Body:
        if proof != encode_basic_auth(CLIENT_ID, CLIENT_SECRET):
            return {"ok": False, "error": "bad_client_secret"}
        team = self._codes.pop(body["code"], "")
        if not team:
            return {"ok": False, "error": "invalid_code"}
        token = f"xoxb-{team}-{next(self._numbers)}"
        self.workspaces[token] = team
        told = {"access_token": token, "token_type": "bot", "scope": "chat:write", "bot_user_id": "U0", "app_id": "A1"}
        return {"ok": True, **told, "team": {"id": team}, "enterprise": None, "authed_user": {"id": PERSON}}

    def _answer(self, method: str, body: Body, team: str) -> Body:
        if method == "auth.test":
            return {"ok": True, "team_id": team, "user_id": "U0", "bot_id": "B1", "url": self.base_url}
        if method == "apps.connections.open":
            ticket = f"ticket-{next(self._numbers)}"
            self._tickets.add(ticket)
            return {"ok": True, "url": self.base_url.replace("http", "ws", 1).replace("/api/", f"/socket/{ticket}")}
        if method == "chat.update":
            return self._edit(body)
        if method != "chat.postMessage":
            return self._answer_more(method, body)
        if wrong := wrong_message(self.posts[-1]):
            return {"ok": False, "error": "invalid_blocks", "errors": [wrong]}
        return {"ok": True, "channel": self.posts[-1]["channel"], "ts": self._take(self.posts[-1], team)}

    def _answer_more(self, method: str, body: Body) -> Body:
        match method:
            case "views.open" | "views.publish":
                view = body["view"] if isinstance(body["view"], dict) else json.loads(body["view"])
                self.views.put_nowait((method, view))
                return _unless(wrong_view(view), {"ok": True, "view": {"id": "V1"}})
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D-{body['users']}"}}
            case "conversations.history" | "conversations.replies" if self.readable:
                return self._list(method, body)
            case "users.info":
                return {"ok": True, "user": {"id": body["user"], "is_admin": body["user"] in self.admins}}
            case "chat.postEphemeral":
                self.whispers.append(body)
                return _unless(wrong_message(body), {"ok": True, "message_ts": "3.3"})
        return {"ok": False, "error": "missing_scope"}

    def _list(self, method: str, body: Body) -> Body:
        """A thread with its head or, without what stands in threads alone, a channel."""
        here = [m for m in self.messages if m["channel"] == body["channel"]]
        if method == "conversations.history":
            shown = [m for m in here if not m.get("thread_ts") or m.get("reply_broadcast")]
        else:
            shown = [m for m in here if body["ts"] in (m["ts"], m.get("thread_ts"))]
            if not shown:
                return {"ok": False, "error": "thread_not_found"}
        return {"ok": True, "messages": shown, "has_more": False}

    def _edit(self, body: Body) -> Body:
        known = [message for message in self.messages if message["ts"] == body["ts"]]
        if not known:
            return {"ok": False, "error": "message_not_found"}
        if wrong := wrong_message(body):
            return {"ok": False, "error": "invalid_blocks", "errors": [wrong]}
        known[0].update({"text": body["text"], "blocks": body["blocks"], "edited": True})
        return {"ok": True, "ts": body["ts"], "channel": body["channel"]}

    def _take(self, message: Body, team: str) -> str:
        reference = f"1700000000.{next(self._numbers):06d}"
        self.messages.append({**message, "ts": reference, "team": team})
        return reference

    async def _take_answer(self, request: web.Request) -> web.Response:
        answer = await request.json()
        waiting = self.outcomes.get("answers")
        if waiting:
            outcome = waiting.popleft()
            return web.Response(text=str(outcome.body), status=outcome.status)
        if wrong := wrong_message(answer):
            return web.Response(text=f"invalid_blocks: {wrong}", status=400)
        exchange = self._exchanges[request.match_info["envelope"]]
        exchange.taken += 1
        if exchange.taken > _ANSWERS:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        exchange.answers.put_nowait(answer)
        return web.Response(text="ok")

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["ticket"] not in self._tickets:
            return web.Response(status=408)
        self._tickets.remove(request.match_info["ticket"])
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        async with self._connected:
            self._sockets.append(socket)
            self._connected.notify_all()
        async for received in socket:
            if received.type == WSMsgType.PING and socket is not self._frozen:
                await socket.pong(received.data)
            if received.type == WSMsgType.TEXT:
                exchange = self._exchanges[received.json()["envelope_id"]]
                exchange.told = received.json().get("payload") or {}
                exchange.acknowledged.set()
        return socket


def _unless(wrong: str, answer: Body) -> Body:
    return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": [wrong]}} if wrong else answer
