"""Message and reply → rich renderables. Pure; every text from outside is shown as text, never as markup."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.text import Text as RichText

from bot.model import Kind, Link, Message, Publication, Reply, Stance, Table, Text
from bot.text.tables import draw_table

_COLOURS = {
    Kind.ALERT: "cyan",
    Kind.STORY: "cyan",
    Kind.UPDATE: "blue",
    Kind.DENIAL: "red",
    Kind.CONFIRMATION: "green",
    Kind.NOTICE: "yellow",
    Kind.DIGEST: "cyan",
}
_LABELS = {
    Kind.ALERT: "ALERT",
    Kind.STORY: "STORY",
    Kind.UPDATE: "UPDATE",
    Kind.DENIAL: "DENIAL",
    Kind.CONFIRMATION: "CONFIRMATION",
    Kind.NOTICE: "NOTICE",
}
_BADGES = {Stance.REPORT: "report", Stance.ASSERT: "asserted", Stance.CONFIRM: "confirmed", Stance.DENY: "denied"}
_WHOLE = (Kind.ALERT, Kind.STORY)  # these tell a whole story, the others what was added to it
_SOURCES_SHOWN = 6


def render_message(message: Message, *, links: bool) -> RenderableType:
    """An alert, update or denial as it would look in a channel; ``links`` makes headlines clickable."""
    colour = _COLOURS[message.kind]
    if message.kind in (Kind.NOTICE, Kind.DIGEST):
        body: RenderableType = _digest(message, links) if message.stories else RichText(message.notice)
        return Panel(body, title=message.kind.value.upper(), title_align="left", border_style=colour, box=box.HEAVY)
    parts: list[RenderableType] = [_headline(message, links)]
    if message.repeated:
        parts.append(RichText("Perhaps posted before: the answer to an earlier try was lost.", style="yellow"))
    if message.original:
        parts.append(RichText(message.original, style="italic"))
    if answers := _answers(message):
        parts.append(RichText(answers, style=colour))
    numbers = _numbers(message)
    for sentence in message.sentences:
        line = RichText(sentence.text)
        line.append(f" [{numbers[sentence.publication]}]", style="dim")
        parts.append(Padding(line, (0, 0, 0, 2)))
    parts.append(_sources(message, numbers, links))
    if message.why:
        parts.append(RichText(f"Why: {message.why}", style="dim"))
    parts.append(
        RichText(f"Ask: /story {message.story} · /why {message.story} · /sources {message.story}", style="dim")
    )
    title = RichText(f" {_LABELS[message.kind]} · {' + '.join(message.topics)} · {_BADGES[message.stance]} ")
    footer = RichText(f" story {message.story} ")
    panel = Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=footer,
        subtitle_align="right",
        border_style=colour,
        box=box.HEAVY,
    )
    return panel if message.kind in _WHOLE else Padding(panel, (0, 0, 0, 4))  # an update stands under its story


def render_reply(reply: Reply, *, links: bool) -> RenderableType:
    """The answer to a command."""
    parts: list[RenderableType] = [RichText(reply.title, style="bold")]
    for part in reply.parts:
        match part:
            case Text():
                parts.append(RichText(part.text))
            case Link():
                parts.append(_linked(part, links))
            case Table():
                parts.append(_table(part, links))
            case Message():
                parts.append(render_message(part, links=links))
    return Group(*parts)


def _digest(message: Message, links: bool) -> RenderableType:
    """Each story in a few lines: its badge, its headline, and the first sentence."""
    parts: list[RenderableType] = [RichText(message.headline, style="bold")]
    for told in message.stories:
        parts += [RichText(), RichText(f"{_BADGES[told.stance]} · story {told.story} · {_spread(told)}", style="dim")]
        parts.append(_headline(told, links))
        parts += [RichText(sentence.text) for sentence in told.sentences[:1]]
    return Group(*parts)


def _headline(message: Message, links: bool) -> RenderableType:
    headline = RichText(message.headline, style="bold")
    if links and message.url:
        headline.stylize(_to(message.url))
        return headline
    return Group(headline, RichText(message.url, style="dim")) if message.url else headline


def _answers(message: Message) -> str:
    verb = {Kind.DENIAL: "denies", Kind.CONFIRMATION: "confirms"}.get(message.kind, "")
    who = f"{message.speaker} {verb}".strip() if verb and message.speaker else (verb or "follows").capitalize()
    if message.claim:
        return f"{who} “{message.claim}”"
    return who if verb and message.speaker and not message.original else ""


def _numbers(message: Message) -> dict[int, int]:
    """Cited publications first, in the order in which they are cited; then the others."""
    order = [sentence.publication for sentence in message.sentences]
    order += range(len(message.publications))
    return {publication: number for number, publication in enumerate(dict.fromkeys(order), start=1)}


def _sources(message: Message, numbers: dict[int, int], links: bool) -> RenderableType:
    by_number: Sequence[int] = sorted(numbers, key=lambda index: numbers[index])
    cited = {sentence.publication for sentence in message.sentences}
    shown = by_number[: max(len(cited), _SOURCES_SHOWN)]
    text = RichText(_count(message), style="dim")
    for index in shown:
        publication = message.publications[index]
        text.append(f"\n  [{numbers[index]}] ", style="dim")
        place = _visible(publication.url)
        text.append(_publication(publication), style=_to(publication.url) if links and place else "")
        if place and links:
            text.append(f"  {host}" if (host := urlsplit(place).hostname) else "", style="dim")
        elif place and index in cited:
            text.append(f"\n      {place}", style="dim")
    if len(by_number) > len(shown):
        text.append(f"\n  and {len(by_number) - len(shown)} more: /sources {message.story}", style="dim")
    return text


def _count(message: Message) -> str:
    entries, origins = len(message.publications), message.origins
    if message.kind not in _WHOLE:
        return "Source" if entries == 1 else "Sources"
    word = "origin" if origins == 1 else "origins"
    return f"Sources: {entries} {'entry' if entries == 1 else 'entries'} of {origins} independent {word}"


def _spread(message: Message) -> str:
    """How far what is told has spread, in a line of its own."""
    entries = len(message.publications)
    return _count(message) if message.kind in _WHOLE else f"{entries} {'source' if entries == 1 else 'sources'}"


def _publication(publication: Publication) -> str:
    about = [part for part in (publication.country, publication.ownership, publication.language) if part]
    when = publication.published.strftime("%d %b %Y %H:%M UTC") if publication.published else "undated"
    return f"{publication.publisher} ({', '.join(about)}), {when}"


def _visible(url: str) -> str:
    return url if len(url) <= 90 else url[:89] + "…"


def _to(url: str) -> Style:
    """A link to an http(s) address that is visible throughout; no style for anything else."""
    sound = url.startswith(("http://", "https://")) and url.isprintable()
    return Style(link=url) if sound else Style()


def _linked(link: Link, links: bool) -> RichText:
    if links and link.url:
        return RichText(link.text, style=_to(link.url))
    return RichText(f"{link.text} {link.url}".strip())


def _table(table: Table, links: bool) -> RenderableType:
    rows = ([_linked(cell, links) if isinstance(cell, Link) else cell for cell in row] for row in table.rows)
    return draw_table(table.columns, rows)
