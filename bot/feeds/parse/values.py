"""From the plain rows of the readers to the values of the house: what of parsing happens in the bot itself."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.model import Entry, ParsedFeed

if TYPE_CHECKING:
    from bot.feeds.parse.fields import EntryRow, FeedRow


def parsed_feed(row: "FeedRow", feed_id: str, language: str) -> ParsedFeed:
    """Make the value of the plain row that ``read_document`` gives, perhaps in another process."""
    format_name, title, feed_language, rows, total, hashes, ttl, hours, days, home, malformed, quarantined = row
    entries = tuple(_entry(fields, feed_id, language or feed_language) for fields in rows)
    newest = max((fields[5] for fields in rows if fields[5] is not None), default=None)
    return ParsedFeed(
        format=format_name,
        title=title,
        language=feed_language,
        entries=entries,
        total=total,
        raw_hashes=hashes,
        newest=_moment(newest),
        ttl=ttl,
        skip_hours=frozenset(hours),
        skip_days=frozenset(days),
        home_url=home,
        malformed=malformed,
        quarantined=quarantined,
        unread_dates={index: fields[6] for index, fields in enumerate(rows) if fields[6]},
    )


def _entry(row: "EntryRow", feed_id: str, language: str) -> Entry:
    guid, url, title, text, publisher, published, _ = row
    return Entry(
        feed_id=feed_id,
        guid=guid,
        url=url,
        title=title,
        text=text,
        language=language,
        publisher=publisher,
        published=_moment(published),
    )


def _moment(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
