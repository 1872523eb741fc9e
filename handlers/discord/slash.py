"""Slash commands: Discord's typed options → the text of a command, and the reply → messages."""

import asyncio
import contextlib
import logging
import shlex
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast

import aiohttp
import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.commands import COMMANDS, Commands
from bot.errors import BotError, CommandError
from bot.model import Asker, Channel, Reply, Text
from handlers.discord import forms
from handlers.discord.buttons import pressed
from handlers.discord.completions import completions
from handlers.discord.render import render_reply

_PRIVATE = frozenset({"help", "why"})  # a deferred answer has to be private or not before it is known
_PATIENCE = 1.5  # seconds for a read before the first answer, of the three that Discord waits for that
log = logging.getLogger(__name__)

Asked = discord.Interaction[Any]
Callback = Callable[..., Coroutine[Any, Any, None]]


class SlashTree(app_commands.CommandTree[Any]):
    """Every command of ``bot.commands`` as a slash command with typed options."""

    def __init__(self, client: discord.Client, commands: Commands) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        self._commands = commands
        self._completions = completions(commands)
        typed: Mapping[str, Callback] = {
            "summary": self._summary,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "topic": self._topic,
            "recent": self._recent,
            "story": self._story,
            "why": self._why,
            "sources": self._sources,
            "help": self._help,
        }
        for command in COMMANDS:
            callback = typed.get(command.name) or (self._words if command.usage else self._bare)
            self._add(app_commands.Command(name=command.name, description=command.help[:100], callback=callback))

    def _add(self, command: app_commands.Command[Any, ..., None]) -> None:
        for parameter in command.parameters:
            if not parameter.choices and parameter.name in self._completions:
                command.autocomplete(parameter.name)(self._completions[parameter.name])
        self.add_command(command)

    async def on_error(self, interaction: Asked, error: app_commands.AppCommandError, /) -> None:
        """Log what went wrong and tell the asker so in one line. Only a lost connection is no bug of ours."""
        cause = getattr(error, "original", error)
        if isinstance(cause, discord.HTTPException | aiohttp.ClientError):
            log.warning("Discord did not take the answer to /%s: %s", _name(interaction), cause)
            return
        log.error("/%s failed: %s", _name(interaction), cause, exc_info=None if isinstance(cause, BotError) else cause)
        text = f"That cannot be answered now: {cause}" if isinstance(cause, BotError) else "That failed; it is logged."
        with contextlib.suppress(discord.HTTPException, aiohttp.ClientError):
            await _show(interaction, Reply("", (Text(text),), private=True))

    async def press(self, interaction: Asked) -> None:
        """Carry out the command of a pressed button; only whoever pressed it sees the answer."""
        told: Mapping[str, Any] = cast("Mapping[str, Any]", interaction.data or {})
        custom_id = str(told.get("custom_id", ""))
        if modal := forms.reopened(custom_id):
            await interaction.response.send_modal(modal)
            return
        typed = pressed(custom_id)
        if typed is None:
            return
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
            try:
                reply = await self._commands.run(typed, _asker(interaction))
            except (CommandError, BotError) as error:
                reply = Reply("", (Text(str(error)),))
            for embeds in render_reply(reply):
                await interaction.followup.send(embeds=embeds, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("Discord did not take the answer to a button: %s", error)

    @app_commands.describe(topic="Only this topic", window="How far back, such as 24h or 7d")
    async def _summary(self, interaction: Asked, topic: str = "", window: str = "") -> None:
        await self._answer(interaction, topic, window)

    @app_commands.describe(
        topic="What to be told of",
        score="The least score from 0 to 1",
        languages="Language codes, such as en,zh,ur",
        digest="The hour of one message a day, such as 08:00; without it, alerts at once",
        quiet="Hours in which nothing is posted, such as 22:00-07:00",
        zone="The time zone of these hours",
        denials="Where denials are shown besides the thread",
        details="Fill these in in a form",
    )
    @app_commands.choices(
        denials=[Choice(name="in the channel, too", value="channel"), Choice(name="nowhere else", value="thread")]
    )
    @app_commands.default_permissions(manage_guild=True)
    async def _subscribe(
        self,
        interaction: Asked,
        topic: str,
        *,
        score: Range[float, 0.0, 1.0] | None = None,
        languages: str = "",
        digest: str = "",
        quiet: str = "",
        zone: str = "",
        denials: str = "",
        details: bool = False,
    ) -> None:
        typed = {"lang": languages, "digest": digest, "quiet": quiet, "zone": zone, "denials": denials}
        given = {key: forms.as_word(key, value) for key, value in typed.items() if value.strip()}
        if score is not None:
            given["score"] = f"{score:g}"
        if details and topic in self._commands.topics:
            await self._open_form(interaction, topic, given)
            return
        await self._answer(interaction, topic, *(f"{key}={value}" for key, value in given.items()))

    async def _open_form(self, interaction: Asked, topic: str, given: Mapping[str, str]) -> None:
        """Open the form with what is subscribed already, or offer it by a button where that takes too long to read.

        Discord takes a form as the first answer alone, and that within three seconds; a form that left out what is
        subscribed would end those terms when it is sent.
        """
        reading = asyncio.create_task(self._commands.subscribed("discord", channel=_asker(interaction).channel.id))
        try:
            read, _ = await asyncio.wait({reading}, timeout=_PATIENCE)
            if not read:
                await interaction.response.defer(ephemeral=True, thinking=True)
            current = next((one for one in await reading if one.topic == topic), None)
        finally:
            reading.cancel()
        filled = forms.begun(topic, given, current)
        if read:
            await interaction.response.send_modal(forms.form(filled))
            return
        for embeds in render_reply(Reply("", (Text("That took a while. The form is ready now."),))):
            await interaction.followup.send(embeds=embeds, view=forms.again(filled, "Open the form"), ephemeral=True)

    async def submit(self, interaction: Asked) -> None:
        """Subscribe as a form says; what is wrong is told with a button that opens the form again."""
        filled = forms.submitted(cast("Mapping[str, Any]", interaction.data or {}))
        if filled is None:
            return
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
            try:
                _check_may_post(interaction)
                reply = await self._commands.run(filled.command, _asker(interaction))
            except (CommandError, BotError) as error:
                embeds = render_reply(Reply("", (Text(str(error)),)))[0]
                await interaction.followup.send(embeds=embeds, view=forms.again(filled), ephemeral=True)
                return
            for batch in render_reply(reply):
                await interaction.followup.send(embeds=batch, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("Discord did not take the answer to a form: %s", error)

    @app_commands.describe(topic="The topic to end, or all")
    @app_commands.default_permissions(manage_guild=True)
    async def _unsubscribe(self, interaction: Asked, topic: str) -> None:
        await self._answer(interaction, topic)

    @app_commands.describe(
        action="What to do",
        name="The topic's name",
        query='For new and test: such as "reko diq" AND (copper OR gold) NOT cricket',
    )
    @app_commands.choices(action=[Choice(name=verb, value=verb) for verb in ("new", "test", "save", "show", "delete")])
    @app_commands.default_permissions(manage_guild=True)
    async def _topic(self, interaction: Asked, action: str, name: str = "", query: str = "") -> None:
        await self._run(interaction, " ".join(filter(None, ("topic", action, name, query))))

    @app_commands.describe(topic="Only this topic")
    async def _recent(self, interaction: Asked, topic: str = "") -> None:
        await self._answer(interaction, topic)

    @app_commands.describe(
        number="The story's number (/recent lists the latest ones); to split, the entry's (/why lists them)",
        action="To put stories right",
        into="To merge: the story that stays",
    )
    @app_commands.choices(action=[Choice(name=verb, value=verb) for verb in ("mute", "unmute", "merge", "split")])
    async def _story(
        self, interaction: Asked, number: Range[int, 1], action: str = "", into: Range[int, 1] | None = None
    ) -> None:
        await self._answer(interaction, action, str(number), "" if into is None else str(into))

    @app_commands.describe(
        what="A story's number, or the address of an article", verdict="Whether the story's alert was useful"
    )
    @app_commands.choices(verdict=[Choice(name=verdict, value=verdict) for verdict in ("right", "wrong")])
    async def _why(self, interaction: Asked, what: str, verdict: str = "") -> None:
        await self._answer(interaction, what, verdict)

    @app_commands.describe(
        number="The story whose publishers to list", feed="One feed; without any of the two, all feeds that are polled"
    )
    async def _sources(self, interaction: Asked, number: Range[int, 1] | None = None, feed: str = "") -> None:
        await self._answer(interaction, feed if number is None else str(number))

    @app_commands.describe(command="Only this command")
    @app_commands.choices(command=[Choice(name=f"/{known.name}", value=known.name) for known in COMMANDS])
    async def _help(self, interaction: Asked, command: str = "") -> None:
        await self._answer(interaction, command)

    async def _bare(self, interaction: Asked) -> None:
        await self._answer(interaction)

    @app_commands.describe(words="What /help shows after the command's name")
    async def _words(self, interaction: Asked, words: str = "") -> None:
        await self._answer(interaction, *words.split())

    async def _answer(self, interaction: Asked, *words: str) -> None:
        await self._run(interaction, shlex.join([_name(interaction), *filter(None, words)]))

    async def _run(self, interaction: Asked, typed: str) -> None:
        """Acknowledge within Discord's three seconds, carry the command out, and show the reply."""
        name = _name(interaction)
        await interaction.response.defer(ephemeral=name in _PRIVATE)
        try:
            if name == "subscribe":
                _check_may_post(interaction)
            reply = await self._commands.run(typed, _asker(interaction))
        except CommandError as error:
            reply = Reply("", (Text(str(error)),), private=True)
        await _show(interaction, reply)


async def _show(interaction: Asked, reply: Reply) -> None:
    """Send the reply; the first message takes the place of the one that says the bot is thinking.

    That one's visibility cannot be changed any more, so it is taken away where it is not the reply's.
    """
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=reply.private)
    elif reply.private != (_name(interaction) in _PRIVATE):
        await interaction.delete_original_response()
    for embeds in render_reply(reply):
        await interaction.followup.send(embeds=embeds, ephemeral=reply.private)


_MANAGERS = "that is for people with Manage Server, in a server where the bot is"


def _name(interaction: Asked) -> str:
    return interaction.command.name if interaction.command else "unknown"


def _asker(interaction: Asked) -> Asker:
    if interaction.channel_id is None:
        raise CommandError("Commands do not work in this kind of channel; try a text channel or a direct message.")
    person, place = str(interaction.user.id), str(interaction.channel_id)
    if _is_alone(interaction):
        return Asker(Channel("discord", f"@{person}"), person, may_edit=False, advice=_MANAGERS)
    manages = interaction.permissions.manage_guild
    return Asker(Channel("discord", place), person, may_manage=manages, may_edit=manages)


def _is_alone(interaction: Asked) -> bool:
    """Whether a person asks for themselves: in direct messages, or where the bot was not invited.

    What is posted then goes to that person directly, and is one list wherever it was asked for.
    """
    return interaction.guild_id is None or (
        not interaction.is_guild_integration() and interaction.is_user_integration()
    )


def _check_may_post(interaction: Asked) -> None:
    """Commands arrive from channels that the bot cannot see, too; an alert for one of these would get nowhere."""
    if _is_alone(interaction):
        return
    has, in_thread = interaction.app_permissions, isinstance(interaction.channel, discord.Thread)
    wanted = {
        "View Channel": has.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": (
            has.send_messages_in_threads if in_thread else has.send_messages
        ),
        "Embed Links": has.embed_links,
    }
    missing = [name for name, given in wanted.items() if not given]
    if missing:
        raise CommandError(f"The bot cannot post in this channel. Give it {', '.join(missing)}, then try again.")
