"""Slack's side of HTTP mode."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from tests.loopback_slack import CHANNEL, PERSON, TEAM

SECRET = "e6b19c573432dcc6b075501d51b51bb8"
_FORM = "application/x-www-form-urlencoded"
_FROM_ANN = {"api_app_id": "A1", "user": {"id": PERSON, "team_id": TEAM}, "team": {"id": TEAM}}


class Caller:
    """It signs, and calls again until somebody listens."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self.address = f"http://127.0.0.1:{port}"

    async def send(self, body: str, kind: str = _FORM, *, secret: str = SECRET, headers: Mapping[str, str] = {}) -> int:
        """Send a request; return the status of its answer."""
        moment = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
        proof = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}
        async with asyncio.timeout(30):
            while True:
                try:
                    async with self._session.post(
                        f"{self.address}/slack/events", data=body, headers={**proof, **headers}
                    ) as answer:
                        return answer.status
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)

    async def type(self, text: str, trigger: str, *, secret: str = SECRET, team: str = TEAM) -> int:
        """Send ``/monazite`` with a text."""
        told = {"command": "/monazite", "text": text, "user_id": PERSON, "channel_id": CHANNEL, "team_id": team}
        return await self.send(urlencode(told | {"trigger_id": trigger, "response_url": ""}), secret=secret)

    async def press(self, action_id: str, value: str, trigger: str) -> int:
        """Press a button under a message."""
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "2.2"}
        told = {"type": "block_actions", **_FROM_ANN, "channel": {"id": CHANNEL}, "actions": [action]}
        told |= {"container": {"type": "message", "channel_id": CHANNEL}, "trigger_id": trigger}
        return await self.send(urlencode({"payload": json.dumps(told)}))

    async def mention(self, event_id: str, *, again: int = 0) -> int:
        """Mention the bot, or say once more that somebody did."""
        event = {"type": "app_mention", "user": PERSON, "channel": CHANNEL, "ts": "9.9", "text": "<@U0> hello"}
        headers = {"X-Slack-Retry-Num": str(again), "X-Slack-Retry-Reason": "http_timeout"} if again else {}
        return await self.happen(event, event_id, headers=headers)

    async def happen(
        self, event: Mapping[str, object], event_id: str, *, team: str = TEAM, headers: Mapping[str, str] = {}
    ) -> int:
        """Send an event."""
        told = {"type": "event_callback", "team_id": team, "api_app_id": "A1", "event_id": event_id, "event": event}
        return await self.send(json.dumps(told), "application/json", headers=headers)
