"""The words of each language, read from ``words/CODE.yaml`` (ISO 639-1): one file for each language.

``stance``: words that show that an entry denies, confirms or asserts something. Without this section every entry in the
language is a report. A ``*`` at the end matches any rest of the word (``fabrication*``), ``…`` a few words within the
sentence.

    deny          says by itself that something is not so
    deny_title    the same, but only in a headline
    gated         denies only if one of ``objects`` follows: one rejects a report, but also a bid or a goal
    refuse        declines a request; ``refuse_gated`` only if one of ``asked`` follows
    verb_last     ``true`` where the verb follows its object, so that ``objects`` and ``asked`` come first
    negated       says in a headline that something is not so; a denial if the headline names who says it
    innocent      contains a denying word and denies nothing
    background    a denial that was made earlier and is only recalled
    accuse        somebody accuses somebody else; a denial in the text is then the other side's, not the entry's
    confirm       confirms; ``not_confirm`` are phrases in which a confirming word does not
    assert        says that something is so

``speaker``: how a sentence names who speaks. Without this section no speaker is found. ``found_by`` chooses a class of
``bot.languages.speakers``, whose docstring explains the lists that it reads; ``offices`` are the words that names of
offices are made of. A ``*`` is any word or the rest of one (``*ly``), ``#`` a number.

``sentences``: what tells where a sentence ends, whatever language the text is in.

    name_follows    abbreviations, without their last full stop, that never end a sentence
    number_follows  abbreviations that do not end a sentence if a number follows
    may_end         abbreviations that end a sentence if one of ``starters`` follows
    starters        words that begin sentences
    last_words      words after which a full stop ends the sentence even without a space

``boilerplate``: regular expressions for lines of a page that are not news: ``openings`` match a line's beginning in any
case, ``anywhere`` is searched for in the line in lower case. Each begins with a literal character if possible, so that
the search skips most of a text quickly. ``leaning``: regular expressions, in any case, for the beginning of a sentence
that is understood only after the one before it.

``field``: words of the field itself, which any entry on it may use: ``everywhere`` those that nearly all use, ``often``
those that many use. ``common_words`` are left out when texts are compared. ``home_state`` (ISO 3166) is the state whose
foreign ministry is meant if none is named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from bot.text.yaml_reader import Reader

_STANCE = frozenset(
    {
        "deny", "deny_title", "gated", "objects", "refuse", "refuse_gated", "asked", "negated", "innocent",
        "background", "accuse", "confirm", "not_confirm", "assert",
    }
)  # fmt: skip
_SPEAKER = {
    "clause": frozenset(
        {"offices", "clause_openers", "asides", "copulas", "passives", "introduced_by", "links", "nobody"}
    ),
    "characters": frozenset({"offices", "says", "times_before", "times_after"}),
    "postposition": frozenset({"offices", "nations", "cities", "nobody", "postpositions", "speaker_before"}),
}  # fmt: skip
_SENTENCES = frozenset({"name_follows", "number_follows", "may_end", "starters", "last_words"})
_BOILERPLATE = frozenset({"openings", "anywhere"})
_FIELD = frozenset({"everywhere", "often"})
_SECTIONS = frozenset(
    {"stance", "speaker", "sentences", "boilerplate", "leaning", "field", "common_words", "home_state"}
)

Lists = Mapping[str, tuple[str, ...]]
"""Words by the name of their list: every list that the section may have, empty if the file does not have it."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. ``stance`` and ``speaker`` are None if the file does not have them."""

    stance: Lists | None
    verb_last: bool
    speaker: Lists | None
    found_by: str
    sentences: Lists
    boilerplate: Lists
    leaning: tuple[str, ...]
    field: Lists
    common_words: tuple[str, ...]
    home_state: str


def words_of(language: str) -> Words | None:
    """Return the words of a language (ISO 639-1), or None if it has no file. Raises ConfigError for a broken file."""
    return _read(language) if language in languages() else None


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages that have a file, in alphabetical order."""
    files = resources.files("bot.languages").joinpath("words").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def all_words() -> tuple[Words, ...]:
    """Return the words of every language that has a file. Raises ConfigError for a broken file."""
    return tuple(map(_read, languages()))


@cache
def _read(language: str) -> Words:
    file = resources.files("bot.languages").joinpath("words", f"{language}.yaml")
    return parse_words(file.name, file.read_text(encoding="utf-8"))


def parse_words(name: str, text: str) -> Words:
    """Read one language file; ``name`` is its name in errors. Raises ConfigError with the line and a remedy."""
    reader = Reader(name, text)
    sections = reader.mapping(reader.root, "a language", _SECTIONS)
    stance, verb_last = _stance(reader, sections)
    speaker, found_by = _speaker(reader, sections)
    common = sections.get("common_words")
    home = sections.get("home_state")
    return Words(
        stance=stance,
        verb_last=verb_last,
        speaker=speaker,
        found_by=found_by,
        sentences=_section(reader, sections, "sentences", _SENTENCES),
        boilerplate=_boilerplate(reader, sections),
        leaning=_patterns(reader, sections["leaning"], "leaning") if "leaning" in sections else (),
        field=_section(reader, sections, "field", _FIELD),
        common_words=reader.texts(common, "common_words") if common else (),
        home_state=reader.text(home, "home_state") if home else "",
    )


def _stance(reader: Reader, sections: Mapping[str, yaml.Node]) -> tuple[Lists | None, bool]:
    if "stance" not in sections:
        return None, False
    fields = reader.mapping(sections["stance"], "stance", _STANCE | {"verb_last"})
    verb_last = fields.pop("verb_last", None)
    last = verb_last is not None and reader.choice(verb_last, "verb_last", ("true", "false")) == "true"
    return _lists(reader, fields, _STANCE), last


def _speaker(reader: Reader, sections: Mapping[str, yaml.Node]) -> tuple[Lists | None, str]:
    if "speaker" not in sections:
        return None, ""
    node = sections["speaker"]
    fields = reader.mapping(node, "speaker")
    if "found_by" not in fields:
        raise reader.fail(node, "speaker has no found_by", f"give one of {', '.join(_SPEAKER)}")
    found_by = reader.choice(fields["found_by"], "found_by", tuple(_SPEAKER))
    reader.mapping(node, f"a speaker found by {found_by}", _SPEAKER[found_by] | {"found_by"})
    return _lists(reader, fields, _SPEAKER[found_by]), found_by


def _section(reader: Reader, sections: Mapping[str, yaml.Node], name: str, names: frozenset[str]) -> Lists:
    fields = reader.mapping(sections[name], name, names) if name in sections else {}
    return _lists(reader, fields, names)


def _boilerplate(reader: Reader, sections: Mapping[str, yaml.Node]) -> Lists:
    fields = reader.mapping(sections["boilerplate"], "boilerplate", _BOILERPLATE) if "boilerplate" in sections else {}
    return {name: _patterns(reader, fields[name], name) if name in fields else () for name in _BOILERPLATE}


def _patterns(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    for child in reader.items(node, what):
        try:
            re.compile(reader.text(child, what))
        except re.error as error:
            raise reader.fail(child, f"not a regular expression: {error}", "correct it") from None
    return reader.texts(node, what)


def _lists(reader: Reader, fields: Mapping[str, yaml.Node], names: frozenset[str]) -> Lists:
    return {name: reader.texts(fields[name], name) if name in fields else () for name in names}
