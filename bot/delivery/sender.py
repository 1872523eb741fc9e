"""Hop 7 and 8: takes deliveries from the outbox, builds the message, posts it, and records how that ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.delivery import material
from bot.delivery.compose import Composer
from bot.delivery.material import Material
from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    CommandError,
    DeliveryError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Channel, Delivery, Kind
from bot.observe import Meters, trace_of
from bot.ports import Clock, Platform
from bot.storage import articles, digests, gauges, outbox, subscriptions
from bot.storage.database import Database
from bot.storage.outbox import Lease
from bot.storage.statements import Transaction

LEASE = timedelta(seconds=60)
POST_TIMEOUT = 15.0  # seconds; well inside the lease, so that a slow post never loses it
PAGES_TIMEOUT = 8.0  # seconds
_BACKOFF_FIRST, _BACKOFF_MOST = 2.0, 120.0  # seconds; news that waits longer after an outage is not news
_NEWS = (Kind.ALERT, Kind.UPDATE, Kind.DENIAL, Kind.CONFIRMATION)
_FAILURES: Mapping[type, str] = {
    TemporaryDeliveryError: "put-off",
    AmbiguousDeliveryError: "lost-answer",
    ChannelGoneError: "channel-gone",
}
_ACCOUNT = "MONAZITE_"  # in the reason of a pause: a setting, so that it concerns every channel of the platform
_STEPS = 10  # after which the pauses grow no more
_EDITS = 3  # tries of an edit, which matters less than what is new

ReadPage = Callable[[str, datetime], Awaitable[str]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """``attempts`` of a post whose answers are lost, ``expiry`` after which news become one line.

    What was surely not posted is tried for as long as it takes: an outage loses nothing, and what it held up for
    longer than ``expiry`` comes in one message.

    ``settling``: how long after a try its message may still appear, so that looking for it earlier proves nothing.
    ``repeats``: whether a message is posted again, and says so, where nobody can tell if it was posted; else it is
    left for review.
    """

    attempts: int = 10
    expiry: timedelta = timedelta(days=1)
    settling: timedelta = timedelta(seconds=20)
    repeats: bool = True


class Deliverer:
    """Empties the outbox into the platforms that this program is connected to."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        composer: Composer,
        *,
        clock: Clock,
        owner: str,
        rng: random.Random,
        rules: DeliveryRules = DeliveryRules(),
        read_page: ReadPage | None = None,
        meters: Meters | None = None,
        clean: Callable[[str], str] = str,
    ) -> None:
        """``read_page`` gives the text of an article's page; None leaves it at what feeds say.

        ``clean`` removes secrets from what a platform says, which people get to see.
        """
        self._database = database
        self._platforms = platforms
        self._composer = composer
        self._clock = clock
        self._owner = owner
        self._rng = rng
        self._rules = rules
        self._read_page = read_page
        self._meters = meters or Meters()
        self._clean = clean
        self._leasing = asyncio.Lock()
        self._served: set[Channel] = set()
        self._welcomed: set[str] = set()

    async def deliver_due(self) -> int:
        """Post everything that is due now; return how many posts were tried.

        It may be called again before it has ended: then it serves the other channels.

        Raises:
            StorageError: the database does not answer; whatever was being sent is tried again later.
        """
        async with self._leasing:
            async with self._database.write() as tx:
                await self._welcome(tx)
                names, now = list(self._platforms), self._clock()
                leases = await outbox.lease(tx, names, self._owner, now, LEASE, busy=self._served)
            places = {lease.channel for lease in leases}
            self._served |= places
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._serve(lease)) for lease in leases]
        finally:
            self._served -= places
        return sum(task.result() for task in tasks)

    async def _welcome(self, tx: Transaction) -> None:
        """Resume what was paused for an account's sake: a platform that is up now was given a good one."""
        for name in set(self._platforms) - self._welcomed:
            if resumed := await subscriptions.resume(tx, name, _ACCOUNT):
                log.info("channels resumed", platform=name, channels=resumed)
            self._welcomed.add(name)

    async def _serve(self, lease: Lease) -> int:
        tried = 0
        while owed := await self._next(lease):
            tried += 1
            with structlog.contextvars.bound_contextvars(**await self._traces(owed)):
                if not await self._send(owed):
                    break
        async with self._database.write() as tx:
            await outbox.release(tx, lease)
        return tried

    async def _traces(self, owed: Delivery) -> dict[str, object]:
        """What every line about a delivery holds: its number and key, and what it tells."""
        told: dict[str, object] = {
            "delivery": owed.id,
            "key": owed.key,
            "channel": str(owed.channel),
            "kind": owed.kind,
        }
        if owed.kind == Kind.DIGEST:
            async with self._database.read() as tx:
                return told | {"traces": [trace_of(one.entry) for one in await digests.bundled(tx, owed.id)]}
        return told | ({"story": owed.story, "trace": trace_of(owed.entry)} if owed.entry else {})

    async def _next(self, lease: Lease) -> Delivery | None:
        now = self._clock()
        async with self._database.write() as tx:
            if await outbox.renew(tx, lease, now, LEASE):
                await digests.bundle(tx, lease, now, self._rules.expiry)
            return await outbox.start(tx, lease, now, LEASE)

    async def _send(self, owed: Delivery) -> bool:
        """Post one delivery and record the outcome; False where the channel has to wait."""
        platform = self._platforms[owed.channel.platform]
        if owed.doubt is not None and owed.doubt > self._clock():
            # The clock was put back. How long ago the earlier try was is not known: long enough not to be dropped.
            owed = replace(owed, doubt=self._clock() - platform.drops_copies_for)
            wait = TemporaryDeliveryError("the clock was put back", self._rules.settling.total_seconds())
            return await self._failed(owed, wait)
        repeated = False
        try:
            if self._in_doubt(platform, owed):
                try:
                    reference = await self._look_for(platform, owed)
                except UnreadableError as error:
                    if not self._rules.repeats:
                        return await self._hold_back(owed, error)
                    repeated = True
                else:
                    if reference is not None:
                        return await self._sent(owed, reference)
                    owed = replace(owed, doubt=None)
            reference = await self._post(platform, owed, repeated=repeated)
        except TimeoutError:
            return await self._failed(owed, AmbiguousDeliveryError(f"no answer within {POST_TIMEOUT:.0f} s"))
        except (DeliveryError, CommandError) as error:
            return await self._failed(owed, error)
        return await self._sent(owed, reference, repeated=repeated)

    def _in_doubt(self, platform: Platform, owed: Delivery) -> bool:
        """Whether it may have been posted at an earlier try, and the platform would not drop a second copy."""
        doubt = owed.doubt if owed.kind != Kind.HEAD else None  # to edit twice changes nothing
        return doubt is not None and self._clock() - doubt >= platform.drops_copies_for

    async def _look_for(self, platform: Platform, owed: Delivery) -> str | None:
        """The reference of what an earlier try posted, None where it posted nothing.

        Raises:
            UnreadableError: nobody can tell.
            DeliveryError: this cannot be found out now.
        """
        wait = (owed.doubt or self._clock()) + self._rules.settling - self._clock()
        if wait > timedelta():
            raise TemporaryDeliveryError("an earlier try may still appear", wait.total_seconds())
        try:
            async with asyncio.timeout(POST_TIMEOUT):
                reference = await platform.find(owed)
        except TimeoutError:
            raise TemporaryDeliveryError(f"no look at the channel within {POST_TIMEOUT:.0f} s") from None
        if reference is None:
            async with self._database.write() as tx:
                await outbox.resolve(tx, owed, self._clock())
        return reference

    async def _post(self, platform: Platform, owed: Delivery, *, repeated: bool) -> str | None:
        async with self._database.read() as tx:
            read = await material.read(tx, owed)
        message = await self._composer.compose(await self._with_pages(read))
        async with asyncio.timeout(POST_TIMEOUT):
            if owed.kind != Kind.HEAD:
                return await platform.post(owed, replace(message, repeated=repeated))
            await platform.edit(owed, message)
            return None

    async def _sent(self, owed: Delivery, reference: str | None, *, repeated: bool = False) -> bool:
        async with self._database.write() as tx:
            await outbox.finish(tx, owed, reference, self._clock(), repeated=repeated)
            times = await gauges.times(tx, owed.entry) if owed.kind in _NEWS else None
        self._meters.tried(owed, "repeated" if repeated else "sent")
        if times:
            self._meters.took(owed, *times, self._clock())
        log.info("delivered", repeated=repeated, tries=owed.attempts)
        return True

    async def _hold_back(self, owed: Delivery, error: UnreadableError) -> bool:
        log.error("delivery outcome unknown, needs review", error=str(error))
        async with self._database.write() as tx:
            await outbox.hold_back(tx, owed, f"delivery outcome unknown: {self._clean(str(error))}")
        self._meters.tried(owed, "unknown")
        return True

    async def _with_pages(self, read: Material) -> Material:
        """Fetch the pages of entries that only tease, for as long as a message can wait."""
        if self._read_page is None or read.owed.attempts > 1 or len(read.stories) != 1:
            return read
        (story,) = read.stories
        asked = {n: asyncio.ensure_future(self._read_page(url, self._clock())) for n, url in story.teasers.items()}
        if not asked:
            return read
        await asyncio.wait(asked.values(), timeout=PAGES_TIMEOUT)
        found = {number: task.result() for number, task in asked.items() if task.done()}
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)
        texts = {number: text for number, text in found.items() if text}
        async with self._database.write() as tx:
            await articles.keep(tx, texts)
        return replace(read, stories=(story.with_pages(texts),))

    async def _failed(self, owed: Delivery, error: DeliveryError | CommandError) -> bool:
        reason = self._clean(str(error))
        log.warning("delivery failed", error=reason)
        self._meters.tried(owed, _FAILURES.get(type(error), "refused"))
        now = self._clock()
        async with self._database.write() as tx:
            if isinstance(error, ChannelGoneError) and owed.kind != Kind.NOTICE:
                await outbox.retry(tx, owed, now, reason)  # owed still, should somebody subscribe there again
                await self._give_up(tx, owed.channel, reason)
                return False
            doubtful = isinstance(error, AmbiguousDeliveryError)
            if isinstance(error, BadMessageError | CommandError | ChannelGoneError):
                await outbox.bury(tx, owed, reason)
                return True
            if owed.kind == Kind.HEAD and owed.attempts >= _EDITS:
                await outbox.bury(tx, owed, reason)
                return True
            if doubtful and owed.attempts >= self._rules.attempts:
                await outbox.hold_back(tx, owed, reason)
                return True
            wait = error.retry_after if isinstance(error, TemporaryDeliveryError) else None
            if wait is None:
                steps = min(owed.attempts, _STEPS)
                wait = self._rng.uniform(0, min(_BACKOFF_MOST, _BACKOFF_FIRST * 2**steps))
            at = now + min(timedelta(seconds=wait), outbox.LONGEST_PAUSE)
            await outbox.retry(tx, owed, at, reason, doubtful=doubtful)
        return False

    async def _give_up(self, tx: Transaction, place: Channel, reason: str) -> None:
        """Post nothing more to a channel, and tell whoever subscribed there, once."""
        if not await subscriptions.pause(tx, place, reason) or place.is_person:
            return
        text = f"Nothing is posted to {place.id} any more: {reason}. After that, subscribe there again."
        for person in sorted({s.by for s in await subscriptions.of_channel(tx, place) if s.by}):
            await outbox.owe_notice(tx, Channel(place.platform, f"@{person}"), text, self._clock())
