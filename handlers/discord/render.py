"""Message and reply → embeds. Pure; every text from outside is shown as text, never as markup.

Lengths are counted in UTF-16 units, the larger of the counts that Discord might make.
Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import discord

from bot.delivery import wording
from bot.model import Alert, Digest, FollowUp, Kind, Link, Message, Notice, Publication, Reply, Stance, Table, Text
from bot.text import display
from bot.text.display import cut, host_shown, isolated, units, visible, with_isolated_runs

TITLE, AUTHOR, DESCRIPTION, FIELD = 256, 256, 4096, 1024
_EMBEDS, _CHARACTERS = 9, 5900  # a message may have 10 and 6,000; the rest is for the line that says it was shortened
_MESSAGES = 6  # of one reply
_BODY, _SENTENCE, _CELL, _LINK = 2400, 700, 240, 300
_LINKED_URL = 2048

_BLUE, _ORANGE, _GREEN, _RED, _GREY, _YELLOW = 0x3B82F6, 0xF59E0B, 0x22C55E, 0xDC2626, 0x64748B, 0xEAB308
_HUES = (_BLUE, 0x8B5CF6, 0x06B6D4, 0x6366F1, 0x14B8A6, 0xA855F7)  # of reports, one a topic; none means a stance
_STANCES = {Stance.REPORT: _BLUE, Stance.ASSERT: _ORANGE, Stance.CONFIRM: _GREEN, Stance.DENY: _RED}
_KINDS = {Kind.UPDATE: _GREY, Kind.DENIAL: _RED, Kind.CONFIRMATION: _GREEN}

# Discord's marks for style, links, spoilers, mentions and lists. A backslash makes any punctuation plain.
_MARKUP = re.compile(r"[\\`*_~|<>\[\]()#@]|://|^(?:[-+]|\d+\.)")


def render_message(message: Message) -> discord.Embed:
    """Render an alert, follow-up, digest or notice as one embed of at most 5,900 characters."""
    match message:
        case Notice():
            return discord.Embed(title=wording.NOTICE, description=_lines(message.text, _BODY), colour=_YELLOW)
        case Digest():
            return _digest(message)
        case _:
            return _story(message)


def _story(message: wording.Story) -> discord.Embed:
    numbers = wording.citation_numbers(message)
    embed = discord.Embed(
        title=plain(message.headline, TITLE) or f"Story {message.story}",
        url=address(message.url) or None,
        description="\n".join(_within(_body(message, numbers), _BODY)),
        colour=_colour(message),
        timestamp=message.created,
    )
    embed.set_author(name=cut(visible(wording.heading(message)), AUTHOR))
    _add_sources(embed, message, numbers)
    if message.why:
        why = with_isolated_runs(plain(message.why, 600), FIELD) or "–"
        embed.add_field(name="Why", value=why, inline=False)
    footer = [wording.footer(message), *([wording.REPEATED] if message.repeated else [])]
    embed.set_footer(text=" · ".join(footer))
    return embed


def _colour(message: wording.Story) -> int:
    if isinstance(message, FollowUp):
        return _KINDS[message.kind]
    if message.stance == Stance.REPORT:
        return _HUES[crc32("".join(message.topics[:1]).encode("utf-8", "replace")) % len(_HUES)]
    return _STANCES[message.stance]


def _digest(message: Digest) -> discord.Embed:
    """Many stories in one embed, as many as it takes, each in a few lines."""
    stories = []
    room = DESCRIPTION - 60
    for story in message.stories:
        lines = [f"**{_link(Link(wording.headline(story), story.url), TITLE)}**"]
        lines += [plain(sentence.text, 300) for sentence in story.sentences[:1]]
        lines.append(wording.digest_line(story))
        room -= units("\n".join(lines)) + 2
        if room < 0:
            break
        stories.append("\n".join(lines))
    if left := len(message.stories) - len(stories):
        stories.append(wording.more_stories(left))
    embed = discord.Embed(
        title=plain(message.headline, TITLE) or wording.DIGEST,
        description="\n\n".join(stories),
        colour=_BLUE,
        timestamp=message.created,
    )
    embed.set_author(name=wording.DIGEST.upper())
    if message.repeated:
        embed.set_footer(text=wording.REPEATED)
    return embed


def render_reply(reply: Reply) -> list[list[discord.Embed]]:
    """The answer to a command: the embeds of each message that it takes, at least one and at most six."""
    embeds: list[discord.Embed] = []
    lines: list[str] = []
    for part in reply.parts:
        match part:
            case Alert():
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
        embeds.insert(0, discord.Embed(title=title or wording.NOTHING))
    return _batches(embeds)


def plain(text: str, limit: int) -> str:
    """Return ``text`` on one line, without live markup, in at most ``limit`` UTF-16 units and no half escape."""
    escaped = _MARKUP.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", visible(text))
    shown = cut(escaped, limit)
    kept = shown.removesuffix("…")
    half = shown != escaped and (len(kept) - len(kept.rstrip("\\"))) % 2
    return f"{kept[:-1]}…" if half else shown


def address(url: str, limit: int = _LINKED_URL) -> str:
    """Return ``url`` in ASCII, with what ends a link quoted; '' where it is no http(s) address or too long."""
    return display.address(url, limit)


def length(embed: discord.Embed) -> int:
    """What an embed counts against the 6,000 characters of a message, in UTF-16 units."""
    texts = [embed.title, embed.description, embed.author.name, embed.footer.text]
    texts += [text for field in embed.fields for text in (field.name, field.value)]
    return sum(units(text) for text in texts if text)


def _within(lines: Iterable[str], limit: int) -> Iterator[str]:
    """Whole lines as long as they fit, line breaks counted."""
    for line in lines:
        limit -= units(line) + 1
        if limit < 0:
            return
        yield line


def _lines(text: str, limit: int) -> str:
    return "\n".join(_within((plain(line, limit - 1) for line in text.splitlines()), limit))


def _body(message: wording.Story, numbers: dict[int, int]) -> Iterator[str]:
    if isinstance(message, FollowUp):
        if message.original:
            yield f"*{plain(message.original, 300)}*"
        if message.claim:
            who = f" ({isolated(plain(message.speaker, 100))})" if message.speaker else ""
            yield f"**{wording.verb(message)}**{who}: “{isolated(plain(message.claim, 300))}”"
    for sentence in message.sentences:
        yield f"{plain(sentence.text, _SENTENCE)} \\[{numbers[sentence.publication]}\\]"


def _add_sources(embed: discord.Embed, message: wording.Story, numbers: dict[int, int]) -> None:
    """Up to two fields of publications, and how many more there are."""
    left = [_source(message.publications[index], number) for index, number in numbers.items()]
    for name in (heading := wording.sources_heading(message), "Sources, continued"):
        shown = list(_within(left, FIELD - 60))
        if not shown:
            return
        left = left[len(shown) :]
        if left and name != heading:
            shown.append(wording.more_sources(len(left), message.story))
        embed.add_field(name=name, value="\n".join(shown), inline=False)


def _source(publication: Publication, number: int) -> str:
    host = host_shown(publication.url)
    about = [host, *wording.about(publication), wording.published(publication)]
    name = _link(Link(publication.publisher or host or "source", publication.url), 100, beside=True)
    return " · ".join([f"\\[{number}\\] {name}", *(plain(part, 60) for part in about if part)])


def _link(link: Link, limit: int, *, beside: bool = False) -> str:
    """A link, which stands ``beside`` others in its line or has a line of its own."""
    # Brackets inside a link's text break it even where they are escaped.
    text = plain(link.text.translate({ord("["): "［", ord("]"): "］"}), limit)
    text = isolated(text) if beside else text
    target = address(link.url, _LINK)
    return f"[{text}]({target})" if text and target else text


def _table(table: Table) -> Iterator[str]:
    """A line for each row: Discord has no tables, and a code block is too narrow on a telephone."""
    yield "*" + " · ".join(plain(column, 60) for column in table.columns) + "*"
    for row in table.rows:
        links = [cell if isinstance(cell, Link) else Link(cell, "") for cell in row]
        cells = [_link(link, _CELL, beside=True) if link.url else isolated(plain(link.text, _CELL)) for link in links]
        yield " · ".join([f"**{cells[0]}**" if cells[0] else "–", *(cell for cell in cells[1:] if cell)])


def _pages(lines: Sequence[str]) -> list[discord.Embed]:
    """Embeds whose descriptions hold the lines. A line longer than a whole description loses its links and its end."""
    left = [
        line if units(line) < DESCRIPTION else cut(re.sub(r"\]\(https?:[^)]*\)", "]", line), 4000) for line in lines
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
        batches[-1].append(discord.Embed(description=wording.CUT_SHORT))
    return batches
