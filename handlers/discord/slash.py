"""Slash commands: Discord's typed options → the text of a command, and the reply → messages."""

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
from handlers.discord.buttons import pressed
from handlers.discord.render import render_reply

_PRIVATE = frozenset({"help", "why"})  # a deferred answer has to be private or not before it is known
_WINDOWS = ("6h", "24h", "3d", "7d", "30d")
_CHOICES = 25  # Discord's limit; 100 characters each
_COMPARED = (
    *("name", "description", "type", "nsfw", "contexts", "integration_types", "default_member_permissions"),
    *("options", "required", "autocomplete", "choices", "value", "min_value", "max_value", "min_length", "max_length"),
)

log = logging.getLogger(__name__)

Asked = discord.Interaction[Any]
Callback = Callable[..., Coroutine[Any, Any, None]]


class SlashTree(app_commands.CommandTree[Any]):
    """Every command of ``bot.commands`` as a slash command with typed options."""

    def __init__(self, client: discord.Client, commands: Commands) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        self._commands = commands
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
        completions = {"topic": self._complete_topic, "window": self._complete_window}
        for parameter in command.parameters:
            if parameter.name in completions:
                command.autocomplete(parameter.name)(completions[parameter.name])
        self.add_command(command)

    async def sync_if_changed(self) -> None:
        """Tell Discord of the commands where its list differs; a refusal is logged, and alerts go out all the same."""
        application = self.client.application_id
        try:
            listed = await self.client.http.get_global_commands(application) if application else []
            if _shapes(listed) != _shapes([command.to_dict(self) for command in self.get_commands()]):
                await self.sync()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord did not take the slash commands, so they may be missing or old: %s", error)

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
        typed = pressed(str(told.get("custom_id", "")))
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

    async def _complete_topic(self, interaction: Asked, typed: str) -> list[Choice[str]]:
        names = [*self._commands.topics, *(["all"] if _name(interaction) == "unsubscribe" else [])]
        found = [name for name in names if typed.lower() in name.lower()]
        return [Choice(name=name[:100], value=name[:100]) for name in found[:_CHOICES]]

    async def _complete_window(self, interaction: Asked, typed: str) -> list[Choice[str]]:
        return [Choice(name=span, value=span) for span in _WINDOWS if span.startswith(typed.lower())]

    @app_commands.describe(topic="Only this topic", window="How far back, such as 24h or 7d")
    async def _summary(self, interaction: Asked, topic: str = "", window: str = "") -> None:
        await self._answer(interaction, topic, window)

    @app_commands.describe(
        topic="What to be told of", score="The least score from 0 to 1", languages="Language codes, such as en,zh,ur"
    )
    @app_commands.default_permissions(manage_guild=True)
    async def _subscribe(
        self, interaction: Asked, topic: str, score: Range[float, 0.0, 1.0] | None = None, languages: str = ""
    ) -> None:
        least = "" if score is None else f"score={score:g}"
        spoken = "".join(languages.split())
        await self._answer(interaction, topic, least, f"lang={spoken}" if spoken else "")

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

    @app_commands.describe(number="The story whose publishers to list; without it, the feeds that are polled")
    async def _sources(self, interaction: Asked, number: Range[int, 1] | None = None) -> None:
        await self._answer(interaction, "" if number is None else str(number))

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


def _name(interaction: Asked) -> str:
    return interaction.command.name if interaction.command else "unknown"


def _asker(interaction: Asked) -> Asker:
    if interaction.channel_id is None:
        raise CommandError("Commands do not work in this kind of channel; try a text channel or a direct message.")
    may_manage = interaction.guild_id is None or interaction.permissions.manage_guild
    return Asker(Channel("discord", str(interaction.channel_id)), str(interaction.user.id), may_manage)


def _check_may_post(interaction: Asked) -> None:
    """Commands arrive from channels that the bot cannot see, too; an alert for one of these would get nowhere."""
    if interaction.guild_id is None:
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


def _shapes(commands: Any) -> dict[str, Any]:
    return {command["name"]: _shape(command) for command in commands}


def _shape(part: Any) -> Any:
    """A command as sent or as listed, without ids and without the values that Discord leaves out."""
    if isinstance(part, Mapping):
        kept = {key: _shape(value) for key, value in part.items() if key in _COMPARED}
        if kept.get("default_member_permissions") is not None:
            kept["default_member_permissions"] = str(kept["default_member_permissions"])
        return {key: value for key, value in kept.items() if value not in (None, False, [], {})}
    return [_shape(one) for one in part] if isinstance(part, list | tuple) else part
