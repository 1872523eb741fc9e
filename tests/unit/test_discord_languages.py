"""Translations of Discord's commands: none is missing today, and a missing one keeps no command away."""

import warnings

from bot.commands import COMMANDS

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord

    from handlers.discord.languages import ChineseTranslator
    from handlers.discord.slash import SlashTree
    from tests.samples import commands_of


def tree() -> SlashTree:
    return SlashTree(discord.Client(intents=discord.Intents.none()), commands_of(object()))


async def test_every_command_is_translated() -> None:
    own = tree()
    for command in own.get_commands():
        payload = await command.get_translated_payload(own, ChineseTranslator())
        assert payload["name_localizations"].keys() == {"zh-CN", "zh-TW"}, command.name
        for option in payload["options"]:
            assert option["description_localizations"].keys() == {"zh-CN", "zh-TW"}, (command.name, option["name"])
    assert {command.name for command in own.get_commands()} == {command.name for command in COMMANDS}


async def test_a_command_without_a_translation_is_offered_in_english() -> None:
    own = tree()

    @own.command(name="echo", description="Say it again")
    async def echo(interaction: discord.Interaction, text: str) -> None:
        """Never called: only its description is sent."""

    command = own.get_command("echo")
    assert command is not None
    payload = await command.get_translated_payload(own, ChineseTranslator())
    assert (payload["name"], payload["description"]) == ("echo", "Say it again")
    assert not payload.get("name_localizations")
