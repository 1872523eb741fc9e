"""Who is owed what: one alert a channel and story, then only what adds something."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.intake.recipients import AlertRules, held_back, owed_for
from bot.model import Channel, Kind, Outcome, Subscription
from bot.stories.news import Addition

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESK, CHINESE = Channel("console", "desk"), Channel("slack", "C1")
SUBSCRIPTIONS = [
    Subscription(DESK, "rare-earths", minimum_score=0.6),
    Subscription(DESK, "china-pakistan-us"),
    Subscription(CHINESE, "rare-earths", languages=("zh",)),
]


def owed(told: tuple[Channel, ...] = (), **changes: object) -> dict[Channel, Kind]:
    values = {"language": "en", "scores": {"rare-earths": 0.9}, "addition": Addition.NOTHING} | changes
    decided = owed_for(
        story_id=1,
        entry_id=2,
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
        addition=Addition.NOTHING,
        told=(),
        subscriptions=SUBSCRIPTIONS,
        now=NOW,
    )
    assert set(one.topics) == {"rare-earths", "china-pakistan-us"}


@pytest.mark.parametrize(
    ("addition", "kind"),
    [
        (Addition.NOTHING, None),
        (Addition.SIDE, Kind.UPDATE),
        (Addition.FIGURE, Kind.UPDATE),
        (Addition.DENIAL, Kind.DENIAL),
        (Addition.CONFIRMATION, Kind.CONFIRMATION),
    ],
)
def test_a_channel_that_has_the_story_gets_only_what_adds_something(addition: Addition, kind: Kind | None) -> None:
    assert owed(told=(DESK,), addition=addition) == ({DESK: kind} if kind else {})


def test_a_channel_without_the_story_is_alerted_by_whatever_comes_first() -> None:
    assert owed(told=(DESK,), language="zh") == {CHINESE: Kind.ALERT}


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
    assert held_back(published, first_poll=first_poll, rules=rules, now=NOW) == outcome
