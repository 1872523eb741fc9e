"""The form of ``/subscribe``. Pure: a view for Slack, and what was filled in as the words of the command.

``subscribe_view`` gives the whole view for ``views.open``. Each input's id is the name of the option that it asks for,
so that a complaint about an option is shown beside it. Views: https://docs.slack.dev/surfaces/modals
"""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from bot.model import Subscription
from bot.text.display import plain
from handlers.slack.text import own_id

View = dict[str, Any]

CALLBACK = "subscribe"
_OPTIONS = 100  # in a menu
_COMPLAINT = 150  # units shown beside a field
_NOW, _DIGEST, _CHANNEL = "now", "digest", "channel"


def subscribe_view(topics: Mapping[str, str], channel: str, current: Subscription | None = None) -> View:
    """The form for one channel; ``topics`` holds titles by id, ``current`` what is changed, if anything is.

    A form that changes a subscription offers no other topic: that would make a second one.
    """
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"channel": channel}),
        "title": _plain("Subscribe" if current is None else "Change subscription"),
        "submit": _plain("Subscribe" if current is None else "Change"),
        "close": _plain("Cancel"),
        "blocks": [_where(channel), _topic(topics, current), *_hours(current), *_choice(current)],
    }


def _where(channel: str) -> View:
    own = own_id(channel)
    if own.startswith(("C", "G")):
        told = [{"type": "text", "text": "Alerts come to "}, {"type": "channel", "channel_id": own}]
    else:
        told = [{"type": "text", "text": "Alerts come to you directly, as messages of this app."}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": told}]}


def _topic(topics: Mapping[str, str], current: Subscription | None) -> View:
    offered = {current.topic: topics.get(current.topic, current.topic)} if current else topics
    options = [_option(title, topic) for topic, title in list(offered.items())[:_OPTIONS]]
    chosen = options[0] if current else None
    return _input("topic", "Topic", {"type": "static_select", "options": options, **_initial("option", chosen)})


def _hours(current: Subscription | None) -> list[View]:
    modes = [_option("At once", _NOW), _option("In one message a day", _DIGEST)]
    daily, quiet = (current.digest, current.quiet) if current else (None, None)
    begin, end = (f"{quiet[0]:%H:%M}", f"{quiet[1]:%H:%M}") if quiet else (None, None)
    chosen = _initial("option", modes[daily is not None])
    zone = _line(current.zone if current else "UTC", "Asia/Karachi")
    return [
        _input("mode", "Alerts", {"type": "radio_buttons", "options": modes, **chosen}),
        _input("digest", "Hour of the daily message", _clock(f"{daily:%H:%M}" if daily is not None else "08:00")),
        _input(
            "quiet", "Quiet from", _clock(begin), optional=True, hint="Nothing is posted then; it comes afterwards."
        ),
        _input("until", "Quiet until", _clock(end), optional=True),
        _input("zone", "Time zone of these hours", zone, optional=True, hint="A city such as Karachi, or UTC."),
    ]


def _choice(current: Subscription | None) -> list[View]:
    languages = ",".join(current.languages) if current else ""
    score = f"{current.minimum_score:g}" if current and current.minimum_score else ""
    aloud = _option("Show denials in the channel, too", _CHANNEL)
    ticked = _initial("options", [aloud] if current and current.aloud else None)
    every = "Two-letter codes; none for every language."
    return [
        _input("lang", "Languages", _line(languages, "en,zh,ur", 500), optional=True, hint=every),
        _input("score", "Least score", _line(score, "0.7"), optional=True, hint="From 0 to 1; none for every match."),
        _input("denials", "Denials", {"type": "checkboxes", "options": [aloud], **ticked}, optional=True),
    ]


def channel_of(view: View) -> str:
    """The channel that a form was opened for."""
    return str(json.loads(view["private_metadata"])["channel"])


def command_of(view: View) -> str:
    """The command that a form stands for once it is filled in."""
    given = {block: _value(next(iter(fields.values()))).strip() for block, fields in view["state"]["values"].items()}
    if not given.get("topic"):
        return "/subscribe"
    words = [given["topic"]]
    if given.get("mode") == _DIGEST and given.get("digest"):
        words.append(f"digest={given['digest']}")
    if given.get("quiet") or given.get("until"):
        words.append(f"quiet={given.get('quiet', '')}-{given.get('until', '')}")
    given["lang"] = ",".join(re.split(r"[\s,;]+", given.get("lang", "")))
    words += [f"{name}={given[name]}" for name in ("score", "lang", "zone", "denials") if given.get(name)]
    return " ".join(["/subscribe", *(shlex.quote(word) for word in words if word)])


def complaint(view: View, field: str, text: str) -> dict[str, str]:
    """What is shown beside the field that is wrong; beside the topic where it is none of them."""
    known = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    beside = field if field in known else "topic"
    return {beside: plain(re.sub(rf"\b{beside}=", "", text), _COMPLAINT)}  # a form has fields, not words


def _value(field: Mapping[str, Any]) -> str:
    """What was filled into a field, whatever its kind."""
    many = field.get("selected_options")
    one = (field.get("selected_option") or {}).get("value") or field.get("selected_time") or field.get("value")
    return str(",".join(option["value"] for option in many) if many else one or "")


def _input(name: str, label: str, element: View, *, optional: bool = False, hint: str = "") -> View:
    block = {"type": "input", "block_id": name, "label": _plain(label), "element": {**element, "action_id": name}}
    return {**block, "optional": optional, **({"hint": _plain(hint)} if hint else {})}


def _clock(initial: str | None) -> View:
    return {"type": "timepicker", **_initial("time", initial)}


def _line(initial: str, example: str, most: int = 100) -> View:
    shown = {"placeholder": _plain(example), **_initial("value", plain(initial, most) or None)}
    return {"type": "plain_text_input", "max_length": most, **shown}


def _initial(what: str, value: object) -> View:
    return {} if value is None else {f"initial_{what}": value}


def _option(text: str, value: str) -> View:
    return {"text": _plain(plain(text, 75) or value), "value": value}


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}
