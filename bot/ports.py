"""Protocols that have, or are about to have, more than one implementation. Values only cross them."""

from collections.abc import Callable, Sequence
from datetime import datetime
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


class Platform(Protocol):
    """A chat platform. A new one is a folder under ``handlers`` with a ``gateway`` module that has ``connect``."""

    name: str

    async def start(self) -> None:
        """Connect; return when messages can be posted. Raises ConfigError where credentials are wrong."""
        ...

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post and return the platform's reference of the new message.

        Raises:
            TemporaryDeliveryError: surely not posted.
            AmbiguousDeliveryError: perhaps posted.
            BadMessageError: refused for its content.
            ChannelGoneError: the channel is closed to the bot for ever.
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
