"""Verdicts and figures of quality, from the typed command to the rows."""

import pytest

from bot.commands import Commands
from bot.errors import CommandError
from tests.integration.test_commands import DESK, GUEST, commands, words

__all__ = ["commands"]


async def test_only_what_was_posted_here_can_be_judged(commands: Commands) -> None:
    with pytest.raises(CommandError, match="Story 1 was not posted here"):
        await commands.run("/why 1 wrong", GUEST)
    with pytest.raises(CommandError, match="There is no story 99"):
        await commands.run("/why 99 right", DESK)


async def test_quality_without_any_figures_says_so(commands: Commands) -> None:
    said = words(await commands.run("/quality", DESK))
    assert "none yet" in said
    assert "Told again\nnone found" in said
    assert "No evaluation is stored" in said


async def test_a_muted_story_is_told_no_further_in_that_channel(commands: Commands) -> None:
    assert "is muted" in words(await commands.run("/story mute 1", DESK))
    with pytest.raises(CommandError, match="You may not mute"):
        await commands.run("/story mute 1", GUEST)
    assert "followed again" in words(await commands.run("/story unmute 1", DESK))
    with pytest.raises(CommandError, match="Story 1 is not muted here"):
        await commands.run("/story unmute 1", DESK)
