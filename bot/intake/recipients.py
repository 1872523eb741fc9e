"""Who is owed what for one entry of a story. Pure: values in, values out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Channel, Kind, Outcome, Subscription
from bot.storage.outbox import Owed
from bot.stories.news import Addition
from bot.subscription import due

_KINDS = {
    Addition.DENIAL: Kind.DENIAL,
    Addition.CONFIRMATION: Kind.CONFIRMATION,
    Addition.SIDE: Kind.UPDATE,
    Addition.FIGURE: Kind.UPDATE,
}


@dataclass(frozen=True, slots=True)
class AlertRules:
    """An entry published longer ago than ``max_age``, or in a feed's first poll, is stored without an alert."""

    max_age: timedelta = timedelta(days=3)
    first_poll_alerts: bool = False


def held_back(published: datetime | None, *, first_poll: bool, rules: AlertRules, now: datetime) -> Outcome | None:
    """Return why an entry must not alert whatever it says: the feed's first poll, or its age. None if it may.

    ``published`` is None if nobody knows: then the entry is as new as its first sight.
    """
    if first_poll and not rules.first_poll_alerts:
        return Outcome.FIRST_POLL
    if published is not None and now - published > rules.max_age:
        return Outcome.OLD
    return None


def owed_for(
    *,
    story_id: int,
    entry_id: int,
    language: str,
    scores: Mapping[str, float],
    addition: Addition,
    told: Collection[Channel],
    subscriptions: Sequence[Subscription],
    now: datetime,
) -> tuple[Owed, ...]:
    """Return the deliveries for one entry, at most one a channel.

    A channel's first message on a story is an alert, whatever the entry's relation to the story: the entry that opened
    it may have been in another language, or older than the subscription. After that only what adds something is posted.
    If several of a channel's subscriptions want the entry, the earliest due time counts.

    Args:
        scores: By topic, the entry's match scores.
        told: The channels that were ever owed a message on the story.
        subscriptions: Those to consider; channels that muted the story are left out by the caller.
        now: Aware UTC.
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
            if addition == Addition.NOTHING:
                continue
            kind = _KINDS[addition]
        topics = tuple(one.topic for one in asking)
        aloud = kind == Kind.DENIAL and any(one.aloud for one in asking)
        owed.append(Owed(channel, kind, story_id, entry_id, topics, min(due(one, now) for one in asking), aloud))
    return tuple(owed)
