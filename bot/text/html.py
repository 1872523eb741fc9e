"""HTML to plain text, for titles and texts of entries. Time is linear in the length of any markup."""

import re
from html import unescape

# Elements that start and end a line of text. Table cells too: a row reads better as lines than run together.
_BLOCK_NAMES = (
    *("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div"),
    *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
    *("hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
)
_BLOCKS = "|".join(_BLOCK_NAMES)
_BREAKS = frozenset(slash + name for name in _BLOCK_NAMES for slash in ("", "/"))
# Elements that a browser does not show.
_UNSEEN_NAMES = ("script", "style", "template", "noscript", "iframe", "object", "svg", "title", "head")
_UNSEEN = re.compile(rf"<(?:!--|({'|'.join(_UNSEEN_NAMES)})(?=[\s/>]))", re.IGNORECASE)
# The patterns below are rarely needed, so they are compiled on first use (re caches them).
_END_OF_UNSEEN = {name: rf"(?i:</{name}\s*>)" for name in _UNSEEN_NAMES} | {"!--": "-->"}
# Tags, comments and declarations, with what tells them apart. No pattern runs past the next "<", so that even a text
# made of opening brackets is read in one pass.
_NAME = r"<(/?[a-zA-Z][a-zA-Z0-9]*|[!?])"
_TAG = re.compile(_NAME + r"[^<>]*>")
_TAG_WITH_QUOTES = _NAME + r"""(?:[^<>"']*+(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*+)*+>|[^<>]*>)"""
_QUOTED_END = re.compile(r"""=\s*(?:"[^"<>]*>|'[^'<>]*>)""")
_CDATA = r"<!\[CDATA\[|\]\]>"
_CUT_TAG = r"(?i:<(?:/[a-z]|[a-z][a-z0-9]*\s[^<>=]*+=)[^<>]*\Z)"
# A tag whose attributes contain markup: rare, and read by a real tokenizer.
_BROKEN_TAG = r"(?i:<[a-z][a-z0-9]*\s[^<>=]*+=[^<>]*+<)"
# Markup or references that show only after one unescaping: the publisher escaped twice.
_ESCAPED_TWICE = (
    rf"(?i:</?(?:{_BLOCKS}|a|abbr|b|cite|code|em|font|i|img|ins|q|s|small|span|strong|sub|sup|u)(?=[\s/>])[^<>]*>"
    r"|&(?:#\d{2,7}|#x[\da-f]{2,6}|amp|apos|bull|copy|[a-z]{3,4}dash|euro|[gl]t|hellip|[lr][ds]quo|nbsp|pound|quot|reg"
    r"|trade);)"
)
# html.unescape() converts any run of digits to an int, and Python refuses more than 4,300 digits.
_HUGE_REFERENCE = r"(?i:&#(?:\d{8,}|x[\da-f]{7,});?)"


def html_to_text(markup: str) -> str:
    """Return the text of an HTML fragment: one line for each block, white space collapsed, hidden parts left out.

    Markup and references that were escaped twice are unescaped twice. Never raises; takes time linear in the length.
    """
    if "<" not in markup and "&" not in markup:
        return _squeeze(markup)
    text = _text_of(markup)
    for _ in range(2):
        if ("<" not in text and "&" not in text) or not re.search(_ESCAPED_TWICE, text):
            break
        text = "\n".join(filter(None, map(_text_of, text.split("\n"))))
    return text


def _squeeze(text: str) -> str:
    """Collapse blanks; most texts have none to collapse, and the question is cheaper than the answer."""
    return text.strip() if "  " not in text and text.isprintable() else " ".join(text.split())


def _text_of(markup: str) -> str:
    """Unescape once: tags out, references in."""
    if "<" not in markup:
        return _line_of(markup)
    if "<![" in markup:
        markup = re.sub(_CDATA, "", markup)
    if _UNSEEN.search(markup):
        markup = _without_unseen(markup)
    parts = re.split(_TAG_WITH_QUOTES, markup) if _QUOTED_END.search(markup) else _TAG.split(markup)
    if markup.count("<") > len(parts) // 2:  # some "<" begins no tag
        if re.search(_BROKEN_TAG, markup):
            return _text_of_tree(markup)
        parts[-1] = re.sub(_CUT_TAG, "", parts[-1])
    lines = []
    line = parts[0]
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name.lower() in _BREAKS:
            lines.append(_line_of(line))
            line = text
        else:
            line += text
    lines.append(_line_of(line))
    return "\n".join(filter(None, lines))


def _line_of(segment: str) -> str:
    """The text between two block tags, as one line."""
    if "&" in segment:
        segment = unescape(re.sub(_HUGE_REFERENCE, "\ufffd", segment) if "&#" in segment else segment)
    return _squeeze(segment)


def _without_unseen(markup: str) -> str:
    """Cut out what is not shown. A script, style or comment that never ends hides the rest, as in a browser."""
    parts, position = [], 0
    endless: set[str] = set()  # looked for once and not there: not looked for again, for the sake of linear time
    while found := _UNSEEN.search(markup, position):
        parts.append(markup[position : found.start()])
        name = (found[1] or "!--").lower()
        tag_end = found.end() if name == "!--" else markup.find(">", found.end()) + 1
        if tag_end == 0:
            break
        position = tag_end
        if markup[tag_end - 2] == "/" or name in endless:
            continue
        if closing := re.compile(_END_OF_UNSEEN[name]).search(markup, tag_end):
            position = closing.end()
        elif name in {"script", "style", "!--"}:
            break
        else:
            endless.add(name)
    else:
        parts.append(markup[position:])
    return "".join(parts)


def _text_of_tree(markup: str) -> str:
    """Read markup with libxml2's tokenizer, which takes what the patterns cannot: attributes that hold markup."""
    from lxml import etree  # noqa: PLC0415 - 25 ms that few runs need

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(markup.replace("\n", " ").encode("utf-8", "replace"), parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return ""
    etree.strip_elements(root, *_UNSEEN_NAMES, with_tail=False)
    for block in root.iter(*_BLOCK_NAMES):
        block.text = "\n" + (block.text or "")
        block.tail = "\n" + (block.tail or "")
    lines = (" ".join(line.split()) for line in "".join(root.itertext()).split("\n"))
    return "\n".join(filter(None, lines))
