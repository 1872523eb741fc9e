"""A small server on 127.0.0.1 that speaks as OpenAI-compatible services and as Anthropic's do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-loopback-canary-of-no-worth"


@dataclass
class LoopbackModel:
    """``text`` is what the model says; ``status`` other than 200 is an error; ``seconds`` how long it takes."""

    base_url: str = ""
    text: str = ""
    status: int = 200
    seconds: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def says(self, *sentences: tuple[str, list[int]]) -> None:
        """Answer with these sentences and the numbers that they cite."""
        self.text = json.dumps({"sentences": [{"text": text, "cites": cites} for text, cites in sentences]})

    async def chat(self, request: web.Request) -> web.Response:
        await self._hear(request)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.text}}
        usage = {"prompt_tokens": 400, "completion_tokens": 100, "total_tokens": 500}
        body = {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        return web.json_response(body, status=self.status)

    async def messages(self, request: web.Request) -> web.Response:
        await self._hear(request)
        body = {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": self.text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 400, "output_tokens": 100},
        }
        return web.json_response(body, status=self.status)

    async def _hear(self, request: web.Request) -> None:
        given = request.headers.get("X-Api-Key") or request.headers["Authorization"].removeprefix("Bearer ")
        if given != KEY:
            raise web.HTTPUnauthorized
        self.asked.append(await request.json())
        await asyncio.sleep(self.seconds)


@asynccontextmanager
async def loopback_model() -> AsyncIterator[LoopbackModel]:
    """Serve until the block ends."""
    state = LoopbackModel()
    app = web.Application()
    app.add_routes([web.post("/v1/chat/completions", state.chat), web.post("/v1/messages", state.messages)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    state.base_url = f"http://{host}:{port}"
    try:
        yield state
    finally:
        await runner.cleanup()
