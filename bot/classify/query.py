"""The query language of saved topics: words, "phrases", AND, OR, NOT, NEAR/5, wildcards and fields, as in news search.

    "reko diq" AND (copper OR gold) NOT cricket
    title:lithium source:dawn        lang:ur        smuggl* NEAR/8 mine

Words match as those of built-in topics do: case, dashes, widths and variants of Arabic letters make no difference;
Chinese and Japanese need no spaces around a word. ``*`` at a word's end matches any rest of the word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

from ahocorasick_rs import AhoCorasick
from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedToken, VisitError

from bot.classify.folding import Folded, fold
from bot.classify.passages import EXAMINED
from bot.errors import CommandError
from bot.model import Entry, Evidence, Match
from bot.text.language import detect

# Chosen by hand: room for a query of two screens, and a bound on what thousands of queries may cost for each entry.
LONGEST = 400  # characters of a query
_MOST_TERMS = 60
_NEAR = 5  # words, if NEAR gives no number
_FIELDS = {name: name for name in ("title", "text", "lang", "source", "feed")}
_FIELDS |= {"language": "lang", "publisher": "source"}
_SHORTEST_STEM = 2  # letters before a wildcard
_WIDE = "\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+")

_QUOTES = str.maketrans("“”„«»", '"' * 5)  # what phones and some keyboards type for "

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    """An entry as a query reads it: its folded title and text in one, and where the title ends."""

    entry: Entry
    original: str
    folded: Folded
    title_length: int
    language: str

    def within(self, field: str, spans: Iterable[Span]) -> list[Span]:
        """The spans that lie in a field: title, text, or '' for both."""
        if not field:
            return list(spans)
        return [span for span in spans if (span[0] < self.title_length) == (field == "title")]


class Node(Protocol):
    """Part of a query."""

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        """Return the spans of the folded text that match in the field ('' for any), or None if there is no match."""
        ...

    def anchors(self) -> frozenset[str] | None:
        """Return words of which a matching text contains at least one, or None if it may contain none."""
        ...


@dataclass(frozen=True, slots=True)
class _Term:
    literal: str  # folded, the longest piece without a wildcard
    pattern: re.Pattern[str]

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        if self.literal not in seen.folded.text:
            return None
        return seen.within(field, (found.span() for found in self.pattern.finditer(seen.folded.text))) or None

    def anchors(self) -> frozenset[str] | None:
        return frozenset({self.literal})


@dataclass(frozen=True, slots=True)
class _Is:
    """``lang:``, ``source:`` or ``feed:``: about the entry, not its text."""

    field: str
    value: str

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        entry = seen.entry
        if self.field == "lang":
            met = seen.language == self.value
        elif self.field == "feed":
            met = fold(entry.feed_id).text == self.value
        else:
            met = self.value in fold(f"{entry.publisher} {entry.feed_id}").text
        return [] if met else None

    def anchors(self) -> frozenset[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class _Within:
    field: str
    part: Node

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        return self.part.find(seen, self.field)

    def anchors(self) -> frozenset[str] | None:
        return self.part.anchors()


@dataclass(frozen=True, slots=True)
class _All:
    parts: tuple[Node, ...]

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        spans: list[Span] = []
        for part in self.parts:
            found = part.find(seen, field)
            if found is None:
                return None
            spans += found[:1]
        return spans

    def anchors(self) -> frozenset[str] | None:
        return next((found for part in self.parts if (found := part.anchors()) is not None), None)


@dataclass(frozen=True, slots=True)
class _Any:
    parts: tuple[Node, ...]

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        found = [spans for part in self.parts if (spans := part.find(seen, field)) is not None]
        return [span for spans in found for span in spans] if found else None

    def anchors(self) -> frozenset[str] | None:
        each = [part.anchors() for part in self.parts]
        return None if None in each else frozenset().union(*filter(None, each))


@dataclass(frozen=True, slots=True)
class _Not:
    part: Node

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        return [] if self.part.find(seen, field) is None else None

    def anchors(self) -> frozenset[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class _Near:
    """Both parts, in either order, at most ``gap`` words apart."""

    first: Node
    second: Node
    gap: int

    def find(self, seen: _Seen, field: str) -> list[Span] | None:
        ones, others = self.first.find(seen, field), self.second.find(seen, field)
        for one in ones or ():
            for other in others or ():
                left, right = sorted((one, other))
                between = seen.folded.text[left[1] : right[0]]
                if left[1] <= right[0] and "\n" not in between and len(_WORD.findall(between)) <= self.gap:
                    return [left, right]
        return None

    def anchors(self) -> frozenset[str] | None:
        return self.first.anchors() or self.second.anchors()


class Query:
    """A parsed query. Every entry that matches contains at least one of its ``anchors`` (folded words)."""

    def __init__(self, text: str, node: Node, anchors: frozenset[str]) -> None:
        self.text = text
        self.anchors = anchors
        self._node = node

    def match(self, entry: Entry, topic: str = "") -> Match:
        """Return a match with score 1 and the words that matched, or one with score 0."""
        return self._match(_see(entry), topic)

    def _match(self, seen: _Seen, topic: str) -> Match:
        spans = self._node.find(seen, "")
        if spans is None:
            return Match(topic, 0.0, matched=False, evidence=(Evidence("the query does not match", "", "", 0, 0, 0.0),))
        evidence = tuple(_evidence(seen, span) for span in sorted(set(spans))[:4])
        return Match(topic, 1.0, matched=True, evidence=evidence or (Evidence("the query matches", "", "", 0, 0, 1.0),))


class OwnTopics:
    """Saved topics: one pass finds the words of all queries in an entry; only queries with such a word are tried."""

    def __init__(self, queries: Iterable[tuple[str, Query]]) -> None:
        self._queries = tuple(queries)
        by_word: dict[str, set[int]] = {}
        for index, (_, query) in enumerate(self._queries):
            for word in query.anchors:
                by_word.setdefault(word, set()).add(index)
        self._finder = AhoCorasick(list(by_word))
        self._of_word = list(by_word.values())

    def classify(self, entry: Entry) -> list[Match]:
        """Return the matches of the entry, none for topics that it does not match."""
        if not self._queries:
            return []
        folded = fold(_text(entry)).text
        near: set[int] = set()
        for which, _, _ in self._finder.find_matches_as_indexes(folded, overlapping=True):
            near |= self._of_word[which]
        if not near:
            return []
        seen = _see(entry)
        found = (self._queries[index][1]._match(seen, self._queries[index][0]) for index in sorted(near))  # noqa: SLF001 - this module's
        return [match for match in found if match.matched]


def parse_query(text: str) -> Query:
    """Parse a query.

    Raises:
        CommandError: it is too long or cannot be parsed; the text points at the place and says what is expected.
    """
    if len(text) > LONGEST:
        raise CommandError(f"A query may have at most {LONGEST} characters; this one has {len(text)}.")
    if not text.strip():
        raise CommandError('The query is empty; "reko diq" AND (copper OR gold) NOT cricket is one.')
    text = text.translate(_QUOTES)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _pointed(text, *_problem(text, error)) from None
    try:
        node: Node = _Builder(text).transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    anchors = node.anchors()
    if anchors is None:
        raise CommandError(
            "A topic needs at least one word to look for: NOT, lang: and source: alone would match nearly every entry."
        )
    return Query(text, node, anchors)


class _Builder(Transformer[Token, Node]):
    """Parse tree → nodes; reports the errors that the grammar cannot find."""

    def __init__(self, text: str) -> None:
        super().__init__(visit_tokens=False)
        self._text = text
        self._terms = 0

    @v_args(inline=True)
    def word(self, token: Token) -> Node:
        return self._term(token, str(token))

    @v_args(inline=True)
    def phrase(self, token: Token) -> Node:
        return self._term(token, token[1:-1])

    @v_args(inline=True)
    def absent(self, part: Node) -> Node:
        return _Not(part)

    @v_args(inline=True)
    def near(self, first: Node, near: Token, second: Node) -> Node:
        if not isinstance(first, _Term | _Any) or not isinstance(second, _Term | _Any):
            raise self._at(near, "NEAR needs a word, a phrase or (a OR b) on both sides")
        return _Near(first, second, int(near.partition("/")[2] or _NEAR))

    @v_args(inline=True)
    def field(self, token: Token, part: Node) -> Node:
        name = _FIELDS.get(token[:-1].lower())
        if name is None:
            raise self._at(token, f"{token} is not a field; the fields are title:, text:, lang:, source: and feed:")
        if name in ("title", "text"):
            return _Within(name, part)
        if not isinstance(part, _Term):
            raise self._at(token, f"{token} takes one word")
        value = part.literal.strip()
        if name == "lang" and not (len(value) == 2 and value.isascii() and value.isalpha()):
            raise self._at(token, "lang: takes a two-letter code, as in lang:ur")
        return _Is(name, value)

    def both(self, parts: list[Node]) -> Node:
        return _All(tuple(parts))

    def either(self, parts: list[Node]) -> Node:
        return _Any(tuple(parts))

    def _term(self, token: Token, written: str) -> Node:
        self._terms += 1
        if self._terms > _MOST_TERMS:
            raise self._at(token, f"a query may have at most {_MOST_TERMS} words")
        folded = " ".join(fold(written).text.split())
        pieces = [piece for piece in folded.split("*") if piece.strip()]
        if not pieces or not re.search(r"\w", folded):
            raise self._at(token, "expected a letter or digit here")
        literal = max(pieces, key=len).strip()
        if folded.startswith("*") or ("*" in folded and len(pieces[0].strip()) < _SHORTEST_STEM):
            raise self._at(token, f"a word with * must begin with at least {_SHORTEST_STEM} letters")
        return _Term(literal, _compile(folded))

    def _at(self, token: Token, problem: str) -> CommandError:
        return _pointed(self._text, token.start_pos or 0, problem)


def _compile(folded: str) -> re.Pattern[str]:
    """A pattern that finds the folded words as whole words."""
    body = r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in folded.split())
    before = "" if re.match(f"[{_WIDE}]", folded) else r"(?<!\w)"
    after = "" if folded.endswith("*") or re.search(f"[{_WIDE}]$", folded) else r"(?!\w)"
    # A letter of a script without spaces does not belong to the word beside it.
    return re.compile(before.replace(r"\w", rf"[^\W{_WIDE}]") + body + after.replace(r"\w", rf"[^\W{_WIDE}]"))


@cache
def _parser() -> Lark:
    grammar = resources.files("bot.classify").joinpath("query.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=False)


def _problem(text: str, error: UnexpectedInput) -> tuple[int, str]:
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    place: int = len(text) if ended else getattr(error, "pos_in_stream", None) or 0
    if text[place : place + 1] == '"' or (place >= len(text) and text.count('"') % 2):
        return text.rfind('"'), "this quotation mark is not closed"
    if text[place : place + 1] == ")" and text[:place].count("(") <= text[:place].count(")"):
        return place, "there is no opening parenthesis for this one"
    if place >= len(text.rstrip()):
        missing = text.count("(") > text.count(")")
        return len(text.rstrip()), "a closing parenthesis is missing" if missing else "a word is missing here"
    return place, "expected a word, a phrase or an opening parenthesis here"


def _pointed(text: str, place: int, problem: str) -> CommandError:
    """The problem with a pointer: the words before the place, a mark, and the words behind it."""
    before, after = text[max(0, place - 30) : place], text[place : place + 30]
    return CommandError(f"Cannot parse the query at character {place + 1}: {problem}. {before}👉{after}")


def _text(entry: Entry) -> str:
    return f"{entry.title}\n{entry.text[:EXAMINED]}"


def _see(entry: Entry) -> _Seen:
    text = _text(entry)
    folded = fold(text)
    ends = folded.text.find("\n")
    return _Seen(entry, text, folded, ends if ends >= 0 else len(folded.text), detect(text, entry.language))


def _evidence(seen: _Seen, span: Span) -> Evidence:
    start, end = seen.folded.span(*span)
    title = start <= len(seen.entry.title)
    offset = 0 if title else len(seen.entry.title) + 1
    quote = seen.original[start:end]
    return Evidence("the query names", quote, "title" if title else "text", start - offset, end - offset, 1.0)
