"""``monazite feeds``: the list of feeds, from the command line."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click

from bot.answers import Fetched, FetchFailed, FetchRequest
from bot.classify import load_topics
from bot.cli import program
from bot.cli.running import prepare
from bot.errors import ConfigError, ParseError
from bot.feeds.catalogue import append_feed, append_feeds, load_catalogue, starter, suggest_id
from bot.feeds.catalogue_codes import language_for
from bot.feeds.discover import discover
from bot.feeds.fetch import Fetcher
from bot.feeds.opml import as_feed, read_opml, write_opml
from bot.feeds.pool import ParserPool
from bot.model import Feed, Ownership, ParsedFeed
from bot.runtime import start_loop
from bot.settings import Settings
from bot.tables import print_table
from bot.text.spans import ago, count_of
from bot.text.urls import canonical_url, host_of
from bot.wiring import now, open_fetcher


@program.group()
def feeds() -> None:
    """List, check, add, import and export feeds."""


@feeds.command()
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(force: bool) -> None:
    """Write the starting list of feeds to feeds.yaml (or to MONAZITE_FEEDS)."""
    path = prepare().feeds
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already; --force replaces it")
    path.write_text(starter(), encoding="utf-8")
    click.echo(f"{path}: {count_of(len(load_catalogue(path)), 'feed')}")


@feeds.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Those that are not enabled, too.")
def list_feeds(everything: bool) -> None:
    """Show the configured feeds."""
    chosen = [feed for feed in load_catalogue(prepare().feeds) if feed.enabled or everything]
    rows = [
        (feed.id, feed.publisher, feed.country, feed.ownership.value, feed.language, str(feed.tier),
         ", ".join(feed.topics), "" if feed.enabled else "no")
        for feed in chosen
    ]  # fmt: skip
    print_table(("Feed", "Publisher", "Country", "Owner", "Language", "Tier", "Topics", "Enabled"), rows)
    click.echo(count_of(len(chosen), "feed"))


@feeds.command()
@click.argument("wanted", nargs=-1, metavar="[FEED|URL]...")
def check(wanted: tuple[str, ...]) -> None:
    """Poll each enabled feed (or those named) once, and show how it fares. Exits 1 if any fails."""
    settings = prepare()
    chosen = _chosen(settings, wanted)
    rows = start_loop(_check(settings, chosen))
    print_table(("Feed", "Status", "Format", "Entries", "Newest", "Stale", "Time"), rows, right=("Entries", "Time"))
    failed = sum(not row[2] for row in rows)
    click.echo(f"{count_of(len(rows), 'feed')} checked, {failed} failed, {sum(row[5] == 'yes' for row in rows)} stale")
    sys.exit(1 if failed else 0)


@feeds.command()
@click.argument("url")
@click.option("--id", "feed_id", help="The feed's id; made of its title otherwise.")
@click.option("--name", help="The feed's name; its title otherwise.")
@click.option("--publisher", help="Who publishes it; its title or host otherwise.")
@click.option("--country", default="", help="ISO 3166 code of the publisher's country.")
@click.option("--ownership", type=click.Choice([o.value for o in Ownership]), default="independent", show_default=True)
@click.option("--language", help="ISO 639-1 code; what the feed says otherwise.")
@click.option("--tier", type=click.IntRange(1, 4), default=2, show_default=True)
@click.option("--topic", "topics", multiple=True, help="A topic that it serves; may be given again.")
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
    known = load_catalogue(settings.feeds)
    address, parsed, others = start_loop(_look_up(settings, url))
    taken = next((feed for feed in known if canonical_url(feed.url) == canonical_url(address)), None)
    if taken:
        raise ConfigError(f"{address} is there already, as {taken.id}")
    title = name or parsed.title or host_of(address)
    feed = Feed(
        id=feed_id or suggest_id(title, {feed.id for feed in known}),
        name=title,
        url=address,
        language=language or language_for(parsed.language),
        publisher=publisher or parsed.title or host_of(address),
        country=country.upper(),
        ownership=Ownership(ownership),
        tier=tier,
        topics=topics,
    )
    append_feed(settings.feeds, feed, topics=_known_topics())
    click.echo(
        f"{settings.feeds}: added {feed.id} ({parsed.format}, {count_of(parsed.total, 'entry', 'entries')}) {address}"
    )
    for other in others:
        click.echo(f"  also found: {other}")


@feeds.command(name="import")
@click.argument("opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_opml(opml: Path) -> None:
    """Add the feeds of an OPML file that are not there yet; none is polled."""
    path = prepare().feeds
    known = load_catalogue(path)
    addresses = {canonical_url(feed.url) for feed in known}
    ids = {feed.id for feed in known}
    found = read_opml(opml.read_bytes())
    new: list[Feed] = []
    for outline in found:
        if canonical_url(outline.url) not in addresses:
            new.append(as_feed(outline, ids))
            addresses.add(canonical_url(outline.url))
            ids.add(new[-1].id)
    append_feeds(path, new)
    click.echo(f"{path}: {count_of(len(new), 'feed')} added, {len(found) - len(new)} there already")


@feeds.command()
def export() -> None:
    """Write the enabled feeds as OPML to standard output."""
    enabled = [feed for feed in load_catalogue(prepare().feeds) if feed.enabled]
    sys.stdout.buffer.write(write_opml(enabled, now()))


def _known_topics() -> frozenset[str]:
    return frozenset(topic.id for topic in load_topics())


def _chosen(settings: Settings, wanted: Sequence[str]) -> list[Feed]:
    known = (
        {} if wanted and all("://" in word for word in wanted) else {f.id: f for f in load_catalogue(settings.feeds)}
    )
    if not wanted:
        return [feed for feed in known.values() if feed.enabled]
    chosen = []
    for word in wanted:
        if "://" in word:
            host = urlsplit(word).hostname or word
            chosen.append(Feed(host, host, word, "", host, "", Ownership.INDEPENDENT, 2))
        elif word in known:
            chosen.append(known[word])
        else:
            raise ConfigError(f"there is no feed {word!r} in {settings.feeds}; monazite feeds list shows them")
    return chosen


async def _check(settings: Settings, chosen: Sequence[Feed]) -> list[tuple[str, ...]]:
    async with open_fetcher(settings) as fetcher, ParserPool() as parser:
        return list(await asyncio.gather(*(_check_one(settings, fetcher, parser, feed) for feed in chosen)))


async def _check_one(settings: Settings, fetcher: Fetcher, parser: ParserPool, feed: Feed) -> tuple[str, ...]:
    got = await fetcher.fetch(FetchRequest(feed.url, user_agent=feed.user_agent))
    time = f"{got.elapsed:.2f} s"
    if isinstance(got, FetchFailed):
        return (feed.id, f"{got.kind}: {got.message}", "", "", "", "", time)
    if not isinstance(got, Fetched):
        return (feed.id, f"{got.status} to a first request", "", "", "", "", time)
    try:
        parsed = await parser.parse(got.body, feed_id=feed.id, content_type=got.content_type, base_url=got.url)
    except ParseError as error:
        return (feed.id, str(error), "", "", "", "", time)
    status = "ok, moved to " + got.permanent_url if got.permanent_url else "ok"
    if parsed.malformed:
        status += ", malformed"
    age = now() - parsed.newest if parsed.newest else None
    stale = "yes" if age is not None and age > settings.stale_after else "no"
    newest = ago(max(age, timedelta())) if age is not None else "undated"
    return (feed.id, status, parsed.format, str(parsed.total), newest, stale, time)


async def _look_up(settings: Settings, url: str) -> tuple[str, ParsedFeed, list[str]]:
    """The address of the likeliest feed of a page, what it holds, and the other feeds' addresses."""
    async with open_fetcher(settings) as fetcher, ParserPool() as parser:
        first, *others = await discover(fetcher, url)
        got = await fetcher.fetch(FetchRequest(first.url))
        if not isinstance(got, Fetched):
            raise ConfigError(f"{first.url}: {got.message if isinstance(got, FetchFailed) else got.status}")
        parsed = await parser.parse(got.body, feed_id="new", content_type=got.content_type, base_url=got.url)
        return got.permanent_url or first.url, parsed, [other.url for other in others]
