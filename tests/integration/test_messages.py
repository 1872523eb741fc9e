"""What a message says of a stored story: sentences that add to its headline, and denials in English."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery import material
from bot.delivery.compose import Composer
from bot.delivery.summaries import Summaries
from bot.model import (
    Alert,
    Channel,
    Delivery,
    Entry,
    Feed,
    FollowUp,
    Kind,
    Message,
    Outcome,
    Ownership,
    Relation,
    Stance,
)
from bot.storage import feeds, stories
from bot.storage.database import Database
from bot.storage.stories import Filing, StoryRow
from bot.summarise.extractive import ExtractiveSummariser

NOW = datetime(2025, 10, 13, 12, tzinfo=UTC)
DESK = Channel("console", "desk")
FEEDS = {
    feed.id: feed
    for feed in (
        Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1),
        Feed("ufaq", "Ufaq", "https://ufaq.example/rss", "ur", "افق", "PK", Ownership.INDEPENDENT, 2),
        Feed("press", "Press room", "https://press.example/rss", "en", "Press Room", "CN", Ownership.OFFICIAL, 1),
        Feed("query", "Query", "https://query.example/rss", "en", "Query", "", Ownership.AGGREGATOR, 3),
    )
}
CLAIM = "Did Chinese tools dig the rare earths that Pakistan shipped?"
REPORT = ("ledger", "en", CLAIM, "Shipping papers name a drill maker from Sichuan, two officials told this newspaper.")
URDU = ("ufaq", "ur", "چین نے نایاب معدنیات کی خبروں کو من گھڑت قرار دے دیا", "")
OFFICIAL = ("press", "en", "Remarks on reports about rare earths", "The reports are fabricated, the spokesperson said.")


async def tell(
    database: Database,
    told: int,
    *rows: tuple[tuple[str, str, str, str], Relation, int | None, str],
    denied_by: str = "",
) -> Message:
    """Store the rows as one story, and build the message owed for the row at ``told``.

    ``denied_by`` is the sentence by which denials deny.
    """
    async with database.write() as tx:
        await feeds.register(tx, FEEDS.values())
        entries = [
            Entry(
                feed, str(n), f"https://{feed}.example/{n}", title, text, language, published=NOW + timedelta(minutes=n)
            )
            for n, ((feed, language, title, text), _, _, _) in enumerate(rows)
        ]
        ids = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED) for entry in entries], NOW)
        story = await stories.next_id(tx)
        await stories.add_stories(tx, [StoryRow(story, rows[0][0][2], NOW, NOW)])
        filings = []
        for number, (_, relation, of, speaker) in zip(ids, rows, strict=True):
            stance = Stance.DENY if relation == Relation.DENIAL else Stance.REPORT
            target = None if of is None else ids[of]
            sentence = denied_by if stance == Stance.DENY else ""
            filings.append(Filing(number, story, relation, target, number, stance, speaker, sentence, None))
        await stories.add_filings(tx, filings)
        relation = rows[told][1]
        kind = {Relation.NEW: Kind.ALERT, Relation.DENIAL: Kind.DENIAL}.get(relation, Kind.UPDATE)
        owed = Delivery(1, "k" * 25, DESK, kind, story, ids[told], ("rare-earths",), 0, NOW)
        return await Composer(FEEDS, Summaries(ExtractiveSummariser())).compose(await material.read(tx, owed))


async def follow_up(
    database: Database, told: int, *rows: tuple[tuple[str, str, str, str], Relation, int | None, str]
) -> FollowUp:
    """The same for a row that is no story's first."""
    message = await tell(database, told, *rows)
    assert isinstance(message, FollowUp)
    return message


async def alert(
    database: Database,
    *rows: tuple[tuple[str, str, str, str], Relation, int | None, str],
    denied_by: str = "",
) -> Alert:
    """The same for a story's first row."""
    message = await tell(database, 0, *rows, denied_by=denied_by)
    assert isinstance(message, Alert)
    return message


async def test_a_denial_printed_in_urdu_alone_gets_an_english_headline(database: Database) -> None:
    message = await follow_up(database, 1, (REPORT, Relation.NEW, None, ""), (URDU, Relation.DENIAL, 0, "چین"))
    assert message.kind == Kind.DENIAL
    assert message.headline == f"China denies: “{CLAIM}”"
    assert message.original == URDU[2]
    assert message.url == "https://ufaq.example/1"
    assert [p.publisher for p in message.publications] == ["افق"]


async def test_a_denial_is_told_by_an_english_entry_of_the_same_party(database: Database) -> None:
    message = await follow_up(
        database,
        1,
        (REPORT, Relation.NEW, None, ""),
        (URDU, Relation.DENIAL, 0, "چین"),
        (OFFICIAL, Relation.DENIAL, 0, "Foreign Ministry spokesperson Lin Jian"),
    )
    assert message.headline == OFFICIAL[2]
    assert message.speaker == "Foreign Ministry spokesperson Lin Jian"
    assert message.claim == CLAIM
    assert [p.publisher for p in message.publications] == ["Press Room", "افق"]


async def test_another_partys_denial_does_not_speak_for_it(database: Database) -> None:
    message = await follow_up(
        database,
        1,
        (REPORT, Relation.NEW, None, ""),
        (URDU, Relation.DENIAL, 0, "چین"),
        (OFFICIAL, Relation.DENIAL, 0, "US State Department"),
    )
    assert message.headline.startswith("China denies")


async def test_foreign_coverage_names_the_english_headline_that_it_follows(database: Database) -> None:
    chinese = ("ufaq", "zh", "巴媒：首批稀土样品运抵美国", "")
    message = await follow_up(database, 1, (REPORT, Relation.NEW, None, ""), (chinese, Relation.UPDATE, None, ""))
    assert (message.headline, message.claim, message.original) == (chinese[2], CLAIM, "")


@pytest.mark.parametrize("text", ["", CLAIM, f"{CLAIM} The Ledger"])
async def test_the_summary_is_not_the_headline_again(database: Database, text: str) -> None:
    title = "Rare earths that Pakistan shipped: did Chinese tools dig them?"
    again = ("query", "en", CLAIM, text)
    full = ("ledger", "en", title, REPORT[3])
    message = await alert(database, (again, Relation.NEW, None, ""), (full, Relation.UPDATE, None, ""))
    assert [(s.text, s.publication) for s in message.sentences] == [(REPORT[3], 1)]


async def test_a_claim_printed_in_urdu_is_named_by_the_english_headline_that_says_the_same(database: Database) -> None:
    urdu_claim = ("ufaq", "ur", "کیا پاکستان نے امریکا کو نایاب معدنیات چینی ٹیکنالوجی سے فراہم کیں؟", "")
    english = ("ledger", "en", "Did Pakistan use Chinese technology for rare earths shipped to the US?", "")
    other = ("ledger", "en", "Pakistan ships rare earths to the US", "")
    message = await follow_up(
        database,
        3,
        (other, Relation.NEW, None, ""),
        (urdu_claim, Relation.UPDATE, None, ""),
        (english, Relation.UPDATE, None, ""),
        (URDU, Relation.DENIAL, 1, "چین"),
    )
    assert message.headline == f"China denies: “{english[2]}”"


async def test_an_update_says_only_what_is_new(database: Database) -> None:
    again = "Two officials told this newspaper that shipping papers name a drill maker from Sichuan."
    news = "The port authority has opened an inquiry into who signed for the containers."
    update = ("query", "en", "Port opens inquiry into drills for rare earths", f"{again} {news}")
    message = await follow_up(database, 1, (REPORT, Relation.NEW, None, ""), (update, Relation.UPDATE, None, ""))
    assert [sentence.text for sentence in message.sentences] == [news]


async def test_a_denied_story_says_first_what_is_denied(database: Database) -> None:
    further = ("press", "en", "More on the reports", "The spokesperson said again that the reports are fabricated.")
    denial = "The reports are fabricated, the spokesperson said."
    message = await alert(
        database,
        (REPORT, Relation.NEW, None, ""),
        (OFFICIAL, Relation.DENIAL, 0, "China"),
        (further, Relation.DENIAL, 0, "China"),
        denied_by=denial,
    )
    assert [(quoted.text, quoted.publication) for quoted in message.sentences] == [(REPORT[3], 0), (denial, 1)]
