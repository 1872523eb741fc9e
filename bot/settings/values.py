"""How the text of a variable becomes a setting's value. A complaint is put after the variable's name and its text."""

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bot.feeds.catalogue.values import UNSEEN, hint, shown
from bot.settings.database import database_url, expanded
from bot.text.durations import read_duration

_LONGEST = 4096  # characters; what Linux takes for a path
_HOST = re.compile(r"(?!.*\.\.)(?!.*[^.]{64})[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?", re.IGNORECASE)


def unfit(text: str) -> str:
    """Why a text can be no value, whatever the setting: it would not even be fit to be shown. '' where it is fit."""
    if len(text) > _LONGEST:
        return f"{len(text):,} characters are too many; at most {_LONGEST:,} are read"
    if UNSEEN.search(text):
        return "has a line break, an invisible character or a byte that is not UTF-8; type it again"
    return ""


def _seconds(value: object) -> object:
    seconds = read_duration(value) if isinstance(value, str) else value
    if seconds is None:
        raise ValueError("is not a duration such as 30s, 5m, 2h or 7d")
    return seconds


def _span(value: object) -> object:
    return timedelta(seconds=float(str(_seconds(value)))) if isinstance(value, str) else value


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(word for part in value.split(",") if (word := part.strip())))


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(_HOST.fullmatch(text))
    return True


def _check_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        try:
            ipaddress.ip_network(host.strip("[]"), strict=False)
        except ValueError:
            if not _HOST.fullmatch(host):
                meant = re.sub(r"^\w+://", "", host).partition("/")[0].rpartition("@")[2].partition(":")[0]
                raise ValueError(f"has {shown(host)}, which is no host name, address or network{hint(meant)}") from None
    return hosts


def _check_line(text: str) -> str:
    if not (text.isascii() and text.isprintable() and len(text) <= 200):
        raise ValueError("is not at most 200 plain ASCII characters")
    return text


def _check_base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#]*", text):
        raise ValueError("is not an address that begins with http:// or https://")
    return text.rstrip("/")


def host_and_port(text: str) -> tuple[str, int]:
    """Read ``host:port``; an IPv6 address stands in brackets. Raises ValueError where it is neither."""
    host, _, port = text.rpartition(":")
    plain = host.removeprefix("[").removesuffix("]")
    bare = ":" in plain and plain == host
    if bare or not _is_host(plain) or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("is not a host and a port such as 127.0.0.1:8080")
    return plain, int(port)


def _check_place(text: str) -> str:
    host_and_port(text)  # for its complaint
    return text


def _check_database(typed: str) -> str:
    database_url(typed)  # for its complaints
    return typed


def _check_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("has a space, a line break or a foreign character in it; copy it again, and nothing else")
    return secret


def _not_beginning(wrong: str, right: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        if secret.get_secret_value().startswith(wrong):
            raise ValueError(f"begins with {wrong}, so it is another token of Slack's; this one begins with {right}")
        return secret

    return AfterValidator(check)


Seconds = Annotated[float, BeforeValidator(_seconds)]
Span = Annotated[timedelta, BeforeValidator(_span)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
SlackBotToken = Annotated[Secret, _not_beginning("xapp-", "xoxb-")]
SlackAppToken = Annotated[Secret, _not_beginning("xoxb-", "xapp-")]
Lowered = BeforeValidator(_lowered)
Names = Annotated[Words, Lowered]
Hosts = Annotated[Words, AfterValidator(_check_hosts)]
FilePath = Annotated[Path, AfterValidator(expanded)]
DatabaseAddress = Annotated[str, AfterValidator(_check_database)]
HeaderText = Annotated[str, AfterValidator(_check_line)]
Place = Annotated[str, AfterValidator(_check_place)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
