from datetime import time

import pytest

from bot.errors import CommandError
from bot.model import Channel, Subscription
from bot.subscription import read_terms, write_terms

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
        "on the clock of Asia/Karachi, denials in the channel, too"
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
