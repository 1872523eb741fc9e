"""Slack as a chat platform: where the program finds it. The libraries are imported only where Slack is used."""

import re
from collections.abc import Mapping, Sequence

from bot.commands import Commands
from bot.errors import ConfigError
from bot.ports import Memory, Platform

_PERSON = re.compile(r"(?:[TE][A-Z0-9]+/)?[UW][A-Z0-9]+")
_LISTEN = "127.0.0.1:3000"
_SECRETS = ("bot_token", "app_token", "signing_secret", "client_id", "client_secret")


def requires(options: Mapping[str, str]) -> Sequence[str]:
    """The options without which Slack cannot be connected, which depend on the others."""
    if options.get("client_id"):
        return ("client_id", "client_secret", "signing_secret")
    return ("bot_token", "signing_secret" if _is_http(options) else "app_token")


def mistakes(options: Mapping[str, str]) -> Sequence[str]:
    """What cannot be right in the options that are given: one line for each."""
    found = []
    if options.get("client_id") and not _is_http(options):
        found.append(
            "MONAZITE_SLACK_CLIENT_ID needs MONAZITE_SLACK_MODE=http: who installs the app comes to a page of the bot"
        )
    for name, token in _tokens(options).items():
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            found.append(f"MONAZITE_SLACK_{name.upper()} is not a token of Slack's: it is one word of plain letters")
    base_url = options.get("base_url", "")
    if base_url and not base_url.startswith(("http://", "https://")):
        found.append(f"MONAZITE_SLACK_BASE_URL is {base_url!r}; it has to begin with http:// or https://")
    for read in (_address, _allowed):
        try:
            read(options)
        except ConfigError as error:
            found.append(str(error))
    return found


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the Slack platform; nothing is sent before ``start``.

    ``options`` holds ``bot_token``, ``mode`` (``socket`` or ``http``) and with it ``app_token`` or ``signing_secret``
    and ``listen`` (``host:port``); ``client_id`` and ``client_secret``, with which further workspaces can install the
    app over HTTP (``bot_token`` may then be missing); ``managers``, a list of ``members``, ``admins`` or people's ids;
    and, for GovSlack or a test, ``base_url``: the address that stands for ``https://slack.com/api``.

    Raises:
        ConfigError: with the ``mistakes`` in the options.
    """
    from handlers.slack.platform import Account, SlackPlatform  # noqa: PLC0415 - 0.3 s that others need not pay

    if found := mistakes(options):
        raise ConfigError("\n".join(found))
    tokens = _tokens(options)
    return SlackPlatform(
        commands,
        Account(
            tokens.get("bot_token", ""),
            app_token=tokens.get("app_token", ""),
            base_url=options.get("base_url", "").rstrip("/"),
            signing_secret=tokens.get("signing_secret", ""),
            listen=_address(options),
            client_id=tokens.get("client_id", ""),
            client_secret=tokens.get("client_secret", ""),
            managers=_allowed(options),
        ),
        memory,
    )


def _tokens(options: Mapping[str, str]) -> dict[str, str]:
    """The secrets among the options that are used."""
    wanted = {*requires(options), "bot_token"}
    return {name: options[name].strip() for name in _SECRETS if name in wanted and name in options}


def _allowed(options: Mapping[str, str]) -> frozenset[str]:
    """Who may change a channel's subscriptions: ``members``, ``admins``, and people's ids."""
    words = {word.strip() for word in (options.get("managers") or "members").split(",") if word.strip()}
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


def _address(options: Mapping[str, str]) -> tuple[str, int] | None:
    """Host and port to listen at; None where Slack is not to come to us."""
    if not _is_http(options):
        return None
    typed = options.get("listen") or _LISTEN
    host, separator, port = typed.strip().rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"MONAZITE_SLACK_LISTEN is {typed!r}; it is a host and a port, such as {_LISTEN}")
    return host.strip("[]"), int(port)
