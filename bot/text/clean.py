"""Makes text from outside safe to store, compare and show: removes what is invisible or changes how the rest looks."""

import re
from unicodedata import category, is_normalized, normalize

# Most texts need none of these patterns, so they are compiled on first use (re caches them).
# ECMA-48 escape sequences: CSI (also as U+009B), OSC up to its terminator, and the short two-character ones.
_ANSI = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|\x1b[ -~]"
_LINE_ENDS = "\r\n?|[\x0b\x0c\x85\u2028\u2029]"
_SPACES = "[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_HIDDEN = (
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but the line feed
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # soft hyphen, fillers, Mongolian marks
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidi marks, embeddings, overrides and isolates
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # fillers, byte order mark, annotations, noncharacters
    "\ud800-\udfff"  # lone surrogates: they crash encoders and Discord's gateway
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\U000e0000-\U000e007f"  # tags: invisible to people, visible to language models
    "]"
)
_SHOWING_NOTHING = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\uffa0]"
# Joiners stay where they change what a reader sees (Unicode 15.0, sections 9.2, 12.1 and 23.2; UTS 51 for emoji):
# ZWNJ between Arabic-script letters, which Urdu and Persian need to break a join; either joiner after an Indic virama;
# ZWJ between the parts of one emoji. A flag of a region is written in tags and keeps them.
_ARABIC = "\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06fa-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0f84\u1039"
_EMOJI = "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_EMOJI_END = _EMOJI + "\ufe0f\u20e3"
_MEANT = (
    f"(?<=[{_ARABIC}])\u200c(?=[{_ARABIC}])"
    f"|(?<=[{_VIRAMAS}])[\u200c\u200d]"
    f"|(?<=[{_EMOJI_END}])\u200d(?=[{_EMOJI}])"
    "|(?<=\U0001f3f4)[\U000e0020-\U000e007e]{1,8}\U000e007f"
)
_JOINERS = "[\u200c\u200d\U000e007f]"


def clean_text(text: str) -> str:
    """Return ``text`` in NFC without what is invisible or unsafe; line feeds stay, other white space becomes spaces.

    Removed: controls, terminal escapes, bidi controls, zero-width characters, lone surrogates, tag characters.
    Kept: ZWNJ and ZWJ where Urdu, Persian, the Indic scripts and emoji need them. Idempotent.
    """
    # isprintable() is false for every control, format, surrogate, private, unassigned and unusual space character, and
    # true for a few letters and marks that are invisible.
    if not text.replace("\n", "").isprintable() or (not text.isascii() and re.search(_SHOWING_NOTHING, text)):
        text = _without_hidden(text)
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def one_line(text: str, limit: int) -> str:
    """Collapse ``text`` to one line of at most ``limit`` characters, cut after a word with an ellipsis.

    A script without spaces is cut anywhere except before a combining mark. ``limit`` is at least 1.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = limit - 1  # room for the ellipsis
    at = line.rfind(" ", max(0, cut * 2 // 3), cut + 1)
    if at < 0:
        at = cut
        while at > 0 and _joins(line, at):
            at -= 1
    return line[:at].rstrip(" ,;:-–—،؛，；、：") + "…"


def _joins(line: str, at: int) -> bool:
    """Whether a cut at ``at`` would separate a mark or joiner from its letter."""
    return category(line[at])[0] == "M" or line[at] in "\u200c\u200d" or line[at - 1] == "\u200d"


def _without_hidden(text: str) -> str:
    if "\x1b" in text or "\x9b" in text:
        text = re.sub(_ANSI, "", text)
    text = re.sub(_SPACES, " ", re.sub(_LINE_ENDS, "\n", text))
    if not re.search(_JOINERS, text):
        return re.sub(_HIDDEN, "", text)
    # A removed character, or a mark that NFC moves, may have separated a joiner from its letters: repeat until nothing
    # changes.
    while True:
        kept = normalize("NFC", _keep_meant(text))
        if kept == text:
            return text
        text = kept


def _keep_meant(text: str) -> str:
    parts: list[str] = []
    position = 0
    for found in re.finditer(_MEANT, text):
        parts += (re.sub(_HIDDEN, "", text[position : found.start()]), found[0])
        position = found.end()
    return "".join((*parts, re.sub(_HIDDEN, "", text[position:])))
