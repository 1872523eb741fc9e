"""The form for the details of a subscription. Its id carries the topic, so that it works after a restart of the bot.

A form has room for five fields. Where denials are shown has none: the id carries it, too.

Discord shows no complaint inside a form: what is wrong is answered with a button that opens it again, as filled in.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import discord

from bot.model import Subscription

_PREFIX, _ALOUD = "terms", "terms-aloud"
_LONGEST_ID = 100
_FIELDS = (
    ("digest", "Hour of a daily message (empty: at once)", "08:00"),
    ("quiet", "Quiet hours", "22:00-07:00"),
    ("zone", "Time zone of these hours", "Asia/Karachi"),
    ("lang", "Languages (empty: every one)", "en,zh,ur"),
    ("score", "Least score from 0 to 1 (empty: every match)", "0.7"),
)


class Filled(NamedTuple):
    """What a form holds: a value for each field, and whether denials are shown in the channel, too."""

    topic: str
    values: tuple[str, ...] = ()
    aloud: bool = False

    @property
    def command(self) -> str:
        """The command that the form stands for."""
        pairs = zip(_FIELDS, self.values, strict=False)
        words = [f"{name}={as_word(name, value)}" for (name, _, _), value in pairs if value]
        return " ".join(["/subscribe", self.topic, *words, *(["denials=channel"] if self.aloud else [])])


def as_word(name: str, value: str) -> str:
    """What was typed for an option, as the one word that a command takes."""
    if name == "lang":
        return ",".join(re.split(r"[\s,;]+", value.strip(" ,;")))
    return ("_" if name == "zone" else "").join(value.split())


def form(filled: Filled) -> discord.ui.Modal:
    """A form for a topic, with what is filled in already."""
    modal = discord.ui.Modal(title=f"Subscribe to {filled.topic}"[:45], custom_id=_identity(filled))
    for (name, label, example), value in zip(_FIELDS, [*filled.values, *[""] * len(_FIELDS)], strict=False):
        modal.add_item(
            discord.ui.TextInput(
                label=label, custom_id=name, placeholder=example, default=value or None, required=False, max_length=60
            )
        )
    return modal


def begun(topic: str, given: Mapping[str, str], current: Subscription | None) -> Filled:
    """The form's contents at first: what was typed beside the topic and, for the rest, what is subscribed already."""
    there = dict(zip((name for name, _, _ in _FIELDS), _values_of(current), strict=False))
    values = tuple(given.get(name) or there.get(name, "") for name, _, _ in _FIELDS)
    aloud = given["denials"] == "channel" if given.get("denials") else bool(current and current.aloud)
    return Filled(topic, values, aloud)


def _values_of(current: Subscription | None) -> tuple[str, ...]:
    if current is None:
        return ()
    quiet = f"{current.quiet[0]:%H:%M}-{current.quiet[1]:%H:%M}" if current.quiet else ""
    digest = f"{current.digest:%H:%M}" if current.digest is not None else ""
    score = f"{current.minimum_score:g}" if current.minimum_score else ""
    return (digest, quiet, current.zone, ",".join(current.languages), score)


def submitted(told: Mapping[str, Any]) -> Filled | None:
    """What a form that was sent holds; None for a form that is not ours."""
    prefix, _, topic = str(told.get("custom_id", "")).partition(":")
    if prefix not in (_PREFIX, _ALOUD) or not topic:
        return None
    given = {field["custom_id"]: str(field.get("value") or "").strip() for field in _inputs(told)}
    return Filled(topic, tuple(given.get(name, "") for name, _, _ in _FIELDS), prefix == _ALOUD)


def again(filled: Filled, label: str = "Change") -> discord.ui.View:
    """A button that opens the form again as it was filled in, as far as its id has room for that."""
    view = discord.ui.View(timeout=None)
    identity = f"{_identity(filled)}:{'|'.join(filled.values)}"[:_LONGEST_ID]
    view.add_item(discord.ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=identity))
    view.stop()
    return view


def reopened(custom_id: str) -> discord.ui.Modal | None:
    """The form that a button of ``again`` opens; None for another button."""
    prefix, _, rest = custom_id.partition(":")
    topic, _, values = rest.partition(":")
    if prefix not in (_PREFIX, _ALOUD) or not topic:
        return None
    return form(Filled(topic, tuple(values.split("|")), prefix == _ALOUD))


def _identity(filled: Filled) -> str:
    return f"{_ALOUD if filled.aloud else _PREFIX}:{filled.topic}"[:_LONGEST_ID]


def _inputs(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = told.get("components", ())
    nested = [inner for row in rows for inner in (*row.get("components", ()), row.get("component") or {})]
    return [one for one in nested if "custom_id" in one]
