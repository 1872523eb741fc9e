"""The values of a feed in feeds.yaml: each is read from its text, or refused with what is expected."""

import re
from collections.abc import Callable

from bot.feeds.catalogue.codes import COUNTRIES, LANGUAGES, country_for, language_for, nearest
from bot.model import Ownership
from bot.text.durations import read_duration
from bot.text.urls import clean_url

ANY_LANGUAGE = "mul"  # ISO 639-2 for "several languages"; a feed's language is then ''
_LONGEST_TEXT = 200
_LONGEST_POLL = 30 * 86400.0
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_OWNERSHIP_HABITS = {
    "government": Ownership.OFFICIAL,
    "ministry": Ownership.OFFICIAL,
    "public": Ownership.INDEPENDENT,
    "private": Ownership.INDEPENDENT,
    "state-owned": Ownership.STATE,
    "state-funded": Ownership.STATE,
    "industry": Ownership.TRADE,
}


class WrongValueError(ValueError):
    """A value is wrong; the text says in what way and what is expected, and is put after the key's name."""


def shown(text: str) -> str:
    """A text in quotes for a message: on one line, and cut where it is long."""
    return repr(str(text) if len(text) <= 80 else text[:77] + "…")


def hint(right: str) -> str:
    """The end of a message that suggests ``right``; '' where there is nothing to suggest."""
    return f"; did you mean {shown(right)}?" if right else ""


def read_id(text: str) -> str:
    """An id: small letters, digits and hyphens, at most 64. Raises WrongValueError."""
    if not _ID.fullmatch(text):
        near = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64].strip("-")
        raise WrongValueError(f"{shown(text)} is not made of small letters, digits and '-' alone{hint(near)}")
    return text


def read_text(text: str) -> str:
    """A name: one line of at most 200 characters. Raises WrongValueError."""
    if UNSEEN.search(text):
        raise WrongValueError(f"{shown(text)} has a line break or an invisible character in it; retype it")
    if len(text) > _LONGEST_TEXT:
        raise WrongValueError(f"{len(text)} characters are too many; at most {_LONGEST_TEXT} are right")
    return text


def read_url(text: str) -> str:
    """An http or https address with a host, as it was written. Raises WrongValueError."""
    if re.search(r"\s", text) or UNSEEN.search(text):
        raise WrongValueError(f"{shown(text)} has a space or an invisible character in it; a space is written %20")
    scheme, separator, rest = text.partition("://")
    if separator and "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise WrongValueError("the address has a user name in it; write it without what stands before the '@'")
    if clean_url(text):
        return text
    meant = "" if separator and scheme.lower() in {"http", "https"} else f"https://{rest or text.lstrip('/')}"
    usual = meant if clean_url(meant) and "." in meant else ""
    raise WrongValueError(f"{shown(text)} is not an http or https address{hint(usual)}")


def read_language(text: str) -> str:
    """A two-letter code; '' for ``mul`` (several languages). Raises WrongValueError."""
    if text == ANY_LANGUAGE:
        return ""
    if text not in LANGUAGES:
        meant = hint(language_for(text)) or f"; '{ANY_LANGUAGE}' stands for several languages"
        raise WrongValueError(f"{shown(text)} is not a two-letter language code such as en, zh or ur{meant}")
    return text


def read_country(text: str) -> str:
    """A two-letter country code. Raises WrongValueError."""
    if text not in COUNTRIES:
        meant = hint(country_for(text)) or "; leave the line out where there is no country"
        raise WrongValueError(f"{shown(text)} is not a two-letter country code such as PK, CN or US{meant}")
    return text


def read_ownership(text: str) -> Ownership:
    """One of the kinds of ownership. Raises WrongValueError."""
    try:
        return Ownership(text)
    except ValueError:
        near = nearest(text, [*Ownership, *_OWNERSHIP_HABITS])
        meant = _OWNERSHIP_HABITS.get(near, near)
        raise WrongValueError(f"{shown(text)} is not one of {', '.join(Ownership)}{hint(meant)}") from None


def read_tier(text: str) -> int:
    """A tier from 1 to 4. Raises WrongValueError."""
    if text not in {"1", "2", "3", "4"}:
        raise WrongValueError(f"{shown(text)} is not 1 (first-hand, or of record), 2, 3 or 4 (a query)")
    return int(text)


def read_truth(text: str) -> bool:
    """``true`` or ``false``. Raises WrongValueError."""
    if text.lower() not in _TRUTH:
        raise WrongValueError(f"{shown(text)} is not true or false{hint(nearest(text, ('true', 'false')))}")
    return _TRUTH[text.lower()]


def read_user_agent(text: str) -> str:
    """What may stand in a User-Agent header. Raises WrongValueError."""
    if not (text.isascii() and text.isprintable() and len(text) <= _LONGEST_TEXT):
        raise WrongValueError(f"{shown(text)} is not at most {_LONGEST_TEXT} plain ASCII characters")
    return text


def read_interval(text: str) -> float:
    """Seconds between polls, up to 30 days. Raises WrongValueError."""
    seconds = read_duration(text)
    if seconds is None or not 0 < seconds <= _LONGEST_POLL:
        raise WrongValueError(f"{shown(text)} is not a duration of up to 30d, such as 90s, 5m or 2h")
    return seconds


READERS: dict[str, Callable[[str], object]] = {
    "id": read_id,
    "name": read_text,
    "url": read_url,
    "language": read_language,
    "publisher": read_text,
    "country": read_country,
    "ownership": read_ownership,
    "tier": read_tier,
    "enabled": read_truth,
    "user_agent": read_user_agent,
    "min_interval": read_interval,
    "max_interval": read_interval,
}
REQUIRED = {
    "id": "id: a-short-name",
    "name": "name: What people see",
    "url": "url: https://…",
    "language": "language: en",
    "publisher": "publisher: Who publishes it",
    "ownership": f"ownership: {' | '.join(Ownership)}",
    "tier": "tier: 2",
}
