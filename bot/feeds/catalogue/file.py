"""feeds.yaml: read with every mistake named by its line, and added to without touching what a person wrote."""

import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError
from bot.feeds.catalogue.codes import nearest
from bot.feeds.catalogue.reading import Listing, Mapping, Node, Problems, Scalar, decode, read_nodes
from bot.feeds.catalogue.values import ANY_LANGUAGE, READERS, REQUIRED, WrongValueError, hint, shown
from bot.model import Feed
from bot.text.durations import write_duration
from bot.text.urls import clean_url

_MOST_FEEDS = 10_000
_KEYS = (*READERS, "topics")


def load_catalogue(path: Path, topics: Collection[str] | None = None) -> tuple[Feed, ...]:
    """Read feeds.yaml.

    Args:
        path: The file.
        topics: The topics there are; with it, a feed that names another is a mistake.

    Raises:
        ConfigError: the file cannot be read or is wrong. One line a mistake: file, line, what is wrong, what is right.
    """
    return read_catalogue(str(path), read_file(path), topics)


def read_file(path: Path) -> str:
    """The text of feeds.yaml. Raises ConfigError where it cannot be read or is not UTF-8."""
    try:
        return decode(str(path), path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; 'monazite feeds init' writes one, or name another with MONAZITE_FEEDS"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a readable file") from None


def read_catalogue(name: str, text: str, topics: Collection[str] | None = None) -> tuple[Feed, ...]:
    """Read the text of a feeds.yaml; ``name`` is how messages call it. Raises ConfigError, as ``load_catalogue``."""
    problems = Problems(name)
    listing = feed_list(read_nodes(name, text.removeprefix("\ufeff")), problems)
    found: list[tuple[Feed, dict[str, int]]] = []
    for node in listing.nodes[:_MOST_FEEDS] if listing else ():
        feed = _FeedReader(problems, topics).read(node)
        if feed:
            found.append(feed)
    if listing and len(listing.nodes) > _MOST_FEEDS:
        problems.add(listing.line, f"{len(listing.nodes):,} feeds are too many; at most {_MOST_FEEDS:,} are right")
    _check_twins(found, problems)
    problems.raise_all()
    return tuple(feed for feed, _ in found)


def starter() -> str:
    """The text of the feeds.yaml that comes with the program, from the wheel or from the checkout."""
    packaged = resources.files("bot.feeds").joinpath("feeds.yaml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parents[3] / "feeds.yaml").read_text(encoding="utf-8")


def write_starter(path: Path, *, replace: bool) -> None:
    """Write the starting list to ``path``, in one step.

    Raises:
        ConfigError: a file is there and ``replace`` is False, or it cannot be written.
    """
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: is not a file; name one with MONAZITE_FEEDS")
    if path.exists() and not replace:
        raise ConfigError(f"{path} is there already; --force replaces it")
    _replace(path.resolve(), starter().encode("utf-8"), str(path))


def suggest_id(name: str, taken: Collection[str], host: str = "") -> str:
    """An id for a feed called ``name`` that is not among ``taken``: ``The Nation`` gives ``the-nation``.

    A name without Latin letters gives none; then it is made of ``host``.
    """
    base = _id_of(name) or _id_of(host) or "feed"
    number = 2
    chosen = base
    while chosen in taken:
        chosen = f"{base}-{number}"
        number += 1
    return chosen


def _id_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = "-".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "")))
    return base if len(base) <= 40 else base[:41].rpartition("-")[0] or base[:40]


def feed_list(root: Node | None, problems: Problems) -> Listing | None:
    """The list under ``feeds:``, None where it is empty or, with a problem noted, where it is not there."""
    if isinstance(root, Listing):
        problems.add(root.line, "the list stands alone; expected a line 'feeds:' above it")
        return None
    if not isinstance(root, Mapping):
        problems.add(root.line if root else 1, "there is no line 'feeds:'; 'monazite feeds init' writes a whole file")
        return None
    values = _fields(root, ("feeds",), "feeds.yaml", problems)
    if "feeds" not in values:
        if not any(isinstance(key, Scalar) and nearest(key.text, ("feeds",)) for key in root.nodes[::2]):
            problems.add(root.line, "there is no line 'feeds:' with a list of feeds below it")
        return None
    value = values["feeds"]
    if isinstance(value, Scalar) and value.empty:
        return None
    if not isinstance(value, Listing):
        problems.add(value.line, "'feeds:' is not followed by a list; expected one '- id: …' a feed")
        return None
    return value


def _fields(node: Mapping, known: Iterable[str], what: str, problems: Problems) -> dict[str, Node]:
    """The values by name. Unknown names and names that stand twice are noted as problems."""
    known = tuple(known)
    found: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.pairs:
        if not isinstance(key, Scalar):
            problems.add(key.line, f"a list or mapping stands where a name is expected; {what} has {', '.join(known)}")
        elif key.text not in known:
            near = nearest(key.text, known)
            problems.add(
                key.line, f"{shown(key.text)} is not known in {what}{hint(near) or '; known are ' + ', '.join(known)}"
            )
        elif key.text in lines:
            problems.add(key.line, f"{key.text!r} stands on line {lines[key.text]} already; take one of the two out")
        else:
            lines[key.text] = key.line
            found[key.text] = value
    return found


class _FeedReader:
    """Reads one feed and notes what is wrong with it."""

    def __init__(self, problems: Problems, topics: Collection[str] | None) -> None:
        self._problems = problems
        self._topics = topics
        self._sound = True

    def read(self, node: Node) -> tuple[Feed, dict[str, int]] | None:
        """The feed, and the line of each of its values; None where something is wrong."""
        if not isinstance(node, Mapping):
            self._problems.add(node.line, "a feed is a group of lines such as 'id: …' and 'url: …', not a single value")
            return None
        nodes = _fields(node, _KEYS, "a feed", self._problems)
        if len(nodes) < len(node.pairs):
            self._sound = False
        values: dict[str, Any] = {}
        lines = {"": node.line}
        for key, value in nodes.items():
            if isinstance(value, Scalar) and value.empty:
                continue
            lines[key] = value.line
            values[key] = self._read_topics(value) if key == "topics" else self._read_value(key, value)
        self._require(node, values)
        low, high = values.get("min_interval"), values.get("max_interval")
        if low and high and low > high:
            self._wrong(lines["min_interval"], "min_interval: is longer than max_interval; exchange the two")
        return (Feed(**{"country": "", **values}), lines) if self._sound else None

    def _wrong(self, line: int, text: str) -> None:
        self._sound = False
        self._problems.add(line, text)

    def _read_value(self, key: str, node: Node) -> object:
        if not isinstance(node, Scalar):
            self._wrong(node.line, f"{key}: has a list or mapping; expected a single value")
            return None
        try:
            return READERS[key](node.text.strip())
        except WrongValueError as error:
            self._wrong(node.line, f"{key}: {error}")
            return None

    def _read_topics(self, node: Node) -> tuple[str, ...]:
        if isinstance(node, Mapping):
            self._wrong(node.line, "topics: has names with values; expected a list such as [rare-earths]")
            return ()
        found: list[str] = []
        for part in node.nodes if isinstance(node, Listing) else [node]:
            if not isinstance(part, Scalar) or part.empty:
                self._wrong(part.line, "topics: has an item that is not a name; expected a list such as [rare-earths]")
            elif part.text in found:
                self._wrong(part.line, f"topics: {shown(part.text)} stands here twice; once is right")
            elif self._topics is not None and part.text not in self._topics:
                near = hint(nearest(part.text, self._topics)) or f"; there are {', '.join(sorted(self._topics))}"
                self._wrong(part.line, f"topics: {shown(part.text)} is not a topic{near}")
            else:
                found.append(part.text)
        return tuple(found)

    def _require(self, node: Mapping, values: dict[str, Any]) -> None:
        """Note what is missing, but for what stands there misspelt, which has been noted already."""
        misspelt = {
            nearest(key.text, _KEYS) for key in node.nodes[::2] if isinstance(key, Scalar) and key.text not in _KEYS
        }
        missing = [key for key in REQUIRED if key not in values and key not in misspelt]
        if missing:
            who = f"feed {shown(values['id'])}" if values.get("id") else "the feed"
            examples = ", ".join(f"'{REQUIRED[key]}'" for key in missing)
            self._wrong(node.line, f"{who} has no {', '.join(missing)}; add {examples}")


def _check_twins(found: Sequence[tuple[Feed, dict[str, int]]], problems: Problems) -> None:
    ids: dict[str, int] = {}
    addresses: dict[str, tuple[str, int]] = {}
    for feed, lines in found:
        if feed.id in ids:
            problems.add(
                lines["id"], f"id: {shown(feed.id)} stands on line {ids[feed.id]} already; each feed needs its own"
            )
        ids.setdefault(feed.id, lines["id"])
        address = address_key(feed.url)
        if address in addresses:
            other, line = addresses[address]
            problems.add(
                lines["url"], f"url: feed {shown(other)} on line {line} has this address already; take one out"
            )
        addresses.setdefault(address, (feed.id, lines["url"]))


def address_key(url: str) -> str:
    """By which two spellings of a feed's address are equal: http or https, and a slash at the end, do not matter."""
    return clean_url(url).partition("://")[2].rstrip("/")


def append_feed(path: Path, feed: Feed, topics: Collection[str] | None = None) -> None:
    """Add a feed at the end of feeds.yaml; see ``append_feeds``."""
    append_feeds(path, (feed,), topics)


def append_feeds(path: Path, feeds: Sequence[Feed], topics: Collection[str] | None = None) -> None:
    """Add feeds at the end of the list. Everything that stands in the file stays as it is, comments included.

    The new text is read before it takes the old one's place, which it does in one step; the file keeps its mode.
    ``topics`` as for ``load_catalogue``.

    Raises:
        ConfigError: the file is wrong already, a feed would be (its id or address is taken), or it cannot be written.
    """
    name, real = str(path), path.resolve()  # a link stays a link
    text = read_file(path)
    seen = _stamp(real)
    present = read_catalogue(name, text)
    if not feeds:
        return
    changed = _with_added(name, text, feeds)
    if read_catalogue(name, changed, topics) != (*present, *feeds):
        raise ConfigError(f"{path}: a feed cannot be added in this file's layout; add it by hand")
    if _stamp(real) != seen:
        raise ConfigError(f"{path}: was changed by someone else meanwhile; try again")
    _replace(real, changed.encode("utf-8"), name)


def write_entry(feed: Feed) -> list[str]:
    """The lines of one feed, without indentation, the first to be preceded by ``- ``."""
    values: dict[str, Any] = {
        "id": feed.id,
        "name": feed.name,
        "url": feed.url,
        "language": feed.language or ANY_LANGUAGE,
        "publisher": feed.publisher,
        "country": feed.country,
        "ownership": str(feed.ownership),
        "tier": feed.tier,
        "topics": list(feed.topics),
        "enabled": feed.enabled,
        "user_agent": feed.user_agent,
        "min_interval": write_duration(feed.min_interval) if feed.min_interval else None,
        "max_interval": write_duration(feed.max_interval) if feed.max_interval else None,
    }
    return [f"{key}: {_inline(value)}" for key, value in values.items() if value not in (None, "", [])]


def _inline(value: object) -> str:
    """A value on one line, in quotes where YAML needs them."""
    dumped: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"))
    return dumped.removesuffix("\n").removesuffix("\n...")


def _with_added(name: str, text: str, feeds: Sequence[Feed]) -> str:
    """The text with ``feeds`` put after the last feed and the comments that follow it."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    newline = "\r\n" if "\r\n" in body else "\n"
    root = read_nodes(name, body)
    if not isinstance(root, Mapping) or root.flow:
        raise ConfigError(f"{name}:1: a feed cannot be added to a file in braces; write 'feeds:' and a list below it")
    value = root.pairs[0][1]
    if isinstance(value, Listing) and value.nodes:
        if value.flow:
            raise ConfigError(
                f"{name}:{value.line}: a feed cannot be added to a list in brackets; write one '- ' a feed"
            )
        before, after = body[: value.end], body[value.end :]
        dash = value.column
        inner = value.nodes[-1].column
        apart = len(value.nodes) > 1 and _is_set_apart(body, value.nodes[-1].start)
    else:  # 'feeds:', 'feeds: null' or 'feeds: []'
        end = value.end + 1 if isinstance(value, Listing) else value.end
        rest, _, after = body[end:].partition("\n")
        before = body[: value.start].rstrip() + rest.rstrip("\r") + newline
        dash, inner, apart = 2, 4, False
    if before and not before.endswith("\n"):
        before += newline
    added: list[str] = []
    for feed in feeds:
        first, *others = write_entry(feed)
        if apart:
            added.append("")
        added.append(" " * dash + "-" + " " * (inner - dash - 1) + first)
        added.extend(" " * inner + line for line in others)
    return mark + before + newline.join(added) + newline + after


def _is_set_apart(body: str, start: int) -> bool:
    """Whether a blank line stands before the feed that starts there."""
    lines_before = body[:start].splitlines()[:-1]
    return bool(lines_before) and not lines_before[-1].strip()


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _replace(path: Path, body: bytes, name: str) -> None:
    """Write a file beside ``path`` and put it in its place; it keeps the mode of what was there."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(mode)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigError(
            f"{name}: cannot be written ({error.strerror}); its folder must be there and be writable"
        ) from None
