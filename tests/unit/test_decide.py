"""Who is owed what: one alert a channel and story, then only what adds something."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.intake.recipients import AlertRules, held_back, owed_for, side_of
from bot.model import Channel, Entry, Feed, Kind, Outcome, Ownership, Relation, Subscription

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESK, CHINESE = Channel("console", "desk"), Channel("slack", "C1")
SUBSCRIPTIONS = [
    Subscription(DESK, "rare-earths", minimum_score=0.6),
    Subscription(DESK, "china-pakistan-us"),
    Subscription(CHINESE, "rare-earths", languages=("zh",)),
]


def owed(relation: Relation = Relation.NEW, told: tuple[Channel, ...] = (), **changes: object) -> dict[Channel, Kind]:
    values = {"language": "en", "scores": {"rare-earths": 0.9}, "adds": False} | changes
    decided = owed_for(
        story_id=1,
        entry_id=2,
        relation=relation,
        told=told,
        subscriptions=SUBSCRIPTIONS,
        now=NOW,
        **values,  # type: ignore[arg-type] # changes are checked by the assertions
    )
    assert len({o.channel for o in decided}) == len(decided)
    return {o.channel: o.kind for o in decided}


def test_new_story_alerts_whom_it_fits() -> None:
    assert owed() == {DESK: Kind.ALERT}
    assert owed(language="zh") == {DESK: Kind.ALERT, CHINESE: Kind.ALERT}


def test_score_below_the_subscription_is_not_owed() -> None:
    assert owed(scores={"rare-earths": 0.5}) == {}


def test_two_topics_make_one_message() -> None:
    (one,) = owed_for(
        story_id=1,
        entry_id=2,
        language="en",
        scores={"rare-earths": 0.9, "china-pakistan-us": 0.8},
        relation=Relation.NEW,
        adds=True,
        told=(),
        subscriptions=SUBSCRIPTIONS,
        now=NOW,
    )
    assert set(one.topics) == {"rare-earths", "china-pakistan-us"}


@pytest.mark.parametrize(
    ("relation", "adds", "kind"),
    [
        (Relation.COPY, True, None),
        (Relation.UPDATE, False, None),
        (Relation.UPDATE, True, Kind.UPDATE),
        (Relation.DENIAL, True, Kind.DENIAL),
        (Relation.DENIAL, False, None),
        (Relation.CONFIRMATION, True, Kind.CONFIRMATION),
        (Relation.NEW, True, None),
    ],
)
def test_told_channel_hears_only_what_adds_something(relation: Relation, adds: bool, kind: Kind | None) -> None:
    assert owed(relation, told=(DESK,), adds=adds) == ({DESK: kind} if kind else {})


def test_channel_not_told_yet_is_alerted_by_a_copy() -> None:
    assert owed(Relation.COPY, told=(DESK,), language="zh") == {CHINESE: Kind.ALERT}


@pytest.mark.parametrize(
    ("published", "first_poll", "rules", "outcome"),
    [
        (NOW - timedelta(hours=1), False, AlertRules(), None),
        (None, False, AlertRules(), None),
        (NOW - timedelta(days=4), False, AlertRules(), Outcome.OLD),
        (NOW - timedelta(days=4), False, AlertRules(max_age=timedelta(days=5)), None),
        (NOW, True, AlertRules(), Outcome.FIRST_POLL),
        (NOW, True, AlertRules(first_poll_alerts=True), None),
        (NOW - timedelta(days=4), True, AlertRules(first_poll_alerts=True), Outcome.OLD),
    ],
)
def test_flood_control(
    published: datetime | None, first_poll: bool, rules: AlertRules, outcome: Outcome | None
) -> None:
    entry = Entry("f", "g", "https://example.org", "Title", "Text", published=published)
    assert held_back(entry, first_poll=first_poll, rules=rules, now=NOW) == outcome


@pytest.mark.parametrize(
    ("country", "ownership", "publisher", "side"),
    [
        ("CN", Ownership.STATE, "", "CN official"),
        ("CN", Ownership.OFFICIAL, "", "CN official"),
        ("PK", Ownership.INDEPENDENT, "", "PK press"),
        ("GB", Ownership.TRADE, "", ""),
        ("US", Ownership.AGGREGATOR, "", ""),
        ("US", Ownership.INDEPENDENT, "Somebody Else", ""),
    ],
)
def test_side(country: str, ownership: Ownership, publisher: str, side: str) -> None:
    feed = Feed("f", "F", "https://example.org/f", "en", "P", country, ownership, 1)
    entry = Entry("f", "g", "https://example.org", "Title", "Text", publisher=publisher)
    assert side_of(feed, entry) == side
