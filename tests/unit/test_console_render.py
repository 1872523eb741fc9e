"""What a person sees in a terminal and in a pipe."""

import io
import sys
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.file_proxy import FileProxy

from bot.model import Kind, Link, QuotedSentence, Reply, Stance, Table, Text
from handlers.console.gateway import ConsolePlatform
from handlers.console.render import render_message, render_reply
from tests.samples import alert, follow_up, publication

if TYPE_CHECKING:
    from bot.commands import Commands


def shown(renderable: object, *, terminal: bool = False) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, width=100, color_system="truecolor" if terminal else None
    )
    console.print(renderable)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_alert_has_everything_a_reader_needs() -> None:
    text = shown(render_message(alert(), links=False))
    for expected in (
        "ALERT · rare-earths + china-pakistan-us · report",
        "Ore samples leave Karachi for Missouri",
        "https://paper1.example/story/1",
        "Two tonnes of ore left the port. [1]",
        "The firm confirmed it. [2]",
        "Sources: 3 entries of 2 independent origins",
        "[1] Paper 1 (Pakistan, independent, en), 03 Oct 2025 09:30 UTC",
        "[2] Paper 3 (United States, independent, en)",
        "[3] Paper 2",
        "Why: rare-earths matches (0.93)",
        "/story 12",
    ):
        assert expected in text


def test_pipe_gets_no_escapes() -> None:
    assert "\x1b" not in shown(render_message(alert(), links=False))


def test_terminal_gets_colour_and_a_clickable_headline() -> None:
    text = shown(render_message(alert(), links=True), terminal=True)
    assert "\x1b[" in text
    assert "\x1b]8;" in text
    assert "https://paper1.example/story/1" in text


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.DENIAL, "Lin Jian denies “Ore was shipped”"),
        (Kind.CONFIRMATION, "Lin Jian confirms “Ore was shipped”"),
        (Kind.UPDATE, "Follows “Ore was shipped”"),
    ],
)
def test_follow_up_says_what_it_answers(kind: Kind, line: str) -> None:
    message = follow_up(kind, stance=Stance.DENY, speaker="Lin Jian", claim="Ore was shipped")
    assert line in shown(render_message(message, links=False))


def test_long_list_of_sources_is_cut_and_says_where_the_rest_is() -> None:
    text = shown(render_message(alert(publications=tuple(publication(n) for n in range(40))), links=False))
    assert "and 34 more: /sources 12" in text


def test_reply_with_table_and_link() -> None:
    reply = Reply("Title", (Text("words"), Link("there", "https://example.org/x"), Table(("A", "B"), (("1", "two"),))))
    text = shown(render_reply(reply, links=False))
    for expected in ("Title", "words", "there https://example.org/x", "A", "two"):
        assert expected in text


OUTSIDE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@pytest.mark.parametrize("field", ["headline", "why", "speaker", "claim"])
@given(text=OUTSIDE)
def test_text_from_outside_is_text(field: str, text: str) -> None:
    """Markup of the terminal library in a headline is shown, not obeyed, and nothing fails."""
    message = follow_up(Kind.DENIAL, **{field: f"[bold red]{text}[/]"})
    assert "[boldred]" in "".join(shown(render_message(message, links=False)).replace("┃", "").split())  # lines wrap


@given(text=OUTSIDE)
def test_any_sentence_can_be_shown(text: str) -> None:
    message = alert(sentences=(QuotedSentence(text, 0),))
    assert "ALERT" in shown(render_message(message, links=False))


def test_what_is_printed_keeps_apart_from_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar replaces standard output by a proxy; what goes past it would be printed into the bar."""
    terminal, beside_bar = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "__stdout__", terminal)
    monkeypatch.setattr(sys, "stdout", FileProxy(Console(file=beside_bar, width=100), terminal))
    ConsolePlatform(cast("Commands", None), terminal).show("Ore leaves port")  # no command is typed
    assert (terminal.getvalue(), beside_bar.getvalue()) == ("", "Ore leaves port\n")
