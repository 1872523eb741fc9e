"""The beat: APScheduler calls the engine. A few fixed jobs in memory, never a job per feed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.errors import StorageError
from bot.observe import Meters
from bot.ports import Clock, Engine
from bot.storage import upkeep
from bot.storage.database import Database

_LONGEST_WAIT = 120.0  # seconds between two polls of everything that is due, while the database takes nothing
_PATIENCE = 5.0  # seconds for what is under way when the program is asked to stop

log = structlog.get_logger()


def lease_of(tick: float) -> timedelta:
    """How long the lead is held unless it is renewed, where the beat is ``tick`` seconds long."""
    return timedelta(seconds=max(5.0, 4 * tick))


class _Beat(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at even intervals, and once for all that it missed.

    APScheduler's own trigger counts each beat that was missed: a clock that is put forward by years, as on a board
    that starts in 1970, would have it count for hours.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next beat after ``previous_fire_time``, where that is still to come."""
        following = (previous_fire_time or now) + self.interval
        return following if following > now else now + self.interval


class Scheduler:
    """Polls and prunes while this program leads, and delivers always. Times are in seconds."""

    def __init__(
        self,
        engine: Engine,
        database: Database,
        *,
        clock: Clock,
        owner: str,
        tick: float,
        deliver_every: float,
        retention: timedelta,
        meters: Meters,
    ) -> None:
        self._engine = engine
        self._database = database
        self._clock = clock
        self._owner = owner
        self.lease = lease_of(tick)
        self._retention = retention
        self._tick_length = tick
        self._deliver_every = deliver_every
        self._meters = meters
        self._failures = 0
        self._rests_until = time.monotonic()
        self._under_way: set[asyncio.Future[None]] = set()
        self._failed = asyncio.Event()

    async def run(self) -> None:
        """Beat until cancelled; then let deliveries that are under way end, and give the lead up."""
        jobs = AsyncIOScheduler(timezone="UTC")
        settings = {"coalesce": True, "misfire_grace_time": None}
        # A tick that waits for a slow feed must not hold the next one up; the engine polls no feed twice at once.
        for work, seconds in (
            (self.tick, self._tick_length),
            (self.deliver, self._deliver_every),
            (self.keep_up, 3600),
        ):
            jobs.add_job(self._begin, _Beat(timedelta(seconds=seconds)), [work], **settings)
        jobs.start()
        minding = asyncio.ensure_future(self._mind_the_clock(jobs))
        try:
            await self._begin(self.tick)
            await self._failed.wait()
        finally:
            minding.cancel()
            jobs.shutdown(wait=False)
            await self._end_work()
            await self._resign()
        for task in self._under_way:
            task.result()  # raises what was no StorageError: a bug, which ends the program

    async def _mind_the_clock(self, jobs: AsyncIOScheduler) -> None:
        """Beat on when the clock is put back: APScheduler would wait until it has caught up, hours perhaps."""
        while True:
            await asyncio.sleep(self._deliver_every)
            now = datetime.now(UTC)
            for job in jobs.get_jobs():
                if job.next_run_time - now > job.trigger.interval:
                    log.warning("the clock was put back", seconds=round((job.next_run_time - now).total_seconds()))
                    job.modify(next_run_time=now)

    async def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Start a piece of work in a task of our own: one that APScheduler would not cut off in the middle."""
        task = asyncio.ensure_future(work())
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._under_way.discard(task)
        else:
            self._failed.set()

    async def _end_work(self) -> None:
        """Give what is under way a little time, then cut it off: polls are made again, deliveries are still owed."""
        unfinished = [task for task in self._under_way if not task.done()]
        if unfinished:
            await asyncio.wait(unfinished, timeout=_PATIENCE)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def tick(self) -> None:
        """Poll what is due, if this program leads. A database that does not answer only costs this beat.

        One that can be read but takes nothing (a full disk) must not cost publishers a request at every beat.
        """
        try:
            if await self._leads():
                await self._poll()
            else:
                self._meters.done("polling")  # it is somebody else's work
        except* StorageError as errors:
            self._complain("polling", errors)

    async def _poll(self) -> None:
        if time.monotonic() < self._rests_until:
            return
        try:
            await self._engine.poll_due()
        except BaseException:
            self._failures += 1
            pause = min(_LONGEST_WAIT, self._tick_length * 2 ** min(self._failures, 20))
            self._rests_until = time.monotonic() + pause
            raise
        self._failures = 0
        self._meters.done("polling")

    async def deliver(self) -> None:
        """Deliver what is due."""
        try:
            await self._engine.deliver_due()
            self._meters.done("delivery")
        except* StorageError as errors:
            self._complain("delivery", errors)

    async def keep_up(self) -> None:
        """Prune what is past the retention time."""
        try:
            if await self._leads():
                async with self._database.write() as tx:
                    pruned = await upkeep.prune(tx, self._clock() - self._retention)
                log.info("pruned", entries=pruned)
            self._meters.done("upkeep")
        except* StorageError as errors:
            self._complain("upkeep", errors)

    async def _leads(self) -> bool:
        async with self._database.write() as tx:
            return await upkeep.lead(tx, self._owner, self._clock(), self.lease)

    async def _resign(self) -> None:
        try:
            async with self._database.write() as tx:
                await upkeep.resign(tx, self._owner)
        except StorageError as error:
            log.warning("the lead could not be given up and will run out by itself", error=str(error))

    def _complain(self, work: str, errors: BaseExceptionGroup[StorageError]) -> None:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        log.error("waiting for the database", work=work, error=str(first))
        self._meters.failed(work, str(first))
