"""Buttons under alerts. Each carries its story in its id, so that it works after a restart of the bot."""

import re

import discord

from bot.commands import ACTIONS

_ID = re.compile(r"story:([a-z]+):(\d{1,15})")
_BY_NAME = {action.name: action for action in ACTIONS}


def buttons(story: int) -> discord.ui.View:
    """The buttons of one story's alert, in two rows."""
    view = discord.ui.View(timeout=None)
    for place, action in enumerate(ACTIONS):
        view.add_item(
            discord.ui.Button(
                label=action.label,
                style=discord.ButtonStyle.secondary,
                custom_id=f"story:{action.name}:{story}",
                row=place // 3,
            )
        )
    view.stop()  # the library need not remember it: whoever presses is answered by the id alone
    return view


def pressed(custom_id: str) -> str | None:
    """The command that a pressed button stands for; None for a button that is not ours, or no more."""
    found = _ID.fullmatch(custom_id)
    action = _BY_NAME.get(found[1]) if found else None
    return action.command(int(found[2])) if found and action else None
