"""What readers of every format hand over, and how it becomes the fields of an entry and a feed.

This and the other ``parse_*`` modules run in the worker process, whose start-up is paid for at each poll: they import
neither ``bot.model`` nor ``typing``, and give plain tuples of texts and numbers, which are cheap to pass.
"""

from __future__ import annotations

import re

from bot.feeds.parse.dates import plausible
from bot.text.clean import clean_text, one_line
from bot.text.html import html_to_text
from bot.text.urls import clean_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    EntryRow = tuple[str, str, str, str, str, int | None, str]
    """guid, url, title, text, publisher, published (a POSIX timestamp), the date that could not be read, if any."""
    FeedRow = tuple[
        str, str, str, tuple[EntryRow, ...], int, bytes, float | None, tuple[int, ...], tuple[int, ...], str, bool, int
    ]
    """format, title, language, entries, total, hashes, ttl, skip hours, skip days, home, malformed, quarantined."""

_MAX_TITLE = 1000
_MAX_NAME = 200
_MAX_GUID = 1000
_MAX_FEED_TEXT = 2_000_000
_SHORT_TEXT = 500
_UPDATE_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_THREE_LETTERS = {"eng": "en", "zho": "zh", "chi": "zh", "urd": "ur", "ara": "ar", "hin": "hi"}
# What feedparser maps too: the C1 range holds no letters, but Windows-1252 text passed off as Latin-1 does.
_CP1252 = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_C1 = "[\\x80-\\x9f]"


class Terms:
    """How a document is to be read; ``bot.feeds.parse.in_process.parse`` says what each means."""

    __slots__ = ("base_url", "content_type", "known", "language", "max_entries", "max_text", "now")

    def __init__(
        self,
        *,
        content_type: str = "",
        base_url: str = "",
        known: bytes = b"",
        max_entries: int = 1000,
        max_text: int = 20_000,
        now: float | None = None,
        language: str = "",
    ) -> None:
        self.content_type = content_type
        self.base_url = base_url
        self.known = known
        self.max_entries = max_entries
        self.max_text = max_text
        self.now = now
        self.language = language


class RawEntry:
    """An entry as its reader found it: marked-up texts, the link as written, dates as timestamps or as written.

    ``unsure`` says that the reader met something that only feedparser knows how to read.
    """

    __slots__ = ("created", "guid", "link", "published", "publisher", "texts", "title", "unsure", "updated")

    def __init__(self) -> None:
        self.guid = ""
        self.link = ""
        self.title = ""
        self.texts: list[str] = []
        self.publisher = ""
        self.published: int | str | None = None
        self.updated: int | str | None = None
        self.created: int | str | None = None
        self.unsure = False


class RawFeed:
    """A feed as its reader found it, in the words of the format; ``entries`` in the document's order."""

    __slots__ = (
        *("entries", "format", "language", "link", "malformed", "quarantined", "skip_days", "skip_hours", "title"),
        *("ttl", "update_frequency", "update_period"),
    )

    def __init__(self, format_name: str = "") -> None:
        self.format = format_name
        self.entries: list[RawEntry] = []
        self.title = ""
        self.link = ""
        self.language = ""
        self.ttl = ""
        self.update_period = ""
        self.update_frequency = ""
        self.skip_hours: list[str] = []
        self.skip_days: list[str] = []
        self.malformed = False
        self.quarantined = 0


def mend(text: str) -> str:
    """Undo what publishers do to UTF-8 on the way: read as Latin-1 and encoded again, or mixed with Windows-1252."""
    if text.isascii():
        return text
    text = _decoded_again(text)
    return text.translate(_CP1252) if re.search(_C1, text) else text


def _decoded_again(text: str) -> str:
    try:
        return text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text


def plain_line(markup: str, limit: int) -> str:
    """Marked-up text as one clean line of at most ``limit`` characters; of markup, eight times as much is read."""
    line = clean_text(html_to_text(markup[: limit * 8]))
    return line if len(line) <= limit and "\n" not in line else one_line(line, limit)


def entry_row(
    raw: RawEntry, feed_title: str, terms: Terms, max_text: int, written: Mapping[str, int | None]
) -> EntryRow:
    """Shape one entry. Dates that cannot be right are dropped; ``published`` falls back to the other dates given."""
    publisher = plain_line(raw.publisher, _MAX_NAME) if raw.publisher else ""
    title = plain_line(raw.title, _MAX_TITLE)
    if publisher and title.casefold().endswith(f" - {publisher}".casefold()):
        title = title[: -len(publisher) - 3].rstrip()
    if publisher.casefold() == feed_title.casefold():
        publisher = ""
    given = [date for date in (raw.published, raw.updated, raw.created) if date is not None]
    stamps = [written.get(date) if isinstance(date, str) else date for date in given]
    unread = [str(date) for date, stamp in zip(given, stamps, strict=True) if stamp is None]
    published = next(filter(None, (plausible(stamp, terms.now) for stamp in stamps)), None)
    return (
        clean_text(raw.guid[: _MAX_GUID * 2]).strip()[:_MAX_GUID],
        clean_url(raw.link, terms.base_url),
        title,
        longest_text(raw.texts, max_text),
        publisher,
        published,
        plain_line(unread[0], _MAX_NAME) if unread and published is None else "",
    )


def longest_text(texts: Sequence[str], limit: int) -> str:
    """The longest of several marked-up texts as clean plain text of at most ``limit`` characters.

    Markup is cut at eight times the limit before it is read, so that no text costs more than that.
    """
    best = ""
    for markup in sorted(texts, key=len, reverse=True):
        if len(markup) <= len(best):
            break
        text = clean_text(html_to_text(markup[: limit * 8]))
        if len(text) > len(best):
            best = text
    return best if len(best) <= limit else best[: limit - 1].rstrip() + "…"


def feed_row(raw: RawFeed, entries: Sequence[RawEntry], total: int, hashes: bytes, terms: Terms) -> FeedRow:
    """Shape a whole feed: these of its entries, out of ``total``."""
    title = plain_line(raw.title, _MAX_NAME)
    return (
        raw.format or "unknown",
        title,
        language_code(raw.language),
        _entry_rows(entries, title, terms, raw.language),
        total,
        hashes,
        _ttl(raw),
        tuple(sorted({int(hour) % 24 for hour in raw.skip_hours if hour.isdecimal() and len(hour) <= 2})),
        tuple(sorted({_DAYS[day[:3].lower()] for day in raw.skip_days if day[:3].lower() in _DAYS})),
        clean_url(raw.link, terms.base_url),
        raw.malformed,
        raw.quarantined,
    )


def _entry_rows(entries: Sequence[RawEntry], feed_title: str, terms: Terms, language: str) -> tuple[EntryRow, ...]:
    """Shape the entries; once a document's texts fill a library, the rest are cut to their beginnings."""
    rows: list[EntryRow] = []
    written = _written_dates(entries, language or terms.language, terms.now)
    spent = 0
    for entry in entries:
        limit = terms.max_text if spent < _MAX_FEED_TEXT else min(terms.max_text, _SHORT_TEXT)
        row = entry_row(entry, feed_title, terms, limit, written)
        spent += len(row[3])
        rows.append(row)
    return tuple(rows)


def _written_dates(entries: Sequence[RawEntry], language: str, now: float | None) -> Mapping[str, int | None]:
    """The dates of the entries that are left as text, by that text."""
    dates = [date for entry in entries for date in (entry.published, entry.updated, entry.created)]
    texts = list(dict.fromkeys(date for date in dates if isinstance(date, str)))
    if not texts:
        return {}
    from bot.feeds.parse.written_dates import settle  # noqa: PLC0415 - few feeds need it

    return dict(zip(texts, settle(texts, language, now), strict=True))


def language_code(tag: str) -> str:
    """The ISO 639-1 code of a language tag such as ``en-us`` or ``zh_CN``; '' where it names none."""
    primary = re.split("[-_]", tag[:40].strip().lower(), maxsplit=1)[0]
    code = _THREE_LETTERS.get(primary, primary)
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _ttl(raw: RawFeed) -> float | None:
    """Seconds between updates: RSS's ``ttl`` in minutes, or the syndication module's period over its frequency."""
    minutes = raw.ttl.strip()
    if minutes.isdecimal() and len(minutes) <= 7 and int(minutes):
        return int(minutes) * 60.0
    period = _UPDATE_PERIODS.get(raw.update_period.strip().lower())
    if period is None:
        return None
    frequency = raw.update_frequency.strip()
    times = int(frequency) if frequency.isdecimal() and len(frequency) <= 5 else 1
    return period / max(times, 1)
