"""The torture in short: what ``make torture`` does for an hour, once each."""

from pathlib import Path

import pytest

from tests.torture import Result, answers, canaries, day, doors, hostile, republished, storage, workers
from tests.torture._place import Offers, Place
from tests.torture._victim import POINTS
from tests.torture.kills import judge, kill


def assert_met(*results: Result) -> None:
    missed = [result for result in results if not result.met]
    assert not missed


@pytest.mark.parametrize("offers", [Offers(readable=True), Offers()], ids=["readable", "neither"])
async def test_a_kill_at_any_point_loses_nothing(tmp_path: Path, offers: Offers) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}"
    async with Place(tmp_path, url, str(tmp_path / "monazite.db"), offers) as place:
        toll = await kill(place, 1)
    assert set(toll.kills) == set(POINTS)
    assert toll.stories >= len(POINTS)
    assert_met(judge("kills", toll, certain=offers.readable))


async def test_of_two_bots_one_takes_over() -> None:
    assert_met(*await workers.torture(2))


async def test_a_database_that_goes_away_comes_back() -> None:
    assert_met(*await storage.torture(1, 3.0))


async def test_answers_that_say_nothing_neither_lose_nor_double() -> None:
    assert_met(await answers.post_through(answers.slack, "Slack", 15))
    assert_met(await answers.post_through(answers.discord, "Discord", 15))


async def test_old_entries_republished_tell_nobody() -> None:
    assert_met(*await republished.torture(60))


async def test_hostile_feeds_end_within_their_limits() -> None:
    crashes, memory, _stall, computed = await hostile.torture(24)  # the stall has other programs in it
    assert_met(crashes, memory, computed)


async def test_secrets_are_told_nowhere() -> None:
    assert_met(*await canaries.torture(seconds=0.5))


async def test_nothing_comes_in_through_the_doors() -> None:
    assert_met(*await doors.torture(300))


async def test_a_day_alerts_once_an_event() -> None:
    # A quarter of it is three seconds, within which a slow machine may still be loading: hence a wider bound.
    assert_met(*await day.torture(12.0, 10, 300, most=0.5))
