"""The topics in force: those of the topic files, and those that users made, with what was learned of verdicts."""

from typing import NamedTuple

from bot.classify import Classifier
from bot.classify.query import OwnTopics, parse_query
from bot.errors import CommandError
from bot.model import Entry, Match
from bot.storage import topics as rows
from bot.storage.statements import Transaction


class TopicTitle(NamedTuple):
    """How a topic is shown to people."""

    id: str
    title: str
    description: str


class Topics:
    """Holds entries against every topic. ``follow`` takes in what people changed since; the files stay as they were."""

    def __init__(self, classifier: Classifier) -> None:
        self._built_in = {topic.id: TopicTitle(topic.id, topic.title, topic.description) for topic in classifier.topics}
        self._written = self._classifier = classifier
        self._own = OwnTopics(())
        self._seen: tuple[object, ...] = ()
        self.known: dict[str, TopicTitle] = dict(self._built_in)

    async def follow(self, tx: Transaction) -> None:
        """Take in users' own topics and what was learned as they stand now."""
        own = [row for row in await rows.own(tx) if row.live]
        learned = [one for one in await rows.learned_in_force(tx) if one.topic in self._built_in]
        seen = (own, learned)
        if seen == self._seen:
            return
        self._seen = seen
        queries = []
        for row in own:
            try:
                queries.append((row.id, parse_query(row.query)))
            except CommandError:  # saved by a version that could read more
                continue
        self._own = OwnTopics(queries)
        own_titles = {name: TopicTitle(name, name, f"Own topic: {query.text}") for name, query in queries}
        self.known = {**own_titles, **self._built_in}
        self._classifier = self._written.adjusted(
            {one.topic: one.threshold for one in learned}, {one.topic: one.changes for one in learned}
        )

    @property
    def built_in(self) -> frozenset[str]:
        """The ids of the topics that come from files."""
        return frozenset(self._built_in)

    def classify(self, entry: Entry) -> tuple[Match, ...]:
        """A match, or a miss, for each topic of a file, and a match for each own topic that the entry meets."""
        return (*self._classifier.classify(entry), *self._own.classify(entry))
