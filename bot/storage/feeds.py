"""Rows of polled feeds and of their entries."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, func, select, text, update

from bot.model import Entry, Feed, Outcome, PollState
from bot.storage.statements import Transaction, insert
from bot.storage.tables import entry, entry_key, feed_state

_ADD_KEY = {
    "sqlite": "INSERT INTO entry_key (feed_id, key, entry_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO entry_key (feed_id, key, entry_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
}
_FILING_LOCK = 0x4D4F4E415A49464C  # the number of PostgreSQL's advisory lock under which entries are added
_AT_A_TIME = 64  # states read before other tasks get a turn
_STATE_FIELDS = tuple(f.name for f in fields(PollState))


class StoredEntry(NamedTuple):
    """An entry with its id, when it was first seen and what became of it."""

    id: int
    entry: Entry
    seen: datetime
    outcome: Outcome


class KnownRow(NamedTuple):
    """An entry that is known under a key: enough of it to tell an edit from another entry."""

    key: bytes
    entry_id: int
    title: str
    text: str
    url: str
    published: datetime | None
    outcome: Outcome


async def register(tx: Transaction, feeds: Iterable[Feed]) -> None:
    """Make a row for each feed that has none, and start afresh those whose address in feeds.yaml has changed."""
    found = dict((await tx.execute(select(feed_state.c.feed_id, feed_state.c.configured_url))).all())
    fresh = [_state_row(feed.id, PollState(url=feed.url)) | {"configured_url": feed.url} for feed in feeds]
    fresh = [row for row in fresh if found.get(row["feed_id"]) != row["configured_url"]]
    if fresh:
        moved = [row["feed_id"] for row in fresh if row["feed_id"] in found]
        if moved:
            await tx.execute(feed_state.delete().where(feed_state.c.feed_id.in_(moved)))
        await tx.execute(insert(tx, feed_state).on_conflict_do_nothing(), fresh)  # another program may start as well


async def states(tx: Transaction) -> dict[str, PollState]:
    """The state of every feed ever registered, by feed id."""
    return await _states(tx, select(feed_state))


_SKEW = timedelta(minutes=5)


async def due(tx: Transaction, now: datetime) -> dict[str, PollState]:
    """The states of the feeds whose next poll has come; feeds that are gone never come back."""
    soon = feed_state.c.next_poll.is_(None) | (feed_state.c.next_poll <= now)
    soon |= feed_state.c.last_poll > now + _SKEW  # by a clock that ran ahead, as the next poll was set
    return await _states(tx, select(feed_state).where(soon, feed_state.c.status != "gone"))


async def save_states(tx: Transaction, by_feed: Mapping[str, PollState]) -> None:
    """Write the states back, in one statement."""
    if by_feed:
        statement = update(feed_state).where(feed_state.c.feed_id == bindparam("b_feed_id"))
        rows = []
        for feed_id, state in by_feed.items():
            row = _state_row(feed_id, state)
            rows.append({"b_" + name if name == "feed_id" else name: value for name, value in row.items()})
        await tx.execute(statement.values({name: bindparam(name) for name in _STATE_FIELDS}), rows)


async def known(tx: Transaction, feed_id: str, keys: Sequence[bytes]) -> list[KnownRow]:
    """Which of ``keys`` are recorded for the feed, and for which entries."""
    found: list[KnownRow] = []
    for start in range(0, len(keys), 500):  # SQLite takes 32,766 parameters, PostgreSQL plans long lists badly
        statement = (
            select(
                entry_key.c.key,
                entry.c.id,
                entry.c.title,
                entry.c.text,
                entry.c.url,
                entry.c.published,
                entry.c.outcome,
            )
            .join(entry, entry.c.id == entry_key.c.entry_id)
            .where(entry_key.c.feed_id == feed_id, entry_key.c.key.in_(keys[start : start + 500]))
        )
        found += [KnownRow(*row[:-1], Outcome(row.outcome)) for row in (await tx.execute(statement)).all()]
    return found


async def take_turn(tx: Transaction) -> None:
    """Wait until no other transaction adds entries, and keep others from adding any until this one ends.

    One program leads, but a lead runs out while its holder is held up, and then two may look at once whether an entry
    is known: each would add it. SQLite has one writer anyway.
    """
    if tx.dialect.name == "postgresql":
        await tx.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _FILING_LOCK})


async def next_entry_id(tx: Transaction) -> int:
    """The id that ``add_entries`` gives to the next entry of the transaction."""
    return int((await tx.execute(select(func.coalesce(func.max(entry.c.id), 0)))).scalar_one()) + 1


async def add_entries(tx: Transaction, new: Sequence[tuple[Entry, str, Outcome]], seen: datetime) -> list[int]:
    """Insert entries, each with its canonical address and outcome; return their ids in the same order.

    The ids are counted here rather than by the database, which would insert row by row to return them in order. The
    caller must have called ``take_turn``: a second writer would fail on the primary key, and be polled again.
    """
    if not new:
        return []
    first = await next_entry_id(tx)
    rows = [
        _entry_row(value) | {"id": number, "address": address, "seen": seen, "outcome": outcome.value}
        for number, (value, address, outcome) in enumerate(new, start=first)
    ]
    await tx.execute(entry.insert(), rows)
    return [row["id"] for row in rows]


async def add_keys(tx: Transaction, rows: Sequence[tuple[str, bytes, int]]) -> None:
    """Record (feed id, key, entry id); a key that is recorded already keeps its entry."""
    if rows:
        # A new feed brings thousands of these: handed to the driver as they are, they cost a third.
        await tx.exec_driver_sql(_ADD_KEY[tx.dialect.name], list(rows))


async def edit_entries(tx: Transaction, edited: Mapping[int, tuple[Entry, str]]) -> None:
    """Replace title, text and address of entries that their publisher edited."""
    if edited:
        statement = update(entry).where(entry.c.id == bindparam("b_id"))
        rows = [
            {"b_id": entry_id, "title": new.title, "text": new.text, "url": new.url, "address": address}
            for entry_id, (new, address) in edited.items()
        ]
        names = ("title", "text", "url", "address")
        await tx.execute(statement.values({name: bindparam(name) for name in names}), rows)


async def set_outcomes(tx: Transaction, outcomes: Mapping[int, Outcome]) -> None:
    """Record what became of entries."""
    if outcomes:
        statement = update(entry).where(entry.c.id == bindparam("b_id")).values(outcome=bindparam("outcome"))
        await tx.execute(statement, [{"b_id": key, "outcome": value.value} for key, value in outcomes.items()])


async def entries_by_address(tx: Transaction, address: str, limit: int = 5) -> list[StoredEntry]:
    """The newest entries with this canonical address."""
    rows = await tx.execute(select(entry).where(entry.c.address == address).order_by(entry.c.id.desc()).limit(limit))
    return [stored_entry(row) for row in rows.all()]


async def entries_since(tx: Transaction, since: datetime, limit: int) -> list[StoredEntry]:
    """The newest entries first seen since a time, at most ``limit``, oldest first."""
    chosen = select(entry).where(entry.c.seen >= since).order_by(entry.c.id.desc()).limit(limit)
    return [stored_entry(row) for row in reversed((await tx.execute(chosen)).all())]


async def count_entries(tx: Transaction, since: datetime | None = None) -> dict[str, int]:
    """How many entries are stored a feed, or how many of them were first seen since a time."""
    statement = select(entry.c.feed_id, func.count()).group_by(entry.c.feed_id)
    if since is not None:
        statement = statement.where(entry.c.seen >= since)
    return dict((await tx.execute(statement)).all())


def stored_entry(row: Row[Any]) -> StoredEntry:
    """Make the value of an ``entry`` row."""
    value = Entry(
        feed_id=row.feed_id,
        guid=row.guid,
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        publisher=row.publisher,
        published=row.published,
    )
    return StoredEntry(row.id, value, row.seen, Outcome(row.outcome))


def _entry_row(value: Entry) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Entry.__slots__}


async def _states(tx: Transaction, chosen: Select[Any]) -> dict[str, PollState]:
    found: dict[str, PollState] = {}
    for rows in (await tx.execute(chosen)).partitions(_AT_A_TIME):
        found |= {row.feed_id: _state(row) for row in rows}
        await asyncio.sleep(0)
    return found


def _state(row: Row[Any]) -> PollState:
    values = {name: getattr(row, name) for name in _STATE_FIELDS}
    for name in ("skip_hours", "skip_days"):
        values[name] = frozenset(int(number) for number in values[name].split(",") if number)
    return PollState(**values)


def _state_row(feed_id: str, state: PollState) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(state, name) for name in _STATE_FIELDS} | {"feed_id": feed_id}
    for name in ("skip_hours", "skip_days"):
        row[name] = ",".join(str(number) for number in sorted(row[name]))
    return row
