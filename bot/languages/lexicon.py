"""The words of each language, read from ``words/CODE.yaml`` (ISO 639-1): one file a language, and nothing elsewhere.

In every list a ``*`` lets the word go on (``fabrication*``), or begin with anything (``*ly``), ``#`` is a number, and
``…`` is a few words within the sentence.

``stance``: what shows that an entry denies, confirms or asserts something. The lists are cues for one language each;
a language without this section is always read as reporting.

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

``speaker``: how a sentence names who speaks. A language without this section never names a speaker. ``found_by`` is the
name of a class in ``bot.languages.speakers``, whose docstring explains the lists that it reads; ``offices`` are the
words that names of offices are made of.
"""

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
_SECTIONS = frozenset({"stance", "speaker"})

Lists = Mapping[str, tuple[str, ...]]
"""Words by the name of their list. Every list that the section may have is there, empty if it was not written."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. A section that the file does not have is None."""

    stance: Lists | None
    verb_last: bool
    speaker: Lists | None
    found_by: str


def words_of(language: str) -> Words | None:
    """The words of a language (ISO 639-1), or None if it has no file. Raises ConfigError for a broken file."""
    return _read(language) if language in languages() else None


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages that have a file, in alphabetical order."""
    files = resources.files("bot.languages").joinpath("words").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def _read(language: str) -> Words:
    file = resources.files("bot.languages").joinpath("words", f"{language}.yaml")
    return parse_words(file.name, file.read_text(encoding="utf-8"))


def parse_words(name: str, text: str) -> Words:
    """Read one language file; ``name`` is its name in errors. Raises ConfigError with the line and a remedy."""
    reader = Reader(name, text)
    sections = reader.mapping(reader.root, "a language", _SECTIONS)
    stance = speaker = None
    verb_last, found_by = False, ""
    if "stance" in sections:
        fields = reader.mapping(sections["stance"], "stance", _STANCE | {"verb_last"})
        if "verb_last" in fields:
            verb_last = reader.choice(fields.pop("verb_last"), "verb_last", ("true", "false")) == "true"
        stance = _lists(reader, fields, _STANCE)
    if "speaker" in sections:
        fields = reader.mapping(sections["speaker"], "speaker")
        if "found_by" not in fields:
            raise reader.fail(sections["speaker"], "speaker has no found_by", f"give one of {', '.join(_SPEAKER)}")
        found_by = reader.choice(fields.pop("found_by"), "found_by", tuple(_SPEAKER))
        allowed = _SPEAKER[found_by]
        reader.mapping(sections["speaker"], f"a speaker found by {found_by}", allowed | {"found_by"})
        speaker = _lists(reader, fields, allowed)
    return Words(stance, verb_last, speaker, found_by)


def _lists(reader: Reader, fields: Mapping[str, yaml.Node], names: frozenset[str]) -> Lists:
    return {name: reader.texts(fields[name], name) if name in fields else () for name in names}
