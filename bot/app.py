"""Puts the program together: the only place that knows the settings and the platforms."""

import importlib.util
import os
import pkgutil
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import TypeVar, cast

import structlog

import handlers
from bot.classify import Classifier, TopicDefinition, load_topics
from bot.commands import Commands
from bot.commands.corrections import StoryEditor
from bot.commands.service import Service
from bot.commands.topics import TopicWorkshop
from bot.commands.verdicts import Review
from bot.delivery.compose import Composer
from bot.delivery.sender import Deliverer, DeliveryRules, ReadPage
from bot.delivery.summaries import Summaries
from bot.engine.local import LocalEngine
from bot.errors import ConfigError
from bot.feeds.cadence import CadenceBounds
from bot.feeds.catalogue.file import load_catalogue
from bot.feeds.catalogue.values import shown
from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
from bot.feeds.parse.pool import ParserPool
from bot.intake.commit import Intake
from bot.intake.filing import Filer
from bot.intake.poll import Poller
from bot.intake.recipients import AlertRules
from bot.intake.topics import Topics
from bot.model import Channel, Feed, Subscription
from bot.observe import Meters
from bot.operate.connections import Connections
from bot.operate.health import Health
from bot.operate.runtime import loaded_for_good, spare_memory
from bot.operate.scheduler import Scheduler
from bot.operate.watch import Watch
from bot.pages.article import ArticleLimits, ArticleReader
from bot.ports import Clock, Embedder, Memory, Platform, Terminal
from bot.settings import Reading, Settings
from bot.storage import feeds, subscriptions
from bot.storage.database import Database
from bot.storage.memory import StoredMemory
from bot.stories.embed import choose_embedder
from bot.summarise.extractive import ExtractiveSummariser
from bot.summarise.remote import RemoteSummariser, anthropic_model, openai_model
from bot.text.redact import Redactor

log = structlog.get_logger()

CONSOLE = "console"
Part = TypeVar("Part")
_CONSOLE_CHANNEL = Channel(CONSOLE, "terminal")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is made of the settings alone. ``catalogue`` has every feed by its id."""

    topics: Sequence[TopicDefinition]
    catalogue: Mapping[str, Feed]
    gateways: Mapping[str, ModuleType]
    reads_pages: bool
    summariser: RemoteSummariser | None
    embedder: Embedder | None

    @property
    def enabled(self) -> Mapping[str, Feed]:
        """The feeds to poll."""
        return {feed.id: feed for feed in self.catalogue.values() if feed.enabled}


@dataclass(frozen=True, slots=True)
class Program:
    """The parts that a command line or a test uses. ``feeds`` are those that are enabled."""

    database: Database
    engine: LocalEngine
    scheduler: Scheduler
    connections: Connections
    watch: Watch | None
    terminal: Terminal | None
    feeds: Mapping[str, Feed]


def now() -> datetime:
    """The present in UTC: the clock of every program but a replay."""
    return datetime.now(UTC)


@asynccontextmanager
async def assemble(settings: Settings, *, clock: Clock = now, chat: bool = True) -> AsyncIterator[Program]:
    """Open the database, read feeds and topics, and connect the parts; close all of it at the end.

    ``chat`` False leaves the platforms out, for commands that only poll.

    Raises:
        ConfigError: settings, feeds.yaml or topics are wrong.
        StorageError: the database cannot be used.
    """
    spare_memory()
    parts = _checked_parts(settings, chat=chat)
    topics, catalogue, enabled = parts.topics, parts.catalogue, parts.enabled
    owner = f"{socket.gethostname()}-{os.getpid()}"
    async with AsyncExitStack() as stack:
        database = await _open_database(stack, settings, enabled)
        fetcher = await stack.enter_async_context(open_fetcher(settings))
        parser = await stack.enter_async_context(ParserPool())
        in_force, meters, clean = Topics(Classifier(topics)), Meters(), Redactor(settings.secrets)
        async with database.read() as tx:
            await in_force.follow(tx)
        poller = Poller(database, fetcher, parser, in_force, clock=clock)
        intake = _make_intake(settings, parts, database, topics=in_force, clock=clock, meters=meters)
        composer = Composer(catalogue, Summaries(ExtractiveSummariser(), parts.summariser))
        service = Service(database, composer, in_force, feeds=catalogue, clock=clock, started=clock())
        workshop = TopicWorkshop(database, in_force, clock=clock)
        commands = Commands(service, workshop, Review(database, clock=clock), StoryEditor(database))
        remember = partial(StoredMemory, database, clock=clock)
        platforms = connect_platforms(parts.gateways, settings, commands, remember)
        connections = Connections(platforms, random.SystemRandom())
        service.watch(lambda: {name: clean(connections.told(name)[1]) for name in platforms})
        if CONSOLE in platforms:
            await _subscribe_console(database, [topic.id for topic in topics], clock())
        deliverer = Deliverer(
            database, connections, composer, clock=clock, owner=owner, rng=random.SystemRandom(), clean=clean,
            rules=DeliveryRules(expiry=settings.expire_after, repeats=settings.unknown == "repeat"),
            read_page=_page_reader(settings, fetcher) if parts.reads_pages else None,
            meters=meters,
        )  # fmt: skip
        engine = LocalEngine(database, poller, intake, deliverer, enabled, clock=clock)
        scheduler = Scheduler(
            engine, database, clock=clock, owner=owner, meters=meters, tick=settings.tick,
            deliver_every=min(1.0, settings.tick), retention=timedelta(days=settings.retention_days),
        )  # fmt: skip
        health = Health(database, connections, meters, clock=clock, owner=owner, lease=scheduler.lease)
        place = settings.http_place
        watch = Watch(health, meters, place, clock=clock, clean=clean) if place else None
        terminal = cast("Terminal | None", platforms.get(CONSOLE))
        stack.enter_context(loaded_for_good())
        yield Program(database, engine, scheduler, connections, watch, terminal, enabled)


def problems_at_start(reading: Reading, *, chat: bool) -> list[str]:
    """What ``assemble`` would refuse, one line a mistake, as far as it can be judged beside what is wrong already."""
    return _make_parts(reading, chat=chat)[1]


def _checked_parts(settings: Settings, *, chat: bool) -> _Parts:
    """Raises ConfigError with every mistake."""
    parts, problems = _make_parts(Reading(settings), chat=chat)
    if problems:
        raise ConfigError("\n".join(problems))
    return parts


class _Attempts:
    """Makes one part after the other, and keeps what is wrong with each."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.problems: list[str] = []

    def __call__(self, rests_on: str, make: Callable[[], Part], otherwise: Part) -> Part:
        """What is made; ``otherwise`` where it cannot be, or the settings that it rests on are wrong themselves."""
        if self._reading.doubts(rests_on):
            return otherwise
        try:
            return make()
        except ConfigError as error:
            self.problems += str(error).splitlines()
            return otherwise


def _make_parts(reading: Reading, *, chat: bool) -> tuple[_Parts, list[str]]:
    """What can be made before the database is opened, and every mistake that was found on the way."""
    settings, attempt = reading.settings, _Attempts(reading)
    topics = load_topics(settings=settings.switched_on)
    known = frozenset(topic.id for topic in topics)
    nothing: tuple[Feed, ...] = ()
    catalogue = attempt("feeds", lambda: load_catalogue(settings.feeds, topics=known), nothing)
    gateways = _choose_platforms(reading, attempt.problems) if chat else {}
    parts = _Parts(
        topics,
        {feed.id: feed for feed in catalogue},
        gateways,
        reads_pages=attempt("articles", lambda: _reads_pages(settings), otherwise=False),
        summariser=attempt("llm", lambda: _remote_summariser(settings), None),
        embedder=attempt("embeddings", lambda: choose_embedder(settings.embeddings), None),
    )
    return parts, attempt.problems


async def _open_database(stack: AsyncExitStack, settings: Settings, enabled: Mapping[str, Feed]) -> Database:
    database = Database(settings.database_url)
    stack.push_async_callback(database.close)
    await database.upgrade()
    async with database.write() as tx:
        await feeds.register(tx, enabled.values())
    return database


def _make_intake(
    settings: Settings, parts: _Parts, database: Database, *, topics: Topics, clock: Clock, meters: Meters
) -> Intake:
    window = timedelta(days=settings.story_window_days)
    return Intake(
        database,
        topics,
        Filer(parts.enabled, window=window, embedder=parts.embedder),
        bounds=CadenceBounds(settings.min_interval, settings.max_interval, stale_after=settings.stale_after),
        rules=AlertRules(settings.alert_max_age, settings.first_poll_alerts),
        clock=clock,
        rng=random.SystemRandom(),
        meters=meters,
    )


def _reads_pages(settings: Settings) -> bool:
    """Whether the pages of articles are read: not where that is off or not installed. Raises ConfigError if it must."""
    installed = importlib.util.find_spec("trafilatura") is not None
    if settings.articles == "on" and not installed:
        raise ConfigError(
            "MONAZITE_ARTICLES is on, but the articles extra is not installed: pip install 'monazite[articles]'"
        )
    return installed and settings.articles != "off"


def _page_reader(settings: Settings, fetcher: Fetcher) -> ReadPage:
    return ArticleReader(fetcher, ArticleLimits(), user_agent=settings.user_agent).read


def _remote_summariser(settings: Settings) -> RemoteSummariser | None:
    """The summariser that asks a language model; None where none is wanted. Raises ConfigError where it cannot."""
    if settings.llm == "off":
        return None
    make = {"openai": openai_model, "anthropic": anthropic_model}[settings.llm]
    key = settings.llm_key.get_secret_value() if settings.llm_key else ""  # the settings refuse to be without
    model = make(key, settings.llm_model or "", settings.llm_base_url or "")
    return RemoteSummariser(model, tokens_a_day=settings.llm_tokens_a_day)


def open_fetcher(settings: Settings) -> Fetcher:
    """A fetcher with the settings' limits; an asynchronous context manager."""
    limits = FetchLimits(
        max_bytes=settings.max_bytes,
        timeout=settings.fetch_timeout,
        total_concurrency=settings.concurrency,
        per_host=settings.per_host,
    )
    return Fetcher(limits, user_agent=settings.user_agent, allow_hosts=frozenset(settings.allow_hosts))


def connect_platforms(
    gateways: Mapping[str, ModuleType], settings: Settings, commands: Commands, memory: Callable[[str], Memory]
) -> dict[str, Platform]:
    """Make the platforms of these gateways, which were chosen."""
    return {
        name: gateway.connect(commands, settings.options_of(name), memory(name)) for name, gateway in gateways.items()
    }


def _choose_platforms(reading: Reading, problems: list[str]) -> Mapping[str, ModuleType]:
    """The gateways of the platforms that are wanted: those that are named, else those whose credentials are given.

    Every folder of ``handlers`` with a gateway is a platform. The console is the one that needs nothing, and is used
    where no other is configured. Added to ``problems``: a platform that is named does not exist, or its credentials are
    missing; none is named, and one has only some of its credentials; an option cannot be right.
    """
    gateways, settings = _gateways(), reading.settings
    if reading.doubts("platforms"):
        return {}
    options = {name: settings.options_of(name) for name in gateways if not reading.doubts(f"{name}_")}
    missing = {
        name: [key for key in gateways[name].requires(given) if key not in given] for name, given in options.items()
    }
    there = ", ".join(gateways)
    problems += [
        f"MONAZITE_PLATFORMS: there is no platform {shown(name)}; there are {there}"
        for name in settings.platforms
        if name not in gateways
    ]
    lacking = [f"MONAZITE_{name}_{key}".upper() for name in settings.platforms for key in missing.get(name, ())]
    if lacking:
        problems.append(f"MONAZITE_PLATFORMS asks for a platform whose credentials are missing: {', '.join(lacking)}")
    if not settings.platforms:
        problems += _halves(gateways, options)
    named = [name for name in settings.platforms if name in options]
    begun = [name for name, found in options.items() if any(key in found for key in gateways[name].requires(found))]
    problems += [line for name in named or begun for line in gateways[name].mistakes(options[name])]
    return {name: gateways[name] for name in named or begun or [CONSOLE]}


def _halves(gateways: Mapping[str, ModuleType], options: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Where a platform has some of its credentials: whoever gave them wants it connected."""
    for name, found in options.items():
        wanted = gateways[name].requires(found)
        given, lacking = ([key for key in wanted if (key in found) is known] for known in (True, False))
        if given and lacking:
            lack = " and ".join(f"MONAZITE_{name}_{key}".upper() for key in lacking)
            yield (
                f"MONAZITE_{name}_{given[0]}".upper() + f" is set, but not {lack}: set that too, or name in "
                "MONAZITE_PLATFORMS the platforms to connect"
            )


def invitation(settings: Settings, platform: str) -> str:
    """The address at which a platform's bot is invited.

    Raises:
        ConfigError: its credentials are missing, or do not tell who it is.
    """
    gateway, options = _gateways()[platform], settings.options_of(platform)
    missing = [key for key in gateway.requires(options) if key not in options]
    if missing:
        raise ConfigError(f"MONAZITE_{platform}_{missing[0]}".upper() + " is not set; the bot is named by it")
    return str(gateway.invite(options))


def _gateways() -> dict[str, ModuleType]:
    return {
        found.name: importlib.import_module(f"handlers.{found.name}.gateway")
        for found in pkgutil.iter_modules(handlers.__path__)
        if found.ispkg
    }


async def _subscribe_console(database: Database, topics: list[str], moment: datetime) -> None:
    """A terminal that was never used before gets every topic: whoever starts the bot there wants to see alerts."""
    async with database.write() as tx:
        if not await subscriptions.channel_exists(tx, _CONSOLE_CHANNEL):
            for topic in topics:
                await subscriptions.subscribe(tx, Subscription(_CONSOLE_CHANNEL, topic), CONSOLE, moment)
