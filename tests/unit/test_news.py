"""What an entry adds to its story, case by case."""

from collections.abc import Sequence

import pytest

from bot.model import Entry, Feed, Ownership, Relation
from bot.stories.news import Addition, Coverage, Said, coverage_of, judge, side_of

REPORT, UPDATE, COPY, DENIAL, CONFIRMATION = (
    Relation.NEW,
    Relation.UPDATE,
    Relation.COPY,
    Relation.DENIAL,
    Relation.CONFIRMATION,
)


def added(entries: Sequence[Coverage]) -> list[Addition]:
    """What each entry of a story adds, in turn."""
    said, found = Said(), []
    for entry in entries:
        addition, said = judge(said, entry)
        found.append(addition)
    return found


@pytest.mark.parametrize(
    ("entries", "last"),
    [
        pytest.param([Coverage(UPDATE, "PK press")], Addition.NOTHING, id="a side that has spoken"),
        pytest.param([Coverage(UPDATE, "US press")], Addition.SIDE, id="a side that had not spoken"),
        pytest.param([Coverage(UPDATE, "PK official")], Addition.SIDE, id="a government after its press"),
        pytest.param([Coverage(UPDATE, "")], Addition.NOTHING, id="a publisher of another country"),
        pytest.param([Coverage(COPY, "US press")], Addition.NOTHING, id="a copy from another side"),
        pytest.param([Coverage(COPY, "US press"), Coverage(UPDATE, "US press")], Addition.NOTHING, id="after a copy"),
        pytest.param([Coverage(UPDATE, headline=frozenset({"740"}))], Addition.FIGURE, id="a new number"),
        pytest.param([Coverage(UPDATE, figures=frozenset({"740"}))], Addition.NOTHING, id="a number in the text only"),
        pytest.param(
            [Coverage(UPDATE, figures=frozenset({"740"})), Coverage(UPDATE, headline=frozenset({"740"}))],
            Addition.NOTHING,
            id="a number that a text had stated",
        ),
        pytest.param([Coverage(DENIAL)], Addition.DENIAL, id="the first denial, by nobody known"),
        pytest.param([Coverage(DENIAL, "US press", "CN")], Addition.DENIAL, id="the first denial of a party"),
        pytest.param(
            [Coverage(DENIAL, "US press", "CN"), Coverage(DENIAL, "CN official", "CN")],
            Addition.NOTHING,
            id="a party that denies again",
        ),
        pytest.param(
            [Coverage(DENIAL, "US press", "CN"), Coverage(DENIAL, "US official")],
            Addition.DENIAL,
            id="another government in its own words",
        ),
        pytest.param(
            [Coverage(DENIAL, "US press", "CN"), Coverage(DENIAL, "US press")],
            Addition.NOTHING,
            id="a denial by nobody known after another",
        ),
        pytest.param(
            [Coverage(DENIAL, "PK press", "CN"), Coverage(CONFIRMATION, "PK press", "PK")],
            Addition.CONFIRMATION,
            id="a confirmation after a denial",
        ),
        pytest.param(
            [Coverage(DENIAL, "CN official", "CN"), Coverage(UPDATE, "CN official")],
            Addition.NOTHING,
            id="a side that spoke in a denial",
        ),
    ],
)
def test_what_the_last_entry_adds(entries: Sequence[Coverage], last: Addition) -> None:
    assert added([Coverage(REPORT, "PK press"), *entries])[-1] == last


def test_the_first_entry_of_a_story_adds_nothing_to_it() -> None:
    assert added([Coverage(REPORT, "PK press", headline=frozenset({"740"}))]) == [Addition.NOTHING]


def test_a_judgement_leaves_its_input_as_it_was() -> None:
    before = Said(frozenset({"PK press"}))
    _, after = judge(before, Coverage(UPDATE, "US press"))
    assert before == Said(frozenset({"PK press"}))
    assert after.sides == {"PK press", "US press"}


def test_coverage_reads_numbers_but_no_dates() -> None:
    feed = Feed("f", "F", "https://example.org/f", "en", "P", "PK", Ownership.STATE, 1)
    entry = Entry("f", "g", "https://example.org", "Worth $740m in 2026", "It shipped 2.5 tonnes on 7 May.", "en")
    assert coverage_of(entry, feed, UPDATE, "PK") == Coverage(
        UPDATE, "PK official", "PK", frozenset({"740"}), frozenset({"2.5"})
    )


@pytest.mark.parametrize(
    ("country", "ownership", "publisher", "side"),
    [
        ("CN", Ownership.STATE, "", "CN official"),
        ("CN", Ownership.OFFICIAL, "", "CN official"),
        ("PK", Ownership.INDEPENDENT, "", "PK press"),
        ("GB", Ownership.TRADE, "", ""),
        ("US", Ownership.AGGREGATOR, "", ""),
        ("US", Ownership.INDEPENDENT, "Somebody Else", ""),
    ],
)
def test_side(country: str, ownership: Ownership, publisher: str, side: str) -> None:
    feed = Feed("f", "F", "https://example.org/f", "en", "P", country, ownership, 1)
    entry = Entry("f", "g", "https://example.org", "Title", "Text", publisher=publisher)
    assert side_of(feed, entry) == side
