"""Puts the program together: the only place that knows the settings and the platforms."""

import importlib.util
import os
import pkgutil
import random
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import cast

import structlog

import handlers
from bot.classify import Classifier, load_topics
from bot.commands import Commands
from bot.connections import Connections
from bot.decide import AlertRules
from bot.deliver import Deliverer, DeliveryRules, ReadPage
from bot.editing import StoryEditor
from bot.engine.local import LocalEngine
from bot.errors import ConfigError
from bot.feeds.article import ArticleLimits, ArticleReader
from bot.feeds.cadence import CadenceBounds
from bot.feeds.catalogue import load_catalogue
from bot.feeds.fetch import Fetcher, FetchLimits
from bot.feeds.pool import ParserPool
from bot.filing import FilingRoom
from bot.health import Health
from bot.messages import MessageBuilder
from bot.meters import Meters
from bot.model import Channel, Feed, Subscription
from bot.pipeline import Pipeline
from bot.ports import Clock, Memory, Platform, Terminal
from bot.review import Review
from bot.runtime import loaded_for_good, spare_memory
from bot.scheduler import Scheduler
from bot.service import Service
from bot.settings import Settings
from bot.storage import feeds, subscriptions
from bot.storage.database import Database
from bot.storage.memory import StoredMemory
from bot.stories.embed import choose_embedder
from bot.summarise.extractive import ExtractiveSummariser
from bot.summarise.remote import RemoteSummariser, anthropic_model, openai_model
from bot.text.redact import Redactor
from bot.topics import Topics
from bot.watch import Watch
from bot.workshop import TopicWorkshop

log = structlog.get_logger()

CONSOLE = "console"
_CONSOLE_CHANNEL = Channel(CONSOLE, "terminal")


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
    topics = load_topics(settings=settings.switched_on)
    catalogue = _read_catalogue(settings, frozenset(topic.id for topic in topics), chat=chat)
    enabled = {feed.id: feed for feed in catalogue.values() if feed.enabled}
    owner = f"{socket.gethostname()}-{os.getpid()}"
    async with AsyncExitStack() as stack:
        database = await _open_database(stack, settings, enabled)
        fetcher = await stack.enter_async_context(open_fetcher(settings))
        parser = await stack.enter_async_context(ParserPool())
        in_force, meters, clean = Topics(Classifier(topics)), Meters(), Redactor(settings.secrets)
        async with database.read() as tx:
            await in_force.follow(tx)
        pipeline = _make_pipeline(
            settings, database, fetcher, parser, topics=in_force, enabled=enabled, clock=clock, meters=meters
        )
        builder = MessageBuilder(catalogue, ExtractiveSummariser())
        service = Service(database, builder, in_force, feeds=catalogue, clock=clock, started=clock())
        workshop = TopicWorkshop(database, in_force, clock=clock)
        commands = Commands(service, workshop, Review(database, clock=clock), StoryEditor(database))
        remember = partial(StoredMemory, database, clock=clock)
        platforms = connect_platforms(settings, commands, remember) if chat else {}
        connections = Connections(platforms, random.SystemRandom())
        service.watch(lambda: {name: clean(connections.told(name)[1]) for name in platforms})
        if CONSOLE in platforms:
            await _subscribe_console(database, [topic.id for topic in topics], clock())
        deliverer = Deliverer(
            database, connections, builder, clock=clock, owner=owner, rng=random.SystemRandom(), clean=clean,
            rules=DeliveryRules(expiry=settings.expire_after, repeats=settings.unknown == "repeat"),
            read_page=_page_reader(settings, fetcher), summariser=_remote_summariser(settings), meters=meters,
        )  # fmt: skip
        engine = LocalEngine(database, pipeline, deliverer, enabled, clock)
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


def _read_catalogue(settings: Settings, topics: frozenset[str], *, chat: bool) -> Mapping[str, Feed]:
    """The feeds by id. Raises ConfigError with what is wrong with them and with the choice of platforms, at once."""
    problems: list[str] = []
    catalogue: dict[str, Feed] = {}
    try:
        catalogue = {feed.id: feed for feed in load_catalogue(settings.feeds, topics=topics)}
    except ConfigError as error:
        problems.append(str(error))
    try:
        if chat:
            _choose_platforms(settings)
    except ConfigError as error:
        problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return catalogue


async def _open_database(stack: AsyncExitStack, settings: Settings, enabled: Mapping[str, Feed]) -> Database:
    database = Database(settings.database_url)
    stack.push_async_callback(database.close)
    await database.upgrade()
    async with database.write() as tx:
        await feeds.register(tx, enabled.values())
    return database


def _make_pipeline(
    settings: Settings,
    database: Database,
    fetcher: Fetcher,
    parser: ParserPool,
    *,
    topics: Topics,
    enabled: Mapping[str, Feed],
    clock: Clock,
    meters: Meters,
) -> Pipeline:
    window = timedelta(days=settings.story_window_days)
    bounds = CadenceBounds(settings.min_interval, settings.max_interval, stale_after=settings.stale_after)
    return Pipeline(
        database,
        fetcher,
        parser,
        topics,
        FilingRoom(enabled, window=window, embedder=choose_embedder(settings.embeddings)),
        bounds=bounds,
        rules=AlertRules(settings.alert_max_age, settings.first_poll_alerts),
        clock=clock,
        rng=random.SystemRandom(),
        meters=meters,
    )


def _page_reader(settings: Settings, fetcher: Fetcher) -> ReadPage | None:
    """Reads the pages of articles; None where that is off, or not installed. Raises ConfigError where it has to be."""
    installed = importlib.util.find_spec("trafilatura") is not None
    if settings.articles == "off" or (settings.articles == "auto" and not installed):
        return None
    if not installed:
        raise ConfigError(
            "MONAZITE_ARTICLES is on, but the articles extra is not installed: pip install 'monazite[articles]'"
        )
    return ArticleReader(fetcher, ArticleLimits(), user_agent=settings.user_agent).read


def _remote_summariser(settings: Settings) -> RemoteSummariser | None:
    """The summariser that asks a language model; None where none is wanted. Raises ConfigError where it cannot."""
    if settings.llm == "off":
        return None
    if settings.llm_key is None:
        raise ConfigError(f"MONAZITE_LLM is {settings.llm}, but MONAZITE_LLM_KEY is not set")
    make = {"openai": openai_model, "anthropic": anthropic_model}[settings.llm]
    model = make(settings.llm_key.get_secret_value(), settings.llm_model or "", settings.llm_base_url or "")
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


def connect_platforms(settings: Settings, commands: Commands, memory: Callable[[str], Memory]) -> dict[str, Platform]:
    """Make the platforms that are wanted: those named in the settings, else those whose credentials are given.

    Every folder of ``handlers`` with a gateway is a platform. The console is the one that needs nothing, and is used
    where no other is configured.

    Raises:
        ConfigError: a platform that is named does not exist, or its credentials are missing; or none is named, and one
            has only some of its credentials.
    """
    chosen = _choose_platforms(settings)
    return {
        name: gateway.connect(commands, settings.options_of(name), memory(name)) for name, gateway in chosen.items()
    }


def _choose_platforms(settings: Settings) -> Mapping[str, ModuleType]:
    """The gateways of the platforms to connect. Raises ConfigError as ``connect_platforms``, with every problem."""
    gateways = _gateways()
    options = {name: settings.options_of(name) for name in gateways}
    missing = {
        name: [key for key in gateway.requires(options[name]) if key not in options[name]]
        for name, gateway in gateways.items()
    }
    there = ", ".join(gateways)
    problems = [
        f"MONAZITE_PLATFORMS: there is no platform {name!r}; there are {there}"
        for name in settings.platforms
        if name not in gateways
    ]
    lacking = [f"MONAZITE_{name}_{key}".upper() for name in settings.platforms for key in missing.get(name, ())]
    if lacking:
        problems.append(f"MONAZITE_PLATFORMS asks for a platform whose credentials are missing: {', '.join(lacking)}")
    if problems:
        raise ConfigError("\n".join(problems))
    if not settings.platforms:
        _refuse_halves(gateways, options)
    ready = [name for name in gateways if not missing[name] and name != CONSOLE]
    return {name: gateways[name] for name in settings.platforms or ready or [CONSOLE]}


def _refuse_halves(gateways: Mapping[str, ModuleType], options: Mapping[str, Mapping[str, str]]) -> None:
    """Raise ConfigError where a platform has some of its credentials: whoever gave them wants it connected."""
    for name, gateway in gateways.items():
        wanted = gateway.requires(options[name])
        given, lacking = ([key for key in wanted if (key in options[name]) is known] for known in (True, False))
        if given and lacking:
            lack = " and ".join(f"MONAZITE_{name}_{key}".upper() for key in lacking)
            raise ConfigError(
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
