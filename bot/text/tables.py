"""Tables on a terminal: those that the command line prints, and those in the console's replies."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH = 200  # characters; a pipe has no width, and a program that reads it wants a row on one line


def draw_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Sequence[str] = ()) -> Table:
    """Return rows under their columns; those named in ``right`` are aligned to the right.

    Strings are plain text, never markup; a cell may also be a rich Text.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Print a table as wide as the terminal, or as plain lines to a pipe."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False).print(draw_table(columns, rows, right=right))
