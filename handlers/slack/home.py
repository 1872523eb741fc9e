"""App Home: a person's subscriptions with buttons to change them, and how the bot fares. Pure.

Home tabs: https://docs.slack.dev/surfaces/app-home
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.commands import describe
from bot.model import Reply, Subscription, Table
from handlers.slack.text import plain

View = dict[str, Any]

ADD, CHANGE, END = "home-add", "home-change", "home-end"
BUTTON = "home-"  # begins the action ids
_SHOWN = 30  # subscriptions; a view has at most 100 blocks


def home_view(
    topics: Mapping[str, str], direct: Sequence[Subscription], made: Sequence[Subscription], health: Reply
) -> View:
    """What a person sees: ``direct`` go to that person alone, ``made`` to channels where that person subscribed."""
    blocks = [
        _header("Your subscriptions"),
        *_listed(topics, direct, "You get no alerts here yet."),
        {"type": "actions", "elements": [_button("Subscribe here", ADD, "", style="primary")]},
        _header("Subscriptions that you made for channels"),
        *_listed(topics, made, "None. Type /subscribe in a channel to make one."),
        _header("How the bot fares"),
        *_health(health),
    ]
    return {"type": "home", "blocks": blocks}


def wanted(value: str) -> tuple[str, str]:
    """The channel and the topic that a button stands for."""
    told = json.loads(value)
    return str(told["channel"]), str(told["topic"])


def _listed(topics: Mapping[str, str], found: Sequence[Subscription], none: str) -> list[View]:
    if not found:
        return [_section(none)]
    blocks: list[View] = []
    for one in found[:_SHOWN]:
        place = "" if one.channel.id.startswith("D") else f" in {one.channel.id}"
        blocks.append(_section(f"{topics.get(one.topic, one.topic)}{place}: {describe(one)}"))
        value = json.dumps({"channel": one.channel.id, "topic": one.topic})
        blocks.append({"type": "actions", "elements": [_button("Change", CHANGE, value), _button("End", END, value)]})
    if len(found) > _SHOWN:
        blocks.append(_section(f"and {len(found) - _SHOWN} more"))
    return blocks


def _health(health: Reply) -> list[View]:
    tables = [part for part in health.parts if isinstance(part, Table)]
    rows = [f"{row[0]}: {row[1]}" for table in tables for row in table.rows if all(isinstance(c, str) for c in row)]
    return [_section("\n".join(rows)[:2900] or health.title or "It answers.")]


def _section(text: str) -> View:
    lines = "\n".join(plain(line, 1000) for line in text.splitlines())
    return {"type": "section", "text": {"type": "plain_text", "text": lines, "emoji": False}}


def _header(text: str) -> View:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _button(label: str, action: str, value: str, style: str = "") -> View:
    button = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label, "emoji": False}}
    return {**button, **({"value": value} if value else {}), **({"style": style} if style else {})}
