"""Both databases: clocks that are put back or forward while messages are owed."""

import random
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.compose import Composer
from bot.delivery.sender import Deliverer, DeliveryRules
from bot.delivery.summaries import Summaries
from bot.errors import TemporaryDeliveryError
from bot.model import Kind
from bot.storage.database import Database
from bot.summarise.extractive import ExtractiveSummariser
from tests.contracts.test_deliver import FEED, HOUR, LOST, MINUTE, NOON, Desk
from tests.paper import TakenError

DAY = timedelta(days=1)


@pytest.mark.parametrize("back", [HOUR, 40 * DAY])
async def test_what_is_owed_does_not_wait_for_a_clock_that_was_put_back(database: Database, back: timedelta) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.now -= back
    await desk.run(until=MINUTE)
    assert desk.told() == [1]


async def test_what_waits_for_its_next_try_waits_an_hour_at_most(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.now += 10 * DAY
    desk.paper.outcomes.append(TemporaryDeliveryError("slower", 9e9))
    await desk.deliverer.deliver_due()  # of the digest that tells what is late
    desk.now -= 9 * DAY + HOUR
    await desk.run(until=MINUTE)
    assert desk.paper.sheets[0].told == [1]


async def test_however_long_a_platform_asks_to_wait_an_hour_is_enough(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.append(TemporaryDeliveryError("slower", 9e9))
    await desk.run(until=HOUR + MINUTE, every=MINUTE)
    assert desk.told() == [1]


async def test_what_is_held_is_told_at_its_hour_whether_the_clock_moves_a_little_or_for_days(
    database: Database,
) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1, at=NOON + 6 * HOUR)
    desk.now -= HOUR
    await desk.run(until=MINUTE)
    assert desk.told() == []
    await desk.run(until=7 * HOUR, every=MINUTE)
    assert desk.told() == [1]
    await desk.owe(2, at=desk.now + 6 * HOUR)
    desk.now -= 3 * DAY
    await desk.run(until=MINUTE)
    assert desk.told() == [1, 2]


@pytest.mark.parametrize("outcome", [LOST, TakenError("no answer")])
@pytest.mark.parametrize(
    "offers", [{"readable": True}, {"drops_copies_for": 2 * MINUTE, "readable": True}], ids=["readable", "both"]
)
@pytest.mark.parametrize("moved", [-HOUR, HOUR])
async def test_a_lost_answer_costs_nothing_when_the_clock_is_moved(
    database: Database, outcome: Any, offers: dict[str, Any], moved: timedelta
) -> None:
    """The platform's own clock goes on: a copy that comes three minutes later is not dropped, whatever ours says."""
    desk = Desk(database, **offers)
    await desk.subscribe()
    await desk.owe(1)
    desk.paper.outcomes.append(outcome)
    await desk.deliverer.deliver_due()
    away = desk.now + 3 * MINUTE
    desk.now += moved + 3 * MINUTE
    desk.paper.clock = lambda: away + (desk.now - NOON - moved - 3 * MINUTE)
    await desk.run()
    assert desk.told() == [1]
    assert await desk.states() == ["sent"]


async def test_a_clock_that_ran_ahead_leaves_one_line_of_what_it_called_late(database: Database) -> None:
    desk = Desk(database)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.now += 2 * DAY
    await desk.run(until=MINUTE)
    desk.now -= 2 * DAY
    await desk.owe(3)
    await desk.run()
    assert [sheet.kind for sheet in desk.paper.sheets] == [Kind.DIGEST, Kind.ALERT]


async def test_a_program_that_starts_with_the_clock_put_back_takes_over(database: Database) -> None:
    """Leases, doubts and times of the one before lie ahead of it."""
    desk = Desk(database, readable=True)
    await desk.subscribe()
    await desk.owe(1)
    await desk.owe(2)
    desk.paper.outcomes.append(TakenError("no answer"))
    await desk.deliverer.deliver_due()
    desk.now -= DAY
    desk.deliverer = Deliverer(
        database, {"paper": desk.paper}, Composer({FEED.id: FEED}, Summaries(ExtractiveSummariser())),
        clock=lambda: desk.now, owner="another", rng=random.Random(2), rules=DeliveryRules(),
    )  # fmt: skip
    await desk.run()
    assert desk.told() == [1, 2]
