"""The engine that works in this process: polls side by side, one writer, deliveries from the outbox."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.delivery.sender import Deliverer
from bot.intake.commit import Committed, Intake
from bot.intake.poll import Polled, Poller
from bot.model import Feed, PollState
from bot.ports import Clock
from bot.storage import feeds
from bot.storage.database import Database

_BATCH = 64  # polls a transaction
_ENTRIES = 300  # entries a transaction, about: more would hold the event loop up for too long
_AT_ONCE = 8  # polls begun before other tasks get a turn: to begin hundreds holds the event loop up
_GATHER = 0.05  # seconds that a finished poll waits for others, so that they share a transaction


class LocalEngine:
    """Runs polls and deliveries here. ``catalogue`` maps the ids of the feeds to be polled to the feeds."""

    def __init__(
        self,
        database: Database,
        poller: Poller,
        intake: Intake,
        deliverer: Deliverer,
        catalogue: Mapping[str, Feed],
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._poller = poller
        self._intake = intake
        self._deliverer = deliverer
        self._catalogue = catalogue
        self._clock = clock
        self._under_way: set[str] = set()

    async def poll_due(self) -> int:
        """Poll every feed that is due and not being polled already; return how many were polled."""
        return len(await self.poll_once())

    async def poll_once(self) -> Sequence[Committed]:
        """The same, returning what each poll gave."""
        async with self._database.read() as tx:
            due = await feeds.due(tx, self._clock())
        return await self.poll(due)

    async def poll_all(self) -> Sequence[Committed]:
        """Poll every feed of the catalogue, due or not, those that ended (410) included."""
        async with self._database.read() as tx:
            every = await feeds.states(tx)
        return await self.poll(every)

    async def poll(self, states: Mapping[str, PollState]) -> Sequence[Committed]:
        """Poll the feeds named and commit what they gave, in batches; return what each poll gave."""
        chosen = {key: s for key, s in states.items() if key in self._catalogue and key not in self._under_way}
        self._under_way |= chosen.keys()
        finished: asyncio.Queue[Polled] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as group:
                committed = group.create_task(self._commit(finished, len(chosen)))
                for number, (feed_id, state) in enumerate(chosen.items(), start=1):
                    group.create_task(self._poll_one(self._catalogue[feed_id], state, finished))
                    if number % _AT_ONCE == 0:
                        await asyncio.sleep(0)
            return committed.result()
        finally:
            self._under_way -= chosen.keys()

    async def deliver_due(self) -> int:
        """Deliver what is owed; return how many posts were tried."""
        return await self._deliverer.deliver_due()

    async def _poll_one(self, feed: Feed, state: PollState, finished: asyncio.Queue[Polled]) -> None:
        await finished.put(await self._poller.poll(feed, state))

    async def _commit(self, finished: asyncio.Queue[Polled], expected: int) -> Sequence[Committed]:
        done: list[Committed] = []
        while len(done) < expected:
            batch = [await finished.get()]
            if finished.empty():
                await asyncio.sleep(_GATHER)
            while not finished.empty() and len(batch) < _BATCH and _entries(batch) < _ENTRIES:
                batch.append(finished.get_nowait())
            done += await self._intake.commit(batch)
        return done


def _entries(batch: Sequence[Polled]) -> int:
    return sum(len(polled.parsed.entries) for polled in batch if polled.parsed)
