"""YAML as nodes that know their place, from the parser's events: no aliases, no tags, no depth, one document.

Values stay texts. So ``country: NO`` is Norway here and not, as YAML 1.1 has it, the opposite of yes.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.errors import ConfigError

_DEEPEST = 8  # feeds.yaml needs four levels
_LARGEST = 2 * 1024 * 1024
_HINTS = (
    # what libyaml says, what helps
    ("tab character", "indent with spaces"),
    (
        "mapping values are not allowed",
        "put quotes round a text that contains ': ', and indent all lines of a feed alike",
    ),
    ("cannot start any token", "indent with spaces, not tabs, and put quotes round a text that begins with % @ or `"),
    ("did not find expected", "indent all lines of a feed alike, and look for a quote or bracket that is missing"),
    ("could not find expected", "a line needs a colon and a space: 'name: value'"),
    ("unexpected end of stream", "a quote or bracket that was opened is never closed"),
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where PyYAML was built with it: ten times faster


@dataclass(slots=True)
class Scalar:
    """A text. ``plain`` says that it stands without quotes; ``start`` and ``end`` are offsets of characters."""

    line: int
    column: int
    start: int
    end: int
    text: str
    plain: bool

    @property
    def empty(self) -> bool:
        """Whether it stands for no value at all."""
        return not self.text.strip() or (self.plain and self.text in {"~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Listing:
    """A list. ``end`` is the offset of what follows it; ``flow`` says that it is written in brackets."""

    line: int
    column: int
    start: int
    flow: bool
    nodes: list["Node"] = field(default_factory=list)
    end: int = 0


@dataclass(slots=True)
class Mapping:
    """Names and values, in their order, the same name perhaps twice."""

    line: int
    column: int
    start: int
    flow: bool
    nodes: list["Node"] = field(default_factory=list)
    end: int = 0

    @property
    def pairs(self) -> list[tuple["Node", "Node"]]:
        """Each name with its value."""
        return list(zip(self.nodes[::2], self.nodes[1::2], strict=True))


Node = Scalar | Listing | Mapping


class Problems:
    """Gathers what is wrong with a file, so that a person sees all of it at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Note a problem. ``line`` counts from 1."""
        self._found.append((line, text))

    def raise_all(self) -> None:
        """Raise ConfigError with one line a problem, in the order of the file; nothing where there is none."""
        if self._found:
            ordered = sorted(self._found, key=lambda problem: problem[0])
            raise ConfigError("\n".join(f"{self._name}:{line}: {text}" for line, text in ordered))


def decode(name: str, body: bytes) -> str:
    """Decode a file. Raises ConfigError where it is too large or not UTF-8."""
    if len(body) > _LARGEST:
        raise ConfigError(
            f"{name}:1: {len(body):,} bytes are too many for a list of feeds; at most {_LARGEST:,} are right"
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{name}:{line}: byte 0x{body[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def read_nodes(name: str, text: str) -> Node | None:
    """Read one document; None where it is empty. ``name`` is how messages call the file.

    Raises:
        ConfigError: the text is not YAML, or uses aliases, anchors, tags or a second document, or is nested too deep.
    """
    try:
        return _build(name, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be read"
        advice = next((f"; {helps}" for says, helps in _HINTS if says in problem), "")
        raise ConfigError(f"{name}:{mark.line + 1 if mark else 1}: not valid YAML: {problem}{advice}") from None
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes and gives a number, the parser in Python counts characters and gives one.
        bytewise = isinstance(error.character, int)
        before = text.encode()[: error.position].decode(errors="ignore") if bytewise else text[: error.position]
        code = error.character if bytewise else ord(error.character)
        raise ConfigError(
            f"{name}:{before.count(chr(10)) + 1}: the character U+{code:04X} is not allowed in YAML; delete it"
        ) from None


def _build(name: str, text: str) -> Node | None:
    root: Node | None = None
    open_nodes: list[Listing | Mapping] = []
    event: Any  # the stubs doubt that events have marks
    for event in yaml.parse(text, Loader=_LOADER):
        _refuse(name, event, second=root is not None and not open_nodes)
        start = event.start_mark
        if isinstance(event, yaml.CollectionEndEvent):
            open_nodes.pop().end = start.index
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        node = _node(event)
        if open_nodes:
            open_nodes[-1].nodes.append(node)
        else:
            root = node
        if not isinstance(node, Scalar):
            open_nodes.append(node)
        if len(open_nodes) > _DEEPEST:
            raise ConfigError(f"{name}:{node.line}: nested deeper than a list of feeds is; at most {_DEEPEST} levels")
    return root


def _node(event: Any) -> Node:
    mark, end = event.start_mark, event.end_mark
    line, column = mark.line + 1, mark.column
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(line, column, mark.index, end.index, event.value, plain=event.implicit[0])
    kind = Listing if isinstance(event, yaml.SequenceStartEvent) else Mapping
    return kind(line, column, mark.index, flow=bool(event.flow_style))


def _refuse(name: str, event: Any, *, second: bool) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 1
    if isinstance(event, yaml.DocumentStartEvent) and second:
        raise ConfigError(f"{name}:{line}: a second document begins here; take the line '---' out")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise ConfigError(f"{name}:{line}: anchors (&) and aliases (*) are not read; write the value out, or quote it")
    if getattr(event, "tag", None):
        raise ConfigError(f"{name}:{line}: tags ({event.tag}) are not read; take the tag out, or quote the value")
