"""The tables of ``monazite poll`` and ``monazite feeds check``, and below them what their cells have no room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import click

from bot.feeds.fetch.results import Fetched, FetchFailed
from bot.intake.pipeline import Polled
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
    if one.moved:
        notes.append(f"ok, moved to {one.moved} for good")
    if one.stale(stale_after) and one.age is not None:
        over = duration_words(one.age - stale_after)
        old = duration_words(one.age)
        notes.append(f"stale: its newest entry is {old} old, {over} more than MONAZITE_STALE_AFTER allows")
    return notes


def print_polled(polled: Sequence[Polled]) -> None:
    """What each poll gave; why some failed, and where some have moved, is told below the table, a line each."""
    ordered = sorted(polled, key=lambda poll: poll.feed.id)
    rows = [
        (
            poll.feed.id,
            poll.state.status,
            _answer(poll),
            poll.parsed.format if poll.parsed else "",
            str(poll.parsed.total) if poll.parsed else "",
            str(poll.new),
            f"{poll.fetch.elapsed:.2f} s",
        )
        for poll in ordered
    ]
    columns = ("Feed", "Status", "Answer", "Format", "Entries", "New", "Time")
    print_table(columns, rows, right=("Entries", "New", "Time"))
    for poll in ordered:
        if isinstance(poll.fetch, FetchFailed):
            click.echo(f"{poll.feed.id}: {poll.fetch.message}")
            continue
        if poll.fetch.permanent_url:
            click.echo(f"{poll.feed.id}: moved to {poll.fetch.permanent_url} for good, and is polled there from now on")
        if poll.state.status == "stale":
            click.echo(f"{poll.feed.id}: {poll.state.error}")


def failure_word(failed: FetchFailed) -> str:
    """A failure in a word or two, for a cell: ``timeout``, ``http 500``."""
    return f"{failed.kind} {failed.status}" if failed.kind in ("http", "throttled") else str(failed.kind)


def _answer(poll: Polled) -> str:
    if isinstance(poll.fetch, FetchFailed):
        return failure_word(poll.fetch)
    return str(poll.fetch.status) if isinstance(poll.fetch, Fetched) else "304 not modified"
