"""YAML read with line numbers: every complaint about a topic file names the file, the line and what is expected."""

import math
from collections.abc import Iterator

import yaml

from bot.errors import ConfigError


class Reader:
    """Reads the nodes of one YAML document. Every method raises ConfigError with file and line on a wrong node."""

    def __init__(self, name: str, text: str) -> None:
        """``name`` is how the file is called in messages. Raises ConfigError where the text is not YAML."""
        self.name = name
        try:
            # libyaml's parser, where PyYAML was built with it, is some ten times faster than the one in Python.
            root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{name}, line {line}: not valid YAML: {error.problem or error}") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{name}: not valid YAML: {error}") from None
        if root is None:
            raise ConfigError(f"{name}: the file is empty; a topic has at least id, title, vocabulary and rules")
        self.root: yaml.Node = root

    def fail(self, node: yaml.Node, wrong: str, right: str) -> ConfigError:
        """The error for ``node``: what is wrong, and what is expected."""
        return ConfigError(f"{self.name}, line {node.start_mark.line + 1}: {wrong}; {right}")

    def mapping(self, node: yaml.Node, what: str, allowed: frozenset[str] | None = None) -> dict[str, yaml.Node]:
        """The keys and value nodes of a mapping; with ``allowed``, no other keys."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"{what} is not a mapping", "expected lines of the form 'name: value'")
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self.text(key_node, "a name")
            if key in found:
                raise self.fail(key_node, f"{key!r} stands here twice", "each name may stand once")
            if allowed is not None and key not in allowed:
                raise self.fail(key_node, f"{key!r} is not known in {what}", f"known are {', '.join(sorted(allowed))}")
            found[key] = value
        return found

    def items(self, node: yaml.Node, what: str) -> Iterator[yaml.Node]:
        """The nodes of a list."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, f"{what} is not a list", "expected a list such as [one, two]")
        yield from node.value

    def text(self, node: yaml.Node, what: str) -> str:
        """A text that is not empty."""
        if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
            raise self.fail(node, f"{what} is not a text", "expected a word or a quoted text")
        return str(node.value).strip()

    def texts(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        if isinstance(node, yaml.ScalarNode):
            return (self.text(node, what),)
        return tuple(self.text(child, what) for child in self.items(node, what))

    def number(self, node: yaml.Node, what: str, low: float, high: float) -> float:
        """A number within bounds."""
        written = self.text(node, what)
        try:
            value = float(written)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.fail(node, f"{what} is {written!r}", f"expected a number from {low:g} to {high:g}")
        return value

    def choice(self, node: yaml.Node, what: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(node, what)
        if value not in allowed:
            raise self.fail(node, f"{what} is {value!r}", f"expected one of {', '.join(allowed)}")
        return value
