"""What people can ask of the bot: questions answered from storage, and changes to subscriptions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.classify import explain
from bot.delivery.compose import Composer, country_name
from bot.errors import CommandError
from bot.intake.topics import Topics, TopicTitle
from bot.model import (
    Alert,
    Asker,
    Channel,
    DeliveryState,
    Feed,
    Link,
    Outcome,
    PollState,
    Publication,
    Relation,
    Reply,
    Stance,
    Subscription,
    Table,
    Text,
)
from bot.ports import Clock
from bot.storage import backlog, feeds, outbox, stories, subscriptions, upkeep
from bot.storage.database import Database
from bot.storage.feeds import StoredEntry
from bot.storage.statements import Transaction
from bot.stories.news import PARTIES
from bot.subscription import due, write_terms, zone_name
from bot.text.spans import ago, count_of, duration_words
from bot.text.urls import canonical_url

SUMMARY_STORIES = 5
RECENT_STORIES = 10
_OUTCOMES = {
    Outcome.OFF_TOPIC: "It matched no topic, so nothing was posted.",
    Outcome.ALERTED: "It was posted to the channels that subscribe to it.",
    Outcome.FOLDED: "It adds nothing new to its story, so it only counts as a further source.",
    Outcome.OLD: "It was already old when it was first seen, so it was stored without an alert.",
    Outcome.FIRST_POLL: "It stood in the feed when the feed was first polled, so it was stored without an alert.",
    Outcome.UNWANTED: "It is on topic, but no subscription asks for it.",
}
_FEED_COLUMNS = ("Feed", "Publisher", "Country", "Owner", "Language", "Status")
_STANCES = {
    Stance.REPORT: "reports",
    Stance.ASSERT: "asserts",
    Stance.CONFIRM: "confirms",
    Stance.DENY: "denies",
}


class Service:
    """Answers for every platform. ``started`` is when this program began."""

    def __init__(
        self,
        database: Database,
        composer: Composer,
        topics: Topics,
        *,
        feeds: Mapping[str, Feed],
        clock: Clock,
        started: datetime,
    ) -> None:
        self._database = database
        self._composer = composer
        self._topics = topics
        self._feeds = feeds
        self._clock = clock
        self._started = started
        self._platforms: Callable[[], Mapping[str, str]] = dict

    def watch(self, platforms: Callable[[], Mapping[str, str]]) -> None:
        """Have ``status`` tell how the connection to each platform is: words by the platform's name."""
        self._platforms = platforms

    async def summary(self, topic: str | None, window: timedelta) -> Reply:
        """The most recent stories of a topic within a window, each with its cited summary."""
        now = self._clock()
        async with self._database.read() as tx:
            found = await stories.recent(tx, topic, now - window, 50)
            shown = sorted(found, key=lambda pair: -pair[1])[:SUMMARY_STORIES]
            messages = [await self._composer.for_story(tx, row.id, now) for row, _ in shown]
        name = self._title(topic)
        span = duration_words(window)
        if not found:
            return Reply(f"{name}: nothing in the last {span}", (Text("A longer window may help: /summary 7d"),))
        more = f" (the {len(shown)} most covered)" if len(found) > len(shown) else ""
        return Reply(f"{name}: {count_of(len(found), 'story', 'stories')} in the last {span}{more}", tuple(messages))

    async def recent(self, topic: str | None, limit: int = RECENT_STORIES) -> Reply:
        """The latest stories, newest first."""
        now = self._clock()
        async with self._database.read() as tx:
            found = await stories.recent(tx, topic, now - timedelta(days=30), limit)
        if not found:
            return Reply(f"{self._title(topic)}: no stories yet")
        rows = tuple((str(row.id), ago(now - row.updated), str(size), row.headline) for row, size in found)
        return Reply(
            f"{self._title(topic)}: latest stories", (Table(("Story", "Last entry", "Entries", "Headline"), rows),)
        )

    async def story(self, story_id: int) -> Reply:
        """A whole story: summary, and the ledger of who said what. No verdict on truth is given."""
        async with self._database.read() as tx:
            message = await self._composer.for_story(tx, story_id, self._clock())
            ledger, publications = await self._composer.claims(tx, story_id)
        rows = tuple(
            (
                _when(publications[claim.publication]),
                claim.speaker or publications[claim.publication].publisher,
                _STANCES[claim.stance],
                claim.sentence,
                _link(publications[claim.publication]),
            )
            for claim in ledger
        )
        table = Table(("When", "Who", "Does", "What was said", "Published by"), rows)
        return Reply(f"Story {story_id}", (message, Text(_sides(publications)), Text("Who said what"), table))

    async def why(self, reference: str, asker: Asker) -> Reply:
        """Why a story or an entry alerted, or did not. ``reference`` is a story's number or an address.

        Raises:
            CommandError: there is no such story, or no feed has carried the address.
        """
        async with self._database.read() as tx:
            if reference.lstrip("#").isdecimal():
                return await self._why_story(tx, int(reference.lstrip("#")))
            found = await feeds.entries_by_address(tx, canonical_url(reference))
            if not found:
                raise CommandError(
                    "No feed has carried that address, so it could not alert. "
                    "/sources lists what is polled; an entry without a story is forgotten after the retention time."
                )
            parts = [part for stored in found for part in await self._why_entry(tx, stored, asker.channel)]
        return Reply("Why", tuple(parts), private=True)

    async def sources(self, story_id: int | None = None) -> Reply:
        """The feeds that are polled and how they fare, or where the entries of one story stand."""
        if story_id is not None:
            return await self._story_sources(story_id)
        async with self._database.read() as tx:
            states = await feeds.states(tx)
        enabled = [feed for feed in self._feeds.values() if feed.enabled]
        rows = tuple(self._feed_row(feed, states.get(feed.id)) for feed in enabled)
        table = Table(_FEED_COLUMNS, rows)
        return Reply(f"{count_of(len(enabled), 'feed')} polled", (table,))

    async def status(self) -> Reply:
        """Return the bot's status, in a few lines."""
        now = self._clock()
        async with self._database.read() as tx:
            states = await feeds.states(tx)
            entries = await feeds.count_entries(tx)
            today = await feeds.count_entries(tx, now - timedelta(days=1))
            counts = await stories.count(tx)
            box = await backlog.count(tx)
            repeated = await backlog.count_repeated(tx)
            oldest = await backlog.oldest_owed(tx)
            paused = await subscriptions.paused(tx)
            leads = await upkeep.leader(tx)
        known = [states[key].status for key, feed in self._feeds.items() if feed.enabled and key in states]
        by_status = ", ".join(f"{known.count(name)} {name}" for name in sorted(set(known)))
        filed = count_of(counts["filed"], "entry", "entries")
        copies = count_of(counts["copies"], "copy", "copies")
        rows = [
            ("Feeds", f"{len(known)} ({by_status})" if known else "none"),
            ("Entries", f"{sum(entries.values())} stored, {sum(today.values())} in the last 24 hours"),
            ("Stories", f"{counts['stories']} from {filed}, {copies} folded"),
            ("Messages", _messages(box, repeated)),
            ("Oldest waiting", ago(now - oldest) if oldest else "none"),
            ("Scheduler", f"led by {leads[0]}" if leads and leads[1] > now else "nobody is polling"),
            ("Running for", duration_words(now - self._started)),
        ]
        rows += [(f"Platform {name}", told) for name, told in self._platforms().items()]
        rows += [(f"Paused {place}", reason) for place, reason in paused.items()]
        return Reply("Status", (Table(("What", "How it is"), tuple(rows)),))

    @property
    def topics_known(self) -> Mapping[str, TopicTitle]:
        """The topics that can be subscribed to, by id."""
        return self._topics.known

    @property
    def feeds_known(self) -> Mapping[str, str]:
        """The names of the feeds that are polled, by id."""
        return {feed.id: feed.name for feed in self._feeds.values() if feed.enabled}

    async def headlines(self, limit: int = 100) -> Mapping[int, str]:
        """The headlines of the latest stories by number, the newest first."""
        async with self._database.read() as tx:
            found = await stories.recent(tx, None, self._clock() - timedelta(days=30), limit)
        return {row.id: row.headline for row, _ in found}

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        """The subscriptions of one channel, or those that one person made anywhere on the platform."""
        async with self._database.read() as tx:
            found = await subscriptions.everything(tx)
        return tuple(
            s for s in found if s.channel.platform == platform and (s.channel.id == channel or (user and s.by == user))
        )

    async def resume(self, platform: str, because: str) -> int:
        """Post again to a platform's channels that were given up for a reason with this text; return how many."""
        async with self._database.write() as tx:
            return await subscriptions.resume(tx, platform, because)

    async def feed(self, feed_id: str) -> Reply:
        """Return the state of one feed."""
        async with self._database.read() as tx:
            state = (await feeds.states(tx)).get(feed_id)
        feed = self._feeds[feed_id]
        row = self._feed_row(feed, state)
        return Reply(feed.name, (Table(_FEED_COLUMNS, (row,)), Link(feed.url, feed.url)))

    async def follow(self) -> None:
        """Take in the topics that people made or dropped since."""
        async with self._database.read() as tx:
            await self._topics.follow(tx)

    async def topics(self) -> Reply:
        """The topics that can be subscribed to."""
        rows = tuple((topic.id, topic.title, topic.description) for topic in self.topics_known.values())
        return Reply("Topics", (Table(("Topic", "Title", "What it covers"), rows),))

    async def subscribe(self, wanted: Subscription, asker: Asker) -> Reply:
        """Subscribe the asker's channel, or change its subscription. Raises CommandError where the asker may not."""
        self._check_may_manage(asker)
        async with self._database.write() as tx:
            new = await subscriptions.subscribe(tx, wanted, asker.user, self._clock())
        verb = "Subscribed to" if new else "Changed the subscription to"
        parts = [Text(write_terms(wanted))]
        if wanted.digest is not None:
            comes = due(wanted, self._clock()).astimezone(ZoneInfo(wanted.zone))
            parts.append(Text(f"The next digest comes on {comes:%A %d %B at %H:%M} ({zone_name(wanted.zone)})."))
        return Reply(f"{verb} {self._title(wanted.topic)}", tuple(parts))

    async def unsubscribe(self, topic: str | None, asker: Asker) -> Reply:
        """End the channel's subscription to a topic, or all of them."""
        self._check_may_manage(asker)
        async with self._database.write() as tx:
            removed = await subscriptions.unsubscribe(tx, asker.channel, topic)
        if not removed:
            raise CommandError("This channel has no such subscription. /subscriptions lists what it has.")
        return Reply("Unsubscribed from " + ", ".join(self._title(name) for name in removed))

    async def subscriptions(self, asker: Asker) -> Reply:
        """What the asker's channel is subscribed to."""
        async with self._database.read() as tx:
            found = await subscriptions.of_channel(tx, asker.channel)
        if not found:
            return Reply("This channel has no subscriptions", (Text("/subscribe TOPIC adds one; /topics lists them."),))
        rows = tuple((s.topic, write_terms(s)) for s in found)
        return Reply("Subscriptions of this channel", (Table(("Topic", "What is posted"), rows),))

    def _check_may_manage(self, asker: Asker) -> None:
        if not asker.may_manage:
            raise CommandError(f"You may not change this channel's subscriptions; {asker.advice}.")

    def _title(self, topic: str | None) -> str:
        if topic is None:
            return "All topics"
        known = self.topics_known.get(topic)
        return known.title if known else topic

    async def _why_story(self, tx: Transaction, story_id: int) -> Reply:
        message = await self._composer.for_story(tx, story_id, self._clock())
        rows = await stories.filed(tx, story_ids=[story_id])
        table = Table(
            ("Entry", "Relation", "Outcome", "Publisher", "Headline"),
            tuple(
                (
                    str(row.filing.entry_id),
                    _relation(row.filing.relation, row.filing.of),
                    row.stored.outcome.value,
                    self._composer.publication(row).publisher,
                    row.stored.entry.title,
                )
                for row in rows
            ),
        )
        reasons = tuple(Text(explain(match)) for match in await stories.matches_of(tx, rows[0].filing.entry_id))
        return Reply(f"Why story {story_id}: {message.headline}", (*reasons, table), private=True)

    async def _why_entry(self, tx: Transaction, stored: StoredEntry, channel: Channel) -> list[Text | Link | Alert]:
        parts: list[Text | Link | Alert] = [Link(stored.entry.title, stored.entry.url)]
        matches = await stories.matches_of(tx, stored.id) or list(self._topics.classify(stored.entry))
        parts += [Text(explain(match)) for match in matches]
        parts.append(Text(_OUTCOMES[stored.outcome]))
        for row in await stories.filed(tx, entry_ids=[stored.id]):
            relation = _relation(row.filing.relation, row.filing.of)
            parts.append(Text(f"In story {row.filing.story_id} as: {relation}."))
        told = (await outbox.told(tx, [stored.id], channel)).get(stored.id)
        if told:
            parts.append(Text(f"Here it was posted as: {told[0].value} ({told[1].value})."))
        return parts

    async def _story_sources(self, story_id: int) -> Reply:
        async with self._database.read() as tx:
            message = await self._composer.for_story(tx, story_id, self._clock())
        rows = tuple(
            (_when(p), p.publisher, p.country, p.ownership, p.language, Link(p.title, p.url))
            for p in message.publications
        )
        title = f"Story {story_id}: {count_of(len(rows), 'entry', 'entries')} of {count_of(message.origins, 'origin')}"
        return Reply(title, (Table(("When", "Publisher", "Country", "Owner", "Language", "Entry"), rows),))

    def _feed_row(self, feed: Feed, state: PollState | None) -> tuple[str, ...]:
        detail = state.status if state else "new"
        if state and state.last_poll:
            detail += f", polled {ago(self._clock() - state.last_poll)}"
        if state and state.error:
            detail += f": {state.error}"
        return (feed.name, feed.publisher, country_name(feed.country), feed.ownership.value, feed.language, detail)


def _sides(publications: Sequence[Publication]) -> str:
    """Which of the parties' voices stand in a story, and which do not."""
    voices: dict[str, set[str]] = {country_name(code): set() for code in PARTIES}
    for publication in publications:
        if publication.country in voices:
            voices[publication.country].add(publication.ownership)
    heard = [f"{country} ({', '.join(sorted(found))})" for country, found in voices.items() if found]
    silent = [country for country, found in voices.items() if not found]
    told = (
        f"Heard from {'; '.join(heard)}."
        if heard
        else "No publisher from China, Pakistan or the United States has reported it."
    )
    return f"{told} Not heard: {', '.join(silent)}." if heard and silent else told


def _messages(box: Mapping[str, int], repeated: int) -> str:
    """How many messages there are in each state, in words; what is rare is left out where there is none."""
    waiting = sum(box.get(state, 0) for state in outbox.DUE)
    told = [f"{box.get(DeliveryState.SENT, 0)} sent", f"{waiting} waiting", f"{box.get(DeliveryState.DEAD, 0)} dead"]
    rare = {
        "held for digests": box.get(DeliveryState.HELD, 0),
        "told in digests": box.get(DeliveryState.TOLD, 0),
        "with unknown outcome (monazite outbox list)": box.get(DeliveryState.UNKNOWN, 0),
        "possibly posted twice": repeated,
    }
    return ", ".join(told + [f"{number} {what}" for what, number in rare.items() if number])


def _relation(relation: Relation, of: int | None) -> str:
    return f"{relation.value} of entry {of}" if of else relation.value


def _when(publication: Publication) -> str:
    return publication.published.strftime("%Y-%m-%d %H:%M") if publication.published else ""


def _link(publication: Publication) -> str | Link:
    return Link(publication.publisher, publication.url) if publication.url else publication.publisher
