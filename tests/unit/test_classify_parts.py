"""Folding keeps the way back to the original; headlines, datelines and boilerplate are cut where they begin."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.folding import fold
from bot.classify.passages import dateline_end, headline_end, text_end


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Rare-Earth", "rare earth"),
        ("Ｊ－３５", "j 35"),
        ("歼 -10CE", "歼10ce"),
        ("J‑35 “Gyrfalcon”", 'j 35 "gyrfalcon"'),
        ("ﬁrst ½", "first 1⁄2"),
        ("چينی بھائی آئے", "چینی بہایی ایی"),
        ("مُلک", "ملک"),
        ("Çin ŞEHRİ", "çin şehri"),
    ],
)
def test_spellings_are_folded(text: str, folded: str) -> None:
    assert fold(text).text == folded


@given(st.text())
def test_every_folded_character_knows_its_origin(text: str) -> None:
    folded = fold(text)
    places = [folded.span(index, index + 1) for index in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    for char, (start, end) in zip(folded.text, places, strict=True):
        if char.isascii() and char.isalpha():
            assert char in unicodedata.normalize("NFKC", text[start:end]).lower()


@pytest.mark.parametrize(
    ("title", "publisher", "headline"),
    [
        ("Mine reopens after the long strike - Pakistan Today", "", "Mine reopens after the long strike"),
        ("Mine reopens after the long strike | India News | Daily", "", "Mine reopens after the long strike"),
        ("Mine reopens after the long strike – example.com", "", "Mine reopens after the long strike"),
        ("Mine reopens after the long strike - The Quarry", "The Quarry", "Mine reopens after the long strike"),
        ("矿山恢复生产 新工人上岗_中国新闻网", "", "矿山恢复生产 新工人上岗"),
        (
            "Mine reopens - and the valley celebrates with music",
            "",
            "Mine reopens - and the valley celebrates with music",
        ),
        ("A week on - what the strike changed in the valley", "", "A week on - what the strike changed in the valley"),
        ("US - China", "", "US - China"),
        ("", "", ""),
    ],
)
def test_publishers_are_cut_from_headlines(title: str, publisher: str, headline: str) -> None:
    assert title[: headline_end(title, publisher)] == headline


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("ISLAMABAD: The mine reopened.", "The mine reopened."),
        ("BEIJING, Oct 9 (Wire) -- The mine reopened.", "The mine reopened."),
        ("Washington, Sept. 28 (ABC): The mine reopened.", "The mine reopened."),
        ("The mine reopened: nobody came.", "The mine reopened: nobody came."),
        ("Pakistan reopened the mine.", "Pakistan reopened the mine."),
    ],
)
def test_datelines_are_cut(text: str, rest: str) -> None:
    assert text[dateline_end(text) :] == rest


def test_boilerplate_is_cut_late_in_a_text_only() -> None:
    news = "The smelter ran at full load through the winter. " * 6
    assert text_end(news + "\nAbout Hilltop Mining\nHilltop digs.") == len(news) + 1
    assert text_end(news + "\nForward-Looking Statements\nMuch may change.") == len(news) + 1
    assert text_end("About Hilltop Mining\nHilltop digs.") == len("About Hilltop Mining\nHilltop digs.")
