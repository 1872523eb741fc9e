"""Dates as people and content systems write them: read whole, or not at all."""

from datetime import UTC, date, datetime, time

import pytest
from babel.dates import format_date, format_datetime
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.parse.date_words import LANGUAGES
from bot.feeds.parse.written_dates import read_written, settle

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC).timestamp()


def shown(stamp: int | None) -> str:
    return "" if stamp is None else datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sunday, March 8, 2026 - 07:45", "2026-03-08 07:45:00"),
        ("07:45 - Sunday, March 8, 2026", "2026-03-08 07:45:00"),
        ("Sun, Mar 8 2026 07:45:10 -0400", "2026-03-08 11:45:10"),
        ("So, 8 Mrz 2026 07:45:10", "2026-03-08 07:45:10"),
        ("Su, 8 Maalis 2026 07:45:10 +0000", "2026-03-08 07:45:10"),
        ("Thurs, 5 Mar 2026 07:45:10 GMT", "2026-03-05 07:45:10"),
        ("1772955910", "2026-03-08 07:45:10"),
        ("1772955910123", "2026-03-08 07:45:10"),
        ("2026-03-08 07:45:10 +0500", "2026-03-08 02:45:10"),
        ("2026/03/08 07:45:10", "2026-03-08 07:45:10"),
        ("2026.3.8. 07:45", "2026-03-08 07:45:00"),
        ("2026-3-8T7:45", "2026-03-08 07:45:00"),
        ("23/03/2026 07:45", "2026-03-23 07:45:00"),
        ("03/23/2026 7:45:10 PM", "2026-03-23 19:45:10"),
        ("Sun, 8 Mar 2026 07:45:10 PM GMT", "2026-03-08 19:45:10"),
        ("2026年03月08日 15:53", "2026-03-08 15:53:00"),
        ("2026年3月8日 下午3:53", "2026-03-08 15:53:00"),
        ("2026年3月8日（日）15時53分", "2026-03-08 15:53:00"),
        ("2026년 3월 8일 오후 3:53", "2026-03-08 15:53:00"),
        ("8 مارچ 2026", "2026-03-08 00:00:00"),
        ("اتوار 8 مارچ 2026 شام 5 بجے", "2026-03-08 17:00:00"),
        ("۸ مارچ ۲۰۲۶", "2026-03-08 00:00:00"),
        ("٨ مارس ٢٠٢٦", "2026-03-08 00:00:00"),
        ("8 آذار 2026 03:30 مساءً", "2026-03-08 15:30:00"),
        ("8 मार्च 2026 15:30", "2026-03-08 15:30:00"),
        ("dim., 8 mars 2026 15:53:56 +0200", "2026-03-08 13:53:56"),
        ("8 mars 2026 à 15h30", "2026-03-08 15:30:00"),
        ("dom, 8 mar 2026 15:53:56 +0200", "2026-03-08 13:53:56"),
        ("mar, 10 mar 2026 15:53:56 +0200", "2026-03-10 13:53:56"),
        ("Вс, 8 мар 2026 15:53:56 +0300", "2026-03-08 12:53:56"),
        ("8. März 2026, 15.30 Uhr", "2026-03-08 15:30:00"),
        ("Sun Mar 8 15:53:56 PKT 2026", "2026-03-08 10:53:56"),
        ("Sun, 8 Mar 2026 15:53:56 Asia/Karachi", "2026-03-08 10:53:56"),
        ("Sun Mar 8 2026 15:53:56 GMT+0500 (Pakistan Standard Time)", "2026-03-08 10:53:56"),
        ("2026-03-08 15:30 UTC+5", "2026-03-08 10:30:00"),
        ("Posted on March 8th, 2026 at 3:30 pm PKT", "2026-03-08 10:30:00"),
        ("20260308T155356Z", "2026-03-08 15:53:56"),
        ("20260308", "2026-03-08 00:00:00"),
        ("2026-W10-7", "2026-03-08 00:00:00"),
        ("2026-067", "2026-03-08 00:00:00"),
        ("Sun, 8 Mar 26 15:53:56 +0000", "2026-03-08 15:53:56"),
        ("Mon, 09/03/2026", "2026-03-09 00:00:00"),  # the day of the week decides: 3 September is a Thursday
    ],
)
def test_a_date_is_read(text: str, moment: str) -> None:
    assert shown(settle([text], "", NOW)[0]) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "Vol. 12, No. 3", "2026", "Autumn 2026", "12", "May", "Monday", "today", "2 hours ago", "1.5", "3/4"),
        *("Issue 2026/03", "2026-13-40", "31/02/2026", "n/a", "0000-00-00", "12:30", "2026年", "2026年3月", "12 2026"),
        *("10 10 10", "Q3 2026", "5 of 9 2026", "v2026.03.08", "2026-03", "March 2026", "8 Mar", "2026-03-08 or so"),
        *(
            "Mar 8 2026 and Mar 9 2026",
            "30 Feb 2026",
            "25:61 8 Mar 2026",
            "123456",
            "99999999999",
            "08/03/26",
            "03/04/2026",
        ),
        *("8 Mar 2026 +9900", "x" * 500, "", "2026-03-08T15:30 Mars/Olympus"),
    ],
)
def test_what_is_no_whole_date_is_not_read(text: str) -> None:
    assert settle([text], "", None) == [None]


@pytest.mark.parametrize(
    ("texts", "language", "moment"),
    [
        (["03/04/2026", "23/04/2026"], "en", "2026-04-03 00:00:00"),  # another entry has the day first
        (["03/04/2026", "04/23/2026"], "en", "2026-03-04 00:00:00"),  # another has the month first
        (["03/04/2026"], "en-US", "2026-03-04 00:00:00"),
        (["03/04/2026"], "en-GB", "2026-04-03 00:00:00"),
        (["03/04/2026"], "ur", "2026-04-03 00:00:00"),
        (["03.04.2026"], "en", "2026-04-03 00:00:00"),
        (["03/04/2026 3:05 PM"], "en", "2026-03-04 15:05:00"),
        (["11/12/2026"], "en", "2026-11-12 00:00:00"),  # the other reading lies in the future
        (["03/04/2026", "23/04/2026", "04/23/2026"], "en-US", ""),  # the feed contradicts itself
    ],
)
def test_the_feed_shows_which_comes_first(texts: list[str], language: str, moment: str) -> None:
    assert shown(settle(texts, language, NOW)[0]) == moment


@given(
    st.dates(date(1995, 1, 1), date(2030, 12, 31)),
    st.times().map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
    st.sampled_from([*LANGUAGES, "en-GB", "ar-EG", "zh-TW", "pt-PT", "es-MX", "ur-IN"]),
    st.sampled_from(["full", "long", "medium"]),
)
def test_what_a_language_writes_out_is_read_back(day: date, at: time, language: str, width: str) -> None:
    locale, moment = language.replace("-", "_"), datetime.combine(day, at)
    start = int(datetime.combine(day, time(tzinfo=UTC)).timestamp())
    assert settle([format_date(day, width, locale=locale)], language, None) == [start]
    if width != "full":  # that names the zone in words
        written = format_datetime(moment, width, tzinfo=UTC, locale=locale)
        assert settle([written], language, None) == [int(moment.timestamp())], written


@given(st.text(max_size=120))
def test_any_text_is_read_or_not(text: str) -> None:
    reading = read_written(text)
    assert reading is None or reading.stamps
