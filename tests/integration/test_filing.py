"""Which entries of a story add something to be told: filed one after another, and read again from the rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.intake.filing import FilingRoom
from bot.model import Entry, Feed, Match, Outcome, Ownership, Relation
from bot.storage import feeds, stories
from bot.storage.database import Database

NOW = datetime(2025, 10, 13, 12, tzinfo=UTC)
FEEDS = {
    feed.id: feed
    for feed in (
        Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1),
        Feed("post", "Post", "https://post.example/rss", "en", "The Post", "US", Ownership.INDEPENDENT, 1),
        Feed("press", "Press room", "https://press.example/rss", "en", "Press Room", "CN", Ownership.OFFICIAL, 1),
        Feed("state", "State", "https://state.example/rss", "en", "State Dept", "US", Ownership.OFFICIAL, 1),
    )
}
REPORT = ("ledger", "Chinese equipment used to mine rare earths that Pakistan sent to US Strategic Metals, report says")
DENIAL = (
    "ledger",
    "China denies report that its equipment was used to mine rare earths Pakistan sent to US Strategic Metals",
)
OFFICIAL = (
    "press",
    "Lin Jian: report that Chinese equipment mined rare earths Pakistan sent to US Strategic Metals is false",
)
AMERICAN = ("state", "US denies report that Chinese equipment mined rare earths Pakistan sent to US Strategic Metals")


def room() -> FilingRoom:
    return FilingRoom(FEEDS, window=timedelta(days=10), embedder=None)


async def file(
    database: Database, filing: FilingRoom, told: Sequence[tuple[str, str]]
) -> list[tuple[int, Relation, bool]]:
    """File headlines in a transaction of their own: the story, the relation, and whether each adds something."""
    found = []
    async with database.write() as tx:
        await feeds.register(tx, FEEDS.values())
        await filing.follow(tx, NOW)
        for n, (feed, title) in enumerate(told):
            when = NOW - timedelta(hours=5) + timedelta(minutes=n)
            entry = Entry(feed, title, f"https://{feed}.example/{abs(hash(title))}", title, "", "en", published=when)
            (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.OFF_TOPIC)], NOW)
            matches = [Match("rare-earths", 0.9, matched=True)]
            await stories.add_matches(tx, {number: matches})
            filed = await filing.file(tx, number, entry, FEEDS[feed], matches, now=NOW, silent=False)
            found.append((filed.story_id, filed.relation, filed.adds))
        await filing.write(tx)
    return found


async def test_the_first_denial_of_each_party_adds_something(database: Database) -> None:
    filed = await file(database, room(), [REPORT, DENIAL, OFFICIAL, AMERICAN])
    assert len({story for story, _, _ in filed}) == 1
    assert [relation for _, relation, _ in filed[1:]] == [Relation.DENIAL] * 3
    assert [adds for _, _, adds in filed[1:]] == [True, False, True]


async def test_a_program_that_starts_later_remembers_who_denied(database: Database) -> None:
    await file(database, room(), [REPORT, DENIAL])
    filed = await file(database, room(), [OFFICIAL, AMERICAN])
    assert [(relation, adds) for _, relation, adds in filed] == [(Relation.DENIAL, False), (Relation.DENIAL, True)]


async def test_a_side_not_heard_before_adds_something_once(database: Database) -> None:
    again = (
        "ledger",
        "Report: rare earths that Pakistan sent to US Strategic Metals were mined with Chinese equipment",
    )
    other = ("post", "Pakistan used Chinese equipment to mine rare earths sent to US Strategic Metals, report says")
    filed = await file(database, room(), [REPORT, again, other])
    assert len({story for story, _, _ in filed}) == 1
    assert [adds for _, _, adds in filed] == [True, False, True]


async def test_a_number_not_stated_before_adds_something_once(database: Database) -> None:
    worth = ("ledger", "Rare earths that Pakistan sent to US Strategic Metals are worth $740 million, report says")
    again = ("ledger", "Worth $740 million: the rare earths that Pakistan sent to US Strategic Metals, report says")
    filed = await file(database, room(), [REPORT, ("ledger", REPORT[1] + " in 2025"), worth, again])
    assert len({story for story, _, _ in filed}) == 1
    assert [adds for _, _, adds in filed][2:] == [True, False]
    later = await file(database, room(), [("ledger", again[1] + " of Tuesday")])
    assert later[0][2] is False
