"""Which entries of a story add something to be told: filed one after another, and read again from the rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.intake.filing import Filer, Understood, write
from bot.model import Entry, Feed, Match, Outcome, Ownership, Relation
from bot.storage import feeds, stories
from bot.storage.database import Database
from bot.stories.news import Addition

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


def filer() -> Filer:
    return Filer(FEEDS, window=timedelta(days=10), embedder=None)


async def file(database: Database, filer: Filer, told: Sequence[tuple[str, str]]) -> list[tuple[int, Relation, bool]]:
    """File headlines in a transaction of their own: the story, the relation, and whether each adds something."""
    understood = []
    async with filer.transaction(database) as tx:
        await feeds.register(tx, FEEDS.values())
        for n, (feed, title) in enumerate(told):
            when = NOW - timedelta(hours=5) + timedelta(minutes=n)
            entry = Entry(feed, title, f"https://{feed}.example/{abs(hash(title))}", title, "", "en", published=when)
            (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.OFF_TOPIC)], NOW)
            matches = (Match("rare-earths", 0.9, matched=True),)
            await stories.add_matches(tx, {number: matches})
            understood.append(Understood(number, FEEDS[feed], entry, matches))
        filings = await filer.file(tx, understood, NOW)
        await write(tx, filings)
    return [(one.story_id, one.relation, one.addition != Addition.NOTHING) for one in filings.filed]


async def test_the_first_denial_of_each_party_adds_something(database: Database) -> None:
    filed = await file(database, filer(), [REPORT, DENIAL, OFFICIAL, AMERICAN])
    assert len({story for story, _, _ in filed}) == 1
    assert [relation for _, relation, _ in filed[1:]] == [Relation.DENIAL] * 3
    assert [adds for _, _, adds in filed[1:]] == [True, False, True]


async def test_a_program_that_starts_later_remembers_who_denied(database: Database) -> None:
    await file(database, filer(), [REPORT, DENIAL])
    filed = await file(database, filer(), [OFFICIAL, AMERICAN])
    assert [(relation, adds) for _, relation, adds in filed] == [(Relation.DENIAL, False), (Relation.DENIAL, True)]


async def test_a_side_not_heard_before_adds_something_once(database: Database) -> None:
    again = (
        "ledger",
        "Report: rare earths that Pakistan sent to US Strategic Metals were mined with Chinese equipment",
    )
    other = ("post", REPORT[1].removesuffix(", report says") + " worries senators in Washington")
    filed = await file(database, filer(), [REPORT, again, other])
    assert len({story for story, _, _ in filed}) == 1
    assert [adds for _, _, adds in filed] == [False, False, True]


async def test_a_number_not_stated_before_adds_something_once(database: Database) -> None:
    worth = ("ledger", "Rare earths that Pakistan sent to US Strategic Metals are worth $740 million, report says")
    again = ("ledger", "Worth $740 million: the rare earths that Pakistan sent to US Strategic Metals, report says")
    filed = await file(database, filer(), [REPORT, ("ledger", REPORT[1] + " in 2025"), worth, again])
    assert len({story for story, _, _ in filed}) == 1
    assert [adds for _, _, adds in filed][2:] == [True, False]
    later = await file(database, filer(), [("ledger", again[1] + " of Tuesday")])
    assert later[0][2] is False
