"""Message and reply → Block Kit. Pure; every text from outside stands where Slack shows text and reads no markup.

That is in the text elements of ``rich_text`` blocks and in ``plain_text`` objects: nothing has to be escaped there, and
a mention or a link is an element of its own, which no text can become. Only the fallback ``text`` is read as markup,
so there ``&``, ``<`` and ``>`` are escaped. Lengths are in UTF-16 units, the larger of the counts that Slack may make.
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.commands import ACTIONS
from bot.delivery import wording
from bot.model import Alert, Digest, FollowUp, Link, Message, Notice, Publication, Reply, Table, Text
from bot.text.display import host_shown, plain, reads, units, with_isolated_runs
from handlers.slack.text import Element, address, cell, escape, in_line

BLOCKS, BLOCK = 50, 3000  # blocks in a message; units in a block
WHOLE = 9000  # units in all blocks of a message: Slack refuses somewhere above 12,000
MESSAGES = 4  # of one reply; a slash command may be answered five times
_ROW, _PARAGRAPH, _CELL, _SENTENCE, _LINE = 2400, 2000, 240, 600, 600
_SOURCES_SHOWN = 6

Row = tuple[bool, list[Element]]  # whether it is an entry of a list, and what stands in it
BUTTON = "story-"  # begins the action ids of the buttons


@dataclass(frozen=True, slots=True)
class Post:
    """One message for Slack. ``text`` is for notifications and screen readers, and where blocks are refused."""

    text: str
    blocks: list[Element]


def render_message(message: Message) -> Post:
    """Render an alert, follow-up, digest or notice as one message."""
    match message:
        case Notice():
            return _post([_small(wording.NOTICE.upper()), *_pages(_paragraphs(message.text))[:1]])
        case Digest():
            return _digest(message)
        case _:
            return _story_post(message)


def _story_post(message: wording.Story) -> Post:
    numbers = wording.citation_numbers(message)
    blocks = [
        _small(wording.heading(message, marked=True)),
        *_pages(_story(message, numbers))[:1],
        *_pages(_sources(message, numbers))[:1],
    ]
    if message.why:
        blocks.append(_small(f"Why: {message.why}"))
    if message.repeated:
        blocks.append(_small(f"⚠ {wording.REPEATED}"))
    blocks.append(_small(wording.footer(message, so_far=True)))
    if wording.has_buttons(message):
        blocks.append(_buttons(message.story))
    return _post(blocks, address(message.url))


def _digest(message: Digest) -> Post:
    """Many stories in one message, as many as it takes, each in a line or two."""
    blocks: list[Element] = [_small(f"{wording.DIGEST.upper()} · {message.headline}")]
    room, left = WHOLE - 600, len(message.stories)
    for story in message.stories:
        found = [*_pages(_in_short(story))[:1], _small(wording.digest_line(story, marked=True))]
        room -= sum(map(size, found))
        if room < 0 or len(blocks) + len(found) > BLOCKS - 2:
            break
        blocks += found
        left -= 1
    if left:
        blocks.append(_small(wording.more_stories(left)))
    if message.repeated:
        blocks.append(_small(f"⚠ {wording.REPEATED}"))
    return _post(blocks)


def _in_short(message: wording.Story) -> Iterator[Row]:
    yield False, _linked(plain(wording.headline(message), 300), message.url, 302, bold=True)
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
            case Alert():
                blocks += [*_pages(rows), *render_message(part).blocks]
                rows = []
            case Table():
                rows += _table(part)
            case Link():
                rows.append((False, _linked(part.text, part.url)))
            case Text():
                rows += _paragraphs(part.text)
    blocks += _pages(rows)
    return [_post(batch) for batch in _batches(blocks or [_small(wording.NOTHING)])]


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
    shown = with_isolated_runs(plain(text, _LINE), 2 * _LINE)
    return {"type": "context", "elements": [{"type": "plain_text", "text": shown, "emoji": False}]}


def _paragraphs(text: str) -> Iterator[Row]:
    """A row for each line; a line too long for a block becomes several."""
    for line in text.splitlines():
        left = plain(line, 2 * len(line) + 1)
        while left:
            cut = plain(left, _PARAGRAPH)
            head = cut if cut == left else cut.removesuffix("…")
            yield False, [_text(with_isolated_runs(head, _ROW))]
            left = left[len(head) :].lstrip()


def _story(message: wording.Story, numbers: dict[int, int]) -> Iterator[Row]:
    headline, target = plain(message.headline, 300) or f"Story {message.story}", address(message.url)
    element = _text(headline, bold=True)
    yield False, [{**element, "type": "link", "url": target} if target else element]
    if isinstance(message, FollowUp):
        if original := plain(message.original, 300):
            yield False, [_text(original, italic=True)]
        if message.claim:
            who = f" ({cell(message.speaker, 100)})" if message.speaker else ""
            yield False, [_text(f"{wording.verb(message)}{who}: “{cell(message.claim, 300)}”", italic=True)]
    for sentence in message.sentences[:3]:
        yield True, [_text(f"{plain(sentence.text, _SENTENCE)} [{numbers[sentence.publication]}]")]


def _sources(message: wording.Story, numbers: dict[int, int]) -> Iterator[Row]:
    if not numbers:
        return
    yield False, [_text(wording.sources_heading(message))]
    for index in list(numbers)[:_SOURCES_SHOWN]:
        yield True, _source(message.publications[index], numbers[index])
    if len(numbers) > _SOURCES_SHOWN:
        yield False, [_text(wording.more_sources(len(numbers) - _SOURCES_SHOWN, message.story))]


def _source(publication: Publication, number: int) -> list[Element]:
    host = host_shown(publication.url)
    about = [host, *wording.about(publication), wording.published(publication)]
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
        batches[-1].append(_small(wording.CUT_SHORT))
    return batches
