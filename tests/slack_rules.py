"""What Slack would refuse: the models of its own library, and the limits that its reference publishes.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

Body = dict[str, Any]

_MENU = ("static_select", "radio_buttons", "checkboxes")
_TEXTS = {"header": 150, "section": 3000, "button": 75, "plain_text": 3000, "text": 3000, "link": 3000}
_MOST = {"actions": 25, "context": 10}  # elements
_OPTIONS = {"static_select": 100, "radio_buttons": 10, "checkboxes": 10}
_KNOWN = {
    *("rich_text", "rich_text_section", "rich_text_list", "text", "link", "channel", "plain_text", "divider"),
    *("context", "actions", "button", "section", "header", "input", "plain_text_input", "timepicker", *_MENU),
}


def wrong_message(body: Body) -> str:
    """What Slack would refuse in a message; '' where there is nothing."""
    if not 0 < len(body.get("text", "")) <= 4000:
        return "text is missing or too long"
    blocks: Sequence[Body] = body.get("blocks") or ()
    if len(blocks) > 50:
        return "more than 50 blocks"
    if any(block["type"] == "input" for block in blocks):
        return "an input in a message"
    return _wrong_blocks(blocks)


def wrong_view(view: Body) -> str:
    """What Slack would refuse in a form or in App Home; '' where there is nothing."""
    blocks: Sequence[Body] = view.get("blocks") or ()
    if not 0 < len(blocks) <= 100 or len(view.get("private_metadata", "")) > 3000 or len(json.dumps(view)) > 250_000:
        return "invalid_arguments: blocks, private_metadata or the whole view"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    titles = [view[key]["text"] for key in ("title", "submit", "close") if key in view]
    if len(set(names)) < len(names) or not all(0 < len(title) <= 24 for title in titles):
        return "invalid_arguments: two blocks of one id, or a title too long"
    if view["type"] == "modal" and not ("title" in view and "submit" in view):
        return "missing title or submit"
    if view["type"] == "home" and any(block["type"] == "input" for block in blocks):
        return "an input in App Home without a button to send it"
    return _wrong_blocks(blocks)


def wrong_acknowledgement(view: Body, told: Body) -> str:
    """What Slack would refuse in the answer to a form: complaints stand beside inputs of that form alone."""
    if not told:
        return ""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if told.get("response_action") != "errors" or not told.get("errors"):
        return f"not an answer to a form: {told}"
    return "" if set(told["errors"]) <= inputs and all(told["errors"].values()) else f"no such inputs: {told}"


def _wrong_blocks(blocks: Sequence[Body]) -> str:
    try:
        for block in Block.parse_all(blocks):
            block.to_dict()
    except SlackObjectFormationError as error:
        return str(error)
    return next((wrong for block in blocks for wrong in _wrong(block)), "")


def _wrong(element: Body) -> Iterator[str]:
    kind = element["type"]
    if kind not in _KNOWN:
        yield f"unexpected {kind}"
    if "elements" in element and not 0 < len(element["elements"]) <= _MOST.get(kind, 1000):
        yield f"no elements, or too many, in {element}"
    text = element.get("text")
    shown = text["text"] if isinstance(text, dict) else text
    if shown is not None and not 0 < len(shown) <= _TEXTS[kind]:
        yield f"text is empty or too long in {element}"
    if kind == "link" and not (element["url"].startswith(("http://", "https://")) and len(element["url"]) <= 3000):
        yield f"no address: {element['url']}"
    if kind == "button" and not (0 < len(element["action_id"]) <= 255 and len(element.get("value", "")) <= 2000):
        yield f"ids too long: {element}"
    if kind == "rich_text" and sum(len(text) for text in _texts(element)) > 3000:
        yield f"more than 3,000 characters in {element}"
    if kind == "input":
        if not 0 < len(element["label"]["text"]) <= 2000 or len(element.get("hint", {}).get("text", "")) > 2000:
            yield f"label or hint of {element}"
        yield from _wrong(element["element"])
    yield from _wrong_field(element)
    for inner in element.get("elements", ()):
        yield from _wrong(inner)


def _texts(element: Body) -> Iterator[str]:
    if isinstance(element.get("text"), str):
        yield element["text"]
    for inner in element.get("elements", ()):
        yield from _texts(inner)


def _wrong_field(element: Body) -> Iterator[str]:
    kind = element["type"]
    if len(element.get("placeholder", {}).get("text", "")) > 150:
        yield f"placeholder of {element}"
    if kind == "plain_text_input" and len(element.get("initial_value", "")) > element.get("max_length", 3000):
        yield f"initial value of {element}"
    if kind not in _MENU:
        return
    options = element["options"]
    if not 0 < len(options) <= _OPTIONS[kind]:
        yield f"no options, or too many: {len(options)}"
    if any(not 0 < len(o["text"]["text"]) <= 75 or not 0 < len(o["value"]) <= 150 for o in options):
        yield f"an option too long or empty in {element}"
    chosen = element.get("initial_options", ()) or [o for o in [element.get("initial_option")] if o]
    if any(option not in options for option in chosen):
        yield f"an initial option that is none of {element}"
