"""Text and addresses from outside, made fit for Slack. Pure; lengths are counted in UTF-16 units."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

from handlers.slack.direction import apart

TEXT = 3000  # units in the fallback text of a message
_URL = 1000

# Controls, marks that turn the direction of writing, signs that show nothing, and halves of surrogate pairs. The
# joiners U+200C and U+200D stay: Urdu is misspelt without them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.IGNORECASE)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def own_id(place: str) -> str:
    """Slack's own id of a channel or a person, without the workspace that may stand before it."""
    return place.rpartition("/")[2]


def units(text: str) -> int:
    """The length of ``text`` in UTF-16 units. It may not hold halves of surrogate pairs."""
    return len(text.encode("utf-16-le")) // 2


def plain(text: str, limit: int) -> str:
    """``text`` on one line, without hidden characters, of at most ``limit`` UTF-16 units."""
    shown = " ".join(_HIDDEN.sub("", text).split())
    if units(shown) <= limit:
        return shown
    return shown.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def address(url: str) -> str:
    """``url`` in ASCII; '' where it is no http(s) address, holds a user name, or is longer than 1,000 characters."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "")[:255].encode("idna").decode("ascii")
        place = f"{host}:{parts.port}" if parts.port else host
        rest = [quote(part, safe="/:@!$&'()*+,;=%~?") for part in parts[2:]]
    except ValueError:
        return ""
    whole = urlunsplit((parts.scheme, place, rest[0] or "/", *rest[1:]))
    sound = parts.scheme in ("http", "https") and _HOST.fullmatch(host) and "@" not in parts.netloc
    return whole if sound and len(whole) <= _URL else ""


def escape(text: str) -> str:
    """``text`` for the one place where Slack reads markup, the fallback; cut to 3,000 units between two characters."""
    escaped = text.translate(_ESCAPES)
    if units(escaped) <= TEXT:
        return escaped
    kept = escaped.encode("utf-16-le")[: 2 * (TEXT - 1)].decode("utf-16-le", "ignore")
    return re.sub(r"&[a-z]*$", "", kept) + "…"


def cell(text: str, limit: int) -> str:
    """A text beside others, as ``plain``. One written from right to left is set apart: the others keep their places."""
    return apart(plain(text, limit - 3))
