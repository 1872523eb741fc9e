"""The parts of an entry that rules read: the title without its publisher, the lead, the sentences; no boilerplate.

The limits below were chosen by hand: longer reaches find more matches and more mentions in passing.
"""

import re
from dataclasses import dataclass

from bot.classify.vocabulary import Hit
from bot.languages.sentences import sentence_spans

EXAMINED = 6000  # characters of the text that are read
LONGEST_TITLE = 600  # characters; some feeds put a whole paragraph there
LEAD = 420  # characters: about what feeds give as a summary
_SENTENCES_UNTIL = 2500  # characters; after this, words still count, but not by sentence

# A publisher at the end of a headline: "… | Dawn", "… - The Nation (Pakistan)". Without spaces around the separator, or
# with a tail that reads like a clause, the tail belongs to the headline.
_SEPARATOR = re.compile(r"\s+[-–—|·•]+\s+|\s*[|｜]\s*|\s*_\s*(?=[\u4e00-\u9fff]{2,8}$)")
_PRESS = re.compile(
    r"\b(?:news|newswire|times|post|daily|tribune|today|observer|herald|journal|reuters|bbc|cnn|afp|xinhua|dawn|"
    r"gazette|guardian|express|chronicle|monitor|independent|standard|star|sun|mail|press|review|magazine|network|"
    r"media|tv|radio|weekly|online|live|world|wire|insider|business|mining\.com|lounge|report|bloomberg|forbes|"
    r"politico|axios|diplomat|hindu|mint|jang|business recorder|economist|telegraph|institute|blog|india|"
    r"newsroom|bulletin|globe|register|sentinel|examiner|dispatch|digest|outlook|nikkei|yahoo|msn|facebook|youtube)\b"
    r"|\.(?:com|org|net|pk|cn|in|tv|co|uk|us|io|info|au)\b|新闻|日报|网$|晚报|时报|新华社",
    re.IGNORECASE,
)
_TAIL_WORDS = 6  # of a publisher's name
_HEADLINE_AT_LEAST = 20  # characters before the publisher; a third of it in Chinese

# "ISLAMABAD: …", "BEIJING, Oct 9 (Xinhua) -- …", "Washington, Sept. 28 (NNN): …": the place and day.
_DATELINE = re.compile(
    r"\s*(?:[A-Z][A-Za-z.'’ ]{2,30}[,/ ]{1,2}){0,3}(?:[A-Z][A-Z.'’ ]{2,30}|[A-Z][a-z.'’]+)"
    r"(?:\s*,\s*[A-Z][a-z]{2,8}\.?\s+\d{1,2}(?:,?\s+\d{4})?)?\s*"
    r"(?:\([^)]{2,30}\)\s*(?:--?|[-–—:])|--|[–—:]|(?<=[A-Z]{3})\s+-)\s"
    r"|[A-Z]{4,}(?: [A-Z]{2,})* (?=[A-Z][a-z]*\b)"
    r"|\s*[\w ]{3,20}\((?:[^)]{2,40})\)\s*(?=[\u0600-\u06ff])"
    r"|.{0,12}?[\u4e00-\u9fff]{2,8}\d{1,2}月\d{1,2}日电"
)
_BOILERPLATE = re.compile(
    r"(?m)^\s*(?:About (?:the )?[A-Z][\w&.,'’ -]{1,60}$|Forward[- ]Looking Statements?|Safe Harbor|"
    r"Cautionary (?:Note|Statement)|(?:Media|Press|Investor) (?:Contacts?|Relations)\b|Contacts?:|SOURCE:? [A-Z])"
    r"|(?:(?<=[.!?] )|(?<=[.!?]))About (?:the )?(?:[A-Z][\w&.,’'-]*\s){1,6}(?=[A-Z][\w&.,’'-]*\s(?:is|was|are)\b)"
    r"|\bThis (?:press|news) release (?:contains|includes|may contain)"
)
_BOILERPLATE_AFTER = 200  # characters; an entry may begin with "About …", boilerplate does not


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the entry, from ``start`` (characters), with its hits; ``bits`` are the groups of all of them."""

    start: int
    hits: list[Hit]
    bits: int


@dataclass(frozen=True, slots=True)
class Scene:
    """An entry as rules read it. ``text`` is title, line break, text; ``title_length`` is where the line break is."""

    text: str
    title_length: int
    language: str
    title: Passage
    lead: Passage
    sentences: list[Passage]
    whole: Passage


def headline_end(title: str, publisher: str = "") -> int:
    """Return where the headline ends and the publisher's name begins, which feeds and news queries append."""
    end = len(title)
    for found in reversed(list(_SEPARATOR.finditer(title))):
        tail = title[found.end() : end].strip()
        if found.start() < _HEADLINE_AT_LEAST and not _wide(title[: found.start()]):
            break
        named = bool(publisher) and tail.casefold() == publisher.casefold()
        short = len(tail.split()) <= _TAIL_WORDS and (bool(_PRESS.search(tail)) or "|" in found.group())
        if not (named or short):
            break
        end = found.start()
    return end


def _wide(text: str) -> bool:
    return len(text) >= _HEADLINE_AT_LEAST // 3 and any(char > "\u2e80" for char in text)


def text_end(text: str) -> int:
    """Return where a press release's boilerplate (About …, contacts) begins, or the text's end."""
    found = _BOILERPLATE.search(text, _BOILERPLATE_AFTER)
    return found.start() if found else len(text)


def dateline_end(text: str) -> int:
    """Return where a dateline at the beginning of the text ends; 0 if there is none."""
    found = _DATELINE.match(text)
    return found.end() if found and found.end() <= 90 else 0


def scene(text: str, title_length: int, publisher: str, language: str, hits: list[Hit]) -> Scene:
    """Sort the hits of ``text`` (title, line break, text) into title, lead, sentences and whole."""
    title_end = headline_end(text[:title_length], publisher)
    body = text[title_length + 1 :]
    body_start = title_length + 1 + dateline_end(body)
    body_end = title_length + 1 + text_end(body)
    in_title = [hit for hit in hits if hit.end <= title_end]
    in_text = [hit for hit in hits if body_start <= hit.start and hit.end <= body_end]
    title = _passage(0, in_title)
    sentences = _by_sentence(text, title_length + 1, body_end, language, in_text) if in_text else []
    first = [hit for hit in in_text if hit.start < title_length + 1 + LEAD]
    return Scene(
        text, title_length, language, title, _passage(0, in_title + first), sentences, _passage(0, in_title + in_text)
    )


def _passage(start: int, hits: list[Hit]) -> Passage:
    bits = 0
    for hit in hits:
        bits |= hit.bits
    return Passage(start, hits, bits)


def _by_sentence(text: str, start: int, end: int, language: str, hits: list[Hit]) -> list[Passage]:
    reach = min(end, start + _SENTENCES_UNTIL)
    found = []
    for first, last in sentence_spans(text[start:reach], language):
        inside = [hit for hit in hits if start + first <= hit.start and hit.end <= start + last]
        if inside:
            found.append(_passage(first, inside))
    return found
