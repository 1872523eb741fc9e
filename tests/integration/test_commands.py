"""Commands end to end: typed text → service → a real SQLite file → reply."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS, Commands
from bot.errors import CommandError
from bot.model import (
    Alert,
    Asker,
    Channel,
    Link,
    Reply,
    Stance,
    Table,
    Text,
)
from tests.desk import ENTRIES, open_desk

DESK = Asker(Channel("console", "desk"), "ann")
GUEST = Asker(Channel("slack", "C1"), "ben", may_manage=False)


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with open_desk(tmp_path) as desk:
        yield desk.commands


def words(reply: Reply) -> str:
    """Everything a reader of the reply would see, in one text."""
    said = [reply.title]
    for part in reply.parts:
        match part:
            case Text():
                said.append(part.text)
            case Link():
                said += [part.text, part.url]
            case Table():
                said += [cell if isinstance(cell, str) else cell.text for row in part.rows for cell in row]
            case Alert():
                said += [part.headline, *(sentence.text for sentence in part.sentences), part.why]
    return "\n".join(said)


async def test_summary_cites_the_story(commands: Commands) -> None:
    reply = await commands.run("/summary rare-earths 24h", DESK)
    assert "1 story in the last 24 hours" in reply.title
    (message,) = reply.parts
    assert isinstance(message, Alert)
    assert message.stance == Stance.DENY
    texts = [entry.text for entry in ENTRIES]
    for sentence in message.sentences:
        assert sentence.text in texts[sentence.publication]


async def test_summary_of_a_quiet_window(commands: Commands) -> None:
    assert "nothing in the last 5 minutes" in (await commands.run("/summary 5m", DESK)).title


@pytest.mark.parametrize(
    "typed", ["/summary", "summary all", "/SUMMARY china-pakistan-us 30d", "/summary 'Rare earths' 7d"]
)
async def test_summary_understands(commands: Commands, typed: str) -> None:
    assert "1 story" in (await commands.run(typed, DESK)).title


async def test_story_shows_who_said_what(commands: Commands) -> None:
    said = words(await commands.run("/story 1", DESK))
    assert "Beijing" in said
    assert "Heard from Pakistan (independent). Not heard: China, United States." in said
    assert "denies" in said
    assert "reports" in said
    assert "The Ledger" in said


async def test_recent_lists_the_story(commands: Commands) -> None:
    said = words(await commands.run("/recent", DESK))
    assert "2 hours ago" in said
    assert ENTRIES[0].title in said


async def test_why_of_a_story_names_rules_and_outcomes(commands: Commands) -> None:
    said = words(await commands.run("/why 1", DESK))
    assert "rare-earths matches" in said
    assert "denial of entry 1" in said


async def test_why_of_what_did_not_alert(commands: Commands) -> None:
    said = words(await commands.run("/why <https://ledger.example/cricket>", DESK))
    assert "rare-earths does not match" in said
    assert "matched no topic" in said


async def test_sources_of_a_story_and_of_all(commands: Commands) -> None:
    assert "2 entries of 2 origins" in (await commands.run("/sources 1", DESK)).title
    assert "The Ledger" in words(await commands.run("/sources", DESK))


async def test_status(commands: Commands) -> None:
    said = words(await commands.run("/status", DESK))
    assert "3 stored" in said
    assert "1 from 2 entries" in said
    assert "nobody is polling" in said


async def test_subscribe_change_list_and_end(commands: Commands) -> None:
    assert (await commands.run("/subscribe rare-earths", DESK)).title == "Subscribed to Rare earths"
    changed = await commands.run("/subscribe RARE-EARTHS score=0.7 lang=en,zh", DESK)
    assert changed.title == "Changed the subscription to Rare earths"
    listed = words(await commands.run("/subscriptions", DESK))
    assert "score 0.7 or more, in en, zh" in listed
    assert "no subscriptions" in (await commands.run("/subscriptions", GUEST)).title
    assert "Unsubscribed" in (await commands.run("/unsubscribe all", DESK)).title


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "Type a command"),
        ("/", "Type a command"),
        ("/sumary", "Did you mean /summary?"),
        ("/subscribtions", "Did you mean /subscriptions?"),
        ("/summary rare-earth", "Did you mean rare-earths?"),
        ("/summary rare-earths 24h 7d", "Too many words"),
        ("/summary 9999w", "at most 366d"),
        ("/subscribe", "Which topic?"),
        ("/subscribe gold", "'gold' is not a topic"),
        ("/subscribe rare-earths score=high", "score=high is not a number from 0 to 1"),
        ("/subscribe rare-earths score=nan", "score=nan is not a number from 0 to 1"),
        ("/subscribe rare-earths lang=english", "two-letter language codes"),
        ("/subscribe rare-earths often", "'often' is not understood here"),
        ("/unsubscribe", "Which topic?"),
        ("/unsubscribe rare-earths", "no such subscription"),
        ("/story", "Which story?"),
        ("/story merge 7", "Which two stories? /story merge 7 5 puts story 7 into story 5."),
        ("/story split", "Which entry? /story split ENTRY"),
        ("/story one", "'one' is not the number of a story"),
        ("/story 99", "There is no story 99"),
        ("/story 99999999999999999999", "is not the number of a story"),
        ("/why", "Why what?"),
        ("/why 99", "There is no story 99"),
        ("/why https://elsewhere.example/x", "No feed has carried that address"),
        ("/why it's not there", "Too many words"),
        ("/sources 99", "There is no story 99"),
        ("/help sumary", "Did you mean /summary?"),
        ("/" + "x" * 600, "at most 500 characters"),
    ],
)
async def test_wrong_commands_get_one_clear_line(commands: Commands, typed: str, answer: str) -> None:
    with pytest.raises(CommandError) as caught:
        await commands.run(typed, DESK)
    assert answer in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_who_may_not_manage_changes_nothing(commands: Commands) -> None:
    for typed in ("/subscribe rare-earths", "/unsubscribe all"):
        with pytest.raises(CommandError, match="may not change"):
            await commands.run(typed, GUEST)


async def test_help_names_every_command(commands: Commands) -> None:
    said = words(await commands.run("/help", DESK))
    for command in COMMANDS:
        assert f"/{command.name}" in said
        assert (await commands.run(f"/help {command.name}", DESK)).title.startswith(f"/{command.name}")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    typed=st.text(max_size=60)
    | st.sampled_from([f"/{c.name} " for c in COMMANDS]).flatmap(lambda n: st.text(max_size=30).map(n.__add__))
)
async def test_whatever_is_typed_is_answered(commands: Commands, typed: str) -> None:
    """Any text gives a reply or one line for the person; nothing else can come out."""
    try:
        said = (await commands.run(typed, GUEST)).title
    except CommandError as error:
        said = str(error)
    assert said
