"""The whole bot on a platform of one loopback server, killed at a named point.

``python -m tests.torture._victim SERVER LIFE`` runs as ``monazite run`` does, by the settings of the environment; LIFE
is a ``Life`` as JSON.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import app as wiring
from bot.cli.running import serve
from bot.delivery import sender as deliver
from bot.errors import AmbiguousDeliveryError, TemporaryDeliveryError, UnreadableError
from bot.model import Delivery, Message, Notice
from bot.settings import load_settings
from bot.storage import feeds, outbox
from bot.storage.database import Database

POINTS = (
    "before the poll is committed",
    "after the poll is committed",
    "before sending is committed",
    "after sending is committed",
    "while the request is under way",
    "before the answer is noted",
    "before sent is committed",
    "after sent is committed",
)


@dataclass(frozen=True, slots=True)
class Life:
    """How a victim lives and dies.

    It kills itself (SIGKILL) when ``point`` is reached for the ``count``-th time; ``none`` never comes. Its clock runs
    ``shift`` seconds ahead, so that the leases of those who died before it have ended, and ``speed`` times as fast as
    ours. A channel is leased for ``lease`` seconds; the platform says that it drops copies for ``drops`` seconds.
    """

    point: str = "none"
    count: int = 1
    shift: float = 0.0
    speed: float = 1.0
    lease: float = 60.0
    drops: float = 0.0


class Fate:
    """Ends the program at a point."""

    def __init__(self, life: Life) -> None:
        self._point, self._left = life.point, life.count

    def reach(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DoomedDatabase(Database):
    """Knows which transaction is which by what is called in it."""

    fate: Fate

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.roles: dict[int, str] = {}

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as tx:
            _DATABASES[id(tx)] = self
            yield tx
            role = self.roles.pop(id(tx), "")
            self.fate.reach(f"before {role} is committed")
        self.fate.reach(f"after {role} is committed")


_DATABASES: dict[int, DoomedDatabase] = {}


def _note(role: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The same call; where it gives something, its transaction gets a role."""

    async def noting(tx: AsyncConnection, *values: Any, **named: Any) -> Any:
        result = await call(tx, *values, **named)
        if role != "sending" or result is not None:
            _DATABASES[id(tx)].roles[id(tx)] = role
        return result

    return noting


class Wire:
    """The platform ``paper``: every post is a request to the server."""

    name = "paper"
    listening = True

    def __init__(self, server: str, fate: Fate, drops: float) -> None:
        self.drops_copies_for = timedelta(seconds=drops)
        self._server, self._fate = server, fate

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(self._server, timeout=aiohttp.ClientTimeout(total=2))

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        await self._session.close()

    async def edit(self, delivery: Delivery, message: Message) -> None:
        await self._ask("/edit", delivery, message)

    async def post(self, delivery: Delivery, message: Message) -> str:
        return await self._ask("/post", delivery, message)

    async def _ask(self, path: str, delivery: Delivery, message: Message) -> str:
        headline = "" if isinstance(message, Notice) else message.headline
        told = {"key": delivery.key, "channel": delivery.channel.id, "story": delivery.story, "kind": delivery.kind}
        told |= {"headline": headline, "entry": delivery.entry, "repeated": message.repeated}
        asked = asyncio.ensure_future(self._session.post(path, json=told))
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(0.002)
            self._fate.reach("while the request is under way")
            async with await asked as answer:
                if answer.status == 429:
                    raise TemporaryDeliveryError("slower", 0.1)
                if answer.status != 200:
                    raise AmbiguousDeliveryError(f"answered {answer.status}")
                reference = await answer.text()
        except aiohttp.ClientConnectorError as error:
            raise TemporaryDeliveryError(str(error)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AmbiguousDeliveryError(repr(error)) from error
        self._fate.reach("before the answer is noted")
        return reference

    async def find(self, delivery: Delivery) -> str | None:
        try:
            async with self._session.get("/find", params={"key": delivery.key}) as answer:
                if answer.status == 403:
                    raise UnreadableError("the server does not let anybody look")
                return await answer.text() or None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TemporaryDeliveryError(str(error)) from error


async def live(server: str, life: Life) -> None:
    """Run the bot until it is killed, or told to stop."""
    fate = Fate(life)
    DoomedDatabase.fate = fate
    for place, name, instead in (  # the program as it is wired, but for these
        (wiring, "Database", DoomedDatabase),
        (wiring, "connect_platforms", lambda *_: {"paper": Wire(server, fate, life.drops)}),
        (outbox, "start", _note("sending", outbox.start)),
        (outbox, "finish", _note("sent", outbox.finish)),
        (feeds, "save_states", _note("the poll", feeds.save_states)),
        (deliver, "LEASE", timedelta(seconds=life.lease)),
        (deliver, "POST_TIMEOUT", life.lease / 2),
    ):
        setattr(place, name, instead)

    began = wiring.now()

    def clock() -> datetime:
        return began + timedelta(seconds=life.shift) + life.speed * (wiring.now() - began)

    async with wiring.assemble(load_settings(), clock=clock) as program:
        await serve(program)


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], Life(**json.loads(sys.argv[2]))))
