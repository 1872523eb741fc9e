"""``monazite feeds``: the list of feeds, from the command line."""

import asyncio
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from bot.app import now, open_fetcher
from bot.classify import load_topics
from bot.cli.running import prepare
from bot.cli.tables import Checked, failure_word, newest, print_checked
from bot.errors import ConfigError, FeedError, FetchError, ParseError
from bot.feeds.catalogue.codes import language_for, nearest
from bot.feeds.catalogue.file import address_key, append_feed, append_feeds, load_catalogue, suggest_id, write_starter
from bot.feeds.catalogue.opml import as_feed, read_opml, write_opml
from bot.feeds.catalogue.values import ANY_LANGUAGE, READERS, WrongValueError, hint, shown
from bot.feeds.discover import discover
from bot.feeds.fetch.fetcher import Fetcher
from bot.feeds.fetch.results import Fetched, FetchFailed, FetchRequest
from bot.feeds.parse.pool import ParserPool
from bot.model import Feed, Ownership, ParsedFeed
from bot.operate.runtime import start_loop
from bot.settings import Settings
from bot.text.spans import count_of
from bot.text.tables import print_table
from bot.text.urls import host_of

_MOST_TRIED = 4  # feeds of a page that ``add`` tries, where the likeliest do not work


@click.group()
def feeds() -> None:
    """Collect the commands below; ``bot.cli`` shows them as its own group."""


@feeds.command()
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(force: bool) -> None:
    """Write the starting list of feeds to feeds.yaml.

    Or to MONAZITE_FEEDS.
    """
    path = prepare().feeds
    write_starter(path, replace=force)
    click.echo(f"{path}: {count_of(len(_load(path)), 'feed')}")


@feeds.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Those that are not enabled, too.")
def list_feeds(everything: bool) -> None:
    """Show the configured feeds."""
    known = _load(prepare().feeds)
    chosen = [feed for feed in known if feed.enabled or everything]
    columns = ("Feed", "Publisher", "Country", "Owner", "Language", "Tier", "Topics", "Enabled")
    shown_columns = columns if everything else columns[:-1]
    print_table(shown_columns, [_described(feed)[: len(shown_columns)] for feed in chosen])
    hidden = len(known) - len(chosen)
    more = f"; {hidden} more {'is' if hidden == 1 else 'are'} not enabled, --all shows them" if hidden else ""
    click.echo(count_of(len(chosen), "feed") + more)


def _described(feed: Feed) -> tuple[str, ...]:
    place = (feed.country, feed.ownership.value, feed.language or ANY_LANGUAGE, str(feed.tier))
    return (feed.id, feed.publisher, *place, ", ".join(feed.topics), "" if feed.enabled else "no")


@feeds.command()
@click.argument("wanted", nargs=-1, metavar="[FEED|URL]...")
def check(wanted: tuple[str, ...]) -> None:
    """Poll feeds once and show the state of each.

    The enabled feeds, or those named. Exits 1 if any fails.
    """
    settings = prepare()
    chosen = _chosen(settings, dict.fromkeys(wanted))
    with _waiting(f"Checking {count_of(len(chosen), 'feed')}"):
        checked = start_loop(_check(settings, chosen))
    print_checked(checked, settings.stale_after)
    failed = sum(one.parsed is None for one in checked)
    stale = sum(one.stale(settings.stale_after) for one in checked)
    click.echo(f"{count_of(len(checked), 'feed')} checked, {failed} failed, {stale} stale")
    sys.exit(1 if failed else 0)


def _right(key: str, made: Callable[[str], str] = str) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A click callback: what is typed must be what feeds.yaml takes under ``key``; ``made`` mends it beforehand."""

    def read(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
        if not typed:
            return typed
        try:
            READERS[key](made(typed))
        except WrongValueError as error:
            raise click.BadParameter(str(error)) from None
        return made(typed)

    return read


def _right_topics(_context: click.Context, _option: click.Parameter, typed: tuple[str, ...]) -> tuple[str, ...]:
    known = _known_topics()
    for word in typed:
        if word not in known:
            near = hint(nearest(word, known)) or f"; there are {', '.join(sorted(known))}"
            raise click.BadParameter(f"{shown(word)} is not a topic{near}")
    return tuple(dict.fromkeys(typed))


@feeds.command()
@click.argument("url")
@click.option("--id", "feed_id", callback=_right("id"), help="The feed's id; made of its title otherwise.")
@click.option("--name", callback=_right("name"), help="The feed's name; its title otherwise.")
@click.option("--publisher", callback=_right("publisher"), help="Who publishes it; its title or host otherwise.")
@click.option(
    "--country", default="", callback=_right("country", str.upper), help="ISO 3166 code of the publisher's country."
)
@click.option("--ownership", type=click.Choice([o.value for o in Ownership]), default="independent", show_default=True)
@click.option(
    "--language",
    callback=_right("language", str.lower),
    help="ISO 639-1 code, 'mul' for several languages; what the feed says otherwise.",
)
@click.option("--tier", type=click.IntRange(1, 4), default=2, show_default=True)
@click.option(
    "--topic", "topics", multiple=True, callback=_right_topics, help="A topic that it serves; may be given again."
)
def add(
    *,
    url: str,
    feed_id: str | None,
    name: str | None,
    publisher: str | None,
    country: str,
    ownership: str,
    language: str | None,
    tier: int,
    topics: tuple[str, ...],
) -> None:
    """Find the feed of a page, poll it once, and add it to feeds.yaml."""
    settings = prepare()
    known = _load(settings.feeds)
    ids = {feed.id for feed in known}
    if feed_id in ids:
        raise ConfigError(f"{settings.feeds}: there is a feed {feed_id!r} already; choose another --id")
    with _waiting("Looking for the feed"):
        address, parsed, others = start_loop(_look_up(settings, url))
    also = [other for other in others if not _twin(other, known)]
    if twin := _twin(address, known):
        raise ConfigError(
            f"{address} is there already, as {twin.id}" + (f"; also found: {', '.join(also[:3])}" if also else "")
        )
    host = host_of(address)
    title = parsed.title or host
    feed = Feed(
        id=feed_id or suggest_id(name or title, ids, host),
        name=name or title,
        url=address,
        language=language.replace(ANY_LANGUAGE, "") if language else language_for(parsed.language),
        publisher=publisher or title,
        country=country,
        ownership=Ownership(ownership),
        tier=tier,
        topics=topics,
    )
    append_feed(settings.feeds, feed, topics=_known_topics())
    held = count_of(parsed.total, "entry", "entries")
    if parsed.newest:
        held += f", the newest {newest(parsed, now() - parsed.newest)}"
    click.echo(f"{settings.feeds}: added {feed.id} ({parsed.format}, {held}) {address}")
    for other in also:
        click.echo(f"  also found: {other}")


@feeds.command(name="import")
@click.argument("opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_opml(opml: Path) -> None:
    """Add the feeds of an OPML file that are not there yet.

    None is polled. Exits 1 where some were left out because their addresses cannot be polled.
    """
    path, name = prepare().feeds, f"OPML {opml}"
    known = _load(path)
    addresses = {address_key(feed.url) for feed in known}
    ids = {feed.id for feed in known}
    new: list[Feed] = []
    twins, wrong = 0, []
    for outline in read_opml(_bytes_of(opml), name):
        try:
            feed = as_feed(outline, ids, name)
        except ConfigError as error:
            wrong.append(str(error))
            continue
        if address_key(feed.url) in addresses:
            twins += 1
            continue
        new.append(feed)
        addresses.add(address_key(feed.url))
        ids.add(feed.id)
    append_feeds(path, new)
    left_out = f", {len(wrong)} left out" if wrong else ""
    click.echo(f"{path}: {count_of(len(new), 'feed')} added, {twins} there already{left_out}")
    if wrong:
        raise ConfigError("\n".join(wrong))


@feeds.command()
@click.option("--all", "everything", is_flag=True, help="Those that are not enabled, too.")
def export(everything: bool) -> None:
    """Write the enabled feeds as OPML to standard output."""
    chosen = [feed for feed in _load(prepare().feeds) if feed.enabled or everything]
    sys.stdout.buffer.write(write_opml(chosen, now()))


@contextmanager
def _waiting(text: str) -> Iterator[None]:
    """Say on a terminal that something takes its time, and wipe it out afterwards."""
    console = Console(stderr=True)
    with console.status(Text(text)) if console.is_terminal else nullcontext():
        yield


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None


def _load(path: Path) -> tuple[Feed, ...]:
    return load_catalogue(path, _known_topics())


def _twin(address: str, known: Sequence[Feed]) -> Feed | None:
    return next((feed for feed in known if address_key(feed.url) == address_key(address)), None)


def _known_topics() -> frozenset[str]:
    return frozenset(topic.id for topic in load_topics())


def _chosen(settings: Settings, wanted: Collection[str]) -> list[tuple[str, Feed]]:
    """The feeds that are wanted, each with what the table calls it. Raises ConfigError where a word names none."""
    if not wanted:
        return [(feed.id, feed) for feed in _load(settings.feeds) if feed.enabled]
    named = all("://" in word for word in wanted)  # addresses alone need no feeds.yaml
    known = {} if named else {feed.id: feed for feed in _load(settings.feeds)}
    chosen = []
    for word in wanted:
        if word in known:
            chosen.append((word, known[word]))
        elif "://" in word:
            chosen.append(_unlisted(word))
        else:
            near = "; an address begins with https://" if re.search("[./]", word) else hint(nearest(word, known))
            right = near or "; monazite feeds list --all shows them"
            raise ConfigError(f"there is no feed {shown(word)} in {settings.feeds}{right}")
    return chosen


def _unlisted(url: str) -> tuple[str, Feed]:
    try:
        READERS["url"](url)
    except WrongValueError as error:
        raise ConfigError(str(error)) from None
    label = url.partition("://")[2].partition("?")[0]
    return label, Feed("unlisted", label, url, "", label, "", Ownership.INDEPENDENT, 2)


async def _check(settings: Settings, chosen: Sequence[tuple[str, Feed]]) -> list[Checked]:
    async with open_fetcher(settings) as fetcher, ParserPool() as parser:
        return list(await asyncio.gather(*(_check_one(fetcher, parser, label, feed) for label, feed in chosen)))


async def _check_one(fetcher: Fetcher, parser: ParserPool, label: str, feed: Feed) -> Checked:
    got = await fetcher.fetch(FetchRequest(feed.url, user_agent=feed.user_agent))
    if isinstance(got, FetchFailed):
        return Checked(label, failure_word(got), got.elapsed, problem=got.message)
    if not isinstance(got, Fetched):
        return Checked(label, "not modified", got.elapsed, problem="not modified, to a first request")
    try:
        parsed = await parser.parse(got.body, feed_id=feed.id, content_type=got.content_type, base_url=got.url)
    except ParseError as error:
        return Checked(label, "no feed", got.elapsed, problem=str(error))
    moved = got.permanent_url or ""
    status = "ok" + (", moved" if moved else "") + (", malformed" if parsed.malformed else "")
    return Checked(label, status, got.elapsed, parsed, now() - parsed.newest if parsed.newest else None, moved)


async def _look_up(settings: Settings, url: str) -> tuple[str, ParsedFeed, list[str]]:
    """The address of the likeliest feed of a page that works, what it holds, and the other feeds' addresses.

    Raises:
        FeedError: none of them works; tells why the likeliest does not.
    """
    async with open_fetcher(settings) as fetcher, ParserPool() as parser:
        candidates = await discover(fetcher, url)
        failures: list[FeedError] = []
        for candidate in candidates[:_MOST_TRIED]:
            try:
                address, parsed = await _try(fetcher, parser, candidate.url)
            except FeedError as error:
                failures.append(error)
                continue
            return address, parsed, [other.url for other in candidates if other is not candidate]
        raise failures[0]


async def _try(fetcher: Fetcher, parser: ParserPool, url: str) -> tuple[str, ParsedFeed]:
    got = await fetcher.fetch(FetchRequest(url))
    if not isinstance(got, Fetched):
        raise FetchError(f"{url}: {got.message if isinstance(got, FetchFailed) else 'not modified'}")
    try:
        parsed = await parser.parse(got.body, feed_id="new", content_type=got.content_type, base_url=got.url)
    except ParseError as error:
        raise ParseError(f"{url}: {error}") from None
    return got.permanent_url or url, parsed


commands = feeds.commands
"""What ``bot.cli.LazyGroup`` shows."""
