"""Rows of what people think of alerts and of evaluations, and how fast alerts were."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select

from bot.model import Channel, DeliveryState, Kind
from bot.storage.statements import Transaction, insert
from bot.storage.tables import delivery, entry, evaluation, feedback, match

POSTED = (DeliveryState.SENT.value, DeliveryState.TOLD.value)


class Judged(NamedTuple):
    """What one person said of one alert: its story, the alerting entry's score on a topic and the rules that fired."""

    story: int
    topic: str
    score: float
    useful: bool
    rules: frozenset[str] = frozenset()


class Evaluation(NamedTuple):
    """The figures of the last evaluation of a subject."""

    subject: str
    created: datetime
    figures: Mapping[str, float]


async def judge(tx: Transaction, place: Channel, user: str, story_id: int, *, useful: bool, now: datetime) -> None:
    """Store what a person thinks of a story's alert, in place of what the same person thought before."""
    row = {
        "platform": place.platform, "channel_id": place.id, "user": user, "story_id": story_id,
        "useful": useful, "created": now,
    }  # fmt: skip
    statement = insert(tx, feedback).on_conflict_do_update(
        index_elements=["platform", "channel_id", "user", "story_id"], set_={"useful": useful, "created": now}
    )
    await tx.execute(statement, [row])


async def judged(tx: Transaction, since: datetime | None = None) -> list[Judged]:
    """Every verdict with the scores of the entry that alerted, a row a topic; of alerts after ``since`` alone."""
    statement = (
        select(feedback.c.story_id, match.c.topic, match.c.score, match.c.evidence, feedback.c.useful)
        .join(
            delivery,
            (delivery.c.story_id == feedback.c.story_id)
            & (delivery.c.platform == feedback.c.platform)
            & (delivery.c.channel_id == feedback.c.channel_id)
            & (delivery.c.kind == Kind.ALERT.value),
        )
        .join(match, match.c.entry_id == delivery.c.entry_id)
        .order_by(feedback.c.story_id, match.c.topic)
    )
    if since is not None:
        statement = statement.where(delivery.c.created > since)
    return [
        Judged(row.story_id, row.topic, row.score, row.useful, frozenset(part["rule"] for part in row.evidence))
        for row in (await tx.execute(statement)).all()
    ]


async def count_verdicts(tx: Transaction, since: datetime | None = None) -> tuple[int, int]:
    """How many alerts were called useful, and how many not; ever, or since a time."""
    statement = select(feedback.c.useful, func.count()).group_by(feedback.c.useful)
    if since is not None:
        statement = statement.where(feedback.c.created >= since)
    counts = {bool(useful): number for useful, number in (await tx.execute(statement)).all()}
    return counts.get(True, 0), counts.get(False, 0)


async def count_alerts(tx: Transaction, since: datetime) -> tuple[int, int]:
    """How many alerts owed since a time were posted, and how many of them told again what one had told already."""
    told = or_(delivery.c.kind == Kind.ALERT.value, delivery.c.again)
    statement = select(delivery.c.again, func.count()).group_by(delivery.c.again)
    posted = statement.where(told, delivery.c.state.in_(POSTED), delivery.c.created >= since)
    counts = {bool(again): number for again, number in (await tx.execute(posted)).all()}
    return sum(counts.values()), counts.get(True, 0)


async def delays(tx: Transaction, since: datetime) -> list[tuple[float, float]]:
    """For each alert sent since a time, the seconds to the post from publication and from the entry's first sight."""
    statement = (
        select(delivery.c.sent, entry.c.published, entry.c.seen)
        .join(entry, entry.c.id == delivery.c.entry_id)
        .where(delivery.c.kind == Kind.ALERT.value, delivery.c.sent.is_not(None), delivery.c.sent >= since)
    )
    rows = (await tx.execute(statement)).all()
    return [
        (max(0.0, (row.sent - (row.published or row.seen)).total_seconds()), (row.sent - row.seen).total_seconds())
        for row in rows
    ]


async def keep(tx: Transaction, done: Evaluation) -> None:
    """Store an evaluation in place of the last one of its subject."""
    row = {"subject": done.subject, "created": done.created, "figures": dict(done.figures)}
    changed = {name: row[name] for name in ("created", "figures")}
    statement = insert(tx, evaluation).on_conflict_do_update(index_elements=["subject"], set_=changed)
    await tx.execute(statement, [row])


async def evaluations(tx: Transaction) -> list[Evaluation]:
    """The last evaluation of every subject."""
    rows = await tx.execute(select(evaluation).order_by(evaluation.c.subject))
    return [Evaluation(row.subject, row.created, row.figures) for row in rows.all()]
