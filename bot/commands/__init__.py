"""Text of a command → reply. The same on every platform; gateways only carry the text in and the reply out."""

import re
import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

from bot.commands.corrections import StoryEditor
from bot.commands.service import Service
from bot.commands.table import ACTIONS, COMMANDS, Action, Command
from bot.commands.topics import TopicWorkshop
from bot.commands.verdicts import Review
from bot.errors import CommandError
from bot.model import Asker, Reply, Subscription, Table, Text
from bot.subscription import read_terms, write_terms
from bot.text.durations import read_span

__all__ = ["ACTIONS", "COMMANDS", "Action", "Command", "Commands", "describe"]

DEFAULT_WINDOW = timedelta(hours=24)
_LONGEST_WINDOW = timedelta(days=366)
_LONGEST_COMMAND = 500
_LATEST = "/recent lists the latest ones."

Answer = Callable[[Sequence[str], Asker], Awaitable[Reply]]


_BY_NAME = {command.name: command for command in COMMANDS}


class Commands:
    """Reads what a person typed and asks the service."""

    def __init__(self, service: Service, workshop: TopicWorkshop, review: Review, editor: StoryEditor) -> None:
        self._service = service
        self._workshop = workshop
        self._review = review
        self._editor = editor
        self._answers: Mapping[str, Answer] = {
            "summary": self._summary,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "subscriptions": self._subscriptions,
            "topics": self._topics,
            "topic": self._topic_of_own,
            "recent": self._recent,
            "story": self._story,
            "why": self._why,
            "sources": self._sources,
            "quality": self._quality,
            "status": self._status,
            "help": self._help,
        }

    async def run(self, typed: str, asker: Asker) -> Reply:
        """Carry out a command such as ``/summary rare-earths 24h``; the slash may be missing.

        Raises:
            CommandError: the command is unknown or cannot be carried out; the text is for the person who typed it.
        """
        name, words = _split(typed)
        answer = self._answers.get(name)
        if answer is None:
            raise CommandError(f"There is no command /{name}.{_near(name, self._answers)} /help lists them all.")
        if name == "topic":  # its query keeps its quotation marks
            words = typed.split(maxsplit=2)[1:]
        await self._service.follow()
        return await answer(words, asker)

    @property
    def topics(self) -> Mapping[str, str]:
        """The topics that can be subscribed to: titles by id, for completion and for forms."""
        return {topic.id: topic.title for topic in self._service.topics_known.values()}

    @property
    def feeds(self) -> Mapping[str, str]:
        """The feeds that are polled: names by id, for completion."""
        return self._service.feeds_known

    async def stories(self) -> Mapping[int, str]:
        """The latest stories: headlines by number, the newest first, for completion."""
        return await self._service.headlines()

    async def subscribed(self, platform: str, *, channel: str = "", user: str = "") -> tuple[Subscription, ...]:
        """The subscriptions of one channel of a platform, or those that one person made anywhere on it."""
        return await self._service.subscribed(platform, channel=channel, user=user)

    async def resume(self, platform: str, because: str) -> int:
        """Post again to a platform's channels that were given up for a reason with this text; return how many."""
        return await self._service.resume(platform, because)

    async def _summary(self, words: Sequence[str], asker: Asker) -> Reply:
        topic, window = None, None
        for word in words:
            span = read_span(word)
            if span is not None and window is None:
                window = span
            elif topic is None and word.lower() != "all":
                topic = self._topic(word, f"a topic or a window such as 24h or 7d ({_usage('summary')})")
            elif word.lower() != "all":
                raise CommandError(f"Too many words: {word!r}. Usage: {_usage('summary')}")
        if window and window > _LONGEST_WINDOW:
            raise CommandError("The window may be at most 366d.")
        return await self._service.summary(topic, window or DEFAULT_WINDOW)

    async def _recent(self, words: Sequence[str], asker: Asker) -> Reply:
        topic = self._topic(_at_most_one("recent", words)) if words and words[0].lower() != "all" else None
        return await self._service.recent(topic)

    async def _subscribe(self, words: Sequence[str], asker: Asker) -> Reply:
        if not words:
            raise CommandError(f"Which topic? Usage: {_usage('subscribe')}. Topics: {', '.join(self.topics)}", "topic")
        wanted = read_terms(asker.channel, self._topic(words[0]), words[1:])
        return await self._service.subscribe(wanted, asker)

    async def _unsubscribe(self, words: Sequence[str], asker: Asker) -> Reply:
        if not words:
            raise CommandError(f"Which topic? Usage: {_usage('unsubscribe')}")
        word = _at_most_one("unsubscribe", words)
        return await self._service.unsubscribe(None if word.lower() == "all" else self._topic(word), asker)

    async def _subscriptions(self, words: Sequence[str], asker: Asker) -> Reply:
        return await self._service.subscriptions(asker)

    async def _topics(self, words: Sequence[str], asker: Asker) -> Reply:
        return await self._service.topics()

    async def _topic_of_own(self, words: Sequence[str], asker: Asker) -> Reply:
        verb, rest = words[0].lower() if words else "", words[1].strip() if len(words) > 1 else ""
        name, _, query = rest.partition(" ")
        if verb == "test" and rest:
            score = re.fullmatch(r"(\S+)(?:\s+score=(\S+))?", rest)
            if score and score[1].lower() in self.topics:
                terms = read_terms(asker.channel, score[1].lower(), [f"score={score[2]}"] if score[2] else [])
                return await self._workshop.test_threshold(terms.topic, terms.minimum_score)
            return await self._workshop.test(rest)
        if verb == "new" and query.strip():
            return await self._workshop.new(name.lower(), query.strip(), asker)
        if verb in ("save", "show", "delete") and rest:
            word = _at_most_one("topic", rest.split()).lower()
            if verb == "show":
                return await self._workshop.show(word)
            return await (self._workshop.save if verb == "save" else self._workshop.delete)(word, asker)
        raise CommandError(f'Usage: {_usage("topic")}. A query is like "reko diq" AND (copper OR gold) NOT cricket')

    async def _story(self, words: Sequence[str], asker: Asker) -> Reply:
        verb = words[0].lower() if words else ""
        if verb == "merge":
            if len(words) != 3:
                raise CommandError(f"Which two stories? /story merge 7 5 puts story 7 into story 5. {_LATEST}")
            one, into = (_number("story", [word]) for word in words[1:])
            return await self._editor.merge(one, into, asker)
        if verb in ("mute", "unmute"):
            return await self._review.mute(_number("story", words[1:]), asker, silent=verb == "mute")
        if verb == "split":
            if len(words) != 2:
                raise CommandError("Which entry? /story split ENTRY; /why NUMBER lists the entries of a story.")
            return await self._editor.split(_number("story", words[1:]), asker)
        return await self._service.story(_number("story", words))

    async def _why(self, words: Sequence[str], asker: Asker) -> Reply:
        if not words:
            raise CommandError(f"Why what? Usage: {_usage('why')}")
        if len(words) == 2 and words[1].lower() in ("right", "wrong"):
            return await self._review.judge(_number("why", words[:1]), asker, useful=words[1].lower() == "right")
        return await self._service.why(_at_most_one("why", words).strip("<>"), asker)

    async def _sources(self, words: Sequence[str], asker: Asker) -> Reply:
        if words and not words[0].lstrip("#").isdecimal() and words[0].lower() in self.feeds:
            return await self._service.feed(_at_most_one("sources", words).lower())
        return await self._service.sources(_number("sources", words) if words else None)

    async def _quality(self, words: Sequence[str], asker: Asker) -> Reply:
        return await self._review.quality()

    async def _status(self, words: Sequence[str], asker: Asker) -> Reply:
        return await self._service.status()

    async def _help(self, words: Sequence[str], asker: Asker) -> Reply:
        if words:
            name = words[0].lower().lstrip("/")
            if name not in _BY_NAME:
                raise CommandError(f"There is no command /{name}.{_near(name, _BY_NAME)}")
            return Reply(_usage(name), (Text(_BY_NAME[name].help),), private=True)
        rows = tuple((_usage(command.name), command.help) for command in COMMANDS)
        return Reply("Commands", (Table(("Command", "What it does"), rows),), private=True)

    def _topic(self, word: str, wanted: str = "a topic") -> str:
        names = {name.lower(): name for name in self._service.topics_known}
        for topic in self._service.topics_known.values():
            names[topic.title.lower()] = topic.id
        plain = word.lower().strip().replace("_", "-").replace(" ", "-")
        found = names.get(plain) or names.get(word.lower())
        if found is None:
            raise CommandError(f"{word!r} is not {wanted}.{_near(plain, self.topics)} /topics lists them.", "topic")
        return found


def describe(wanted: Subscription) -> str:
    """The terms of a subscription, for people."""
    return write_terms(wanted)


def _split(typed: str) -> tuple[str, list[str]]:
    if len(typed) > _LONGEST_COMMAND:
        raise CommandError(f"A command may have at most {_LONGEST_COMMAND} characters.")
    try:
        words = shlex.split(typed)
    except ValueError:  # a lone quotation mark, as in: what's up
        words = typed.split()
    if not words or not words[0].lstrip("/"):
        raise CommandError("Type a command; /help lists them.")
    return words[0].lstrip("/").lower(), words[1:]


def _near(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    if not close:
        return ""
    return f" Did you mean {'/' if close[0] in _BY_NAME else ''}{close[0]}?"


def _usage(name: str) -> str:
    return f"/{name} {_BY_NAME[name].usage}".strip()


def _at_most_one(name: str, words: Sequence[str]) -> str:
    if len(words) > 1:
        raise CommandError(f"Too many words: {words[1]!r}. Usage: {_usage(name)}")
    return words[0]


def _number(name: str, words: Sequence[str]) -> int:
    if not words:
        raise CommandError(f"Which story? Usage: {_usage(name)}. {_LATEST}")
    word = _at_most_one(name, words).lstrip("#")
    if not word.isascii() or not word.isdecimal() or len(word) > 15:
        raise CommandError(f"{word!r} is not the number of a story. {_LATEST}")
    return int(word)
