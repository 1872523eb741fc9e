"""What the small Discord knows of channels: threads, forums, direct messages, edits and history."""

import json
from typing import Any

from aiohttp import web

Body = dict[str, Any]

FORUM, LOCKED, UNREADABLE = "2004", "2005", "2006"
TEXT_TYPE, FORUM_TYPE, DIRECT_TYPE = 0, 15, 1


def refuse(status: int, code: int) -> web.Response:
    """An error as Discord words it."""
    return answer({"code": code, "message": "no"}, status)


def answer(body: Any, status: int = 200) -> web.Response:
    """JSON as Discord sends it: with no charset beside the type, for which the library looks."""
    return web.Response(body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"})


class Rooms:
    """A part of the loopback Discord. ``threads`` maps the ids of threads to their names."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Body]] = {}
        self.threads: dict[str, str] = {}
        self.may_make_threads = True

    def routes(self) -> list[web.RouteDef]:
        """The calls that this part answers."""
        return [
            web.get("/api/channels/{id}", self._channel_of),
            web.get("/api/channels/{id}/messages", self._history),
            web.patch("/api/channels/{id}/messages/{message}", self._edit),
            web.post("/api/channels/{id}/messages/{message}/threads", self._thread),
            web.post("/api/channels/{id}/threads", self._forum_post),
            web.post("/api/users/@me/channels", self._direct),
        ]

    def refusal_of(self, channel: str) -> web.Response | None:
        """What a post to a channel runs into, None where it may be posted to."""
        if channel == FORUM:
            return refuse(400, 50008)
        return refuse(400, 50083) if channel == LOCKED or self.threads.get(channel) == "locked" else None

    def _take(self, channel: str, body: Body) -> Body:
        raise NotImplementedError

    async def _channel_of(self, request: web.Request) -> web.Response:
        channel = request.match_info["id"]
        return answer({"id": channel, "type": FORUM_TYPE if channel == FORUM else TEXT_TYPE, "name": "news"})

    async def _history(self, request: web.Request) -> web.Response:
        channel = request.match_info["id"]
        if channel == UNREADABLE:
            return answer([])
        after = int(request.query.get("after", 0))
        found = [message for message in self.messages.get(channel, []) if int(message["id"]) > after]
        return answer(found[-int(request.query.get("limit", 50)) :])

    async def _edit(self, request: web.Request) -> web.Response:
        known = [m for m in self.messages.get(request.match_info["id"], []) if m["id"] == request.match_info["message"]]
        if not known:
            return refuse(404, 10008)
        known[0].update(await request.json())
        return answer(known[0])

    async def _thread(self, request: web.Request) -> web.Response:
        head, body = request.match_info["message"], await request.json()
        if not self.may_make_threads:
            return refuse(403, 50013)
        if head in self.threads:
            return refuse(400, 160004)
        assert 0 < len(body["name"]) <= 100
        self.threads[head] = body["name"]
        return answer({"id": head, "type": 11, "name": body["name"], "parent_id": request.match_info["id"]})

    async def _forum_post(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert 0 < len(body["name"]) <= 100
        assert "nonce" not in body["message"]
        first = self._take(request.match_info["id"], body["message"])
        self.messages[request.match_info["id"]].remove(first)
        self.messages[first["id"]] = [first]  # the first message of a post has the id of the post
        self.threads[first["id"]] = body["name"]
        return answer({"id": first["id"], "type": 11, "name": body["name"], "message": first})

    async def _direct(self, request: web.Request) -> web.Response:
        person = (await request.json())["recipient_id"]
        return answer({"id": f"9{person}", "type": DIRECT_TYPE, "recipients": []})


def wrong_embeds(body: Body) -> str:
    """What Discord would refuse about the embeds and buttons of a message, '' where nothing."""
    for row in body.get("components", []):
        pressed = row["components"]
        if not 0 < len(pressed) <= 5 or any(len(b["label"]) > 80 or len(b["custom_id"]) > 100 for b in pressed):
            return "a row of buttons is too long"
    embeds, total = body.get("embeds", []), 0
    for embed in embeds:
        fields = embed.get("fields", [])
        limited = [(embed.get("title", ""), 256), (embed.get("description", ""), 4096)]
        limited += [(embed.get("author", {}).get("name", ""), 256), (embed.get("footer", {}).get("text", ""), 2048)]
        limited += [pair for one in fields for pair in ((one["name"], 256), (one["value"], 1024))]
        if any(len(text) > most for text, most in limited) or len(fields) > 25:
            return "an embed is too long"
        if not all(one["name"].strip() and one["value"].strip() for one in fields):
            return "a field is empty"
        total += sum(len(text) for text, _ in limited)
    if not embeds or len(embeds) > 10 or total > 6000:
        return "there are no embeds, or too many"
    return ""
