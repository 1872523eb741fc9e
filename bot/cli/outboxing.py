"""``monazite outbox``: what was not posted, tried again or given up."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import click

from bot.app import now
from bot.cli.running import opened, prepare
from bot.model import DeliveryState
from bot.operate.runtime import start_loop
from bot.storage import backlog
from bot.storage.statements import Transaction
from bot.text.spans import ago, count_of, duration_words
from bot.text.tables import print_table

_SHOWN = 200
Found = TypeVar("Found")


def run_list() -> None:
    """Print the deliveries that are owed or dead."""
    waiting = start_loop(_with_database(lambda tx: backlog.unsent(tx, _SHOWN)))
    moment = now()
    rows = [
        (
            str(one.id),
            str(one.channel),
            one.kind.value,
            str(one.story),
            one.state.value,
            str(one.attempts),
            "" if one.state == DeliveryState.DEAD else _when(one.next_try - moment),
            one.error,
        )
        for one in waiting
    ]
    print_table(("Delivery", "Channel", "Kind", "Story", "State", "Tries", "Next", "Last error"), rows)
    click.echo(f"{count_of(len(rows), 'delivery', 'deliveries')} not sent")


def run_replay(ids: Sequence[int]) -> None:
    """Owe dead deliveries again: those named, or all."""
    number = start_loop(_with_database(lambda tx: backlog.replay(tx, ids or None, now())))
    click.echo(f"{count_of(number, 'delivery', 'deliveries')} will be tried again")


def run_drop(ids: Sequence[int]) -> None:
    """Give deliveries up: those named, or all that are dead."""
    number = start_loop(_with_database(lambda tx: backlog.drop(tx, ids or None)))
    click.echo(f"{count_of(number, 'delivery', 'deliveries')} given up")


def _when(span: timedelta) -> str:
    return f"in {duration_words(span)}" if span > timedelta() else f"due {ago(-span)}"


async def _with_database(work: Callable[[Transaction], Awaitable[Found]]) -> Found:
    async with opened(prepare()) as database, database.write() as tx:
        return await work(tx)
