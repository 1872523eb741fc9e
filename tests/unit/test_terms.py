from datetime import UTC, datetime, time

import pytest

from bot.errors import CommandError
from bot.model import Channel, Subscription
from bot.subscription import due, read_terms, write_terms, zone_name

DESK = Channel("slack", "C1")


def read(*words: str) -> Subscription:
    return read_terms(DESK, "rare-earths", words)


def test_no_words_mean_every_match_at_once() -> None:
    assert read() == Subscription(DESK, "rare-earths")
    assert write_terms(read()) == "every match, in any language, at once"


def test_every_word_is_read_and_told() -> None:
    found = read(
        "score=0.7", "lang=EN,zh", "digest=8", "zone=karachi", "quiet=22:00-07:30", "denials=channel"
    )  # fmt: skip
    assert found == Subscription(
        DESK, "rare-earths", 0.7, ("en", "zh"), time(8), "Asia/Karachi", (time(22), time(7, 30)), aloud=True
    )
    assert write_terms(found) == (
        "score 0.7 or more, in en, zh, in a digest at 08:00, quiet from 22:00 to 07:30, "
        "local time of Asia/Karachi, denials in the channel, too"
    )


def test_none_takes_a_word_back() -> None:
    assert read("digest=none", "quiet=none", "lang=") == Subscription(DESK, "rare-earths")


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("score=2", "score"),
        ("score=high", "score"),
        ("lang=english", "lang"),
        ("lang=,", "lang"),
        ("digest=25:00", "digest"),
        ("digest=noon", "digest"),
        ("zone=Mars/Olympus", "zone"),
        ("quiet=22:00", "quiet"),
        ("quiet=22:00-late", "quiet"),
        ("quiet=07:00-07:00", "quiet"),
        ("denials=loud", "denials"),
        ("colour=red", ""),
        ("please", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_field(word: str, field: str) -> None:
    with pytest.raises(CommandError) as refused:
        read(word)
    assert refused.value.field == field
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "zone", "offset"),
    [
        ("GMT+5", "Etc/GMT-5", 5),
        ("gmt +5", "Etc/GMT-5", 5),
        ("UTC+5", "Etc/GMT-5", 5),
        ("+05:00", "Etc/GMT-5", 5),
        ("+0500", "Etc/GMT-5", 5),
        ("UTC-8", "Etc/GMT+8", -8),
        ("UTC+0", "UTC", 0),
        ("GMT", "GMT", 0),
        ("+5:30", "Asia/Kolkata", 5.5),
        ("UTC+04:30", "Asia/Kabul", 4.5),
        ("PKT", "Asia/Karachi", 5),
        ("pkt", "Asia/Karachi", 5),
        ("Etc/GMT+5", "Etc/GMT+5", -5),  # the database's own name, typed in full
        ("New York", "America/New_York", -5),
    ],
)
def test_a_zone_is_what_people_mean(typed: str, zone: str, offset: float) -> None:
    found = read("digest=08:00", f"zone={typed}")
    assert found.zone == zone
    moment = due(found, datetime(2026, 12, 1, 20, tzinfo=UTC))
    assert (moment.hour + moment.minute / 60 + offset) % 24 == 8


@pytest.mark.parametrize("typed", ["UTC+15", "GMT-13", "+5:17", "CST", "ist", "+99"])
def test_what_is_no_zone_or_several_is_refused(typed: str) -> None:
    with pytest.raises(CommandError, match="zone=") as refused:
        read(f"zone={typed}")
    assert refused.value.field == "zone"


def test_an_offset_is_shown_as_people_write_it() -> None:
    assert zone_name("Etc/GMT-5") == "UTC+5"
    assert "local time of UTC-8" in write_terms(read("digest=08:00", "zone=GMT-8"))
