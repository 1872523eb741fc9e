"""Which platforms can be posted to. One that cannot be reached is tried again; the others, and polling, do not wait."""

import asyncio
import random
from collections.abc import Iterator, Mapping

import structlog

from bot.errors import BotError, ConfigError
from bot.ports import Platform

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0  # seconds between two tries
_DEAF = "commands do not arrive now; messages may still be posted"

log = structlog.get_logger()


class Connections(Mapping[str, Platform]):
    """The platforms that can be posted to now, by name: none at the beginning. ``wanted`` are all of them.

    ``troubles`` says, by name, why a platform that was tried cannot be posted to.
    """

    def __init__(self, wanted: Mapping[str, Platform], rng: random.Random) -> None:
        self.wanted = wanted
        self.troubles: dict[str, str] = {}
        self._up: dict[str, Platform] = {}
        self._rng = rng
        self._tried = {name: asyncio.Event() for name in wanted}

    def __getitem__(self, name: str) -> Platform:
        return self._up[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._up)

    def __len__(self) -> int:
        return len(self._up)

    def told(self, name: str) -> tuple[bool, str]:
        """Whether a platform is connected, people being heard there, and how it is in words."""
        if name not in self._up:
            return False, self.troubles.get(name, "not connected yet")
        return (True, "connected") if self._up[name].listening else (False, _DEAF)

    async def connect(self, name: str) -> None:
        """Start one platform. Raises what its ``start`` raises."""
        try:
            await self.wanted[name].start()
        except BotError as error:
            self.troubles[name] = str(error)
            raise
        self.troubles.pop(name, None)
        self._up[name] = self.wanted[name]

    async def serve(self, name: str) -> None:
        """Start one platform, for as long as it takes, and serve it until its ``run`` ends.

        Raises:
            ConfigError: its credentials are wrong, which no further try would change.
        """
        pause = _FIRST_PAUSE
        while name not in self._up:
            try:
                await self.connect(name)
            except ConfigError:
                raise
            except BotError as error:
                seconds = self._rng.uniform(pause / 2, pause)
                log.warning("not connected, tried again later", platform=name, seconds=round(seconds), error=str(error))
                self._tried[name].set()
                await asyncio.sleep(seconds)
                pause = min(_LONGEST_PAUSE, 2 * pause)
        self._tried[name].set()
        await self.wanted[name].run()

    async def tried(self, patience: float) -> None:
        """Wait until every platform was tried once, for ``patience`` seconds at most."""
        try:
            async with asyncio.timeout(patience):
                for event in self._tried.values():
                    await event.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        """Stop every platform, also those that were never reached."""
        await asyncio.gather(*(platform.stop() for platform in self.wanted.values()))
