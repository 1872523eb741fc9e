"""Tells Discord of the slash commands, and only where it does not know them yet."""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.app_commands import Translator

from bot.ports import Memory

_COMPARED = (
    *("name", "description", "type", "nsfw", "contexts", "integration_types", "default_member_permissions"),
    *("options", "required", "autocomplete", "choices", "value", "min_value", "max_value", "min_length", "max_length"),
)
_KEY = "commands"

log = logging.getLogger(__name__)


async def sync_if_changed(tree: app_commands.CommandTree[Any], translator: Translator, memory: Memory) -> None:
    """Send the commands where Discord's list differs, or where their translations have changed since they were sent.

    Discord's list shows no translations, so those that were sent are remembered. A refusal is logged, and alerts go out
    all the same.
    """
    application = tree.client.application_id
    try:
        await tree.set_translator(translator)
        ours = [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
        told = hashlib.sha256(json.dumps(ours, sort_keys=True).encode()).hexdigest()
        listed = await tree.client.http.get_global_commands(application) if application else []
        if _shapes(listed) != _shapes(ours) or await memory.get(_KEY) != told:
            await tree.sync()
            await memory.put(_KEY, told)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("Discord did not take the slash commands, so they may be missing or old: %s", error)


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
