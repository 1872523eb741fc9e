"""What a robots.txt lets one robot fetch, after RFC 9309.

The standard library's ``urllib.robotparser`` is older than the RFC (Python 3.11): it takes the first rule that fits and
not the longest, knows neither ``*`` nor ``$`` in paths, ends a group at a blank line, and reads only the first of
several groups for one robot. Three of these let pages through that a publisher has closed, so that the rules are read
here.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_MOST_BYTES = 512 << 10  # RFC 9309, section 2.5, asks for 500 KiB at least
_MOST_RULES = 5000  # for one robot; no publisher has so many
_LINE = re.compile(r"(?i)\s*(user-agent|allow|disallow|crawl-delay)\s*:([^#]*)")
_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for one robot: path patterns as printed, each with whether it allows; ``delay`` in seconds, or None."""

    rules: tuple[tuple[str, bool], ...] = ()
    delay: float | None = None

    def allows(self, url: str) -> bool:
        """Whether the longest rule that fits the path and query of ``url`` allows it; where none fits it is allowed."""
        parts = urlsplit(url)
        path = unquote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if _fits(pattern, path)]
        return max(fitting, default=(0, True))[1]  # of two equally long ones that which allows (section 2.2.2)


EVERYTHING = Robots()
NOTHING = Robots((("/", False),))


def product_token(user_agent: str) -> str:
    """The name by which robots.txt files call the robot with this User-Agent header, in small letters; '' if none."""
    found = re.match(r"[A-Za-z_-]+", user_agent)
    return found[0].lower() if found else ""


def read_robots(body: bytes, robot: str) -> Robots:
    """Read the rules for ``robot``, a product token: those of all groups that name it, else those for every robot.

    Never raises; whatever is no rule is passed over, as section 2.2 of the RFC wants it.
    """
    named: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    present: set[bool] = set()
    group: set[bool] = set()  # whom the present group is for: this robot (True), everyone (False)
    in_rules = False
    for line in body[:_MOST_BYTES].decode("utf-8-sig", "replace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        name, value = found[1].lower(), found[2].strip()
        if name != "user-agent":
            in_rules = True
            for whom in group:
                named[whom].append((name, value))
            continue
        if in_rules:
            group, in_rules = set(), False
        token = _TOKEN.match(value)
        if token and token[0].lower() in ("*", robot):
            group.add(token[0] != "*")
            present |= group
    return _rules(named[True in present])


def _rules(lines: list[tuple[str, str]]) -> Robots:
    if len(lines) > _MOST_RULES:
        return NOTHING
    delay = next((float(value) for name, value in lines if name == "crawl-delay" and _SECONDS.fullmatch(value)), None)
    rules = [(value, name == "allow") for name, value in lines if name != "crawl-delay" and value[:1] in ("/", "*")]
    return Robots(tuple(rules), delay)


def _fits(pattern: str, path: str) -> bool:
    """Whether an unescaped path begins with ``pattern``, in which ``*`` is any run of characters and ``$`` the end.

    Each piece between stars is looked for once from the left, which is right for stars and takes no trying again.
    """
    ends = pattern.endswith("$")
    first, *others = (unquote(piece) for piece in pattern.removesuffix("$").split("*"))
    if not path.startswith(first):
        return False
    if not others:
        return not ends or path == first
    position = len(first)
    last = others.pop() if ends else ""
    for piece in others:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return path.endswith(last) and len(path) - len(last) >= position
