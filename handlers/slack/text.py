"""Text and addresses from outside, made fit for Slack. Pure; lengths are counted in UTF-16 units."""

import re
from collections.abc import Sequence
from typing import Any

from bot.text import display
from bot.text.display import END, ISOLATE, MARKS, first_direction, has_right_to_left, isolated, plain, reads, units

TEXT = 3000  # units in the fallback text of a message
_URL = 1000
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
Element = dict[str, Any]


def own_id(place: str) -> str:
    """Return Slack's own id of a channel or a person, without the workspace that may stand before it."""
    return place.rpartition("/")[2]


def address(url: str) -> str:
    """Return ``url`` in ASCII; '' where it is no http(s) address, has a user name, or is too long."""
    return display.address(url, _URL, safe="()")


def escape(text: str) -> str:
    """Escape ``text`` for the one place where Slack reads markup, the fallback; cut it to 3,000 units."""
    escaped = text.translate(_ESCAPES)
    if units(escaped) <= TEXT:
        return escaped
    kept = escaped.encode("utf-16-le")[: 2 * (TEXT - 1)].decode("utf-16-le", "ignore")
    return re.sub(r"&[a-z]*$", "", kept) + "…"


def cell(text: str, limit: int) -> str:
    """Return a text to be shown beside others; text from right to left is isolated from its neighbours."""
    return isolated(plain(text, limit - 3))


def in_line(elements: Sequence[Element], block: str) -> list[Element]:
    """Return a line of text elements for a block that reads as ``block`` (``L`` or ``R``).

    Slack gives a whole block the direction of its first letter that has one. So a line of the other direction is
    isolated, and a line whose first letter misleads gets a mark before it.
    """
    whole = "".join(element["text"] for element in elements)
    own = reads(whole)
    if not own or (own == block and not has_right_to_left(whole)):
        return list(elements)
    mark = "" if first_direction(whole) == own else MARKS[own]
    begin, end = (ISOLATE + mark, END) if own != block else (mark, "")
    told = [dict(element) for element in elements]
    told[0]["text"] = begin + told[0]["text"]
    told[-1]["text"] += end
    return told
