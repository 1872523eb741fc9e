"""App Home: a person's subscriptions with buttons to change them, and how the bot fares. Pure.

``home_view`` gives the whole view for ``views.publish``. Home tabs: https://docs.slack.dev/surfaces/app-home
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Reply, Subscription, Table, Text
from bot.text.display import plain
from handlers.slack.listing import add_button, listed, small, text
from handlers.slack.text import cell

View = dict[str, Any]

_SHOWN = 20  # subscriptions in each of the two lists; a view has at most 100 blocks
_ROWS, _LONG = 13, 160  # of how the bot fares; units in a row: a block has room for 3,000


def home_view(
    topics: Mapping[str, str],
    direct: Sequence[Subscription],
    made: Sequence[Subscription],
    health: Reply,
    channel: str = "",
) -> View:
    """What a person sees: ``direct`` go to that person alone, ``made`` to channels where that person subscribed.

    ``topics`` holds titles by id, ``health`` is the answer to ``/status``, ``channel`` that of direct messages.
    """
    blocks = [
        _header("Your alerts"),
        small("What comes to you alone, as direct messages of this app."),
        *listed(topics, direct, most=_SHOWN),
        *(() if direct else [_lines([[text("You get no alerts here yet.")]])]),
        add_button(channel),
        {"type": "divider"},
        _header("Subscriptions that you made for channels"),
        *listed(topics, made, most=_SHOWN, where=True),
        *(() if made else [_lines([[text("None yet. Type /subscribe in a channel to make one.")]])]),
        {"type": "divider"},
        _header("Status of the bot"),
        _health(health),
    ]
    return {"type": "home", "blocks": blocks}


def _health(health: Reply) -> View:
    """The rows of ``/status``, or what was said in its place."""
    rows = [row for part in health.parts if isinstance(part, Table) for row in part.rows][:_ROWS]
    cells = [[str(getattr(told, "text", told)) for told in row] for row in rows]
    lines = [[text(cell(row[0], 60) or "–", bold=True), text(f"  {cell(' '.join(row[1:]), _LONG)}")] for row in cells]
    said = [part.text for part in health.parts if isinstance(part, Text)] or [health.title]
    return _lines(lines or [[text(plain(" ".join(said), 1000) or "It answers.")]])


def _lines(lines: Sequence[Sequence[View]]) -> View:
    elements = [element for line in lines for element in (text("\n"), *line)][1:]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _header(shown: str) -> View:
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}}
