"""Message and reply → embeds. Pure; every text from outside is shown as text, never as markup.

Lengths are counted in UTF-16 units, the larger of the counts that Discord might make.
Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, urlsplit
from zlib import crc32

import discord

from bot.model import Kind, Link, Message, Publication, Reply, Stance, Table, Text

TITLE, AUTHOR, DESCRIPTION, FIELD = 256, 256, 4096, 1024
_EMBEDS, _CHARACTERS = 9, 5900  # a message may have 10 and 6,000; the rest is for the line that says it was shortened
_MESSAGES = 6  # of one reply
_BODY, _SENTENCE, _CELL, _LINK = 2400, 700, 240, 300
_LINKED_URL = 2048

_BLUE, _ORANGE, _GREEN, _RED, _GREY, _YELLOW = 0x3B82F6, 0xF59E0B, 0x22C55E, 0xDC2626, 0x64748B, 0xEAB308
_HUES = (_BLUE, 0x8B5CF6, 0x06B6D4, 0x6366F1, 0x14B8A6, 0xA855F7)  # of reports, one a topic; none means a stance
_STANCES = {
    Stance.REPORT: ("report", _BLUE),
    Stance.ASSERT: ("asserted", _ORANGE),
    Stance.CONFIRM: ("confirmed", _GREEN),
    Stance.DENY: ("denied", _RED),
}
_KINDS = {Kind.UPDATE: _GREY, Kind.DENIAL: _RED, Kind.CONFIRMATION: _GREEN, Kind.NOTICE: _YELLOW}
_WHOLE_STORY = (Kind.ALERT, Kind.STORY)
_CLAIMS = {Kind.DENIAL: "Denies", Kind.CONFIRMATION: "Confirms"}

# Controls, marks that turn the direction of writing, and halves of surrogate pairs, which JSON cannot carry.
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Discord's marks for style, links, spoilers, mentions and lists. A backslash makes any punctuation plain.
_MARKUP = re.compile(r"[\\`*_~|<>\[\]()#@]|://|^(?:[-+]|\d+\.)")
# A line reads as its first letter does, so what reads from right to left is set apart in lines that begin otherwise.
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_RUN = re.compile(f"[{_RIGHT}][{_RIGHT}\u200c\u200d]*(?:[ ,.:'’-]+[{_RIGHT}][{_RIGHT}\u200c\u200d]*)*")
_APART, _END = "\u2068", "\u2069"
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::\d{1,5})?", re.IGNORECASE)


def render_message(message: Message) -> discord.Embed:
    """An alert, update or denial as one embed of at most 5,900 characters."""
    if message.kind == Kind.NOTICE:
        return discord.Embed(title="Notice", description=_lines(message.notice, _BODY), colour=_KINDS[Kind.NOTICE])
    if message.kind == Kind.DIGEST:
        return _digest(message)
    badge, colour = _STANCES[message.stance]
    topics = " + ".join(message.topics)
    if message.stance == Stance.REPORT:
        colour = _HUES[crc32("".join(message.topics[:1]).encode("utf-8", "replace")) % len(_HUES)]
    numbers = _numbers(message)
    embed = discord.Embed(
        title=plain(message.headline, TITLE) or f"Story {message.story}",
        url=address(message.url) or None,
        description="\n".join(_within(_body(message, numbers), _BODY)),
        colour=_KINDS.get(message.kind, colour),
        timestamp=message.created,
    )
    embed.set_author(name=_cut(_visible(f"{message.kind.value.upper()} · {topics} · {badge}"), AUTHOR))
    _add_sources(embed, message, numbers)
    if message.why:
        embed.add_field(name="Why", value=_woven(plain(message.why, 600)) or "–", inline=False)
    story = message.story
    embed.set_footer(text=f"Story {story} · /story {story} · /why {story} · /sources {story}{_again(message)}")
    return embed


def _digest(message: Message) -> discord.Embed:
    """Many stories in one embed, as many as it takes, each in a few lines."""
    stories = []
    room = DESCRIPTION - 60
    for told in message.stories:
        badge, _ = _STANCES[told.stance]
        lines = [f"**{_link(Link(told.headline or f'Story {told.story}', told.url), TITLE)}**"]
        lines += [plain(sentence.text, 300) for sentence in told.sentences[:1]]
        lines.append(f"{badge} · {_spread(told)} · /story {told.story}")
        room -= _size("\n".join(lines)) + 2
        if room < 0:
            break
        stories.append("\n".join(lines))
    if left := len(message.stories) - len(stories):
        stories.append(f"and {left} more: /recent")
    embed = discord.Embed(
        title=plain(message.headline, TITLE) or "Digest",
        description="\n\n".join(stories),
        colour=_BLUE,
        timestamp=message.created,
    )
    embed.set_author(name="DIGEST")
    if message.repeated:
        embed.set_footer(text=_again(message).removeprefix(" · "))
    return embed


def _again(message: Message) -> str:
    return " · perhaps posted before: the answer to an earlier try was lost" if message.repeated else ""


def render_reply(reply: Reply) -> list[list[discord.Embed]]:
    """The answer to a command: the embeds of each message that it takes, at least one and at most six."""
    embeds: list[discord.Embed] = []
    lines: list[str] = []
    for part in reply.parts:
        match part:
            case Message():
                embeds += _pages(lines)
                lines = []
                embeds.append(render_message(part))
            case Table():
                lines += _table(part)
            case Link():
                lines.append(_link(part, _CELL))
            case Text():
                lines += [plain(line, DESCRIPTION) for line in part.text.splitlines()]
    embeds += _pages(lines)
    title = plain(reply.title, TITLE)
    if title and embeds and embeds[0].title is None:
        embeds[0].title = title
    elif title or not embeds:
        embeds.insert(0, discord.Embed(title=title or "Nothing to show"))
    return _batches(embeds)


def plain(text: str, limit: int) -> str:
    """One line that looks like ``text`` and holds no live markup, of at most ``limit`` UTF-16 units."""
    escaped = _MARKUP.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", _visible(text))
    return _cut(escaped, limit)


def address(url: str, limit: int = _LINKED_URL) -> str:
    """``url`` in ASCII with what ends a link quoted; '' where it is no http(s) address or longer than ``limit``."""
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.encode("idna").decode("ascii")
        path, query, rest = (quote(part, safe="/:@!$&'*+,;=%~?") for part in parts[2:])
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    whole = f"{parts.scheme}://{host}{path or '/'}" + (f"?{query}" if query else "") + (f"#{rest}" if rest else "")
    return whole if len(whole) <= limit else ""


def length(embed: discord.Embed) -> int:
    """What an embed counts against the 6,000 characters of a message, in UTF-16 units."""
    texts = [embed.title, embed.description, embed.author.name, embed.footer.text]
    texts += [text for field in embed.fields for text in (field.name, field.value)]
    return sum(_size(text) for text in texts if text)


def _visible(text: str) -> str:
    return " ".join(_HIDDEN.sub("", text).split())


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, limit: int) -> str:
    """At most ``limit`` units, neither half a character nor half an escape at the end."""
    if _size(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    if (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _within(lines: Iterable[str], limit: int) -> Iterator[str]:
    """Whole lines as long as they fit, line breaks counted."""
    for line in lines:
        limit -= _size(line) + 1
        if limit < 0:
            return
        yield line


def _lines(text: str, limit: int) -> str:
    return "\n".join(_within((plain(line, limit - 1) for line in text.splitlines()), limit))


def _body(message: Message, numbers: dict[int, int]) -> Iterator[str]:
    if message.original:
        yield f"*{plain(message.original, 300)}*"
    if message.claim:
        who = f" ({_apart(plain(message.speaker, 100))})" if message.speaker else ""
        yield f"**{_CLAIMS.get(message.kind, 'Follows')}**{who}: “{_apart(plain(message.claim, 300))}”"
    for sentence in message.sentences:
        yield f"{plain(sentence.text, _SENTENCE)} \\[{numbers[sentence.publication]}\\]"


def _numbers(message: Message) -> dict[int, int]:
    """Cited publications first, in the order in which they are cited; then the others."""
    order = [sentence.publication for sentence in message.sentences]
    order += range(len(message.publications))
    return {publication: number for number, publication in enumerate(dict.fromkeys(order), start=1)}


def _add_sources(embed: discord.Embed, message: Message, numbers: dict[int, int]) -> None:
    """Up to two fields of publications, and how many more there are."""
    left = [_source(message.publications[index], number) for index, number in numbers.items()]
    for name in (_count(message), "Sources, continued"):
        shown = list(_within(left, FIELD - 60))
        if not shown:
            return
        left = left[len(shown) :]
        if left and name != _count(message):
            shown.append(f"and {len(left)} more: /sources {message.story}")
        embed.add_field(name=name, value="\n".join(shown), inline=False)


def _count(message: Message) -> str:
    entries, origins = len(message.publications), message.origins
    if message.kind not in _WHOLE_STORY:
        return "Source" if entries == 1 else "Sources"
    of = f"{origins} independent {'origin' if origins == 1 else 'origins'}"
    return f"Sources: {entries} {'entry' if entries == 1 else 'entries'} of {of}"


def _spread(message: Message) -> str:
    """How far what is told has spread, in a line of its own."""
    entries = len(message.publications)
    return _count(message) if message.kind in _WHOLE_STORY else f"{entries} {'source' if entries == 1 else 'sources'}"


def _source(publication: Publication, number: int) -> str:
    when = publication.published.strftime("%d %b %Y %H:%M UTC") if publication.published else "undated"
    about = [publication.country, publication.ownership, publication.language, when]
    host = urlsplit(address(publication.url)).netloc
    name = _link(Link(publication.publisher or host or "source", publication.url), 100, beside=True)
    return " · ".join([f"\\[{number}\\] {name}", *(plain(part, 60) for part in [host, *about] if part)])


def _link(link: Link, limit: int, *, beside: bool = False) -> str:
    """A link, which stands ``beside`` others in its line or has a line of its own."""
    # Brackets inside a link's text break it even where they are escaped.
    text = plain(link.text.translate({ord("["): "［", ord("]"): "］"}), limit)
    text = _apart(text) if beside else text
    target = address(link.url, _LINK)
    return f"[{text}]({target})" if text and target else text


def _apart(text: str) -> str:
    """A text from outside, to stand beside others: set apart where something in it reads from right to left."""
    return f"{_APART}{text}{_END}" if _RUN.search(text) else text


def _woven(text: str) -> str:
    """A line of ours with the words from right to left in it set apart, if a field has room for that."""
    told = _RUN.sub(lambda found: _apart(found[0]), text)
    return told if _size(told) <= FIELD and text[:1].isascii() else text


def _table(table: Table) -> Iterator[str]:
    """A line for each row: Discord has no tables, and a code block is too narrow on a telephone."""
    yield "*" + " · ".join(plain(column, 60) for column in table.columns) + "*"
    for row in table.rows:
        links = [cell if isinstance(cell, Link) else Link(cell, "") for cell in row]
        cells = [_link(link, _CELL, beside=True) if link.url else _apart(plain(link.text, _CELL)) for link in links]
        yield " · ".join([f"**{cells[0]}**" if cells[0] else "–", *(cell for cell in cells[1:] if cell)])


def _pages(lines: Sequence[str]) -> list[discord.Embed]:
    """Embeds whose descriptions hold the lines. A line longer than a whole description loses its links and its end."""
    left = [
        line if _size(line) < DESCRIPTION else _cut(re.sub(r"\]\(https?:[^)]*\)", "]", line), 4000) for line in lines
    ]
    pages = []
    while left:
        shown = list(_within(left, DESCRIPTION))
        left = left[len(shown) :]
        if text := "\n".join(shown).strip():
            pages.append(discord.Embed(description=text))
    return pages


def _batches(embeds: Iterable[discord.Embed]) -> list[list[discord.Embed]]:
    batches: list[list[discord.Embed]] = [[]]
    size = 0
    for embed in embeds:
        if batches[-1] and (len(batches[-1]) == _EMBEDS or size + length(embed) > _CHARACTERS):
            batches.append([])
            size = 0
        batches[-1].append(embed)
        size += length(embed)
    if len(batches) > _MESSAGES:
        del batches[_MESSAGES:]
        batches[-1].append(discord.Embed(description="There is more. Ask for less: one topic, one story."))
    return batches
