"""Where people make topics of their own: a query, a look at what it would have alerted on, and then it is live."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta

from bot.classify.query import parse_query
from bot.errors import CommandError
from bot.intake.topics import Topics
from bot.lab.backtest import Backtest, backtest
from bot.model import Asker, Entry, Link, Reply, Text
from bot.ports import Clock
from bot.storage import feeds
from bot.storage import topics as rows
from bot.storage.database import Database
from bot.storage.statements import Transaction
from bot.storage.topics import OwnTopicRow
from bot.text.spans import count_of

LONGEST_NAME = 40
MOST_TOPICS = 200
MOST_OF_ONE = 5  # of whom may not change what others made
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PAST = timedelta(days=30)
_MOST_ENTRIES = 50_000


class TopicWorkshop:
    """Tests, drafts, saves and deletes users' own topics."""

    def __init__(self, database: Database, topics: Topics, *, clock: Clock) -> None:
        self._database = database
        self._topics = topics
        self._clock = clock

    async def test(self, query: str) -> Reply:
        """What a query would have alerted on. Raises CommandError where it cannot be read."""
        read = parse_query(query)
        found = await self._backtest(lambda entry: read.match(entry).matched)
        return _shown(f"Test of {query}", found, "/topic new NAME QUERY makes a topic of it.")

    async def test_threshold(self, topic: str, score: float) -> Reply:
        """What a topic would have alerted on with this minimum score beside its own threshold; 0 for every match."""

        def wanted(entry: Entry) -> bool:
            found = (match for match in self._topics.classify(entry) if match.topic == topic)
            return any(match.matched and match.score >= score for match in found)

        found = await self._backtest(wanted)
        if not score:
            return _shown(f"Test of {topic}, every match", found, f"/subscribe {topic}")
        return _shown(f"Test of {topic} with score {score:g} or more", found, f"/subscribe {topic} score={score:g}")

    async def new(self, name: str, query: str, asker: Asker) -> Reply:
        """Draft a topic and show what it would have alerted on; nothing alerts until it is saved.

        Raises:
            CommandError: the asker may not, or the name or the query cannot be used.
        """
        self._check(name, asker)
        read = parse_query(query)
        found = await self._backtest(lambda entry: read.match(entry).matched)
        async with self._database.write() as tx:
            known = {row.id: row for row in await rows.own(tx)}
            self._check_owner(known.get(name), asker)
            if name in known and known[name].live:
                raise CommandError(
                    f"There is a topic {name} already: {known[name].query} /topic delete {name} ends it."
                )
            if len(known) >= MOST_TOPICS:
                raise CommandError(f"There are {MOST_TOPICS} topics already; /topic delete NAME makes room.")
            own = [row.id for row in known.values() if row.created_by == asker.user and row.id != name]
            if not asker.may_edit and len(own) >= MOST_OF_ONE:
                raise CommandError(
                    f"You have made {MOST_OF_ONE} topics: {', '.join(own)}. /topic delete NAME makes room."
                )
            await rows.put(tx, OwnTopicRow(name, query, live=False, created_by=asker.user), self._clock())
        return _shown(
            f"Draft of {name}: {query}", found, f"/topic save {name} makes it live; another /topic new replaces it."
        )

    async def save(self, name: str, asker: Asker) -> Reply:
        """Make a draft live."""
        self._check(name, asker)
        async with self._database.write() as tx:
            row = await self._row(tx, name)
            self._check_owner(row, asker)
            await rows.put(tx, row._replace(live=True), self._clock())
            await self._topics.follow(tx)
        return Reply(f"Saved {name}", (Text(f"{row.query}\n/subscribe {name} posts its alerts in this channel."),))

    async def show(self, name: str) -> Reply:
        """A topic's query, and what it would have alerted on."""
        async with self._database.read() as tx:
            row = await self._row(tx, name)
        read = parse_query(row.query)
        found = await self._backtest(lambda entry: read.match(entry).matched)
        state = "Topic" if row.live else "Draft of"
        return _shown(f"{state} {name}: {row.query}", found, f"Made by {row.created_by}.")

    async def delete(self, name: str, asker: Asker) -> Reply:
        """Delete a topic or draft, with every subscription to it."""
        self._check(name, asker)
        async with self._database.write() as tx:
            row = await self._row(tx, name)
            self._check_owner(row, asker)
            ended = await rows.drop(tx, name)
            await self._topics.follow(tx)
        return Reply(f"Deleted {name}", (Text(f"{row.query}\n{count_of(ended, 'subscription')} ended."),))

    def _check(self, name: str, asker: Asker) -> None:
        if not asker.may_manage:
            raise CommandError(f"You may not change topics here; {asker.advice}.")
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            raise CommandError(
                f"{name!r} cannot name a topic: lower-case letters, figures and '-' can, at most {LONGEST_NAME}."
            )
        if name in self._topics.built_in or name == "all":
            raise CommandError(f"{name} has a meaning already; choose another name.")

    def _check_owner(self, row: OwnTopicRow | None, asker: Asker) -> None:
        if row is not None and row.created_by != asker.user and not asker.may_edit:
            raise CommandError(f"Somebody else made the topic {row.id}; {asker.advice}.")

    async def _row(self, tx: Transaction, name: str) -> OwnTopicRow:
        found = {row.id: row for row in await rows.own(tx)}
        if name not in found:
            names = f" There are: {', '.join(found)}." if found else ""
            raise CommandError(f"There is no own topic {name}.{names} /topic new NAME QUERY makes one.")
        return found[name]

    async def _backtest(self, wanted: Callable[[Entry], bool]) -> Backtest:
        async with self._database.read() as tx:
            past = await feeds.entries_since(tx, self._clock() - _PAST, _MOST_ENTRIES)
        return await asyncio.to_thread(backtest, past, wanted)


def _shown(title: str, found: Backtest, after: str) -> Reply:
    if not found.entries:
        return Reply(title, (Text("Nothing is stored yet to test it on."), Text(after)))
    days = count_of(round(found.days), "day")
    told = (
        f"In the last {days} it would have matched {found.matched} of {count_of(found.entries, 'entry', 'entries')} "
        f"and alerted on {count_of(found.alerts, 'story', 'stories')}, {found.a_day:.1f} a day."
    )
    examples = tuple(Link(stored.entry.title, stored.entry.url) for stored in found.examples)
    heading = (Text("For example:"),) if examples else ()
    return Reply(title, (Text(told), *heading, *examples, Text(after)))
