"""Protocols that have, or are about to have, more than one implementation. Values only cross them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.model import CitedSentence, Delivery, Document, Message

Clock = Callable[[], datetime]
"""Returns the present as an aware UTC datetime. Passed in, so that tests and replays choose the time."""

Vectors = npt.NDArray[np.float32]
"""Shape (texts, dimensions), each row of unit length."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how alike two texts are."""

    name: str
    multilingual: bool

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed ``texts``; the result has one row a text."""
        ...


class Summariser(Protocol):
    """Makes a short text of documents; every sentence cites the document it stands in."""

    def summarise(
        self, documents: Sequence[Document], *, sentences: int | None = None, words: int | None = None
    ) -> tuple[CitedSentence, ...]:
        """Return at most ``sentences`` sentences, or stop near ``words`` words (one of the two is given)."""
        ...


class Engine(Protocol):
    """Runs polls and deliveries. The scheduler beats; the engine decides where the work happens."""

    async def poll_due(self) -> int:
        """Poll every feed that is due and return how many were polled."""
        ...

    async def deliver_due(self) -> int:
        """Deliver what is owed and return how many deliveries were tried."""
        ...


class Memory(Protocol):
    """What a platform has to know again after a restart: short texts by key. Each platform sees its own alone."""

    async def get(self, key: str) -> str | None:
        """What is kept under a key, None where nothing is (any more)."""
        ...

    async def put(self, key: str, value: str, lasts: timedelta | None = None) -> None:
        """Store a text, permanently or for a while, in place of what was there."""
        ...

    async def add(self, key: str, value: str = "", lasts: timedelta | None = None) -> bool:
        """Keep a text only where there is none; return whether there was none. Of two callers one gets True."""
        ...

    async def drop(self, key: str) -> None:
        """Forget it."""
        ...


class Platform(Protocol):
    """A chat platform. A new one is a folder under ``handlers`` with a ``gateway`` module that has ``connect``.

    ``drops_copies_for`` is for how long the platform itself drops a second message with the same key; zero where it
    does not.
    """

    name: str
    drops_copies_for: timedelta

    @property
    def listening(self) -> bool:
        """Whether what people do there arrives now, as far as can be told. Messages may still be posted."""
        ...

    async def start(self) -> None:
        """Connect; return when messages can be posted.

        Raises:
            ConfigError: the credentials are wrong.
            BotError: the platform cannot be reached now; ``start`` will be called again.
        """
        ...

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post and return the platform's reference of the new message.

        Raises:
            TemporaryDeliveryError: surely not posted.
            AmbiguousDeliveryError: the outcome is unknown.
            BadMessageError: refused for its content.
            ChannelGoneError: the channel is closed to the bot permanently.
        """
        ...

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring the story's first message, which ``delivery.thread`` names, up to date. Raises as ``post`` does.

        Doing it twice changes nothing. A platform that cannot edit does nothing.
        """
        ...

    async def find(self, delivery: Delivery) -> str | None:
        """Look whether a delivery was posted at an earlier try: its reference, None where it surely was not.

        Raises:
            UnreadableError: the platform does not let the bot look.
            TemporaryDeliveryError: it cannot be reached now.
            ChannelGoneError: the channel is closed to the bot.
        """
        ...

    async def run(self) -> None:
        """Serve events until cancelled, or until the person at the platform ends it."""
        ...

    async def stop(self) -> None:
        """Disconnect; called once, also after a failed start."""
        ...


class Terminal(Platform, Protocol):
    """A platform where the program itself can type."""

    async def answer(self, typed: str) -> None:
        """Carry out one command and show the reply."""
        ...
