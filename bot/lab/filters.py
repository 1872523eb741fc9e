"""The filters for other programs: JSON lines in, JSON lines out, one for one, by the same code that the bot runs.

``classify`` and ``stories`` read entries. A field that is null counts as missing, unknown fields are ignored:

    id               string or finite number, required; the output carries it unchanged
    title            string; required unless ``summary`` is present. HTML becomes plain text, as it does in every text
    summary, body, text  strings; the longest of the three is the entry's text
    lang             string: the feed's language (ISO 639-1), a hint for detecting the text's language
    url              string: entries with one address usually belong to one story
    source           string: the publisher
    published or ts  string: ISO 8601, a date as in mail headers, or one of ``_WRITTEN_DATES``; UTC without a time zone

``summarise`` reads ``id``; ``documents``, a list of objects with a ``text`` and perhaps a ``title`` (strings); and
either ``sentences`` or ``words``, a whole number of 1 or more: the length of the summary.

A line that cannot be read gives one line of error with its number, and the filter goes on. Memory use grows neither
with the number of lines nor with the length of one.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, NamedTuple, NoReturn

from bot.classify import Classifier, TopicDefinition
from bot.errors import BotError
from bot.model import Document, Entry, Match, Stance
from bot.ports import Embedder
from bot.stories.assign import FiledEntry, StoryIndex
from bot.stories.stance import StanceFinding, detect_stance
from bot.summarise.extractive import ExtractiveSummariser
from bot.text.clean import clean_text
from bot.text.html import html_to_text
from bot.text.language import detect
from bot.text.urls import canonical_url

Row = Mapping[str, Any]
Output = dict[str, Any]

_NO_STANCE = StanceFinding(Stance.REPORT)
_FORGET_EVERY = 1000  # lines; then ids of entries that the index has dropped are dropped here too
_SHOWN = 40  # characters of a wrong value in an error
_LONGEST_LINE = 16 * 2**20  # bytes; forty whole pages for one summary are about four million
_WRITTEN_DATES = ("%Y%m%d", "%Y-%m", "%Y", "%d %b %Y", "%d %B %Y", "%d %b %Y,%A", "%b %d, %Y", "%B %d, %Y")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")


class FilterSetup(NamedTuple):
    """What the settings give: the topics, how to make an embedder, and how long a story stays open."""

    topics: Sequence[TopicDefinition]
    embedder: Callable[[], Embedder | None]
    window: timedelta


class BadLineError(BotError):
    """A line that a filter cannot read; the text says what is wrong and what is expected."""


class TopicFilter:
    """``classify``: the topics of an entry with the evidence, its stance and the speaker.

    As in the bot, an entry without a word of any topic is always a ``report``.
    """

    def __init__(self, setup: FilterSetup) -> None:
        self._classifier = Classifier(setup.topics)

    def answer(self, row: Row) -> Output:
        """Return the output for one line. Raises BadLineError."""
        number, entry = _identity(row), _entry(row)
        _moment(row)  # only to check it: a line that one filter accepts, all accept
        matches = self._classifier.classify(entry)
        finding = detect_stance(entry) if self._classifier.noticed(matches) else _NO_STANCE
        return {
            "id": number,
            "lang": entry.language,
            "topics": {match.topic: _shown_match(match) for match in matches},
            "stance": finding.stance.value,
            "speaker": finding.speaker or None,
        }


class StoryFilter:
    """``stories``: the story of each entry, given the entries before it."""

    def __init__(self, setup: FilterSetup) -> None:
        self._classifier = Classifier(setup.topics)
        self._index = StoryIndex(embedder=setup.embedder(), window=setup.window)
        self._ids: dict[int, str | int | float] = {}
        self._lines = 0
        self._stories = 0

    def answer(self, row: Row) -> Output:
        """Add one entry and return its story. Raises BadLineError, and then nothing is added."""
        number = _identity(row)
        filed = self._filed(row)
        found = self._index.assign(filed)
        story = found.story
        if story is None:
            self._stories += 1
            story = self._stories
        origin = self._index.origin(filed, found)
        self._index.add(filed, story, found.relation, of=found.of, origin=origin)
        self._remember(filed.id, number)
        of = None if found.of is None else self._ids.get(found.of)
        return {"id": number, "story": f"s{story}", "relation": found.relation.value, "of": of}

    def _filed(self, row: Row) -> FiledEntry:
        entry = _entry(row)
        published = _moment(row)
        finding = detect_stance(entry)
        self._lines += 1
        return FiledEntry(
            id=self._lines,
            title=entry.title,
            text=entry.text,
            language=entry.language,
            publisher=entry.publisher,
            published=published,
            url=canonical_url(entry.url),
            stance=finding.stance,
            sentence=finding.sentence,
            topics=frozenset(match.topic for match in self._classifier.classify(entry) if match.matched),
        )

    def _remember(self, entry_id: int, given: str | int | float) -> None:
        self._ids[entry_id] = given
        if entry_id % _FORGET_EVERY == 0:
            self._ids = {known: value for known, value in self._ids.items() if known in self._index}


class SummaryFilter:
    """``summarise``: sentences of the documents, each with the index of its document."""

    def __init__(self, _setup: FilterSetup) -> None:
        self._summariser = ExtractiveSummariser()

    def answer(self, row: Row) -> Output:
        """Return the output for one line. Raises BadLineError."""
        number = _identity(row)
        documents = [_document(given, place) for place, given in enumerate(_documents(row))]
        sentences, words = _size(row, "sentences"), _size(row, "words")
        if (sentences is None) == (words is None):
            raise BadLineError("give either sentences or words, a whole number of 1 or more")
        summary = self._summariser.summarise(documents, sentences=sentences, words=words)
        return {"id": number, "summary": [{"text": said.text, "document": said.document} for said in summary]}


FILTERS: Mapping[str, Callable[[FilterSetup], TopicFilter | StoryFilter | SummaryFilter]] = {
    "classify": TopicFilter,
    "stories": StoryFilter,
    "summarise": SummaryFilter,
}


def run_filter(
    name: str,
    setup: FilterSetup,
    lines: BinaryIO,
    write: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Pass the output for every line to ``write``, or an error to ``complain``; blank lines are skipped.

    ``name`` is a key of ``FILTERS``. Both callables get one line without its line end. Returns the exit status: 0, or
    1 if a line could not be read. Raises ConfigError if the configured embedder is unavailable.
    """
    chosen = FILTERS[name](setup)
    status = 0
    for number, line in enumerate(_read(lines), 1):
        if not line.strip():
            continue
        try:
            answer = chosen.answer(_parse(line))
        except BadLineError as error:
            status = 1
            complain(_line({"error": str(error), "line": number}))
        else:
            write(_line(answer))
    return status


def _read(lines: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long, one byte more than the limit."""
    while line := lines.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = lines.readline(_LONGEST_LINE + 1)
        yield line


def _parse(line: bytes) -> Row:
    if len(line) > _LONGEST_LINE:
        raise BadLineError(f"longer than {_LONGEST_LINE >> 20} MB: give shorter texts, or fewer documents")
    try:
        row = _DECODER.decode(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLineError(f"not UTF-8 at byte {error.start + 1} of the line") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"not JSON: {error.msg} at character {error.pos + 1} of the line") from None
    except (ValueError, RecursionError):
        raise BadLineError("not JSON that can be read: a number too long, or nested too deeply") from None
    if not isinstance(row, dict):
        raise BadLineError(f"a JSON object is expected, not {_kind(row)}")
    return row


def _refuse(constant: str) -> NoReturn:
    raise BadLineError(f"not JSON: {constant} is not a JSON value")


_DECODER, _ENCODER = json.JSONDecoder(parse_constant=_refuse), json.JSONEncoder(ensure_ascii=False)


def _line(value: Output) -> str:
    text = _ENCODER.encode(value)
    # A lone surrogate in an id was written as an escape, and can only be written back as one.
    return text if text.isascii() or _encodes(text) else json.dumps(value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identity(row: Row) -> str | int | float:
    if "id" not in row:
        raise BadLineError("id is missing: give a string or a number")
    number = row["id"]
    if isinstance(number, bool) or not isinstance(number, str | int | float):
        raise BadLineError(f"id must be a string or a number, not {_kind(number)}")
    if isinstance(number, float) and not math.isfinite(number):
        raise BadLineError("id is too large a number: give a string")
    return number


def _entry(row: Row) -> Entry:
    if "title" not in row and "summary" not in row:
        raise BadLineError("title is missing: give a string")
    title = _plain(_text(row, "title"))
    texts = [_plain(given) for name in ("summary", "body", "text") if (given := _text(row, name))]
    text = max(texts, key=len, default="")
    return Entry(
        feed_id="",
        guid="",
        url=_text(row, "url"),
        title=" ".join(title.split()),
        text=text,
        language=detect(f"{title}\n{text}", _text(row, "lang")),
        publisher=_text(row, "source"),
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLineError(f"{name} must be a string, not {_kind(value)}")
    return value


def _plain(text: str) -> str:
    return clean_text(html_to_text(text) if _MARKUP.search(text) else text)


def _moment(row: Row) -> datetime | None:
    name = "published" if row.get("published") else "ts"
    given = _text(row, name).strip()
    if not given:
        return None
    found = _iso(given) or _mail(given) or _written(given)
    if found is None:
        raise BadLineError(f"{name} is not a date: {_short(given)}; expected one such as 2025-10-13T07:40:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        return None


def _mail(given: str) -> datetime | None:
    try:
        return parsedate_to_datetime(given)
    except (ValueError, IndexError, OverflowError):
        return None


def _written(given: str) -> datetime | None:
    for form in _WRITTEN_DATES:
        try:
            return datetime.strptime(given, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _documents(row: Row) -> list[Any]:
    given = row.get("documents")
    if not isinstance(given, list):
        raise BadLineError(f"documents must be a list of objects with a text, not {_kind(given)}")
    if not given:
        raise BadLineError("documents is empty: give at least one object with a text")
    return given


def _document(given: Any, place: int) -> Document:
    if not isinstance(given, dict):
        raise BadLineError(f"documents[{place}] must be an object with a text, not {_kind(given)}")
    if not isinstance(given.get("text"), str):
        raise BadLineError(f"documents[{place}].text must be a string, not {_kind(given.get('text'))}")
    try:
        return Document(title=clean_text(_text(given, "title")), text=clean_text(given["text"]))
    except BadLineError as error:
        raise BadLineError(f"documents[{place}].{error}") from None


def _size(row: Row, name: str) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadLineError(f"{name} must be a whole number of 1 or more, not {_short(json.dumps(value))}")
    return value


def _shown_match(match: Match) -> Output:
    evidence = [
        {"rule": e.rule, "text": e.text, "field": e.field, "start": e.start, "end": e.end, "weight": e.weight}
        for e in match.evidence
    ]
    return {"match": match.matched, "score": match.score, "evidence": evidence}


def _kind(value: Any) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else names[type(value)]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
