"""Spans and counts in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.durations import read_span
from bot.text.spans import ago, count_of, duration_words


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("24 hours", timedelta(hours=24)),
        ("1day", timedelta(days=1)),
        ("7D", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1 hour, 30 minutes", timedelta(minutes=90)),
        ("90 secs", timedelta(seconds=90)),
        ("9999999999w", None),
        ("2 dogs", None),
        ("0h", None),
        ("h", None),
        ("24", None),
        ("-3d", None),
        ("3days ago", None),
        ("٣d", timedelta(days=3)),
    ],
)
def test_read_span(typed: str, span: timedelta | None) -> None:
    assert read_span(typed) == span


@given(st.integers(1, 9999), st.sampled_from("mhdw"))
def test_every_span_reads_back(number: int, unit: str) -> None:
    span = read_span(f"{number}{unit}")
    assert span is not None
    assert span.total_seconds() == number * {"m": 60, "h": 3600, "d": 86400, "w": 604800}[unit]


def test_words() -> None:
    assert duration_words(timedelta(hours=24)) == "24 hours"
    assert duration_words(timedelta(days=7)) == "7 days"
    assert duration_words(timedelta(seconds=1)) == "1 second"
    assert duration_words(timedelta(seconds=-5)) == "0 seconds"
    assert ago(timedelta(seconds=20)) == "just now"
    assert ago(timedelta(minutes=5)) == "5 minutes ago"
    assert count_of(1, "story", "stories") == "1 story"
    assert count_of(0, "feed") == "0 feeds"
