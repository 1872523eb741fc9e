"""Stories put together and taken apart, with what was posted and judged, on every database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.commands.corrections import StoryEditor
from bot.errors import CommandError
from bot.intake.filing import Filer, Understood, write
from bot.model import Asker, Channel, DeliveryState, Entry, Feed, Kind, Match, Outcome, Ownership, Relation
from bot.storage import backlog, editing, feeds, outbox, quality, stories, tables
from bot.storage.database import Database
from bot.storage.outbox import Owed
from bot.storage.statements import Transaction

NOW = datetime(2025, 10, 3, 12, tzinfo=UTC)
DESK, OTHER = Channel("console", "desk"), Channel("console", "other")
ANN = Asker(DESK, "ann")
FEED = Feed("ledger", "Ledger", "https://ledger.example/rss", "en", "The Ledger", "PK", Ownership.INDEPENDENT, 1)
KILN = "Dunmore kiln fails, terbium output stops"
SHIP = "Kestrel freighter runs aground off Larkhaven with neodymium"


class Desk:
    """Files headlines as the pipeline does, with one filer that lives on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.filer = Filer({FEED.id: FEED}, window=timedelta(days=10), embedder=None)
        self.filed = 0

    async def file(self, title: str, *told: Channel) -> tuple[int, int]:
        """File a headline and owe its alert to channels; return its entry and story."""
        self.filed += 1
        when = NOW + timedelta(minutes=self.filed)
        entry = Entry(FEED.id, str(self.filed), f"https://l.example/{self.filed}", title, "", "en", published=when)
        async with self.filer.transaction(self.database) as tx:
            await feeds.register(tx, [FEED])
            (number,) = await feeds.add_entries(tx, [(entry, entry.url, Outcome.ALERTED)], when)
            matches = (Match("rare-earths", 0.9, matched=True),)
            await stories.add_matches(tx, {number: matches})
            filings = await self.filer.file(tx, [Understood(number, FEED, entry, matches)], when)
            await write(tx, filings)
            (filed,) = filings.filed
            await outbox.owe(tx, [Owed(c, Kind.ALERT, filed.story_id, number, ("rare-earths",)) for c in told], when)
        return number, filed.story_id


async def test_a_merged_story_keeps_what_was_posted_and_takes_what_follows(database: Database) -> None:
    desk, editor = Desk(database), StoryEditor(database)
    (_, kiln), (_, ship) = await desk.file(KILN, DESK, OTHER), await desk.file(SHIP, DESK)
    assert kiln != ship
    reply = await editor.merge(ship, kiln, ANN)
    assert reply.title == f"Merged into story {kiln}"
    async with database.read() as tx:
        rows = await stories.filed(tx, story_ids=[kiln])
        assert [row.filing.relation for row in rows] == [Relation.NEW, Relation.UPDATE]
        assert await stories.filed(tx, story_ids=[ship]) == []
        assert await outbox.channels_told(tx, kiln) == {DESK, OTHER}
        assert (await backlog.count_kinds(tx))[Kind.ALERT] == 2  # the second alert in one channel became an update
    assert (await desk.file(SHIP.replace("freighter", "cargo ship")))[1] == kiln


async def test_a_split_entry_takes_its_copies_along(database: Database) -> None:
    desk, editor = Desk(database), StoryEditor(database)
    (first, story), (copy, same) = await desk.file(KILN, DESK), await desk.file(KILN)
    other, _ = await desk.file(SHIP)
    async with database.write() as tx:
        await editing.merge(tx, (await stories.filed(tx, entry_ids=[other]))[0].filing.story_id, story)
    assert same == story
    reply = await editor.split(first, ANN)
    async with database.read() as tx:
        left = {row.filing.entry_id for row in await stories.filed(tx, story_ids=[story])}
        (number,) = {row.filing.story_id for row in await stories.filed(tx, entry_ids=[first, copy])}
    assert left == {other}
    assert reply.title == f"Split off as story {number}"
    assert (await desk.file(SHIP.replace("freighter", "cargo ship")))[1] == story


async def test_what_answers_an_answer_leaves_with_it_and_the_story_that_is_left_gets_a_headline(
    database: Database,
) -> None:
    desk, editor = Desk(database), StoryEditor(database)
    (first, story), (denial, _), (copy, _) = await desk.file(KILN), await desk.file("A"), await desk.file("B")
    (ship, _), (late, _) = await desk.file(SHIP), await desk.file("C")
    async with database.write() as tx:
        for number in (denial, copy, ship, late):
            await editing.merge(tx, (await stories.filed(tx, entry_ids=[number]))[0].filing.story_id, story)
        await _relate(tx, denial, Relation.DENIAL, of=first, origin=denial)
        await _relate(tx, copy, Relation.COPY, of=denial, origin=denial)
        await _relate(tx, late, Relation.DENIAL, of=ship, origin=late)
    await editor.split(first, ANN)
    async with database.read() as tx:
        (number,) = {row.filing.story_id for row in await stories.filed(tx, entry_ids=[first, denial, copy])}
        left = {row.filing.entry_id: row.filing for row in await stories.filed(tx, story_ids=[story])}
        headlines = {row.id: (row.headline, row.opened) for row in (await tx.execute(select(tables.story))).all()}
    assert number != story
    assert {number: filing.relation for number, filing in left.items()} == {ship: Relation.NEW, late: Relation.DENIAL}
    assert headlines == {number: (KILN, NOW + timedelta(minutes=1)), story: (SHIP, NOW + timedelta(minutes=4))}


async def _relate(tx: Transaction, number: int, relation: Relation, *, of: int, origin: int) -> None:
    row = tables.story_entry.update().where(tables.story_entry.c.entry_id == number)
    await tx.execute(row.values(relation=relation.value, of=of, origin=origin))


async def test_verdicts_move_along_one_a_person(database: Database) -> None:
    desk = Desk(database)
    (_, kiln), (_, ship) = await desk.file(KILN, DESK), await desk.file(SHIP, DESK)
    async with database.write() as tx:
        await quality.judge(tx, DESK, "ann", kiln, useful=True, now=NOW)
        await quality.judge(tx, DESK, "ann", ship, useful=False, now=NOW)
        await quality.judge(tx, DESK, "ben", ship, useful=False, now=NOW)
        await editing.merge(tx, ship, kiln)
        assert await quality.count_verdicts(tx) == await quality.count_verdicts(tx, NOW) == (1, 1)
        assert await quality.count_verdicts(tx, NOW + timedelta(days=1)) == (0, 0)


async def test_alerts_that_told_the_same_again_are_counted(database: Database) -> None:
    desk = Desk(database)
    (_, kiln), (_, ship) = await desk.file(KILN, DESK, OTHER), await desk.file(SHIP, DESK)
    _, late = await desk.file("Third", DESK)
    delivery = tables.delivery
    async with database.write() as tx:
        await tx.execute(delivery.update().where(delivery.c.story_id != late).values(state=DeliveryState.SENT.value))
        assert await quality.count_alerts(tx, NOW) == (3, 0)
        await editing.merge(tx, ship, kiln)
        await editing.merge(tx, late, kiln)  # its alert was not posted
        assert await quality.count_alerts(tx, NOW) == (3, 1)
        assert await quality.count_alerts(tx, NOW + timedelta(days=1)) == (0, 0)


async def test_what_cannot_be_put_right_is_said(database: Database) -> None:
    desk, editor = Desk(database), StoryEditor(database)
    entry, story = await desk.file(KILN)
    for attempt, complaint in (
        (editor.merge(story, 99, ANN), "There is no story 99"),
        (editor.merge(story, story, ANN), "into itself"),
        (editor.split(99, ANN), "No story has an entry 99"),
        (editor.split(entry, ANN), "there is nothing to split"),
        (editor.merge(story, 99, Asker(DESK, "ben", may_manage=False)), "You may not change stories here"),
        (editor.split(entry, Asker(DESK, "ben", may_edit=False)), "You may not change stories here"),
    ):
        with pytest.raises(CommandError, match=complaint):
            await attempt
