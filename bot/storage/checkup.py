"""Looks through a database: whether it is sound, and whether its rows name rows that exist."""

from sqlalchemy import ColumnElement, FromClause, and_, func, inspect, or_, select, text

from bot.model import DeliveryState
from bot.storage.statements import Transaction
from bot.storage.tables import HEAD, channel, delivery, entry, feedback, metadata, muted, story, subscription

_SHOWN = 10  # complaints of the database itself


async def findings(tx: Transaction, revision: str) -> list[str]:
    """What is wrong, one line each; nothing for a database that is well. ``revision`` is the schema's."""
    if revision != HEAD:
        return [f"the schema is {revision or 'missing'}, not {HEAD}: monazite db upgrade"]
    names = set(await tx.run_sync(lambda connection: inspect(connection).get_table_names()))
    missing = [f"table {name} is missing" for name in sorted(metadata.tables.keys() - names)]
    if missing:
        return missing
    unsound = await (_sqlite(tx) if tx.dialect.name == "sqlite" else _postgresql(tx))
    return unsound or await _dangling(tx)


async def _sqlite(tx: Transaction) -> list[str]:
    found = (await tx.execute(text(f"pragma integrity_check({_SHOWN})"))).scalars()
    broken = [" ".join(str(line).split()) for line in found if line != "ok"]
    if broken:  # rows cannot be trusted, nor perhaps be read
        return [*broken, "the file is damaged: monazite db restore FILE puts a backup in its place"]
    orphans = (await tx.execute(text("pragma foreign_key_check"))).all()
    return [f"a row of {row[0]} names a row of {row[2]} that does not exist" for row in orphans[:_SHOWN]]


async def _postgresql(tx: Transaction) -> list[str]:
    """Foreign keys cannot be broken there, and pages are looked after by the server; an index may have been left."""
    names = (await tx.execute(text("select indexrelid::regclass::text from pg_index where not indisvalid"))).scalars()
    return [f"index {name} is not valid: reindex it" for name in names]


async def _dangling(tx: Transaction) -> list[str]:
    other = delivery.alias()
    place = and_(channel.c.platform == delivery.c.platform, channel.c.channel_id == delivery.c.channel_id)
    subscribed = and_(channel.c.platform == subscription.c.platform, channel.c.channel_id == subscription.c.channel_id)
    told = delivery.c.state == DeliveryState.TOLD.value
    looks: tuple[tuple[str, FromClause, ColumnElement[bool], ColumnElement[bool]], ...] = (
        ("deliveries without their channel", delivery, _none(channel, place), delivery.c.id > 0),
        (
            "deliveries without their story",
            delivery,
            _none(story, story.c.id == delivery.c.story_id),
            delivery.c.story_id != 0,
        ),
        (
            "deliveries without their entry",
            delivery,
            _none(entry, entry.c.id == delivery.c.entry_id),
            delivery.c.entry_id != 0,
        ),
        (
            "deliveries told in a digest that is not there",
            delivery,
            or_(delivery.c.digest_id.is_(None), _none(other, other.c.id == delivery.c.digest_id)),
            told,
        ),
        ("subscriptions without their channel", subscription, _none(channel, subscribed), subscription.c.id > 0),
        ("verdicts on no story", feedback, _none(story, story.c.id == feedback.c.story_id), feedback.c.story_id != 0),
        (
            "mute of a story that does not exist",
            muted,
            _none(story, story.c.id == muted.c.story_id),
            muted.c.story_id != 0,
        ),
    )
    found = []
    for name, table, dangles, concerned in looks:
        number = (await tx.execute(select(func.count()).select_from(table).where(concerned, dangles))).scalar_one()
        if number:
            found.append(f"{name}: {number}")
    return found


def _none(table: FromClause, same: ColumnElement[bool]) -> ColumnElement[bool]:
    return ~select(1).select_from(table).where(same).exists()
