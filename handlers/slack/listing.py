"""Subscriptions with buttons to change and to end each: in App Home, and in the answer to ``/subscriptions``. Pure.

``listed`` gives the blocks. A button carries the channel and the topic in its value, so that it works after a restart.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.commands import describe
from bot.model import Subscription
from bot.text.display import isolated, plain
from handlers.slack.render import Post
from handlers.slack.text import own_id

Element = dict[str, Any]

BUTTON = "subscription-"  # begins the action ids
_SHOWN = 20  # of a channel; a message has at most 50 blocks
ADD, CHANGE, END = f"{BUTTON}add", f"{BUTTON}change", f"{BUTTON}end"


def subscriptions_post(topics: Mapping[str, str], found: Sequence[Subscription], channel: str, said: str) -> Post:
    """The answer to ``/subscriptions`` in one channel; ``said`` is its fallback text."""
    title = "Subscriptions of this channel" if found else "This channel has no subscriptions"
    head = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [text(title, bold=True)]}]}
    return Post(said, [head, *listed(topics, found, most=_SHOWN), add_button(channel)])


def listed(
    topics: Mapping[str, str], found: Sequence[Subscription], *, most: int, where: bool = False
) -> list[Element]:
    """Two blocks for each subscription, up to ``most``; ``topics`` holds titles by id, ``where`` names the channels."""
    blocks: list[Element] = []
    for one in found[:most]:
        title = isolated(plain(topics.get(one.topic, ""), 200) or one.topic)
        told = [text(title, bold=True), *(_place(one) if where else ()), text(f"\n{describe(one)}")]
        blocks.append({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": told}]})
        value = json.dumps({"channel": one.channel.id, "topic": one.topic})
        blocks.append(actions(button("Change", CHANGE, value), button("End", END, value, style="danger")))
    if len(found) > most:
        blocks.append(small(f"and {len(found) - most} more: /subscriptions in their channels"))
    return blocks


def add_button(channel: str) -> Element:
    """A button that opens the form for one channel."""
    value = json.dumps({"channel": channel, "topic": ""})
    return actions(button("Subscribe", ADD, value, style="primary"))


def meant(value: str) -> tuple[str, str]:
    """The channel and the topic that a button stands for; '' where it names none."""
    try:
        told = json.loads(value)
        return str(told["channel"]), str(told["topic"])
    except (ValueError, KeyError, TypeError):  # of a version that wrote it in another way
        return "", ""


def small(shown: str) -> Element:
    """A line in small letters."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": plain(shown, 1500), "emoji": False}]}


def text(shown: str, **style: bool) -> Element:
    """An element of a ``rich_text`` block, which reads no markup."""
    return {"type": "text", "text": shown, **({"style": style} if style else {})}


def actions(*buttons: Element) -> Element:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(label: str, action: str, value: str, style: str = "") -> Element:
    """A button; ``style`` is ``primary``, ``danger`` or none."""
    shown = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": shown, "value": value, **({"style": style} if style else {})}


def _place(one: Subscription) -> list[Element]:
    """Where it is posted: Slack shows a channel's name for its id."""
    own = own_id(one.channel.id)
    if own.startswith(("C", "G")):
        return [text(" in "), {"type": "channel", "channel_id": own}]
    return [text(f" in {own}")]
