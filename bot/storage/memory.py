"""What platforms keep: short texts by key, each platform's apart, some of them for a while only."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select

from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.statements import insert
from bot.storage.tables import memory


class StoredMemory:
    """A platform's memory in the database (``bot.ports.Memory``)."""

    def __init__(self, database: Database, platform: str, clock: Clock) -> None:
        self._database = database
        self._platform = platform
        self._clock = clock

    async def get(self, key: str) -> str | None:
        """What is kept under a key, None where nothing is (any more)."""
        lasts = or_(memory.c.until.is_(None), memory.c.until > self._clock())
        async with self._database.read() as tx:
            value: str | None = (await tx.execute(select(memory.c.value).where(self._is(key), lasts))).scalar()
        return value

    async def put(self, key: str, value: str, lasts: timedelta | None = None) -> None:
        """Keep a text, for ever or for a while, in place of what was there."""
        row = self._row(key, value, lasts)
        kept = {"value": row["value"], "until": row["until"]}
        async with self._database.write() as tx:
            statement = insert(tx, memory).on_conflict_do_update(index_elements=["platform", "key"], set_=kept)
            await tx.execute(statement, [row])

    async def add(self, key: str, value: str = "", lasts: timedelta | None = None) -> bool:
        """Keep a text only where there is none; return whether there was none."""
        async with self._database.write() as tx:
            await tx.execute(delete(memory).where(memory.c.until <= self._clock()))
            statement = insert(tx, memory).on_conflict_do_nothing().returning(memory.c.key)
            return (await tx.execute(statement, [self._row(key, value, lasts)])).first() is not None

    async def drop(self, key: str) -> None:
        """Forget it."""
        async with self._database.write() as tx:
            await tx.execute(delete(memory).where(self._is(key)))

    def _row(self, key: str, value: str, lasts: timedelta | None) -> dict[str, object]:
        until = self._clock() + lasts if lasts else None
        return {"platform": self._platform, "key": key, "value": value, "until": until}

    def _is(self, key: str) -> ColumnElement[bool]:
        return and_(memory.c.platform == self._platform, memory.c.key == key)
