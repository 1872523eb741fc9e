"""Rows of matches, stories and the entries filed under them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, select, update

from bot.model import Evidence, Match, Relation, Stance
from bot.storage.feeds import StoredEntry, stored_entry
from bot.storage.statements import Transaction
from bot.storage.tables import entry, match, story, story_entry


class Filing(NamedTuple):
    """An entry under a story: how it stands to the story, and what its publisher says."""

    entry_id: int
    story_id: int
    relation: Relation
    of: int | None
    origin: int
    stance: Stance
    speaker: str
    sentence: str
    vector: bytes | None


class FiledRow(NamedTuple):
    """A filing, its entry, and the topics that the entry matched with their scores."""

    filing: Filing
    stored: StoredEntry
    topics: Mapping[str, float]


class StoryRow(NamedTuple):
    """A story without its entries. ``opened`` and ``updated`` are the publication times of its first and last entry."""

    id: int
    headline: str
    opened: datetime
    updated: datetime


async def add_matches(tx: Transaction, matches: Mapping[int, Sequence[Match]]) -> None:
    """Store the matches of entries, by entry id, with their evidence."""
    rows = [
        {"entry_id": entry_id, "topic": m.topic, "score": m.score, "evidence": [_evidence_row(e) for e in m.evidence]}
        for entry_id, found in matches.items()
        for m in found
    ]
    if rows:
        await tx.execute(match.insert(), rows)


async def next_id(tx: Transaction) -> int:
    """The number of the next story. Only the leader opens stories; a second writer would fail on the primary key."""
    return int((await tx.execute(select(func.coalesce(func.max(story.c.id), 0)))).scalar_one()) + 1


async def add_stories(tx: Transaction, opened: Sequence[StoryRow]) -> None:
    """Open stories under the numbers that they have."""
    if opened:
        await tx.execute(story.insert(), [row._asdict() for row in opened])


async def add_filings(tx: Transaction, filings: Sequence[Filing]) -> None:
    """File entries under their stories."""
    if filings:
        rows = [f._asdict() | {"relation": f.relation.value, "stance": f.stance.value} for f in filings]
        await tx.execute(story_entry.insert(), rows)


async def touch(tx: Transaction, updated: Mapping[int, datetime]) -> None:
    """Move the ``updated`` time of stories forward; an earlier time changes nothing."""
    if updated:
        statement = (
            update(story)
            .where(story.c.id == bindparam("b_id"), story.c.updated < bindparam("b_updated"))
            .values(updated=bindparam("b_updated"))
        )
        await tx.execute(statement, [{"b_id": key, "b_updated": when} for key, when in updated.items()])


async def filed(
    tx: Transaction,
    *,
    after: int = 0,
    story_ids: Sequence[int] | None = None,
    entry_ids: Sequence[int] | None = None,
    updated_since: datetime | None = None,
) -> list[FiledRow]:
    """Filings in the order of their entries: of the stories or entries named, or beyond entry id ``after``.

    ``updated_since`` leaves out the stories that had no entry since that time.
    """
    statement = (
        select(story_entry, entry)
        .join(entry, entry.c.id == story_entry.c.entry_id)
        .where(story_entry.c.entry_id > after)
        .order_by(story_entry.c.entry_id)
    )
    if story_ids is not None:
        statement = statement.where(story_entry.c.story_id.in_(story_ids))
    if entry_ids is not None:
        statement = statement.where(story_entry.c.entry_id.in_(entry_ids))
    if updated_since is not None:
        statement = statement.join(story, story.c.id == story_entry.c.story_id).where(story.c.updated >= updated_since)
    rows = (await tx.execute(statement)).all()
    topics = await scores(tx, [row.entry_id for row in rows])
    return [FiledRow(_filing(row), stored_entry(row), topics.get(row.entry_id, {})) for row in rows]


async def scores(tx: Transaction, entry_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """The topics that entries matched, with the scores."""
    found: dict[int, dict[str, float]] = {}
    for start in range(0, len(entry_ids), 500):
        chosen = entry_ids[start : start + 500]
        statement = select(match.c.entry_id, match.c.topic, match.c.score).where(match.c.entry_id.in_(chosen))
        for entry_id, topic, score in (await tx.execute(statement)).all():
            found.setdefault(entry_id, {})[topic] = score
    return found


async def matches_of(tx: Transaction, entry_id: int) -> list[Match]:
    """The stored matches of one entry."""
    rows = (await tx.execute(select(match).where(match.c.entry_id == entry_id))).all()
    return [Match(r.topic, r.score, True, tuple(Evidence(**e) for e in r.evidence)) for r in rows]


async def recent(tx: Transaction, topic: str | None, since: datetime, limit: int) -> list[tuple[StoryRow, int]]:
    """The stories with an entry on ``topic`` since a time, the most covered first, each with its count of entries."""
    size = func.count(story_entry.c.entry_id.distinct())
    statement = (
        select(story, size)
        .join(story_entry, story_entry.c.story_id == story.c.id)
        .where(story.c.updated >= since)
        .group_by(story.c.id, story.c.headline, story.c.opened, story.c.updated)
        .order_by(story.c.updated.desc(), story.c.id.desc())
        .limit(limit)
    )
    if topic is not None:
        statement = statement.join(match, match.c.entry_id == story_entry.c.entry_id).where(match.c.topic == topic)
    return [(StoryRow(*row[:4]), row[4]) for row in (await tx.execute(statement)).all()]


async def count(tx: Transaction) -> dict[str, int]:
    """How many stories there are, how many entries are filed, and how many of those are copies."""
    stories = (await tx.execute(select(func.count()).select_from(story))).scalar_one()
    filed_count = (await tx.execute(select(func.count()).select_from(story_entry))).scalar_one()
    copies = select(func.count()).select_from(story_entry).where(story_entry.c.relation == Relation.COPY.value)
    return {"stories": stories, "filed": filed_count, "copies": (await tx.execute(copies)).scalar_one()}


def vector_bytes(values: Any) -> bytes | None:
    """A float32 vector as bytes for the ``vector`` column."""
    return None if values is None else values.astype("float32").tobytes()


def _filing(row: Row[Any]) -> Filing:
    return Filing(
        row.entry_id,
        row.story_id,
        Relation(row.relation),
        row.of,
        row.origin,
        Stance(row.stance),
        row.speaker,
        row.sentence,
        row.vector,
    )


def _evidence_row(found: Evidence) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Evidence.__slots__}
