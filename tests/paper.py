"""A platform of paper for tests of delivery: it keeps what it is given, and fails as it is told to."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import AmbiguousDeliveryError, DeliveryError, UnreadableError
from bot.model import Channel, Delivery, Digest, Kind, Message
from bot.ports import Clock


class TakenError(AmbiguousDeliveryError):
    """The message was taken, but the answer was lost."""


@dataclass(frozen=True)
class Sheet:
    """A message as it stands in a channel."""

    channel: Channel
    key: str
    kind: Kind
    story: int
    message: Message
    at: datetime
    thread: str | None
    aloud: bool

    @property
    def told(self) -> list[int]:
        """The stories that a digest tells, none for any other message."""
        return [one.story for one in self.message.stories] if isinstance(self.message, Digest) else []


class Paper:
    """``outcomes`` is what the next posts and edits run into, None where they go well.

    Posts to a channel in ``slow`` wait for its event. ``drops_copies_for`` and ``readable`` are what a platform may or
    may not offer.
    """

    name = "paper"
    listening = True

    def __init__(self, clock: Clock, *, drops_copies_for: timedelta = timedelta(0), readable: bool = False) -> None:
        self.drops_copies_for = drops_copies_for
        self.sheets: list[Sheet] = []
        self.edits: list[tuple[str | None, Message]] = []
        self.outcomes: deque[DeliveryError | None] = deque()
        self.slow: dict[Channel, asyncio.Event] = {}
        self.tries = 0
        self.clock = clock
        self._readable = readable

    async def start(self) -> None: ...

    async def run(self) -> None: ...

    async def stop(self) -> None: ...

    async def post(self, delivery: Delivery, message: Message) -> str:
        self.tries += 1
        if delivery.channel in self.slow:
            await self.slow[delivery.channel].wait()
        outcome = self.outcomes.popleft() if self.outcomes else None
        if outcome is None or isinstance(outcome, TakenError):
            reference = self._take(delivery, message)
        if outcome is not None:
            raise outcome
        return reference

    async def edit(self, delivery: Delivery, message: Message) -> None:
        outcome = self.outcomes.popleft() if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.edits.append((delivery.thread, message))

    async def find(self, delivery: Delivery) -> str | None:
        if not self._readable:
            raise UnreadableError("paper cannot be read back")
        return next((str(n) for n, sheet in enumerate(self.sheets) if sheet.key == delivery.key), None)

    def _take(self, delivery: Delivery, message: Message) -> str:
        now = self.clock()
        for number, sheet in enumerate(self.sheets):
            if sheet.key == delivery.key and now - sheet.at < self.drops_copies_for:
                return str(number)
        self.sheets.append(
            Sheet(
                delivery.channel,
                delivery.key,
                delivery.kind,
                delivery.story,
                message,
                now,
                delivery.thread,
                delivery.aloud,
            )
        )
        return str(len(self.sheets) - 1)
