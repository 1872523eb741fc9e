"""``monazite demo``: the real bot polls a newsroom on this machine that replays two weeks of news in a minute."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from bot.app import CONSOLE, Program, assemble
from bot.demo.clock import ReplayClock
from bot.demo.publishers import Newsroom, Publishers
from bot.model import DeliveryState, Kind
from bot.operate import logs
from bot.operate.runtime import run_beside, start_loop
from bot.settings import Settings, load_settings
from bot.storage import backlog, feeds, stories
from bot.text.spans import count_of
from bot.text.tables import print_table

TICK = 0.1  # seconds: an hour of the replay
_SETTLE = 2.0  # seconds after the last entry, for polls that are still running
_LAST_POSTS = 30.0  # seconds at most for deliveries that are still owed, on a busy machine
_QUIET_STEP = 2.0  # seconds between progress lines without a terminal


def show(*, seconds: float, fresh: bool, folder: Path) -> int:
    """Run the demo for ``seconds`` and return its exit status. ``folder`` keeps the database between runs.

    Raises:
        ConfigError: the folder is unusable, or the port of the first visit is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        for old in folder.iterdir():
            old.unlink()
    logs.configure("console", "error")
    try:
        start_loop(_show(seconds, folder))
    except KeyboardInterrupt:
        return 130
    return 0


async def _show(seconds: float, folder: Path) -> None:
    newsroom = Newsroom.load()
    port_file = folder / "port"
    second_visit = port_file.exists()
    start = newsroom.end if second_visit else newsroom.start
    clock = ReplayClock(start, newsroom.end, seconds=seconds, held=True)
    port = int(port_file.read_text()) if second_visit else 0
    async with Publishers(newsroom, clock, port=port, second_visit=second_visit) as publishers:
        publishers.write_feeds_yaml(folder / "feeds.yaml")
        async with assemble(_settings(folder), clock=clock) as program:
            before = await _counts(program)
            _introduce(publishers, clock, second_visit)
            await program.connections.connect(CONSOLE)
            visit = asyncio.ensure_future(_visit(program, newsroom, publishers, clock, port_file))
            await run_beside(program.scheduler.run(), visit)
            await _close(program, publishers, before, second_visit)


async def _visit(
    program: Program, newsroom: Newsroom, publishers: Publishers, clock: ReplayClock, port_file: Path
) -> None:
    await program.engine.poll_all()  # on a second visit, some are not due yet
    await _watch(program, publishers, clock)
    port_file.write_text(str(publishers.port))  # noqa: ASYNC240 - five bytes
    await _talk(program, newsroom, publishers)


def _settings(folder: Path) -> Settings:
    return load_settings(
        {
            "MONAZITE_FEEDS": str(folder / "feeds.yaml"),
            "MONAZITE_DATABASE": str(folder / "monazite.db"),
            "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
            "MONAZITE_PER_HOST": "16",  # every publisher of the demo is on this one host
            "MONAZITE_TICK": str(TICK),
            "MONAZITE_EXPIRE_AFTER": "365d",  # by the replay's clock a day lasts two seconds
            "MONAZITE_MIN_INTERVAL": "1s",
            "MONAZITE_PLATFORMS": "console",
        }
    )


def _introduce(publishers: Publishers, clock: ReplayClock, second_visit: bool) -> None:
    click.echo(f"{count_of(len(publishers.feeds()), 'publisher')} on {publishers.base_url}, real HTTP, no internet.")
    if second_visit:
        click.echo(
            "Second visit: they serve everything again with new validators, and some with new ids, dates or links."
        )
        click.echo("Nothing must alert again. To start over: monazite demo --fresh")
    else:
        click.echo("First poll of every feed: entries that are already there are stored without alerts.")
        days = f"{clock.start:%d %B} to {clock.end:%d %B %Y}"
        click.echo(
            f"Then the replay: {days} in {clock.seconds:.0f} s. Messages appear here as they would in a channel."
        )


async def _watch(program: Program, publishers: Publishers, clock: ReplayClock) -> None:
    with _progress(clock) as report:
        while not publishers.everyone_visited:  # noqa: ASYNC110 - the publishers send no events
            await asyncio.sleep(TICK)
        clock.begin()
        while not clock.finished:
            await asyncio.sleep(TICK)
            report(clock(), await _progress_line(program))
        await asyncio.sleep(_SETTLE)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_POSTS):
                while await _owed(program):  # noqa: ASYNC110 - the outbox is a table and sends no events
                    await asyncio.sleep(TICK)
        report(clock(), await _progress_line(program))


async def _owed(program: Program) -> bool:
    async with program.database.read() as tx:
        return await backlog.oldest_owed(tx) is not None


@contextmanager
def _progress(clock: ReplayClock) -> Iterator["_Progress"]:
    progress = _Progress(clock)
    if not sys.stdout.isatty():
        yield progress
        return
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.fields[line]}", markup=False))
    with Progress(*columns, console=Console(), transient=True) as bar:
        progress.bar = bar
        progress.task = bar.add_task("first polls", total=1.0, line="")
        yield progress


class _Progress:
    """Shows how far the replay is: a bar on a terminal, a line every few seconds in a pipe."""

    def __init__(self, clock: ReplayClock) -> None:
        self._clock = clock
        self._last = 0.0
        self.bar: Progress | None = None
        self.task = TaskID(0)

    def __call__(self, moment: datetime, line: str) -> None:
        span = (self._clock.end - self._clock.start).total_seconds()
        share = min(1.0, (moment - self._clock.start).total_seconds() / span) if span else 1.0
        day = f"{min(moment, self._clock.end):%d %b %H:%M}"
        if self.bar:
            self.bar.update(self.task, completed=share, description=day, line=line)
            return
        passed = asyncio.get_running_loop().time()
        if passed - self._last >= _QUIET_STEP:
            self._last = passed
            click.echo(f"… {day}: {line}")


async def _progress_line(program: Program) -> str:
    async with program.database.read() as tx:
        entries = sum((await feeds.count_entries(tx)).values())
        counts = await stories.count(tx)
        kinds = await backlog.count_kinds(tx)
    alerts = kinds[Kind.ALERT]
    return f"{entries} entries, {counts['filed']} on topic, {counts['stories']} stories, {count_of(alerts, 'alert')}"


async def _talk(program: Program, newsroom: Newsroom, publishers: Publishers) -> None:
    terminal = program.terminal
    if terminal is None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.echo(
            "\nThe replay has ended; the bot keeps running. Type a command (/help lists them), or exit to leave."
        )
        await terminal.run()
        return
    for question in await _questions(program, newsroom, publishers):
        click.echo(f"\nmonazite> {question}")
        await terminal.answer(question)


async def _questions(program: Program, newsroom: Newsroom, publishers: Publishers) -> list[str]:
    """Commands that a person may type next: on the largest story, on an entry without an alert, and one misspelt."""
    async with program.database.read() as tx:
        found = await stories.recent(tx, None, newsroom.start, 50)
    story = max(found, key=lambda pair: pair[1])[0].id if found else 1
    silent = publishers.url_of(newsroom.silent()[0].slug)
    return ["/recent", "/summary rare-earths 7d", f"/story {story}", f"/why {silent}", "/subscribtions", "/status"]


async def _counts(program: Program) -> Counter[Kind]:
    async with program.database.read() as tx:
        return await backlog.count_kinds(tx)


async def _close(program: Program, publishers: Publishers, before: Counter[Kind], second_visit: bool) -> None:
    async with program.database.read() as tx:
        states = await feeds.states(tx)
        entries = sum((await feeds.count_entries(tx)).values())
        counts = await stories.count(tx)
        kinds = await backlog.count_kinds(tx)
        box = await backlog.count(tx)
    by_status = Counter(states[feed_id].status for feed_id in program.feeds)
    posted = {kind: kinds[kind] - before[kind] for kind in Kind}
    served = publishers.stats
    rows = [
        ("feeds", ", ".join(f"{number} {status}" for status, number in by_status.most_common())),
        (
            "requests",
            f"{served.requests}: {served.full} full, {served.not_modified} not modified, {served.failures} failed",
        ),
        ("entries stored", str(entries)),
        ("on topic", f"{counts['filed']} entries in {counts['stories']} stories"),
        ("duplicates folded", f"{counts['copies']} copies"),
        ("alerts in this run", str(posted[Kind.ALERT])),
        (
            "follow-ups: updates, denials, confirmations",
            f"{posted[Kind.UPDATE]}, {posted[Kind.DENIAL]}, {posted[Kind.CONFIRMATION]}",
        ),
        ("waiting or dead", str(sum(box.values()) - box.get(DeliveryState.SENT, 0))),
    ]
    click.echo("")
    print_table(("Demo", "Figures"), rows)
    if second_visit:
        again = sum(posted.values())
        click.echo("Nothing alerted twice." if not again else f"{count_of(again, 'message')} sent on the second visit!")
    else:
        click.echo("Run it again: nothing will alert twice.")
