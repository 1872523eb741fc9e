"""Stories put together and taken apart by people, with everything that points at them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, delete, exists, func, select, true, update

from bot.model import Kind, Relation
from bot.storage import stories
from bot.storage.quality import POSTED
from bot.storage.statements import Transaction, insert
from bot.storage.stories import StoryRow
from bot.storage.tables import delivery, edition, entry, feedback, muted, story, story_entry

_STORIES = "stories"
_OPENING = (Relation.NEW.value, Relation.UPDATE.value)


async def stories_edition(tx: Transaction) -> int:
    """A number that grows whenever people change stories: who remembers stories reads them again."""
    found = await tx.execute(select(edition.c.number).where(edition.c.name == _STORIES))
    return found.scalar() or 0


async def merge(tx: Transaction, one: int, into: int) -> int:
    """Put the entries of a story under another; the first is gone then. Return how many entries moved.

    What was posted on either counts as posted on the one that stays. In a channel that had an alert on both, the
    second becomes an update; if it was posted, it is marked as one that told the same again.
    """
    moved = await tx.execute(update(story_entry).where(story_entry.c.story_id == one).values(story_id=into))
    opened = (story_entry.c.story_id == into) & (story_entry.c.relation == Relation.NEW.value)
    first = select(func.min(story_entry.c.entry_id)).where(opened).scalar_subquery()
    later = update(story_entry).where(opened, story_entry.c.entry_id != first)
    await tx.execute(later.values(relation=Relation.UPDATE.value))
    other = delivery.alias()
    has_alert = exists().where(
        other.c.platform == delivery.c.platform,
        other.c.channel_id == delivery.c.channel_id,
        other.c.story_id == into,
        other.c.kind == Kind.ALERT.value,
    )
    alerts = update(delivery).where(delivery.c.story_id == one, delivery.c.kind == Kind.ALERT.value, has_alert)
    again = case((delivery.c.state.in_(POSTED), true()), else_=delivery.c.again)
    await tx.execute(alerts.values(kind=Kind.UPDATE.value, again=again))
    await tx.execute(update(delivery).where(delivery.c.story_id == one).values(story_id=into))
    await _move_feedback(tx, one, into)
    await tx.execute(delete(muted).where(muted.c.story_id == one))
    times = select(story.c.opened, story.c.updated).where(story.c.id.in_([one, into]))
    rows = (await tx.execute(times)).all()
    span = {"opened": min(row.opened for row in rows), "updated": max(row.updated for row in rows)}
    await tx.execute(update(story).where(story.c.id == into).values(**span))
    await tx.execute(delete(story).where(story.c.id == one))
    await _count_up(tx)
    return moved.rowcount


async def split(tx: Transaction, entry_id: int) -> tuple[int, int]:
    """Take an entry, and what copies, denies or confirms it, out of its story into one of its own.

    Return the new story's number and how many entries moved. What was posted stays where it was posted. Where what
    opened the story leaves, the first update that stays gives it its headline.
    """
    chosen = select(story_entry.c.story_id).where(story_entry.c.entry_id == entry_id)
    left = (await tx.execute(chosen)).scalar_one()
    leaving = await _with_answers(tx, left, entry_id)
    number = await stories.next_id(tx)
    title, opened, updated = await _told(tx, leaving, entry_id)
    await stories.add_stories(tx, [StoryRow(number, title, opened, updated)])
    await tx.execute(update(story_entry).where(story_entry.c.entry_id.in_(leaving)).values(story_id=number))
    await _open(tx, entry_id)
    await _mend(tx, left)
    await _count_up(tx)
    return number, len(leaving)


async def _with_answers(tx: Transaction, story_id: int, entry_id: int) -> set[int]:
    """An entry with what copies, denies or confirms it, and what copies those."""
    chosen = select(story_entry.c.entry_id, story_entry.c.of, story_entry.c.origin)
    rows = (await tx.execute(chosen.where(story_entry.c.story_id == story_id))).all()
    found = {entry_id}
    while more := {row.entry_id for row in rows if row.of in found or row.origin in found} - found:
        found |= more
    return found


async def _mend(tx: Transaction, story_id: int) -> None:
    """Give a story that entries left its times, and another entry that opens it where that one left."""
    chosen = select(story_entry.c.entry_id, story_entry.c.relation).where(story_entry.c.story_id == story_id)
    relations = {row.entry_id: row.relation for row in (await tx.execute(chosen)).all()}
    first = min(relations, key=lambda number: (relations[number] not in _OPENING, number))
    title, opened, updated = await _told(tx, relations, first)
    values: dict[str, str | datetime] = {"opened": opened, "updated": updated}
    if Relation.NEW.value not in relations.values():
        values["headline"] = title
        await _open(tx, first)
    await tx.execute(update(story).where(story.c.id == story_id).values(values))


async def _told(tx: Transaction, entries: Collection[int], entry_id: int) -> tuple[str, datetime, datetime]:
    """The title of one of some entries, and when the first and the last of them were published."""
    chosen = select(entry.c.id, entry.c.title, entry.c.published, entry.c.seen).where(entry.c.id.in_(entries))
    rows = (await tx.execute(chosen)).all()
    times = [row.published or row.seen for row in rows]
    return next(row.title for row in rows if row.id == entry_id), min(times), max(times)


async def _open(tx: Transaction, entry_id: int) -> None:
    opening = update(story_entry).where(story_entry.c.entry_id == entry_id)
    await tx.execute(opening.values(relation=Relation.NEW.value, of=None, origin=entry_id))


async def _move_feedback(tx: Transaction, one: int, into: int) -> None:
    other = feedback.alias()
    same = exists().where(
        other.c.platform == feedback.c.platform,
        other.c.channel_id == feedback.c.channel_id,
        other.c.user == feedback.c.user,
        other.c.story_id == into,
    )
    await tx.execute(delete(feedback).where(feedback.c.story_id == one, same))
    await tx.execute(update(feedback).where(feedback.c.story_id == one).values(story_id=into))


async def _count_up(tx: Transaction) -> None:
    number = await stories_edition(tx) + 1
    statement = insert(tx, edition).on_conflict_do_update(index_elements=["name"], set_={"number": number})
    await tx.execute(statement, [{"name": _STORIES, "number": number}])
