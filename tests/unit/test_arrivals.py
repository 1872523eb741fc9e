"""What is assumed of an entry whose date is there and cannot be read, and what a parsed feed says of such dates."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.cadence import unread
from bot.feeds.parse.in_process import parse
from bot.intake.arrivals import assumed_date
from bot.intake.recipients import AlertRules, held_back
from bot.model import Outcome, ParsedFeed

NOW = datetime(2026, 12, 20, 10, tzinfo=UTC)
FRESH, OLD, STRANGE = "Sun, 20 Dec 2026 09:30:00 GMT", "Tue, 01 Dec 2026 09:00:00 GMT", "Wintermonth the 3rd"


def feed(*dates: str, language: str = "en") -> ParsedFeed:
    items = "".join(
        f"<item><title>Ore report {n}</title><link>https://q.example/{n}</link>{f'<pubDate>{d}</pubDate>' if d else ''}"
        "</item>"
        for n, d in enumerate(dates)
    )
    body = f"<rss version='2.0'><channel><title>Quarry</title>{items}</channel></rss>".encode()
    return parse(body, feed_id="quarry", language=language, now=NOW)


@pytest.mark.parametrize(
    "date", ["2026/12/20 09:30:00", "2026年12月20日 09:30", "20 دسمبر 2026 09:30", "1797759000000"]
)
def test_news_is_not_stored_as_of_the_first_of_the_month(date: str) -> None:
    (entry,) = feed(date).entries
    assert entry.published == datetime(2026, 12, 20, 9, 30, tzinfo=UTC)


def test_a_second_date_that_can_be_read_counts() -> None:
    body = (
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Q</title><item><title>Ore</title>"
        f"<link>https://q.example/1</link><pubDate>{STRANGE}</pubDate><dc:date>2026-12-20T09:30:00Z</dc:date></item>"
        "</channel></rss>"
    ).encode()
    parsed = parse(body, feed_id="quarry", now=NOW)
    assert parsed.entries[0].published == datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
    assert parsed.unread_dates == {}


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        pytest.param((STRANGE,), None, id="alone it is as new as its first sight"),
        pytest.param((OLD, STRANGE, OLD), Outcome.OLD, id="between two old ones it is old"),
        pytest.param((FRESH, STRANGE, OLD), None, id="behind a fresh one it may be fresh"),
        pytest.param((OLD, "", OLD), None, id="without any date it is as new as its first sight"),
    ],
)
def test_an_unreadable_date_is_neither_fresh_nor_old(dates: tuple[str, ...], outcome: Outcome | None) -> None:
    parsed = feed(*dates)
    assumed = assumed_date(parsed, dates.index(STRANGE) if STRANGE in dates else 1)
    assert held_back(assumed, first_poll=False, rules=AlertRules(), now=NOW) == outcome


def test_an_unreadable_date_is_reported() -> None:
    parsed = feed(FRESH, STRANGE, STRANGE)
    assert parsed.unread_dates == {1: STRANGE, 2: STRANGE}
    assert unread(parsed) == f"2 dates could not be read, such as '{STRANGE}'"
    assert unread(feed(FRESH)) == ""


def test_a_date_in_the_future_is_dropped_as_before() -> None:
    parsed = feed((NOW + timedelta(days=40)).strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert (parsed.entries[0].published, parsed.unread_dates) == (None, {})
