"""Discord as a chat platform: where the program finds it. The library is imported only where Discord is used."""

from collections.abc import Mapping, Sequence

from bot.commands import Commands
from bot.errors import ConfigError
from bot.ports import Memory, Platform

NAME = "discord"


def requires(_options: Mapping[str, str]) -> Sequence[str]:
    """The options without which Discord cannot be connected."""
    return ("token",)


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the Discord platform; nothing is sent before ``start``.

    ``options`` holds ``token`` and, for another server that speaks Discord's protocol, ``base_url``: the address that
    stands for ``https://discord.com/api/v10``.

    Raises:
        ConfigError: the token or the address cannot be right.
    """
    from handlers.discord.platform import DiscordPlatform  # noqa: PLC0415 - 0.2 s that other platforms need not pay

    token, base_url = options["token"].strip(), options.get("base_url", "").rstrip("/")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("MONAZITE_DISCORD_TOKEN is not a bot token: it is one word of letters, digits, '.', '-', '_'")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"MONAZITE_DISCORD_BASE_URL is {base_url!r}; it has to begin with http:// or https://")
    return DiscordPlatform(commands, token, memory, base_url)
