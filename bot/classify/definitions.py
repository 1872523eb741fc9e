"""Topics as people write them: one YAML file a topic, read into frozen values and checked line by line.

A topic has groups of terms (``vocabulary``), phrases that hide terms inside them (``masks``), and rules that say what
the presence of groups together means. Each rule that fires adds its weight to the log-odds of a match, which start at
``prior``; rules of one family do not add up, the strongest of them counts.

A group's terms: ``terms`` by language, found in any text in any case (``*`` at the end lets the word go on); ``exact``
minds the case; ``only_in`` counts in entries of that language alone; ``phrases`` pairs each of ``first`` with each of
``then``. ``implies`` names groups that are meant too. A rule's ``in`` is title, lead (title and the text's beginning),
sentence (of the text) or text (all of it); in its lists, an inner list means "any of these". A rule with
``left_out_by`` is left out where the setting of that name is on.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from importlib import resources
from operator import or_
from pathlib import Path

import yaml

from bot.errors import ConfigError
from bot.text.yaml_reader import Reader

SCOPES = ("title", "lead", "sentence", "text")
_TOPIC_KEYS = frozenset(
    {"id", "title", "description", "threshold", "prior", "needs", "actors", "vocabulary", "masks", "rules"}
)
_GROUP_KEYS = frozenset({"about", "terms", "exact", "only_in", "phrases", "implies"})
_MASK_KEYS = frozenset({"hide", "terms", "exact", "only_in", "phrases"})
_RULE_KEYS = frozenset(
    {
        "name", "weight", "family", "in", "all", "none", "unless", "title_has", "title_lacks", "first", "sequence",
        "near", "gap", "count", "languages", "left_out_by",
    }
)  # fmt: skip
_DEFAULT_GAP = 40


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; ``exact`` minds the case, ``prefix`` lets the word go on, no ``languages`` means any."""

    text: str
    exact: bool = False
    prefix: bool = False
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that stand for one thing. ``bits`` has a bit for the group and one for every group that it implies."""

    name: str
    about: str
    bits: int
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """Phrases inside which the groups of ``hides`` (bits) are not meant: bone china, Earth Day."""

    hides: int
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What it means where groups stand together. Every bit set of ``needs`` must be met, within ``scope``.

    ``forbids`` must be absent from the scope, ``unless`` from title and lead; ``title_needs`` and ``title_forbids``
    look at the title alone. ``first``: the first actor named is one of these. ``sequence``: these in this order,
    ``near``: two of these in any order, at most ``gap`` characters apart. ``counts``: a group at least so many times.
    ``weight`` is in log-odds. ``left_out_by`` names the setting that takes the rule away.
    """

    name: str
    weight: float
    family: str
    scope: str
    needs: tuple[int, ...] = ()
    forbids: int = 0
    unless: int = 0
    title_needs: tuple[int, ...] = ()
    title_forbids: int = 0
    first: int = 0
    sequence: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    gap: int = _DEFAULT_GAP
    counts: tuple[tuple[int, int], ...] = ()
    languages: frozenset[str] = frozenset()
    left_out_by: str = ""


@dataclass(frozen=True, slots=True)
class TopicDefinition:
    """A topic, ready to be compiled by the classifier. ``needs``: without a word of each, the topic cannot match."""

    id: str
    title: str
    description: str
    threshold: float
    prior: float
    needs: tuple[int, ...]
    actors: int
    groups: tuple[Group, ...]
    masks: tuple[Mask, ...]
    rules: tuple[Rule, ...]


def load_topics(directory: Path | None = None, *, settings: Collection[str] = ()) -> tuple[TopicDefinition, ...]:
    """Read every ``*.yaml`` of a directory, by name; without one, the topics that come with the program.

    ``settings`` are the names of those that are on: rules that one of them leaves out are dropped.

    Raises:
        ConfigError: the directory cannot be read or has no topics, or a file is wrong (with file, line and a remedy).
    """
    topics = [parse_topic(name, text) for name, text in _files(directory)]
    if not topics:
        raise ConfigError(f"{directory}: no topic here; put one YAML file a topic into this directory")
    seen: set[str] = set()
    for topic in topics:
        if topic.id in seen:
            raise ConfigError(f"{directory or 'built-in topics'}: two files define the topic {topic.id!r}; rename one")
        seen.add(topic.id)
    return tuple(
        replace(topic, rules=tuple(rule for rule in topic.rules if rule.left_out_by not in settings))
        for topic in topics
    )


def _files(directory: Path | None) -> Iterator[tuple[str, str]]:
    try:
        if directory is not None:
            for path in sorted(directory.iterdir()):
                if path.suffix in {".yaml", ".yml"} and path.is_file():
                    yield str(path), _decoded(str(path), path.read_bytes())
            return
        for inner in sorted(resources.files("bot.classify").joinpath("topics").iterdir(), key=lambda file: file.name):
            if inner.name.endswith(".yaml"):
                yield inner.name, _decoded(inner.name, inner.read_bytes())
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be read ({error.strerror}); give a directory of topics") from None


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}, line {line}: not UTF-8 ({error.reason}); save the file as UTF-8") from None


def parse_topic(name: str, text: str) -> TopicDefinition:
    """Read one topic file; ``name`` is how messages call it. Raises ConfigError, as ``load_topics`` does."""
    reader = Reader(name, text)
    fields = reader.mapping(reader.root, "a topic", _TOPIC_KEYS)
    for needed in ("id", "title", "vocabulary", "rules"):
        if needed not in fields:
            raise reader.fail(reader.root, f"the topic has no {needed!r}", f"expected a line '{needed}: …'")
    names = _Names(reader, fields["vocabulary"])
    topic_id = reader.text(fields["id"], "id")
    if not topic_id.replace("-", "").isalnum() or topic_id != topic_id.lower():
        raise reader.fail(fields["id"], f"id is {topic_id!r}", "lower-case letters, digits and '-' are right")
    groups = names.groups()
    return TopicDefinition(
        id=topic_id,
        title=reader.text(fields["title"], "title"),
        description=reader.text(fields["description"], "description") if "description" in fields else "",
        threshold=reader.number(fields["threshold"], "threshold", 0, 1) if "threshold" in fields else 0.5,
        prior=reader.number(fields["prior"], "prior", -20, 20) if "prior" in fields else -4.0,
        needs=names.sets(fields["needs"], "needs") if "needs" in fields else (),
        actors=names.bits(fields["actors"], "actors") if "actors" in fields else 0,
        groups=groups,
        masks=tuple(names.mask(node, groups) for node in _optional_items(reader, fields, "masks")),
        rules=tuple(names.rule(node) for node in reader.items(fields["rules"], "rules")),
    )


class _Names:
    """Turns the names of groups into bits while reading, so that a misspelt name is found with its line."""

    def __init__(self, reader: Reader, vocabulary: yaml.Node) -> None:
        self._reader = reader
        self._nodes = reader.mapping(vocabulary, "vocabulary")
        self._bit = {name: 1 << index for index, name in enumerate(self._nodes)}

    def bit(self, node: yaml.Node) -> int:
        name = self._reader.text(node, "a group's name")
        if name not in self._bit:
            raise self._reader.fail(node, f"no group is called {name!r}", f"known groups: {', '.join(self._bit)}")
        return self._bit[name]

    def bits(self, node: yaml.Node, what: str) -> int:
        """Any of these: one name or a list of names."""
        if isinstance(node, yaml.ScalarNode):
            return self.bit(node)
        return reduce(or_, (self.bit(child) for child in self._reader.items(node, what)), 0)

    def sets(self, node: yaml.Node, what: str) -> tuple[int, ...]:
        """All of these, where an inner list means any of it."""
        if isinstance(node, yaml.ScalarNode):
            return (self.bit(node),)
        return tuple(self.bits(child, what) for child in self._reader.items(node, what))

    def groups(self) -> tuple[Group, ...]:
        """Every group with its terms."""
        found = []
        for name, node in self._nodes.items():
            fields = self._reader.mapping(node, f"group {name!r}", _GROUP_KEYS)
            implied = self.bits(fields["implies"], "implies") if "implies" in fields else 0
            about = self._reader.text(fields["about"], "about") if "about" in fields else name.replace("_", " ")
            found.append(Group(name, about, self._bit[name] | implied, tuple(_terms(self._reader, fields))))
        return tuple(found)

    def mask(self, node: yaml.Node, groups: tuple[Group, ...]) -> Mask:
        fields = self._reader.mapping(node, "a mask", _MASK_KEYS)
        hidden = self.bits(fields["hide"], "hide") if "hide" in fields else -1
        for group in groups:
            if group.bits & hidden & self._bit[group.name]:
                hidden |= group.bits  # what a hidden word implied is hidden with it
        return Mask(hidden, tuple(_terms(self._reader, fields)))

    def rule(self, node: yaml.Node) -> Rule:
        reader = self._reader
        fields = reader.mapping(node, "a rule", _RULE_KEYS)
        for needed in ("name", "weight"):
            if needed not in fields:
                raise reader.fail(node, f"the rule has no {needed!r}", f"expected a line '{needed}: …'")
        if not {"all", "sequence", "near", "count", "title_has"} & fields.keys():
            raise reader.fail(node, "the rule asks for nothing", "at least one of all, sequence, near, count is right")
        name = reader.text(fields["name"], "name")
        gap = reader.number(fields["gap"], "gap", 0, 1000) if "gap" in fields else _DEFAULT_GAP
        return Rule(
            name=name,
            weight=reader.number(fields["weight"], "weight", -20, 20),
            family=reader.text(fields["family"], "family") if "family" in fields else name,
            scope=reader.choice(fields["in"], "in", SCOPES) if "in" in fields else "lead",
            needs=self._optional_sets(fields, "all"),
            forbids=self._optional_bits(fields, "none"),
            unless=self._optional_bits(fields, "unless"),
            title_needs=self._optional_sets(fields, "title_has"),
            title_forbids=self._optional_bits(fields, "title_lacks"),
            first=self._optional_bits(fields, "first"),
            sequence=self._several(fields, "sequence"),
            near=self._several(fields, "near"),
            gap=int(gap),
            counts=self._counts(fields["count"]) if "count" in fields else (),
            languages=frozenset(reader.texts(fields["languages"], "languages") if "languages" in fields else ()),
            left_out_by=reader.text(fields["left_out_by"], "left_out_by") if "left_out_by" in fields else "",
        )

    def _optional_bits(self, fields: dict[str, yaml.Node], key: str) -> int:
        return self.bits(fields[key], key) if key in fields else 0

    def _optional_sets(self, fields: dict[str, yaml.Node], key: str) -> tuple[int, ...]:
        return self.sets(fields[key], key) if key in fields else ()

    def _several(self, fields: dict[str, yaml.Node], key: str) -> tuple[int, ...]:
        found = self._optional_sets(fields, key)
        if key in fields and (len(found) < 2 or (key == "near" and len(found) > 2)):
            right = "a list of two groups" if key == "near" else "a list of two or more groups"
            raise self._reader.fail(fields[key], f"{key} has {len(found)}", f"expected {right}")
        return found

    def _counts(self, node: yaml.Node) -> tuple[tuple[int, int], ...]:
        found = []
        for name, value in self._reader.mapping(node, "count").items():
            if name not in self._bit:
                raise self._reader.fail(value, f"no group is called {name!r}", f"known groups: {', '.join(self._bit)}")
            found.append((self._bit[name], int(self._reader.number(value, "count", 1, 100))))
        return tuple(found)


def _optional_items(reader: Reader, fields: dict[str, yaml.Node], key: str) -> Iterator[yaml.Node]:
    if key in fields:
        yield from reader.items(fields[key], key)


def _terms(reader: Reader, fields: dict[str, yaml.Node]) -> Iterator[Term]:
    if "terms" in fields:
        for node in reader.mapping(fields["terms"], "terms").values():
            yield from _plain(_texts(reader, node, "terms"))
    if "exact" in fields:
        yield from (Term(text, exact=True) for text in _texts(reader, fields["exact"], "exact"))
    if "only_in" in fields:
        for language, node in reader.mapping(fields["only_in"], "only_in").items():
            yield from _plain(_texts(reader, node, "only_in"), frozenset({language}))
    if "phrases" in fields:
        for node in reader.items(fields["phrases"], "phrases"):
            parts = reader.mapping(node, "a phrase", frozenset({"first", "then"}))
            if parts.keys() != {"first", "then"}:
                raise reader.fail(node, "a phrase needs both halves", "expected '{first: […], then: […]}'")
            then = _texts(reader, parts["then"], "then")
            yield from _plain(_joined(_texts(reader, parts["first"], "first"), then))


def _texts(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    found = reader.texts(node, what)
    for text in found:
        # Folding drops dashes and dots at the edge: "US-" would fire on every "us".
        word = text.rstrip("*")
        if what != "exact" and not (word and _may_edge(word[0]) and _may_edge(word[-1])):
            raise reader.fail(node, f"{text!r} is no term", "expected words that begin and end with a letter or figure")
    return found


def _may_edge(char: str) -> bool:
    return char == "." or unicodedata.category(char)[0] in "LNM"


def _joined(first: Iterable[str], then: tuple[str, ...]) -> list[str]:
    # Chinese and Japanese write their words together.
    return [a + ("" if a[-1] >= "\u2e80" else " ") + b for a in first for b in then]


def _plain(texts: Iterable[str], languages: frozenset[str] = frozenset()) -> Iterator[Term]:
    for text in texts:
        yield Term(text.rstrip("*"), prefix=text.endswith("*"), languages=languages)
