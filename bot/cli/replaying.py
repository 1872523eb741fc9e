"""``monazite replay``: the stored past held against other topics, and what would be different."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import click

from bot.app import now
from bot.classify import Classifier, load_topics
from bot.cli.running import opened, prepare
from bot.intake.topics import Topics
from bot.lab.backtest import backtest
from bot.operate.runtime import start_loop
from bot.storage import feeds, stories
from bot.storage.feeds import StoredEntry
from bot.text.spans import count_of
from bot.text.tables import print_table

_MOST = 200_000
_EXAMPLES = 10

Matches = Mapping[int, frozenset[str]]


def replay(since: timedelta, folder: Path | None) -> None:
    """Print the differences between the stored matches and those of the topics in ``folder`` (or built in).

    Raises:
        ConfigError: a topic file is wrong.
        StorageError: the database cannot be read, or is empty.
    """
    settings = prepare()
    given = load_topics(folder, settings=settings.switched_on)

    async def read() -> tuple[list[StoredEntry], Matches, Topics]:
        topics = Topics(Classifier(given))
        async with opened(settings) as database, database.read() as tx:
            await topics.follow(tx)
            past = await feeds.entries_since(tx, now() - since, _MOST)
            matched = await stories.scores(tx, [stored.id for stored in past])
        return past, {number: frozenset(found) for number, found in matched.items()}, topics

    past, before, topics = start_loop(read())
    after = {
        stored.id: frozenset(match.topic for match in topics.classify(stored.entry) if match.matched) for stored in past
    }
    _print(past, before, after, sorted({*topics.known, *(topic for found in before.values() for topic in found)}))


def _print(past: Sequence[StoredEntry], before: Matches, after: Matches, topics: Sequence[str]) -> None:
    none: frozenset[str] = frozenset()
    rows = []
    for topic in topics:
        old = [stored for stored in past if topic in before.get(stored.id, none)]
        new = [stored for stored in past if topic in after.get(stored.id, none)]
        alerts = [str(backtest(found, lambda _: True).alerts) for found in (old, new)]
        gained = sum(topic not in before.get(stored.id, none) for stored in new)
        lost = sum(topic not in after.get(stored.id, none) for stored in old)
        rows.append((topic, str(len(old)), str(len(new)), f"+{gained}", f"-{lost}", *alerts))
    columns = ("Topic", "Entries then", "Now", "Gained", "Lost", "Stories then", "Now")
    print_table(columns, rows, right=columns[1:])
    for sign, one, other in (("+", after, before), ("-", before, after)):
        changed = [
            (stored, topic)
            for stored in past
            for topic in sorted(one.get(stored.id, none) - other.get(stored.id, none))
        ]
        for stored, topic in changed[:_EXAMPLES]:
            click.echo(f"{sign} {topic}: {stored.entry.title}")
        if len(changed) > _EXAMPLES:
            click.echo(f"{sign} and {len(changed) - _EXAMPLES} more")
    click.echo(f"{count_of(len(past), 'entry', 'entries')} held against {count_of(len(topics), 'topic')}")
