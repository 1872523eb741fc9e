"""Slack as a chat platform: where the program finds it. The libraries are imported only where Slack is used."""

from collections.abc import Mapping

from bot.commands import Commands
from bot.errors import ConfigError
from bot.ports import Memory, Platform

NAME = "slack"
REQUIRES: tuple[str, ...] = ("bot_token", "app_token")


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the Slack platform; nothing is sent before ``start``.

    ``options`` holds ``bot_token`` and ``app_token`` and, for GovSlack or a test, ``base_url``: the address that stands
    for ``https://slack.com/api``.

    Raises:
        ConfigError: a token or the address cannot be right.
    """
    from handlers.slack.platform import SlackPlatform  # noqa: PLC0415 - 0.3 s that other platforms need not pay

    tokens = {name: options[name].strip() for name in REQUIRES}
    for name, token in tokens.items():
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                f"MONAZITE_SLACK_{name.upper()} is not a token of Slack's: it is one word of plain letters"
            )
    base_url = options.get("base_url", "").rstrip("/")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"MONAZITE_SLACK_BASE_URL is {base_url!r}; it has to begin with http:// or https://")
    return SlackPlatform(commands, tokens["bot_token"], tokens["app_token"], base_url)
