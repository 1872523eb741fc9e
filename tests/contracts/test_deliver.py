"""Both databases: whatever a platform does, nothing is lost, and twice only where nobody can tell."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.delivery.compose import Composer
from bot.delivery.sender import Deliverer, DeliveryRules
from bot.delivery.summaries import Summaries
from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    DeliveryError,
    TemporaryDeliveryError,
)
from bot.model import (
    Alert,
    Channel,
    DeliveryState,
    Digest,
    Entry,
    Feed,
    Kind,
    Match,
    Notice,
    Outcome,
    Ownership,
    Relation,
    Stance,
    Subscription,
)
from bot.storage import backlog, feeds, outbox, stories, subscriptions, tables
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.stories import Filing, StoryRow
from bot.subscription import due
from bot.summarise.extractive import ExtractiveSummariser
from tests.paper import Paper, TakenError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
_LONGEST_STEP = timedelta(minutes=5)
DESK, ANN = Channel("paper", "desk"), Channel("paper", "@ann")
PLAIN = Subscription(DESK, "rare-earths")
FEED = Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1)


class Desk:
    """A channel, its platform of paper, and the deliverer in between; ``now`` moves by hand."""

    def __init__(self, database: Database, *, repeats: bool = True, **offers: Any) -> None:
        self.now = NOON
        self.paper = Paper(lambda: self.now, **offers)
        builder = Composer({FEED.id: FEED}, Summaries(ExtractiveSummariser()))
        self.database = database
        self.deliverer = Deliverer(
            database, {"paper": self.paper}, builder, clock=lambda: self.now, owner="test", rng=random.Random(1),
            rules=DeliveryRules(repeats=repeats),
        )  # fmt: skip

    async def subscribe(self, wanted: Subscription = PLAIN) -> None:
        async with self.database.write() as tx:
            await subscriptions.subscribe(tx, wanted, "ann", self.now)

    async def owe(
        self,
        story: int,
        kind: Kind = Kind.ALERT,
        *,
        at: datetime | None = None,
        aloud: bool = False,
        place: Channel = DESK,
    ) -> int:
        """Store an entry on a story and owe it to a channel; return the entry's number."""
        relation = {Kind.ALERT: Relation.NEW, Kind.DENIAL: Relation.DENIAL}.get(kind, Relation.UPDATE)
        async with self.database.write() as tx:
            await feeds.register(tx, [FEED])
            entry = Entry(
                FEED.id, f"{story} {kind} {self.now}", "https://ledger.example/kiln",
                f"Dunmore kiln {story} fails, {kind}", "The kiln failed.", "en", published=self.now,
            )  # fmt: skip
            (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED)], self.now)
            await stories.add_matches(tx, {number: [Match("rare-earths", 0.9, matched=True)]})
            if kind == Kind.ALERT:
                await stories.add_stories(tx, [StoryRow(story, entry.title, self.now, self.now)])
            stance = Stance.DENY if kind == Kind.DENIAL else Stance.REPORT
            await stories.add_filings(
                tx, [Filing(number, story, relation, None, number, stance, "", "", None)]
            )  # fmt: skip
            await outbox.owe(tx, [Owed(place, kind, story, number, ("rare-earths",), at, aloud)], self.now)
        return number

    async def run(self, *, until: timedelta = HOUR, every: timedelta = timedelta(seconds=5)) -> None:
        """Deliver for a while, as a scheduler does that ticks at every ``every``.

        Ticks at which nothing can come due are left out, but for one in five minutes.
        """
        end = self.now + until
        while self.now < end:
            await self.deliverer.deliver_due()
            wanted = min(await self._next_due(), self.now + _LONGEST_STEP)
            ticks = max(1, -((self.now - wanted) // every))  # rounded up
            self.now = min(self.now + ticks * every, max(end, self.now + every))

    async def _next_due(self) -> datetime:
        """The next moment at which a delivery comes due; far ahead where none does."""
        later = [tables.delivery.c.state.in_(outbox.OWED), tables.delivery.c.next_try > self.now]
        async with self.database.read() as tx:
            found = (await tx.execute(select(func.min(tables.delivery.c.next_try)).where(*later))).scalar()
        return found or self.now + HOUR

    async def states(self) -> list[str]:
        async with self.database.read() as tx:
            counted = await backlog.count(tx)
        return sorted(str(state) for state, number in counted.items() for _ in range(number))

    def told(self) -> list[int]:
        return [sheet.story for sheet in self.paper.sheets]


SURELY_NOT: Sequence[DeliveryError] = (
    TemporaryDeliveryError("slower", 3.0),
    TemporaryDeliveryError("refused"),
)
LOST = AmbiguousDeliveryError("no answer")


@pytest.mark.parametrize("outcome", SURELY_NOT)
async def test_what_was_surely_not_posted_is_posted_later(database: Database, outcome: DeliveryError) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.extend([outcome, outcome])
    await desk.run()
    assert desk.told() == [1, 2]
    assert not any(sheet.message.repeated for sheet in desk.paper.sheets)


@pytest.mark.parametrize("outcome", [LOST, TakenError("no answer")])
@pytest.mark.parametrize("offers", [{"drops_copies_for": 2 * MINUTE}, {"readable": True}])
async def test_a_lost_answer_costs_nothing_where_the_platform_helps(
    database: Database, outcome: DeliveryError, offers: dict[str, Any]
) -> None:
    desk = Desk(database, **offers)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.extend([outcome, outcome])
    await desk.run()
    assert desk.told() == [1]
    assert await desk.states() == ["sent"]


async def test_after_the_time_in_which_copies_are_dropped_the_channel_is_looked_at(database: Database) -> None:
    desk = Desk(database, drops_copies_for=2 * MINUTE, readable=True)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.append(TakenError("no answer"))
    await desk.deliverer.deliver_due()
    desk.now += HOUR
    await desk.run()
    assert desk.told() == [1]
    assert desk.paper.tries == 1


@pytest.mark.parametrize(("outcome", "copies"), [(LOST, 1), (TakenError("no answer"), 2)])
async def test_where_nobody_can_tell_it_is_posted_again_and_says_so(
    database: Database, outcome: DeliveryError, copies: int
) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.append(outcome)
    await desk.run()
    assert desk.told() == [1] * copies
    assert desk.paper.sheets[-1].message.repeated
    async with database.read() as tx:
        assert await backlog.count_repeated(tx) == 1


async def test_where_nobody_can_tell_it_is_left_to_the_operator_if_he_wants(database: Database) -> None:
    desk = Desk(database, repeats=False)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.append(TakenError("no answer"))
    await desk.run()
    assert desk.told() == [1, 2]  # the channel does not wait for the operator
    assert await desk.states() == ["sent", "unknown"]
    async with database.write() as tx:
        (unknown,) = await backlog.unsent(tx, 10)
        assert unknown.state == DeliveryState.UNKNOWN
        assert await backlog.replay(tx, [unknown.id], desk.now) == 1
    await desk.run()
    assert desk.told() == [1, 2, 1]


async def test_a_crash_while_sending_is_a_lost_answer(database: Database) -> None:
    desk = Desk(database, readable=True)
    await desk.subscribe()
    await desk.owe(1)
    async with database.write() as tx:  # a worker that dies after this commit
        (held,) = await outbox.lease(tx, ["paper"], "dead", desk.now, MINUTE)
        assert await outbox.start(tx, held, desk.now, MINUTE) is not None
    await desk.run(until=50 * timedelta(seconds=1))
    assert desk.told() == []  # the lease of the dead one lasts
    await desk.run()
    assert desk.told() == [1]
    assert not desk.paper.sheets[0].message.repeated


async def test_refused_for_its_content_is_dead_and_holds_nothing_up(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.append(BadMessageError("no such words"))
    await desk.run()
    assert desk.told() == [2]
    assert await desk.states() == ["dead", "sent"]


async def test_an_outage_of_hours_loses_nothing(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.extend([TemporaryDeliveryError("no network")] * 30)
    await desk.run(until=8 * HOUR, every=MINUTE)
    assert desk.told() == [1, 2]
    assert desk.paper.tries > 30


async def test_an_answer_that_is_always_lost_is_left_to_the_operator(database: Database) -> None:
    desk = Desk(database, drops_copies_for=timedelta(days=1))
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.extend([LOST] * 99)
    await desk.run(until=6 * HOUR, every=MINUTE)
    assert desk.paper.tries == 10
    assert await desk.states() == ["unknown"]


async def test_a_slow_channel_holds_no_other_up(database: Database) -> None:
    desk, answered = Desk(database), asyncio.Event()
    wire = Channel("paper", "wire")
    desk.paper.slow[DESK] = answered
    for place in (DESK, wire):
        await desk.subscribe(replace(PLAIN, channel=place))
    await desk.owe(1)
    slow = asyncio.create_task(desk.deliverer.deliver_due())
    while not desk.paper.tries:
        await asyncio.sleep(0.01)
    await desk.owe(2, place=wire)
    assert await desk.deliverer.deliver_due() == 1
    assert [sheet.channel for sheet in desk.paper.sheets] == [wire]
    answered.set()
    assert await slow == 1
    assert [sheet.channel for sheet in desk.paper.sheets] == [wire, DESK]
    assert await desk.deliverer.deliver_due() == 0


async def test_a_token_that_was_replaced_resumes_what_it_paused(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.extend([ChannelGoneError("MONAZITE_PAPER_TOKEN is refused")] * 2)  # the notice fails as well
    await desk.run()
    assert desk.told() == []
    again = Desk(database)
    again.now = desk.now
    await again.run()
    assert again.told() == [1]


async def test_a_lease_of_a_clock_that_ran_ahead_is_void(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    async with database.write() as tx:
        assert await outbox.lease(tx, ["paper"], "ahead", desk.now + 24 * HOUR, MINUTE)
    await desk.run(until=MINUTE)
    assert desk.told() == [1]


async def test_a_channel_that_is_gone_is_paused_and_whoever_subscribed_is_told_once(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.subscribe(Subscription(DESK, "china-pakistan-us"))
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.append(ChannelGoneError("it is archived; unarchive it"))
    await desk.run()
    (notice,) = desk.paper.sheets
    assert notice.channel == ANN
    assert isinstance(notice.message, Notice)
    assert "it is archived; unarchive it" in notice.message.text
    await desk.subscribe()
    await desk.run()
    assert desk.told() == [0, 1, 2]


async def test_nobody_is_told_of_a_person_who_cannot_be_told(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.extend([ChannelGoneError("archived"), ChannelGoneError("no such person")])
    await desk.run()
    assert desk.paper.sheets == []
    assert await desk.states() == ["dead", "retrying"]


async def test_a_digest_tells_each_story_once_by_what_weighs_most(database: Database) -> None:
    wanted = Subscription(DESK, "rare-earths", digest=time(18))
    desk = Desk(database)
    await desk.subscribe(wanted)
    for story, kind in ((1, Kind.ALERT), (2, Kind.ALERT), (2, Kind.UPDATE)):
        await desk.owe(story, kind, at=due(wanted, desk.now))
    await desk.run(until=5 * HOUR, every=MINUTE)
    assert desk.told() == []
    assert await desk.states() == ["held"] * 3
    await desk.run(until=2 * HOUR, every=MINUTE)
    (sheet,) = desk.paper.sheets
    assert isinstance(sheet.message, Digest)
    assert [(told.story, type(told)) for told in sheet.message.stories] == [(1, Alert), (2, Alert)]
    assert "2 stories" in sheet.message.headline
    assert await desk.states() == ["sent"] + ["told"] * 3


async def test_what_waited_alone_is_posted_as_itself(database: Database) -> None:
    quiet = Subscription(DESK, "rare-earths", quiet=(time(11), time(13)))
    desk = Desk(database)
    await desk.subscribe(quiet)
    await desk.owe(1, at=due(quiet, desk.now))
    await desk.run(until=2 * HOUR, every=MINUTE)
    (sheet,) = desk.paper.sheets
    assert (sheet.kind, sheet.at) == (Kind.ALERT, NOON + HOUR)


async def test_what_is_held_is_dropped_with_its_subscription(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1, at=NOON + HOUR)
    async with database.write() as tx:
        assert await subscriptions.unsubscribe(tx, DESK, "rare-earths") == ["rare-earths"]
    await desk.run(until=2 * HOUR, every=MINUTE)
    assert desk.told() == []


async def test_what_could_not_be_posted_for_a_day_comes_in_one_message(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    for story in range(1, 6):
        await desk.owe(story)
    desk.now += timedelta(days=2)
    await desk.owe(6)
    await desk.run()
    first, second = sorted(desk.paper.sheets, key=lambda sheet: sheet.kind)
    assert (first.kind, first.story) == (Kind.ALERT, 6)
    assert second.kind == Kind.DIGEST
    assert second.told == [1, 2, 3, 4, 5]


async def test_the_first_message_is_edited_once_for_all_that_came_in(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.run(until=MINUTE)
    for _ in range(5):
        async with database.write() as tx:
            await outbox.owe_heads(tx, {1}, desk.now)
    await desk.owe(2)
    await desk.run(until=MINUTE)
    assert desk.told() == [1, 2]  # an edit holds no alert up
    ((thread, message),) = desk.paper.edits
    assert isinstance(message, Alert)
    assert (thread, message.story) == ("0", 1)


async def test_an_edit_that_fails_is_given_up_soon(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.run(until=MINUTE)
    async with database.write() as tx:
        await outbox.owe_heads(tx, {1}, desk.now)
    desk.paper.outcomes.extend([LOST] * 9)
    await desk.run()
    assert len(desk.paper.outcomes) == 6
    assert desk.paper.edits == []


async def test_a_story_that_was_not_posted_has_nothing_to_edit(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    async with database.write() as tx:
        assert await outbox.owe_heads(tx, {1}, desk.now) == 0


async def test_a_denial_goes_into_the_thread_and_aloud_where_that_is_wanted(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(1, Kind.DENIAL, aloud=True)
    await desk.run(until=MINUTE)
    assert [(sheet.thread, sheet.aloud) for sheet in desk.paper.sheets] == [(None, False), ("0", True)]
