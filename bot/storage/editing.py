"""Stories put together and taken apart by people, with everything that points at them."""

from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update

from bot.model import Kind, Relation
from bot.storage import stories
from bot.storage.statements import Transaction, insert
from bot.storage.stories import StoryRow
from bot.storage.tables import delivery, edition, entry, feedback, muted, story, story_entry

_STORIES = "stories"


async def stories_edition(tx: Transaction) -> int:
    """A number that grows whenever people change stories: who remembers stories reads them again."""
    found = await tx.execute(select(edition.c.number).where(edition.c.name == _STORIES))
    return found.scalar() or 0


async def merge(tx: Transaction, one: int, into: int) -> int:
    """Put the entries of a story under another; the first is gone then. Return how many entries moved.

    What was posted on either counts as posted on the one that stays. In a channel that had an alert on both, the
    second becomes an update.
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
    await tx.execute(alerts.values(kind=Kind.UPDATE.value))
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

    Return the new story's number and how many entries moved. What was posted stays where it was posted.
    """
    along = or_(story_entry.c.entry_id == entry_id, story_entry.c.of == entry_id, story_entry.c.origin == entry_id)
    leaving = list((await tx.execute(select(story_entry.c.entry_id).where(along))).scalars())
    chosen = select(entry.c.title, entry.c.published, entry.c.seen).where(entry.c.id.in_(leaving))
    rows = (await tx.execute(chosen.order_by(entry.c.id))).all()
    times: list[datetime] = [row.published or row.seen for row in rows]
    number = await stories.next_id(tx)
    title = (await tx.execute(select(entry.c.title).where(entry.c.id == entry_id))).scalar_one()
    await stories.add_stories(tx, [StoryRow(number, title, min(times), max(times))])
    await tx.execute(update(story_entry).where(story_entry.c.entry_id.in_(leaving)).values(story_id=number))
    alone = update(story_entry).where(story_entry.c.entry_id == entry_id)
    await tx.execute(alone.values(relation=Relation.NEW.value, of=None, origin=entry_id))
    await _count_up(tx)
    return number, len(leaving)


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
