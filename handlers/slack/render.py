"""Message and reply → Block Kit. Pure; every text from outside stands where Slack shows text and reads no markup.

That is in the text elements of ``rich_text`` blocks and in ``plain_text`` objects: nothing has to be escaped there, and
a mention or a link is an element of its own, which no text can become. Only the fallback ``text`` is read as markup,
so there ``&``, ``<`` and ``>`` are escaped. Lengths are in UTF-16 units, the larger of the counts that Slack may make.
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.commands import ACTIONS
from bot.model import Kind, Link, Message, Publication, Reply, Stance, Table, Text
from handlers.slack.direction import in_line, reads, woven
from handlers.slack.text import address, cell, escape, plain, units

BLOCKS, BLOCK = 50, 3000  # blocks in a message; units in a block
WHOLE = 9000  # units in all blocks of a message: Slack refuses somewhere above 12,000
MESSAGES = 4  # of one reply; a slash command may be answered five times
_ROW, _PARAGRAPH, _CELL, _SENTENCE, _LINE = 2400, 2000, 240, 600, 600
_SOURCES_SHOWN = 6

Element = dict[str, Any]
Row = tuple[bool, list[Element]]  # whether it is an entry of a list, and what stands in it

_BADGES = {
    Stance.REPORT: "🔵 report",
    Stance.ASSERT: "🟠 asserted",
    Stance.CONFIRM: "🟢 confirmed",
    Stance.DENY: "🔴 denied",
}
_CLAIMS = {Kind.DENIAL: "Denies", Kind.CONFIRMATION: "Confirms"}
BUTTON = "story-"  # begins the action ids of the buttons
_REPEATED = "⚠ This was perhaps posted before: the answer to an earlier try was lost."
_WITH_BUTTONS = (Kind.ALERT, Kind.DENIAL, Kind.CONFIRMATION)
_WHOLE_STORY = (Kind.ALERT, Kind.STORY)


@dataclass(frozen=True, slots=True)
class Post:
    """One message for Slack. ``text`` is for notifications and screen readers, and where blocks are refused."""

    text: str
    blocks: list[Element]


def render_message(message: Message) -> Post:
    """An alert, update or denial as one message."""
    if message.kind == Kind.NOTICE:
        return _post([_small("NOTICE"), *_pages(_paragraphs(message.notice))[:1]])
    if message.kind == Kind.DIGEST:
        return _digest(message)
    badge = f"{message.kind.value.upper()} · {' + '.join(message.topics)} · {_BADGES[message.stance]}"
    numbers = _numbers(message)
    blocks = [_small(badge), *_pages(_story(message, numbers))[:1], *_pages(_sources(message, numbers))[:1]]
    if message.why:
        blocks.append(_small(f"Why: {message.why}"))
    story = message.story
    if message.repeated:
        blocks.append(_small(_REPEATED))
    blocks.append(_small(f"Story {story}{_so_far(message)} · /story {story} · /why {story} · /sources {story}"))
    if message.kind in _WITH_BUTTONS:
        blocks.append(_buttons(story))
    return _post(blocks, address(message.url))


def _digest(message: Message) -> Post:
    """Many stories in one message, as many as it takes, each in a line or two."""
    blocks: list[Element] = [_small(f"DIGEST · {message.headline}")]
    room, left = WHOLE - 600, len(message.stories)
    for told in message.stories:
        found = [*_pages(_told(told))[:1], _small(f"{_BADGES[told.stance]} · {_spread(told)} · /story {told.story}")]
        room -= sum(map(size, found))
        if room < 0 or len(blocks) + len(found) > BLOCKS - 2:
            break
        blocks += found
        left -= 1
    if left:
        blocks.append(_small(f"and {left} more: /recent"))
    if message.repeated:
        blocks.append(_small(_REPEATED))
    return _post(blocks)


def _told(message: Message) -> Iterator[Row]:
    headline = plain(message.headline, 300) or f"Story {message.story}"
    yield False, _linked(headline, message.url, 302, bold=True)
    for sentence in message.sentences[:1]:
        yield False, _linked(sentence.text, "", 300)


def _buttons(story: int) -> Element:
    """Each names its story in its value: so they work after a restart, and whatever became of the message."""
    elements = [
        {
            "type": "button",
            "action_id": f"{BUTTON}{action.name}",
            "text": {"type": "plain_text", "text": action.label, "emoji": False},
            "value": str(story),
        }
        for action in ACTIONS
    ]
    return {"type": "actions", "elements": elements}


def render_reply(reply: Reply) -> list[Post]:
    """The answer to a command: the messages that it takes, at least one and at most four."""
    title = plain(reply.title, 300)
    rows: list[Row] = [(False, [_text(title, bold=True)])] if title else []
    blocks: list[Element] = []
    for part in reply.parts:
        match part:
            case Message():
                blocks += [*_pages(rows), *render_message(part).blocks]
                rows = []
            case Table():
                rows += _table(part)
            case Link():
                rows.append((False, _linked(part.text, part.url)))
            case Text():
                rows += _paragraphs(part.text)
    blocks += _pages(rows)
    return [_post(batch) for batch in _batches(blocks or [_small("Nothing to show")])]


def size(block: Element) -> int:
    """What a block is counted as, in UTF-16 units: its texts and addresses."""
    own = sum(units(value) for key, value in block.items() if key in ("text", "url") and isinstance(value, str))
    own += size(block["text"]) if isinstance(block.get("text"), dict) else 0
    return own + sum(size(inner) for inner in block.get("elements", ()))


def _text(text: str, **style: bool) -> Element:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _linked(text: str, url: str, limit: int = _CELL, **style: bool) -> list[Element]:
    """A link; a text where the address is not sound; nothing where there is no text."""
    shown, target = cell(text, limit), address(url)
    if not shown:
        return []
    element = _text(shown, **style)
    return [{**element, "type": "link", "url": target} if target else element]


def _small(text: str) -> Element:
    shown = woven(plain(text, _LINE), 2 * _LINE)
    return {"type": "context", "elements": [{"type": "plain_text", "text": shown, "emoji": False}]}


def _paragraphs(text: str) -> Iterator[Row]:
    """A row for each line; a line too long for a block becomes several."""
    for line in text.splitlines():
        left = plain(line, 2 * len(line) + 1)
        while left:
            cut = plain(left, _PARAGRAPH)
            head = cut if cut == left else cut.removesuffix("…")
            yield False, [_text(woven(head, _ROW))]
            left = left[len(head) :].lstrip()


def _story(message: Message, numbers: dict[int, int]) -> Iterator[Row]:
    headline, target = plain(message.headline, 300) or f"Story {message.story}", address(message.url)
    element = _text(headline, bold=True)
    yield False, [{**element, "type": "link", "url": target} if target else element]
    if original := plain(message.original, 300):
        yield False, [_text(original, italic=True)]
    if message.claim:
        who = f" ({cell(message.speaker, 100)})" if message.speaker else ""
        yield False, [_text(f"{_CLAIMS.get(message.kind, 'Follows')}{who}: “{cell(message.claim, 300)}”", italic=True)]
    for sentence in message.sentences[:3]:
        yield True, [_text(f"{plain(sentence.text, _SENTENCE)} [{numbers[sentence.publication]}]")]


def _numbers(message: Message) -> dict[int, int]:
    """Cited publications first, in the order in which they are cited; then the others."""
    order = [sentence.publication for sentence in message.sentences]
    order += range(len(message.publications))
    return {publication: number for number, publication in enumerate(dict.fromkeys(order), start=1)}


def _sources(message: Message, numbers: dict[int, int]) -> Iterator[Row]:
    if not numbers:
        return
    yield False, [_text(_count(message))]
    for index in list(numbers)[:_SOURCES_SHOWN]:
        yield True, _source(message.publications[index], numbers[index])
    if len(numbers) > _SOURCES_SHOWN:
        yield False, [_text(f"and {len(numbers) - _SOURCES_SHOWN} more: /sources {message.story}")]


def _count(message: Message) -> str:
    entries, origins = len(message.publications), message.origins
    if message.kind not in _WHOLE_STORY:
        return "Source" if entries == 1 else "Sources"
    return f"Sources: {entries} {'entry' if entries == 1 else 'entries'} of {_counted(origins, 'independent origin')}"


def _spread(message: Message) -> str:
    """How far what is told has spread, in a line of its own."""
    return _count(message) if message.kind in _WHOLE_STORY else _counted(len(message.publications), "source")


def _so_far(message: Message) -> str:
    """How far a story has spread: what an edit of its first message brings up to date."""
    publishers, origins = len({p.publisher for p in message.publications}), message.origins
    if message.kind != Kind.ALERT:
        return ""
    return f": {_counted(publishers, 'publisher')}, {_counted(origins, 'independent origin')} so far"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _source(publication: Publication, number: int) -> list[Element]:
    when = publication.published.strftime("%d %b %Y %H:%M UTC") if publication.published else "undated"
    host = urlsplit(address(publication.url)).netloc
    about = [host, publication.country, publication.ownership, publication.language, when]
    place = address(publication.url) if len(address(publication.url)) <= 300 else ""
    name = _linked(publication.publisher or host or "source", place, 100)
    return [_text(f"[{number}] "), *name, _text(" · " + " · ".join(cell(part, 60) for part in about if part))]


def _table(table: Table) -> Iterator[Row]:
    """A line for each row: a table block may stand only once in a message, and is too wide for a telephone."""
    columns = " · ".join(cell(column, 60) for column in table.columns)
    yield False, [_text(plain(columns, _ROW) or "–", italic=True)]
    for row in table.rows:
        shown: list[Element] = []
        for number, entry in enumerate(row):
            text, url = (entry.text, entry.url) if isinstance(entry, Link) else (entry, "")
            found = _linked(text, url, **({"bold": True} if number == 0 else {}))
            shown += [_text(" · "), *found] if shown and found else found
        yield True, shown or [_text("–")]


def _pages(rows: Iterable[Row]) -> list[Element]:
    """``rich_text`` blocks that hold the rows in their order. A row too long for a block loses its end."""
    pages: list[list[Row]] = []
    room, way = 0, ""
    for listed, elements in rows:
        kept = list(_within(elements, _ROW))
        if not kept:
            continue
        needed = sum(size(element) for element in kept) + 4  # the line's end, and marks of its direction
        if not pages or needed > room:
            pages.append([])
            room, way = BLOCK, ""
        way = way or reads("".join(element["text"] for element in kept))
        kept = in_line(kept, way or "L")
        pages[-1].append((listed, kept))
        room -= needed
    return [{"type": "rich_text", "elements": list(_groups(page))} for page in pages]


def _within(elements: Sequence[Element], limit: int) -> Iterator[Element]:
    for element in elements:
        limit -= size(element)
        if limit < 0:
            return
        yield element


def _groups(rows: Sequence[Row]) -> Iterator[Element]:
    """Rows beside each other that are entries of a list as one list, the others as lines of one section."""
    group: Element = {}
    for listed, elements in rows:
        kind = "rich_text_list" if listed else "rich_text_section"
        if group.get("type") != kind:
            if group:
                yield group
            group = {"type": kind, "elements": [], **({"style": "bullet"} if listed else {})}
        elif not listed:
            group["elements"].append(_text("\n"))
        group["elements"] += [{"type": "rich_text_section", "elements": elements}] if listed else elements
    if group:
        yield group


def _post(blocks: list[Element], url: str = "") -> Post:
    lines = [line for block in blocks for line in _flat(block).split("\n") if line]
    lines[2:2] = [url] if url else []
    return Post(escape("\n".join(lines)), blocks)


def _flat(element: Element) -> str:
    if element["type"] == "actions":  # where only text is shown, the line above names the commands
        return ""
    apart = "\n" if element["type"] in ("rich_text", "rich_text_list") else ""
    return str(element.get("text", "")) + apart.join(_flat(inner) for inner in element.get("elements", ()))


def _batches(blocks: Iterable[Element]) -> list[list[Element]]:
    batches: list[list[Element]] = [[]]
    for block in blocks:
        full = len(batches[-1]) >= BLOCKS - 1 or sum(map(size, batches[-1])) + size(block) > WHOLE - 100
        if batches[-1] and full:
            batches.append([])
        batches[-1].append(block)
    if len(batches) > MESSAGES:
        del batches[MESSAGES:]
        batches[-1].append(_small("There is more. Ask for less: one topic, one story."))
    return batches
