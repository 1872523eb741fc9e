"""The tables of ``monazite poll`` and ``monazite feeds check``, and below them what their cells have no room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import click

from bot.feeds.cadence import unread
from bot.feeds.fetch.results import Fetched, FetchFailed
from bot.intake.commit import Committed
from bot.intake.poll import Polled
from bot.model import ParsedFeed
from bot.text.spans import ago, count_of, duration_words
from bot.text.tables import print_table


@dataclass(frozen=True, slots=True)
class Checked:
    """What one look at a feed gave. ``parsed`` is None where it failed; ``problem`` then says why, in one line.

    ``elapsed`` is in seconds; ``age`` is that of the newest entry, None where there is none with a time; ``moved`` is
    the address to which the feed has gone for good, '' where it has not.
    """

    label: str
    status: str
    elapsed: float
    parsed: ParsedFeed | None = None
    age: timedelta | None = None
    moved: str = ""
    problem: str = ""

    def stale(self, after: timedelta) -> bool:
        """Whether the newest entry is older than ``after``. A feed without times is not called stale."""
        return self.age is not None and self.age > after


def print_checked(checked: Sequence[Checked], stale_after: timedelta) -> None:
    """How each feed fares; what is wrong with some is told below the table, a line each."""
    columns = ("Feed", "Status", "Format", "Entries", "Newest", "Stale", "Time")
    print_table(columns, [_checked_row(one, stale_after) for one in checked], right=("Entries", "Time"))
    for one in checked:
        for note in _notes(one, stale_after):
            click.echo(f"{one.label}: {note}")


def _checked_row(one: Checked, stale_after: timedelta) -> tuple[str, ...]:
    time = f"{one.elapsed:.2f} s"
    if one.parsed is None:
        return (one.label, one.status, "", "", "", "", time)
    stale = "" if one.age is None else "yes" if one.stale(stale_after) else "no"
    return (one.label, one.status, one.parsed.format, str(one.parsed.total), newest(one.parsed, one.age), stale, time)


def newest(parsed: ParsedFeed, age: timedelta | None) -> str:
    """The age of a feed's newest entry in words; '' for a feed without entries."""
    if age is None:
        return "undated" if parsed.total else ""
    return f"in {duration_words(-age)}" if age < -timedelta(hours=1) else ago(max(age, timedelta()))


def _notes(one: Checked, stale_after: timedelta) -> list[str]:
    notes = [one.problem] if one.problem else []
    if one.parsed and one.parsed.quarantined:
        notes.append(f"{count_of(one.parsed.quarantined, 'entry', 'entries')} could not be read")
    if one.parsed and one.parsed.unread_dates:
        notes.append(unread(one.parsed))
    if one.moved:
        notes.append(f"ok, moved to {one.moved} for good")
    if one.stale(stale_after) and one.age is not None:
        over = duration_words(one.age - stale_after)
        old = duration_words(one.age)
        notes.append(f"stale: its newest entry is {old} old, {over} more than MONAZITE_STALE_AFTER allows")
    return notes


def print_polled(polled: Sequence[Committed]) -> None:
    """Print what each poll gave; below the table, one line each, why some failed and where some have moved."""
    ordered = sorted(polled, key=lambda one: one.poll.feed.id)
    rows = [
        (
            one.poll.feed.id,
            one.state.status,
            _answer(one.poll),
            one.poll.parsed.format if one.poll.parsed else "",
            str(one.poll.parsed.total) if one.poll.parsed else "",
            str(one.new),
            f"{one.poll.fetch.elapsed:.2f} s",
        )
        for one in ordered
    ]
    columns = ("Feed", "Status", "Answer", "Format", "Entries", "New", "Time")
    print_table(columns, rows, right=("Entries", "New", "Time"))
    for one in ordered:
        feed, fetch = one.poll.feed.id, one.poll.fetch
        if isinstance(fetch, FetchFailed):
            click.echo(f"{feed}: {fetch.message}")
            continue
        if fetch.permanent_url:
            click.echo(f"{feed}: moved permanently to {fetch.permanent_url}, and is polled there from now on")
        if one.state.status == "stale":
            click.echo(f"{feed}: {one.state.error}")


def failure_word(failed: FetchFailed) -> str:
    """A failure in a word or two, for a cell: ``timeout``, ``http 500``."""
    return f"{failed.kind} {failed.status}" if failed.kind in ("http", "throttled") else str(failed.kind)


def _answer(poll: Polled) -> str:
    if isinstance(poll.fetch, FetchFailed):
        return failure_word(poll.fetch)
    return str(poll.fetch.status) if isinstance(poll.fetch, Fetched) else "304 not modified"
