"""Hop 7 and 8: takes deliveries from the outbox, builds the message, posts it, and records how that ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    CommandError,
    DeliveryError,
    TemporaryDeliveryError,
)
from bot.messages import MessageBuilder
from bot.model import Delivery
from bot.ports import Clock, Platform, Summariser
from bot.storage import articles, outbox, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Lease

LEASE = timedelta(seconds=60)
POST_TIMEOUT = 15.0  # seconds; well inside the lease, so that a slow post never loses it
PAGES_TIMEOUT = 8.0  # seconds
ATTEMPTS = 10
_BACKOFF_FIRST, _BACKOFF_MOST = 2.0, 900.0  # seconds

ReadPage = Callable[[str, datetime], Awaitable[str]]

log = structlog.get_logger()


class Deliverer:
    """Empties the outbox into the platforms that this program is connected to."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        builder: MessageBuilder,
        *,
        clock: Clock,
        owner: str,
        rng: random.Random,
        read_page: ReadPage | None = None,
        summariser: Summariser | None = None,
    ) -> None:
        """``read_page`` gives the text of an article's page; None leaves it at what feeds say.

        ``summariser`` is one that takes its time, for alerts; None leaves them to the builder's own.
        """
        self._database = database
        self._platforms = platforms
        self._builder = builder
        self._clock = clock
        self._owner = owner
        self._rng = rng
        self._read_page = read_page
        self._summariser = summariser
        self._alone = asyncio.Lock()

    async def deliver_due(self) -> int:
        """Post everything that is due now; return how many posts were tried.

        Raises:
            StorageError: the database does not answer; whatever was being sent is tried again later.
        """
        async with self._alone:
            async with self._database.write() as tx:
                leases = await outbox.lease(tx, list(self._platforms), self._owner, self._clock(), LEASE)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._serve(lease)) for lease in leases]
            return sum(task.result() for task in tasks)

    async def _serve(self, lease: Lease) -> int:
        tried = 0
        while True:
            async with self._database.write() as tx:
                owed = await outbox.start(tx, lease, self._clock(), LEASE)
            if owed is None:
                break
            tried += 1
            if not await self._send(owed):
                break
        async with self._database.write() as tx:
            await outbox.release(tx, lease)
        return tried

    async def _send(self, owed: Delivery) -> bool:
        """Post one delivery and record the outcome; False where the channel has to wait."""
        try:
            await self._read_pages(owed)
            await self._summarise(owed)
            async with self._database.read() as tx:
                message = await self._builder.for_delivery(tx, owed)
            async with asyncio.timeout(POST_TIMEOUT):
                reference = await self._platforms[owed.channel.platform].post(owed, message)
        except TimeoutError:
            return await self._failed(owed, AmbiguousDeliveryError(f"no answer within {POST_TIMEOUT:.0f} s"))
        except (DeliveryError, CommandError) as error:
            return await self._failed(owed, error)
        async with self._database.write() as tx:
            await outbox.finish(tx, owed, reference, self._clock())
        log.info("delivered", delivery=owed.id, channel=str(owed.channel), kind=owed.kind, story=owed.story)
        return True

    async def _read_pages(self, owed: Delivery) -> None:
        """Have the pages of entries that only tease, for as long as an alert can wait; without them it goes out too."""
        if self._read_page is None or owed.attempts > 1:
            return
        async with self._database.read() as tx:
            wanted = await self._builder.teasers(tx, owed)
        if not wanted:
            return
        asked = {number: asyncio.ensure_future(self._read_page(url, self._clock())) for number, url in wanted.items()}
        await asyncio.wait(asked.values(), timeout=PAGES_TIMEOUT)
        found = {number: task.result() for number, task in asked.items() if task.done()}
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)
        async with self._database.write() as tx:
            await articles.keep(tx, {number: text for number, text in found.items() if text})

    async def _summarise(self, owed: Delivery) -> None:
        if self._summariser is None:
            return
        async with self._database.read() as tx:
            wanted = await self._builder.unsummarised(tx, owed)
        if wanted:
            asked = partial(self._summariser.summarise, wanted.documents, sentences=wanted.key[0])
            self._builder.remember(wanted, await asyncio.to_thread(asked))

    async def _failed(self, owed: Delivery, error: DeliveryError | CommandError) -> bool:
        log.warning("delivery failed", delivery=owed.id, channel=str(owed.channel), error=str(error))
        now = self._clock()
        async with self._database.write() as tx:
            if isinstance(error, ChannelGoneError):
                await outbox.retry(tx, owed, now, str(error))  # owed still, should somebody subscribe there again
                await subscriptions.pause(tx, owed.channel, str(error))
                return False
            if isinstance(error, BadMessageError | CommandError) or owed.attempts >= ATTEMPTS:
                await outbox.bury(tx, owed, str(error))
                return True
            wait = error.retry_after if isinstance(error, TemporaryDeliveryError) else None
            if wait is None:
                wait = self._rng.uniform(0, min(_BACKOFF_MOST, _BACKOFF_FIRST * 2**owed.attempts))
            await outbox.retry(tx, owed, now + timedelta(seconds=wait), str(error))
        return False
