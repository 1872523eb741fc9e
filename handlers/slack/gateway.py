"""Slack as a chat platform: where the program finds it. The libraries are imported only where Slack is used."""

import re
from collections.abc import Mapping, Sequence

from bot.commands import Commands
from bot.errors import ConfigError
from bot.ports import Memory, Platform

NAME = "slack"
_PERSON = re.compile(r"(?:[TE][A-Z0-9]+/)?[UW][A-Z0-9]+")
_LISTEN = "127.0.0.1:3000"
_SECRETS = ("bot_token", "app_token", "signing_secret", "client_id", "client_secret")


def requires(options: Mapping[str, str]) -> Sequence[str]:
    """The options without which Slack cannot be connected, which depend on the others."""
    if options.get("client_id"):
        return ("client_id", "client_secret", "signing_secret")
    return ("bot_token", "signing_secret" if _is_http(options) else "app_token")


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the Slack platform; nothing is sent before ``start``.

    ``options`` holds ``bot_token``, ``mode`` (``socket`` or ``http``) and with it ``app_token`` or ``signing_secret``
    and ``listen`` (``host:port``); ``client_id`` and ``client_secret``, with which further workspaces can install the
    app over HTTP (``bot_token`` may then be missing); ``managers``, a list of ``members``, ``admins`` or people's ids;
    and, for GovSlack or a test, ``base_url``: the address that stands for ``https://slack.com/api``.

    Raises:
        ConfigError: a token or an address cannot be right.
    """
    from handlers.slack.platform import Account, SlackPlatform  # noqa: PLC0415 - 0.3 s that others need not pay

    if options.get("client_id") and not _is_http(options):
        raise ConfigError(
            "MONAZITE_SLACK_CLIENT_ID needs MONAZITE_SLACK_MODE=http: who installs the app comes to a page of the bot"
        )
    wanted = {*requires(options), "bot_token"}
    tokens = {name: options[name].strip() for name in _SECRETS if name in wanted and name in options}
    for name, token in tokens.items():
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                f"MONAZITE_SLACK_{name.upper()} is not a token of Slack's: it is one word of plain letters"
            )
    base_url = options.get("base_url", "").rstrip("/")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"MONAZITE_SLACK_BASE_URL is {base_url!r}; it has to begin with http:// or https://")
    listen = _address(options.get("listen") or _LISTEN) if _is_http(options) else None
    return SlackPlatform(
        commands,
        Account(
            tokens.get("bot_token", ""),
            app_token=tokens.get("app_token", ""),
            base_url=base_url,
            signing_secret=tokens.get("signing_secret", ""),
            listen=listen,
            client_id=tokens.get("client_id", ""),
            client_secret=tokens.get("client_secret", ""),
            managers=_allowed(options.get("managers") or "members"),
        ),
        memory,
    )


def _allowed(typed: str) -> frozenset[str]:
    """Who may change a channel's subscriptions: ``members``, ``admins``, and people's ids."""
    words = {word.strip() for word in typed.split(",") if word.strip()}
    known = {word.lower() if word.lower() in ("members", "admins") else word for word in words}
    wrong = sorted(word for word in known if word not in ("members", "admins") and not _PERSON.fullmatch(word))
    if wrong or not known:
        raise ConfigError(
            f"MONAZITE_SLACK_MANAGERS: {', '.join(wrong) or 'nothing'} is none of members, admins, "
            "and a member's ID such as U012AB3CD (in Slack: their profile, ⋮, Copy member ID)"
        )
    return frozenset(known)


def _is_http(options: Mapping[str, str]) -> bool:
    mode = (options.get("mode") or "socket").strip().lower()
    if mode not in ("socket", "http"):
        raise ConfigError(f"MONAZITE_SLACK_MODE is {mode!r}; it is 'socket' or 'http'")
    return mode == "http"


def _address(typed: str) -> tuple[str, int]:
    host, separator, port = typed.strip().rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"MONAZITE_SLACK_LISTEN is {typed!r}; it is a host and a port, such as {_LISTEN}")
    return host.strip("[]"), int(port)
