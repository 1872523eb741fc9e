"""Who is owed what for one entry on a story. Pure: it gets values and returns values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Channel, Entry, Feed, Kind, Outcome, Ownership, Relation, Subscription
from bot.storage.outbox import Owed
from bot.subscription import due

_KINDS = {
    Relation.UPDATE: Kind.UPDATE,
    Relation.DENIAL: Kind.DENIAL,
    Relation.CONFIRMATION: Kind.CONFIRMATION,
}
PARTIES = ("CN", "PK", "US")


@dataclass(frozen=True, slots=True)
class AlertRules:
    """``max_age``: an entry published longer ago is stored, not alerted. ``first_poll_alerts``: see flood control."""

    max_age: timedelta = timedelta(days=3)
    first_poll_alerts: bool = False


def held_back(entry: Entry, *, first_poll: bool, rules: AlertRules, now: datetime) -> Outcome | None:
    """Why an entry must not alert whatever it says: the feed's first poll, or its age; None where it may."""
    if first_poll and not rules.first_poll_alerts:
        return Outcome.FIRST_POLL
    if entry.published is not None and now - entry.published > rules.max_age:
        return Outcome.OLD
    return None


def side_of(feed: Feed, entry: Entry) -> str:
    """The side whose word an entry carries, such as ``CN official`` or ``PK press``.

    Empty for what is relayed, and for publishers of other countries, which speak for none of the parties. State outlets
    count as their government's voice: to hear the agency and the ministry is to hear one side.
    """
    if entry.publisher or feed.ownership == Ownership.AGGREGATOR or feed.country not in PARTIES:
        return ""
    voice = "official" if feed.ownership in (Ownership.STATE, Ownership.OFFICIAL) else "press"
    return f"{feed.country} {voice}"


def owed_for(
    *,
    story_id: int,
    entry_id: int,
    language: str,
    scores: Mapping[str, float],
    relation: Relation,
    adds: bool,
    told: Collection[Channel],
    subscriptions: Sequence[Subscription],
    now: datetime,
) -> list[Owed]:
    """The deliveries for one entry, at most one a channel.

    A channel's first message on a story is an alert, whatever the entry's relation to the story: what opened it may
    have been in another language, or older than the subscription. After that only what adds something is told: a
    denial, a confirmation, a side not heard before, a number not stated before. Copies never are. Where several of a
    channel's subscriptions want it, it is due when the first of them wants to be told.
    """
    wanted: dict[Channel, list[Subscription]] = {}
    for subscription in subscriptions:
        score = scores.get(subscription.topic)
        if score is None or score < subscription.minimum_score:
            continue
        if subscription.languages and language not in subscription.languages:
            continue
        wanted.setdefault(subscription.channel, []).append(subscription)
    owed = []
    for channel, asking in wanted.items():
        kind = Kind.ALERT
        if channel in told:
            if not adds or relation not in _KINDS:
                continue
            kind = _KINDS[relation]
        topics = tuple(one.topic for one in asking)
        aloud = kind == Kind.DENIAL and any(one.aloud for one in asking)
        owed.append(Owed(channel, kind, story_id, entry_id, topics, min(due(one, now) for one in asking), aloud))
    return owed
