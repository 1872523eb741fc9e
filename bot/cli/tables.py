"""Tables that commands print: as wide as the terminal, or plain lines in a pipe."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.model import Fetched, FetchFailed
from bot.pipeline import Polled

_PIPE_WIDTH = 200


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Print rows under their columns; those named in ``right`` are aligned to the right. Cells are plain text."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal = sys.stdout.isatty()
    Console(width=None if terminal else _PIPE_WIDTH, highlight=False, markup=False, emoji=False).print(table)


def print_polled(polled: Sequence[Polled]) -> None:
    """What each poll gave."""
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
        for poll in sorted(polled, key=lambda poll: poll.feed.id)
    ]
    columns = ("Feed", "Status", "Answer", "Format", "Entries", "New", "Time")
    print_table(columns, rows, right=("Entries", "New", "Time"))


def _answer(poll: Polled) -> str:
    if isinstance(poll.fetch, FetchFailed):
        return f"{poll.fetch.kind}: {poll.fetch.message}"
    return str(poll.fetch.status) if isinstance(poll.fetch, Fetched) else "304 not modified"
