"""Discord as a chat platform: where the program finds it. The library is imported only where Discord is used."""

import base64
from collections.abc import Mapping, Sequence

from bot.commands import Commands
from bot.errors import ConfigError
from bot.ports import Memory, Platform

AUTO = "auto"  # as many connections as Discord advises
# View Channel, Send Messages, Embed Links, Create Public Threads, Send Messages in Threads; the bits are of
# https://discord.com/developers/docs/topics/permissions
PERMISSIONS = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 35) | (1 << 38)


def requires(_options: Mapping[str, str]) -> Sequence[str]:
    """The options without which Discord cannot be connected."""
    return ("token",)


def invite(options: Mapping[str, str]) -> str:
    """The address at which the bot is invited to a server, with the permissions that it needs and no other.

    Raises:
        ConfigError: the token names no application.
    """
    begin = options["token"].strip().partition(".")[0]
    try:
        application = base64.urlsafe_b64decode(begin + "=" * (-len(begin) % 4)).decode("ascii")
    except ValueError:
        application = ""
    if not application.isdecimal():
        raise ConfigError("MONAZITE_DISCORD_TOKEN names no application; copy the bot's token again")
    return (
        "https://discord.com/oauth2/authorize"
        f"?client_id={application}&scope=bot+applications.commands&permissions={PERMISSIONS}"
    )


def mistakes(options: Mapping[str, str]) -> Sequence[str]:
    """What cannot be right in the options that are given: one line for each."""
    found = []
    base_url, shards = options.get("base_url", ""), _shards(options)
    token = options.get("token", "absent").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        found.append("MONAZITE_DISCORD_TOKEN is not a bot token: it is one word of letters, digits, '.', '-', '_'")
    if base_url and not base_url.startswith(("http://", "https://")):
        found.append(f"MONAZITE_DISCORD_BASE_URL is {base_url!r}; it has to begin with http:// or https://")
    if shards not in ("", AUTO) and not (shards.isdecimal() and 0 < int(shards) < 10_000):
        found.append(f"MONAZITE_DISCORD_SHARDS is {shards!r}; it is '{AUTO}' or a number")
    return found


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the Discord platform; nothing is sent before ``start``.

    ``options`` holds ``token``, ``shards`` (``auto`` or a number of connections; one without it) and, for another
    server that speaks Discord's protocol, ``base_url``: the address that stands for ``https://discord.com/api/v10``.

    Raises:
        ConfigError: with the ``mistakes`` in the options.
    """
    from handlers.discord.platform import DiscordPlatform  # noqa: PLC0415 - 0.2 s that other platforms need not pay

    if found := mistakes(options):
        raise ConfigError("\n".join(found))
    base_url = options.get("base_url", "").rstrip("/")
    shards = _shards(options)
    number = None if not shards else 0 if shards == AUTO else int(shards)
    return DiscordPlatform(commands, options["token"].strip(), memory, base_url, number)


def _shards(options: Mapping[str, str]) -> str:
    return options.get("shards", "").strip().lower()
