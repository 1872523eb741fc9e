"""Leader lease and retention on both databases."""

from datetime import UTC, datetime, timedelta

from bot.model import Entry, Outcome, Relation, Stance
from bot.storage import feeds, stories, upkeep
from bot.storage.database import Database
from bot.storage.stories import Filing, StoryRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_one_leads_until_it_resigns_or_falls_silent(database: Database) -> None:
    async with database.write() as tx:
        assert await upkeep.lead(tx, "a", NOW, MINUTE)
        assert not await upkeep.lead(tx, "b", NOW, MINUTE)
        assert await upkeep.lead(tx, "a", NOW + MINUTE / 2, MINUTE)
        assert not await upkeep.lead(tx, "b", NOW + MINUTE, MINUTE)
        assert await upkeep.lead(tx, "b", NOW + 2 * MINUTE, MINUTE)
        assert await upkeep.leader(tx) == ("b", NOW + 3 * MINUTE)
        await upkeep.resign(tx, "a")
        assert not await upkeep.lead(tx, "a", NOW + 2 * MINUTE, MINUTE)
        await upkeep.resign(tx, "b")
        assert await upkeep.lead(tx, "a", NOW + 2 * MINUTE, MINUTE)


async def test_lease_of_a_clock_that_ran_ahead_is_void(database: Database) -> None:
    async with database.write() as tx:
        assert await upkeep.lead(tx, "a", NOW + timedelta(days=400), MINUTE)
        assert await upkeep.lead(tx, "b", NOW, MINUTE)


async def test_pruning_keeps_stories(database: Database) -> None:
    old, young = NOW - timedelta(days=100), NOW - timedelta(days=1)
    entry = Entry("a", "g", "https://example.org/1", "Title", "Text")
    async with database.write() as tx:
        in_story, other = await feeds.add_entries(
            tx, [(entry, "x", Outcome.ALERTED), (entry, "y", Outcome.OFF_TOPIC)], old
        )
        (recent,) = await feeds.add_entries(tx, [(entry, "z", Outcome.OFF_TOPIC)], young)
        await feeds.add_keys(tx, [("a", b"1", in_story), ("a", b"2", other), ("a", b"3", recent)])
        story = await stories.next_id(tx)
        await stories.add_stories(tx, [StoryRow(story, "Title", old, old)])
        await stories.add_filings(
            tx, [Filing(in_story, story, Relation.NEW, None, in_story, Stance.REPORT, "", "", None)]
        )
        assert await upkeep.prune(tx, NOW - timedelta(days=90)) == 1
        left = [stored.id for address in "xyz" for stored in await feeds.entries_by_address(tx, address)]
        assert left == [in_story, recent]
        assert {row.key for row in await feeds.known(tx, "a", [b"1", b"2", b"3"])} == {b"1", b"3"}
