"""The table that ``monazite poll`` prints."""

from collections.abc import Sequence

from bot.answers import Fetched, FetchFailed
from bot.pipeline import Polled
from bot.tables import print_table


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
