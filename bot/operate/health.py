"""Whether the program does its work: checks that a person can read, made of what the database and the program know."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import StorageError
from bot.observe import Meters
from bot.operate.connections import Connections
from bot.ports import Clock
from bot.storage import gauges
from bot.storage.database import Database
from bot.storage.gauges import Figures
from bot.storage.tables import HEAD
from bot.text.spans import duration_words

OWED_BOUND = timedelta(minutes=30)  # an alert that is owed for longer is no alert
_FRESH = timedelta(seconds=1)  # so old may a look at the database be that answers several who ask


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is as it should be, and how it is."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the database. ``trouble`` says why there was none; ``figures`` are there if the schema is ours."""

    at: datetime
    trouble: str = ""
    revision: str = ""
    figures: Figures | None = None


class Health:
    """Makes the checks. ``lease`` is the length of the leader's; ``patience`` in seconds is for the database."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        meters: Meters,
        *,
        clock: Clock,
        owner: str,
        lease: timedelta,
        patience: float = 5.0,
    ) -> None:
        self.owner = owner
        self.connections = connections
        self._database = database
        self._meters = meters
        self._clock = clock
        self._lease = lease
        self._patience = patience
        self._looking: asyncio.Task[Look] | None = None

    async def look(self) -> Look:
        """Write to the database and read its figures; those who ask at once share one look."""
        now = self._clock()
        if self._looking is None or (self._looking.done() and abs(now - self._looking.result().at) >= _FRESH):
            self._looking = asyncio.ensure_future(self._look())
        # A look that waits for a lock is not cut off, which would cost the one connection that writes.
        done, _ = await asyncio.wait({self._looking}, timeout=self._patience)
        return self._looking.result() if done else Look(now, f"no answer within {self._patience:.0f} s")

    def checks(self, look: Look) -> list[Check]:
        """Every check, in the order in which one reads them."""
        now = self._clock()
        found = [Check("database", not look.trouble, look.trouble or "can be written")]
        if not look.trouble:
            found.append(schema_check(look.revision, self._database.name))
        if look.figures:
            found += [leader_check(look.figures.leader, now, self._lease), _outbox_check(look.figures, now)]
        failing = self._meters.failing
        reasons = "; ".join(f"{work}: {why}" for work, why in sorted(failing.items()))
        found.append(Check("work", not failing, reasons or "nothing fails"))
        return found + [self._platform_check(name) for name in self.connections.wanted]

    async def close(self) -> None:
        """Let go of a look that is still under way."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> Look:
        now = self._clock()
        try:
            revision = await self._database.revision()
            if revision != HEAD:
                return Look(now, revision=revision)
            async with self._database.write() as tx:
                await gauges.touch(tx, self.owner, now)
            async with self._database.read() as tx:
                return Look(now, revision=revision, figures=await gauges.take(tx))
        except StorageError as error:
            return Look(now, trouble=str(error))

    def _platform_check(self, name: str) -> Check:
        connected, told = self.connections.told(name)
        return Check(f"platform {name}", connected, told)


def schema_check(revision: str, name: str) -> Check:
    """Whether the database called ``name`` has the schema of this version."""
    if not revision:
        return Check("schema", ok=False, detail=f"database {name} is empty: no program has run on it yet")
    wrong = f"schema {revision}, but this version needs {HEAD}"
    return Check("schema", revision == HEAD, f"schema {revision}" if revision == HEAD else wrong)


def leader_check(leader: tuple[str, datetime] | None, now: datetime, lease: timedelta) -> Check:
    """Whether somebody leads, and since when the lead was not renewed."""
    if leader is None or not now <= leader[1] <= now + 2 * lease:  # further ahead it is of a clock that was put back
        return Check("leader", ok=False, detail="nobody is polling: no running program holds the lead")
    age = max(timedelta(), lease - (leader[1] - now))
    return Check("leader", ok=True, detail=f"{leader[0]} leads, renewed {duration_words(age)} ago")


def _outbox_check(figures: Figures, now: datetime) -> Check:
    if figures.oldest_owed is None:
        return Check("outbox", ok=True, detail="nothing is owed")
    age = max(timedelta(), now - figures.oldest_owed)
    bound = "" if age <= OWED_BOUND else f", longer than {duration_words(OWED_BOUND)}"
    return Check("outbox", age <= OWED_BOUND, f"the oldest message is owed for {duration_words(age)}{bound}")
