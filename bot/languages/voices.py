"""A speaker's party and English name, in whatever language the entry names the speaker."""

from collections.abc import Set

from bot.languages.concepts import shipped
from bot.languages.lexicon import words_of

_PARTIES = ("CN", "PK", "US", "IN", "AF", "IR", "RU", "JP")
_OF_PARTY = {
    "CN": {"XI", "LI-QIANG", "WANG-YI", "LIN-JIAN", "MAO-NING", "GUO-JIAKUN", "MOFCOM"},
    "PK": {"SHARIF", "DAR", "MUNIR", "ZARDARI", "IMRAN", "PTI", "FWO"},
    "US": {"TRUMP", "RUBIO", "BESSENT", "VANCE", "PENTAGON", "USSM"},
    "IN": {"MODI"},
    "RU": {"PUTIN"},
}
_PLACES = {
    "CN": {"XINJIANG", "BAOTOU"},
    "PK": {"BALOCHISTAN", "KARACHI", "GWADAR", "PASNI"},
    "US": {"MISSOURI", "TEXAS"},
}
_NAMES = {
    "CN": "China",
    "PK": "Pakistan",
    "US": "United States",
    "MFA": "Foreign Ministry",
    "MOFCOM": "Commerce Ministry",
}
_LONGEST_ABBREVIATION = 4  # letters; a longer name is written with one capital


def party_of(speaker: str, language: str) -> str:
    """Return the country (ISO 3166) that a speaker speaks for; '' if the name does not say.

    >>> party_of("发言人林剑", "zh")
    'CN'
    """
    named = shipped().find(speaker)
    for party in _PARTIES:
        if party in named or named.keys() & _OF_PARTY.get(party, set()):
            return party
    return _home_state(language) if "MFA" in named else ""


def first_party(text: str, language: str) -> str:
    """Return the country (ISO 3166) of the first country, office or person in a text; '' if there is none.

    >>> first_party("Lin Jian says Pakistan sent no ore", "en")
    'CN'
    """
    for name in shipped().find(text):
        if name in _PARTIES:
            return name
        if name == "MFA" and (home := _home_state(language)):
            return home
        for party, people in _OF_PARTY.items():
            if name in people:
                return party
    return ""


def _home_state(language: str) -> str:
    words = words_of(language)
    return words.home_state if words else ""


def parties_in(names: Set[str]) -> set[str]:
    """Return the countries among the concepts in ``names``, and those of the offices, people and places among them."""
    found = {name for name in names if len(name) == 2}
    return found | {party for held in (_OF_PARTY, _PLACES) for party, theirs in held.items() if names & theirs}


def in_english(speaker: str, language: str) -> str:
    """Return a speaker's name in English, made of the concepts in it; as written if it has none.

    >>> in_english("中国外交部发言人林剑", "zh")
    "China's Foreign Ministry Spokesperson Lin Jian"
    """
    if language == "en":
        return speaker
    found = list(shipped().find(speaker))
    words = [_shown(name) for name in found]
    if len(words) > 1 and found[0] in _PARTIES:
        words[0] += "'" if words[0].endswith("s") else "'s"
    return " ".join(words) or speaker


def _shown(name: str) -> str:
    written = _NAMES.get(name) or shipped().english(name)
    known = name in _NAMES
    return written if known else written.upper() if len(written) <= _LONGEST_ABBREVIATION else written.title()
