"""What an entry does with its story's assertion: reports, asserts, confirms or denies it; who does, in which sentence.

Cue words decide, from ``lexicon/stance.yaml``. Some verbs deny by themselves; "rejects" and its kin only when a report,
claim or remark is what they reject; to slam or to condemn is no denial. The headline speaks first. A denial in the text
counts when it stands in its first sentences and is not merely recalled ("had denied"), and not when the headline is the
accusation that somebody else denies.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice

import ahocorasick_rs as ac
import yaml

from bot.model import Entry, Stance, StanceFinding
from bot.text.language import detect
from bot.text.sentences import iterate_spans

_READ = 700  # characters of the text in which its first sentences are looked for
_DENYING_SENTENCES = 2
_NAMING_SENTENCES = 4
_GATE = 70  # characters between a verb and its object, in the same sentence
_GAP = r"\b.{1,80}?\b"
_NEVER = re.compile(r"(?!)")

_LONGEST_NAME = 8  # words
_LONGEST_ATTRIBUTION = 5  # words behind a headline's last colon
_SHORTEST_CLAIM = 3  # words before it

# As keyboards and feeds vary them; every fold is one character for one, so that positions stay.
_VARIANTS = str.maketrans("’‘\u200cيىكهھةأآإ", "'' ییکہہہااا")
_VARIES = re.compile("[’‘\u200cيىكهھةأآإ]")

_AROUND = " \"'“”‘’,.;:()[]|?!-–—"
_CLAUSE_START = re.compile(
    r"[:;,|—–(\"“”?!]|\.\s|\s[-‘']|['’]\s|\b(?:that|as|after|while|but|when|because|if|says|said|whether)\s"
)
_ASIDE = re.compile(
    r"(?:\s+(?:on\s+)?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\s+(?:today|yesterday|also|again|has|had|have|on|later|"
    r"never|not|does|did|do|then|now|still|just|\w+ly))+\s*$",
    re.IGNORECASE,
)
_COPULA = re.compile(
    r"(?:is|are|was|were|isn't|aren't|untrue|baseless|unfounded|groundless|fabricated)\b", re.IGNORECASE
)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|as)(?:\s+\w+ly)?\s*$", re.IGNORECASE)
_SAID_BY = re.compile(r"\b(?:said|says|according to|told by|by)\s+")
_LINK = re.compile(r"the|an?|of|for|and|'s|its|their|his|on", re.IGNORECASE)
_NOBODY = re.compile(
    r"|it|he|she|they|we|i|this|that|these|who|which|what|there|here|reports?|sources|media|all|no|not|some|both|one|"
    r"why|how|where|when|will|can|is|are|update|breaking|exclusive|live|video|watch|opinion|analysis|explained|"
    r"explainer|fact[ -]?check|factbox|correction|clarification|column|editorial|comment|photos?",
    re.IGNORECASE,
)
_CHINESE_HEAD = re.compile(r"\s*([\u4e00-\u9fff·]{2,14})[：:]")
_CHINESE_BREAK = re.compile(r"[，。：；！？、“”「」『』《》（）,:;!?\s]")
_CHINESE_SAYS = re.compile("表示|称|指出|强调|回应|透露|宣布|重申|说")
_CHINESE_ADVERB = re.compile(
    r"^(?:今日|昨日|日前|近日|此前|今天|昨天|对此|随后)|(?:\d+日|今日|昨日|今天|再次|正式|坚决|断然|多次)$"
)
_URDU_NATIONS = r"(?:(?:چینی|امریکی|پاکستانی|بھارتی|ایرانی|افغان)\s+)?"
_URDU_CITY = re.compile("بیجنگ|اسلام آباد|واشنگٹن|لاہور|کراچی|نئی دہلی|نیویارک|تہران|کابل|راولپنڈی")
_URDU_NOBODY = re.compile("ان|انہوں|اس|وہ|یہ|جس|جنہوں|کس|رپورٹ|رپورٹس|ذرائع")
_URDU_HEAD = re.compile(r"^\s*([^:،۔؟]{3,60})\s*:")
_URDU_AGENT = re.compile(r"(?:^|[،۔:؛\"“”‘’!])\s*([^،۔:؛\"“”‘’!]{2,60}?)\s+(?:نے|کے مطابق|کا کہنا|کی تردید)(?=\s|$)")
_COLON = re.compile(r"[:：](?!\d)")
_URDU_TAIL = re.compile(r"[:،]\s*([^:،۔؟]{3,40})\s*$")

_DENY, _DENY_TITLE, _GATED, _REFUSE, _NEGATED, _CONFIRM, _ASSERT = (1 << bit for bit in range(7))
_TELLING = {
    _DENY: ("deny",),
    _DENY_TITLE: ("deny_title",),
    _GATED: ("gated",),
    _REFUSE: ("refuse", "refuse_gated"),
    _NEGATED: ("negated",),
    _CONFIRM: ("confirm",),
    _ASSERT: ("assert",),
}

_Place = tuple[str, int]
"""A sentence, and where in it a cue begins."""


@dataclass(frozen=True, slots=True)
class Cues:
    """The compiled lexicon of one language. ``patterns`` has one for each bit of ``_TELLING``."""

    patterns: Mapping[int, re.Pattern[str]]
    innocent: re.Pattern[str]
    background: re.Pattern[str]
    accuse: re.Pattern[str]
    not_confirm: re.Pattern[str]
    office: re.Pattern[str]
    telling: ac.AhoCorasick
    """Finds the words without which a cue cannot stand: far faster than the patterns, which most texts are spared."""
    kinds: tuple[int, ...]
    """For each telling word the bits of the patterns that may match where it stands."""


def detect_stance(entry: Entry) -> StanceFinding:
    """The stance of one entry, its speaker as written ('' where nobody is named) and the sentence that shows it.

    A refusal of what was asked counts as a denial too. Pure and deterministic; raises nothing.
    """
    title, text = entry.title, entry.text[:_READ]
    language = detect(f"{title}\n{text}", entry.language)
    cues = _cues(language)
    if cues is None:
        return StanceFinding(Stance.REPORT)
    may = _may(_plain(f"{title}\n{text}"), cues)
    stance, shown = Stance.DENY, _denial(title, text, language, cues) if may & ~(_CONFIRM | _ASSERT) else []
    if not shown and may & _CONFIRM:
        stance, shown = Stance.CONFIRM, _first_with(_opening(entry, language, 1), _CONFIRM, (cues.not_confirm,), cues)
    if not shown and may & _ASSERT:
        stance, shown = Stance.ASSERT, _first_with(_opening(entry, language, 1), _ASSERT, (), cues)
    if shown:
        return StanceFinding(stance, _who(shown, entry, cues, language), shown[0][0])
    speaker = _attributed(title, cues.office) if language == "en" else ""
    return StanceFinding(Stance.ASSERT, speaker, title) if speaker else StanceFinding(Stance.REPORT)


def _opening(entry: Entry, language: str, number: int) -> Iterator[str]:
    """The headline and so many sentences of the text, each found only when it is asked for."""
    yield entry.title
    yield from _first(entry.text[:_READ], language, number)


def _first(text: str, language: str, number: int) -> Iterator[str]:
    return (text[start:end] for start, end in islice(iterate_spans(text, language), number))


def _may(text: str, cues: Cues) -> int:
    """The bits of the patterns that may match somewhere in ``text``."""
    found = 0
    for which, _, _ in cues.telling.find_matches_as_indexes(text.lower(), overlapping=True):
        found |= cues.kinds[which]
    return found


def _denial(title: str, text: str, language: str, cues: Cues) -> list[_Place]:
    """The places where denying words begin, all in one sentence; none where nothing is denied."""
    exempt = (cues.innocent, cues.background)
    wanted = _DENY | _DENY_TITLE | _GATED | _REFUSE | (_NEGATED if _names_who(title, cues) else 0)
    shown = _first_with((title,), wanted, exempt, cues)
    if shown or cues.accuse.search(_plain(title)):
        return shown
    return _first_with(_first(text, language, _DENYING_SENTENCES), _DENY | _GATED, exempt, cues)


def _names_who(title: str, cues: Cues) -> bool:
    """Whether the headline says whose words it gives: a colon, a verb of saying, an office behind Urdu's last comma."""
    if _COLON.search(title) or cues.patterns[_ASSERT].search(_plain(title)):
        return True
    tail = _URDU_TAIL.search(title)
    return bool(tail and cues.office.search(tail[1]))


def _first_with(texts: Iterable[str], wanted: int, exempt: tuple[re.Pattern[str], ...], cues: Cues) -> list[_Place]:
    """The places of the wanted cues in the first sentence that has any, outside the spans of exempting phrases."""
    for sentence in texts:
        text = _plain(sentence)
        may = _may(text, cues) & wanted
        found = [cue.span() for bit, pattern in cues.patterns.items() if bit & may for cue in pattern.finditer(text)]
        if found:
            spans = [exempted.span() for pattern in exempt for exempted in pattern.finditer(text)]
            left = [start for start, end in found if not any(a < end and start < b for a, b in spans)]
            if left:
                return [(sentence, start) for start in left]
    return []


def _who(shown: list[_Place], entry: Entry, cues: Cues, language: str) -> str:
    """The speaker beside the cues, else the first who is said to say anything."""
    texts, says = _opening(entry, language, _NAMING_SENTENCES), cues.patterns[_ASSERT]
    told = ((text, found.start()) for text in texts for found in says.finditer(_plain(text)))
    for places in (shown, told):
        for sentence, place in places:
            speaker = _speaker(sentence, place, language, cues.office)
            if speaker:
                return speaker
    return ""


def _speaker(sentence: str, place: int, language: str, office: re.Pattern[str]) -> str:
    """Who speaks in the sentence whose cue begins at ``place``, as written; '' where nobody is named."""
    if language == "zh":
        return _speaker_chinese(sentence, place, office)
    if language == "ur":
        return _speaker_urdu(sentence, office)
    return _speaker_english(sentence, place, office) if language == "en" else ""


def _speaker_english(sentence: str, place: int, office: re.Pattern[str]) -> str:
    before = _CLAUSE_START.split(sentence[:place])[-1]
    # Who or what "is fabricated" is not who says so.
    if not _PASSIVE.search(before) and not _COPULA.match(sentence[place:]):
        speaker = _name(_ASIDE.sub("", before).split()[::-1], office, backwards=True)
        if speaker:
            return speaker
    for found in _SAID_BY.finditer(sentence):
        speaker = _name(sentence[found.end() :].split(), office, backwards=False)
        if speaker:
            return speaker
    return _attributed(sentence, office) or _headed(sentence[:place], office)


def _headed(before: str, office: re.Pattern[str]) -> str:
    """The name before the colon that begins a headline, "Lin Jian: reports are false"; '' where none stands there."""
    head, colon, _ = before.partition(": ")
    name = _name(head.split(), office, backwards=False) if colon else ""
    return name if name == head.strip() else ""


def _attributed(headline: str, office: re.Pattern[str]) -> str:
    """The name behind the colon at a headline's end, which names its speaker; '' where none stands there."""
    head, colon, tail = headline.strip().rpartition(": ")
    words = tail.split()
    if not colon or len(head.split()) < _SHORTEST_CLAIM or len(words) > _LONGEST_ATTRIBUTION:
        return ""
    name = _name(words, office, backwards=False)
    return name if name == tail.strip() else ""


def _name(words: list[str], office: re.Pattern[str], *, backwards: bool) -> str:
    """The words of a name or office at the beginning of ``words``, which run backwards when they precede a verb."""
    taken: list[str] = []
    for word in words[:_LONGEST_NAME]:
        bare = word.strip(_AROUND)
        # "Karachi port rejects": one common noun may stand between a name and its verb.
        noun = backwards and not taken and bare.isalpha() and bool(words[1:]) and words[1][0].isupper()
        if not bare or not (bare[0].isupper() or noun or office.fullmatch(bare.removesuffix("'s"))):
            break
        taken.append(word.rstrip(_AROUND) if backwards else bare)
        if not backwards and word[-1] in ",.;:":
            break
    if backwards:
        taken.reverse()
    while taken and _LINK.fullmatch(taken[0]):
        del taken[0]
    while taken and _LINK.fullmatch(taken[-1]):
        del taken[-1]
    name = " ".join(taken).strip(_AROUND)
    return "" if _NOBODY.fullmatch(name) or not any(map(str.isalpha, name)) else name


def _speaker_chinese(sentence: str, place: int, office: re.Pattern[str]) -> str:
    headed = _CHINESE_HEAD.match(sentence)
    if headed:
        return headed[1]
    clause = _CHINESE_SAYS.split(_CHINESE_BREAK.split(sentence[:place])[-1])[0]
    clause = _CHINESE_ADVERB.sub("", clause)
    found = office.search(clause)
    if 2 <= len(clause) <= (14 if found else 8):
        return clause
    return found[0] if found else ""


def _speaker_urdu(sentence: str, office: re.Pattern[str]) -> str:
    tail, head, agent = _URDU_TAIL.search(sentence), _URDU_HEAD.search(sentence), _URDU_AGENT.search(sentence)
    if tail and office.search(tail[1]):
        return tail[1].strip()
    if agent and len(agent[1].split()) <= _LONGEST_NAME and not _URDU_NOBODY.fullmatch(agent[1].strip()):
        return agent[1].strip()
    if head and len(head[1].split()) <= _LONGEST_ATTRIBUTION and not _URDU_CITY.fullmatch(head[1].strip()):
        return head[1].strip()
    found = re.search(rf"{_URDU_NATIONS}(?:{office.pattern})(?=\s+(?:کی|کا|کے|نے)\b)", sentence)
    return found[0].strip() if found else ""


def _plain(text: str) -> str:
    return text.translate(_VARIANTS) if _VARIES.search(text) else text


@cache
def _lexicon() -> dict[str, dict[str, list[str]]]:
    file = resources.files("bot.stories").joinpath("lexicon", "stance.yaml")
    # libyaml's parser, where PyYAML was built with it, is some ten times faster than the one in Python.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    written: dict[str, dict[str, list[str]]] = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - safe both
    return written


@cache
def _cues(language: str) -> Cues | None:
    """The compiled words of a language, None for one that the lexicon does not know."""
    words = _lexicon().get(language)
    return _compile(words) if words else None


def _compile(words: dict[str, list[str]]) -> Cues:
    def plain(key: str) -> list[str]:
        return [_any(words[key])] if words.get(key) else []

    telling: dict[str, int] = {}
    for kind, keys in _TELLING.items():
        for phrase in (phrase for key in keys for phrase in words.get(key, [])):
            word = max(re.split(r"[\s…*]+", _plain(phrase).lower()), key=len)
            telling[word] = telling.get(word, 0) | kind
    patterns = {
        _DENY: _pattern(plain("deny")),
        _DENY_TITLE: _pattern(plain("deny_title")),
        _GATED: _pattern(_gated(words.get("gated", []), words.get("objects", []))),
        _REFUSE: _pattern(plain("refuse") + _gated(words.get("refuse_gated", []), words.get("asked", []))),
        _NEGATED: _pattern(plain("negated")),
        _CONFIRM: _pattern(plain("confirm")),
        _ASSERT: _pattern(plain("assert")),
    }
    return Cues(
        patterns=patterns,
        telling=ac.AhoCorasick(list(telling)),
        kinds=tuple(telling.values()),
        innocent=_pattern(plain("innocent")),
        background=_pattern(plain("background")),
        accuse=_pattern(plain("accuse")),
        not_confirm=_pattern(plain("not_confirm")),
        office=_pattern(["|".join(map(re.escape, sorted(words["offices"], key=len, reverse=True)))])
        if words.get("offices")
        else _NEVER,
    )


def _gated(verbs: list[str], objects: list[str]) -> list[str]:
    if not verbs or not objects:
        return []
    verb, thing = f"(?:{_any(verbs)})", f"(?:{_any(objects)})"
    if "\u0600" <= verbs[0][0] <= "\u06ff":
        return [f"{thing}.{{0,{_GATE}}}?{verb}"]  # Urdu puts the verb last
    return [f"{verb}[^:;]{{0,{_GATE}}}?{thing}"]


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(_word, words), key=len, reverse=True))


def _word(word: str) -> str:
    text = _plain(word)
    wide = text[0] >= "\u2e80"
    body = re.escape(text.removesuffix("*")).replace("…", ".{1,30}?" if wide else _GAP).replace(r"\ ", r"\s+")
    if wide:
        return body
    return rf"\b{body}" + ("" if text.endswith("*") else r"\b")


def _pattern(parts: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE) if parts else _NEVER
