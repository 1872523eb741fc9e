"""Message and reply → rich renderables. Pure; every text from outside is shown as text, never as markup."""

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.text import Text as RichText

from bot.delivery import wording
from bot.model import Alert, Digest, FollowUp, Kind, Link, Message, Notice, Publication, Reply, Table, Text
from bot.text.display import host_shown
from bot.text.tables import draw_table

_COLOURS = {Kind.UPDATE: "blue", Kind.DENIAL: "red", Kind.CONFIRMATION: "green"}
_STORY, _NOTICE = "cyan", "yellow"
_SOURCES_SHOWN = 6


def render_message(message: Message, *, links: bool) -> RenderableType:
    """Render a message as it would look in a channel; ``links`` makes headlines clickable."""
    match message:
        case Notice():
            return _panel(RichText(message.text), wording.NOTICE.upper(), _NOTICE)
        case Digest():
            return _panel(_digest(message, links), wording.DIGEST.upper(), _STORY)
        case FollowUp():
            return Padding(_story(message, links, _COLOURS[message.kind]), (0, 0, 0, 4))  # it belongs under its story
        case Alert():
            return _story(message, links, _STORY)


def _panel(body: RenderableType, title: str, colour: str) -> Panel:
    return Panel(body, title=title, title_align="left", border_style=colour, box=box.HEAVY)


def _story(message: wording.Story, links: bool, colour: str) -> Panel:
    parts: list[RenderableType] = [_headline(message, links)]
    if message.repeated:
        parts.append(RichText(wording.REPEATED, style="yellow"))
    if isinstance(message, FollowUp):
        if message.original:
            parts.append(RichText(message.original, style="italic"))
        if answer := wording.answer(message):
            parts.append(RichText(answer, style=colour))
    numbers = wording.citation_numbers(message)
    for sentence in message.sentences:
        line = RichText(sentence.text)
        line.append(f" [{numbers[sentence.publication]}]", style="dim")
        parts.append(Padding(line, (0, 0, 0, 2)))
    parts.append(_sources(message, numbers, links))
    if message.why:
        parts.append(RichText(f"Why: {message.why}", style="dim"))
    parts.append(RichText(f"Ask: {wording.commands(message.story)}", style="dim"))
    return Panel(
        Group(*parts),
        title=RichText(f" {wording.heading(message)} "),
        title_align="left",
        subtitle=RichText(f" story {message.story} "),
        subtitle_align="right",
        border_style=colour,
        box=box.HEAVY,
    )


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
            case Alert():
                parts.append(render_message(part, links=links))
    return Group(*parts)


def _digest(message: Digest, links: bool) -> RenderableType:
    """Each story in a few lines: its badge, its headline, and the first sentence."""
    parts: list[RenderableType] = [RichText(message.headline, style="bold")]
    for story in message.stories:
        parts += [RichText(), RichText(wording.digest_line(story), style="dim"), _headline(story, links)]
        parts += [RichText(sentence.text) for sentence in story.sentences[:1]]
    return Group(*parts)


def _headline(message: wording.Story, links: bool) -> RenderableType:
    headline = RichText(message.headline, style="bold")
    if links and message.url:
        headline.stylize(_to(message.url))
        return headline
    return Group(headline, RichText(message.url, style="dim")) if message.url else headline


def _sources(message: wording.Story, numbers: dict[int, int], links: bool) -> RenderableType:
    by_number = sorted(numbers, key=lambda index: numbers[index])
    cited = {sentence.publication for sentence in message.sentences}
    shown = by_number[: max(len(cited), _SOURCES_SHOWN)]
    text = RichText(wording.sources_heading(message), style="dim")
    for index in shown:
        publication = message.publications[index]
        text.append(f"\n  [{numbers[index]}] ", style="dim")
        place = _visible(publication.url)
        text.append(_publication(publication), style=_to(publication.url) if links and place else "")
        if place and links:
            text.append(f"  {host}" if (host := host_shown(place)) else "", style="dim")
        elif place and index in cited:
            text.append(f"\n      {place}", style="dim")
    if len(by_number) > len(shown):
        text.append("\n  " + wording.more_sources(len(by_number) - len(shown), message.story), style="dim")
    return text


def _publication(publication: Publication) -> str:
    return f"{publication.publisher} ({', '.join(wording.about(publication))}), {wording.published(publication)}"


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
