"""Text and addresses from outside, made fit to be shown: on one line, within a length, in their own direction. Pure.

Lengths are counted in UTF-16 units, the largest of the counts that chat platforms make. Directions follow
https://www.unicode.org/reports/tr9/ (rules P2 and P3: what is isolated does not count).
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

# Controls, marks that change the direction of writing, characters that show nothing, and halves of surrogate pairs. The
# joiners U+200C and U+200D stay: Urdu is misspelt without them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.IGNORECASE)
_SAFE = "/:@!$&'*+,;=%~?"
ISOLATE, END = "\u2068", "\u2069"
MARKS = {"L": "\u200e", "R": "\u200f"}
_ISOLATED = re.compile(f"{ISOLATE}[^{END}]*{END}")
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(f"[{_RIGHT}][{_RIGHT}\u200c\u200d]*(?:[ ,.:'’-]+[{_RIGHT}][{_RIGHT}\u200c\u200d]*)*")


def units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 units. It may not contain halves of surrogate pairs."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """Shorten ``text`` to ``limit`` UTF-16 units, with an ellipsis and no half character at its end."""
    if units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def visible(text: str) -> str:
    """Return ``text`` on one line, without hidden characters."""
    return " ".join(_HIDDEN.sub("", text).split())


def plain(text: str, limit: int) -> str:
    """Return ``text`` on one line, without hidden characters, in at most ``limit`` UTF-16 units."""
    return cut(visible(text), limit)


def address(url: str, limit: int, *, safe: str = "") -> str:
    """Return an http(s) address in ASCII; '' where it is none, has a user name, or is longer than ``limit``.

    ``safe`` has further characters to leave unquoted, such as brackets.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "")[:255].encode("idna").decode("ascii")
        place = f"{host}:{parts.port}" if parts.port else host
        rest = [quote(part, safe=_SAFE + safe) for part in parts[2:]]
    except ValueError:
        return ""
    whole = urlunsplit((parts.scheme, place, rest[0] or "/", *rest[1:]))
    sound = parts.scheme in ("http", "https") and _HOST.fullmatch(host) and "@" not in parts.netloc
    return whole if sound and len(whole) <= limit else ""


def host_shown(url: str, limit: int = 2048) -> str:
    """Return the host of an address as it may be shown; '' where the address is not sound."""
    return urlsplit(address(url, limit)).netloc


def reads(text: str) -> str:
    """Return ``R`` or ``L``, as most letters of ``text`` read; '' where none has a direction."""
    strong = _strong(text)
    return "" if not strong else "R" if 2 * strong.count("R") > len(strong) else "L"


def first_direction(text: str) -> str:
    """Return the direction of the first letter that has one, which decides how a line is laid out; '' if none has."""
    return _strong(text)[:1]


def has_right_to_left(text: str) -> bool:
    """Return whether any letter reads from right to left."""
    return "R" in _strong(text)


def isolated(text: str) -> str:
    """Set a text apart from its neighbours in a line if any of it reads from right to left."""
    if not has_right_to_left(text):
        return text
    own = reads(text)
    mark = "" if first_direction(text) == own else MARKS[own]
    return f"{ISOLATE}{mark}{text}{END}"


def with_isolated_runs(text: str, limit: int) -> str:
    """Isolate the words from right to left in a line that reads from left to right, if it stays within ``limit``."""
    if first_direction(text) != "L":
        return text
    told = _RUN.sub(lambda run: f"{ISOLATE}{run[0]}{END}", text)
    return told if units(told) <= limit else text


def _strong(text: str) -> str:
    """The directions of the letters that have one, as a row of ``L`` and ``R``."""
    if text.isascii():
        return "L" if any(letter.isalpha() for letter in text) else ""
    kinds = (unicodedata.bidirectional(letter) for letter in _ISOLATED.sub("", text))
    return "".join("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL"))
