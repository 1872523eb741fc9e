"""The form for the details of a subscription. Its id carries the topic, so that it works after a restart of the bot.

Discord shows no complaint inside a form: what is wrong is answered with a button that opens it again, as filled in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.model import Subscription

_PREFIX = "terms"
_LONGEST_ID = 100
_FIELDS = (
    ("digest", "Hour of a daily message (empty: at once)", "08:00"),
    ("quiet", "Quiet hours", "22:00-07:00"),
    ("zone", "Time zone of these hours", "Asia/Karachi"),
    ("lang", "Languages (empty: every one)", "en,zh,ur"),
    ("score", "Least score from 0 to 1 (empty: every match)", "0.7"),
)


def form(topic: str, filled: Sequence[str] = ()) -> discord.ui.Modal:
    """An empty form for a topic, or one that is ``filled`` with a value for each field."""
    modal = discord.ui.Modal(title=f"Subscribe to {topic}"[:45], custom_id=f"{_PREFIX}:{topic}"[:_LONGEST_ID])
    for (name, label, example), value in zip(_FIELDS, [*filled, *[""] * len(_FIELDS)], strict=False):
        modal.add_item(
            discord.ui.TextInput(
                label=label, custom_id=name, placeholder=example, default=value or None, required=False, max_length=60
            )
        )
    return modal


def values_of(current: Subscription | None) -> tuple[str, ...]:
    """What stands in the form for a subscription that there is already."""
    if current is None:
        return ()
    quiet = f"{current.quiet[0]:%H:%M}-{current.quiet[1]:%H:%M}" if current.quiet else ""
    digest = f"{current.digest:%H:%M}" if current.digest is not None else ""
    score = f"{current.minimum_score:g}" if current.minimum_score else ""
    return (digest, quiet, current.zone, ",".join(current.languages), score)


def submitted(told: Mapping[str, Any]) -> tuple[str, tuple[str, ...], str] | None:
    """The topic, the values and the command of a form that was sent; None for a form that is not ours."""
    prefix, _, topic = str(told.get("custom_id", "")).partition(":")
    if prefix != _PREFIX or not topic:
        return None
    given = {field["custom_id"]: str(field.get("value") or "").strip() for field in _inputs(told)}
    values = tuple(given.get(name, "") for name, _, _ in _FIELDS)
    words = [f"{name}={''.join(value.split())}" for (name, _, _), value in zip(_FIELDS, values, strict=True) if value]
    return topic, values, " ".join(["/subscribe", topic, *words])


def again(topic: str, values: Sequence[str]) -> discord.ui.View:
    """A button that opens the form again as it was filled in, as far as its id has room for that."""
    view = discord.ui.View(timeout=None)
    identity = f"{_PREFIX}:{topic}:{'|'.join(values)}"[:_LONGEST_ID]
    view.add_item(discord.ui.Button(label="Change", style=discord.ButtonStyle.secondary, custom_id=identity))
    view.stop()
    return view


def reopened(custom_id: str) -> discord.ui.Modal | None:
    """The form that a button of ``again`` opens; None for another button."""
    prefix, _, rest = custom_id.partition(":")
    topic, _, values = rest.partition(":")
    return form(topic, values.split("|")) if prefix == _PREFIX and topic else None


def _inputs(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = told.get("components", ())
    nested = [inner for row in rows for inner in (*row.get("components", ()), row.get("component") or {})]
    return [one for one in nested if "custom_id" in one]
