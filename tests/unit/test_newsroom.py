"""The demo's newsroom without a network: clock, texts, edits, truth, and what is said of a wrong file."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.clock import ReplayClock
from bot.demo.texts import SHOWN, Edit, NewsEntry, Newsroom, Publisher, Story, shown_at
from bot.errors import ConfigError
from bot.model import Entry, Ownership, Relation, Stance
from bot.stories.stance import detect_stance

START = datetime(2025, 10, 1, tzinfo=UTC)
END = START + timedelta(days=10)


class Stopwatch:
    """Real seconds that pass only when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom.load()


def publisher(key: str = "herald", **more: object) -> Publisher:
    values = {"key": key, "name": key.title(), "language": "en", "country": "US", "ownership": "independent"}
    return Publisher.model_validate(values | {"tier": 1, "topics": (), "format": "rss"} | more)


def entry(slug: str = "one", **more: object) -> NewsEntry:
    values = {"slug": slug, "publisher": "herald", "published": START, "title": "Title", "text": "Text."}
    return NewsEntry.model_validate(values | more)


def room(*entries: NewsEntry, publishers: tuple[Publisher, ...] = ()) -> Newsroom:
    stories = {"quake": Story(about="a quake", topics=("quakes",))}
    return Newsroom(publishers or (publisher(),), entries, stories, START, END)


# The clock


def test_replay_runs_evenly_and_then_as_fast_as_real_time() -> None:
    stopwatch = Stopwatch()
    clock = ReplayClock(START, END, 40.0, monotonic=stopwatch)
    assert clock() == START
    stopwatch.seconds += 10
    assert clock() == START + timedelta(days=2.5)
    assert not clock.finished
    stopwatch.seconds += 30
    assert clock() == END
    assert clock.finished
    stopwatch.seconds += 7
    assert clock() == END + timedelta(seconds=7)


def test_held_clock_stands_until_it_begins() -> None:
    stopwatch = Stopwatch()
    clock = ReplayClock(START, END, 10.0, held=True, monotonic=stopwatch)
    stopwatch.seconds += 500
    assert clock() == START
    assert not clock.finished
    clock.begin()
    stopwatch.seconds += 5
    clock.begin()
    assert clock() == START + timedelta(days=5)


def test_replay_of_nothing_is_over_at_once() -> None:
    stopwatch = Stopwatch()
    clock = ReplayClock(END, END, 35.0, monotonic=stopwatch)
    assert clock.finished
    stopwatch.seconds += 2
    assert clock() == END + timedelta(seconds=2)


def test_replay_cannot_run_backwards() -> None:
    with pytest.raises(ValueError, match="cannot run"):
        ReplayClock(END, START)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.floats(0, 60))
def test_replay_never_goes_back(moments: list[float], seconds: float) -> None:
    stopwatch = Stopwatch()
    clock = ReplayClock(START, END, seconds, monotonic=stopwatch)
    told = []
    for moment in sorted(moments):
        stopwatch.seconds = 100.0 + moment
        told.append(clock())
    assert told == sorted(told)
    assert all(moment.tzinfo is UTC for moment in told)


# The texts that ship


def test_shipped_newsroom_tells_five_stories_among_much_else(newsroom: Newsroom) -> None:
    truth = newsroom.truth()
    assert set(truth) == {"shipment", "controls", "texas-magnets", "cpec-talks", "engineers"}
    assert len(newsroom.silent()) >= 60
    for told in truth.values():
        assert told[0].relation is Relation.NEW
        assert [line.relation for line in told].count(Relation.NEW) == 1
        assert len({line.publisher for line in told}) >= 3


def test_shipment_is_copied_updated_and_denied_in_three_languages(newsroom: Newsroom) -> None:
    told = newsroom.truth()["shipment"]
    relations = [line.relation for line in told]
    assert relations.count(Relation.COPY) >= 15
    assert relations.count(Relation.UPDATE) >= 2
    denials = [line for line in told if line.relation is Relation.DENIAL]
    assert {newsroom.entries[line.slug].language for line in denials} == {"en", "zh", "ur"}
    assert {line.published.date().isoformat() for line in denials} == {"2025-10-13"}


def test_denials_and_only_they_are_told_from_the_words(newsroom: Newsroom) -> None:
    told = [newsroom.entries[line.slug] for lines in newsroom.truth().values() for line in lines]
    shown = [Entry("feed", "1", "https://news.example/1", one.title, one.text, one.language or "") for one in told]
    denying = [one.slug for one, entry in zip(told, shown, strict=True) if detect_stance(entry).stance is Stance.DENY]
    assert denying == [one.slug for one in told if one.relation is Relation.DENIAL]


def test_every_story_is_far_enough_from_the_start_to_be_seen_after_the_first_visit(newsroom: Newsroom) -> None:
    for told in newsroom.truth().values():
        assert told[0].published - newsroom.start > timedelta(days=1)


def test_every_publisher_has_something_to_show_at_the_start_and_overflows_no_feed(newsroom: Newsroom) -> None:
    for key in newsroom.publishers:
        assert newsroom.visible(key, newsroom.start), key
        during = [one for one in newsroom.entries.values() if one.publisher == key and one.published > newsroom.start]
        assert len(during) <= SHOWN + 10, key


def test_languages_are_written_in_their_scripts(newsroom: Newsroom) -> None:
    script = {"zh": re.compile("[一-鿿]"), "ur": re.compile("[ٹڈڑےںھگچپہیک]"), "en": re.compile("[A-Za-z]")}
    for one in newsroom.entries.values():
        assert script[one.language].search(one.title), one.slug
        assert script[one.language].search(one.text), one.slug
        # Arabic kaf and yeh look almost alike, but Urdu newspapers do not type them.
        assert not re.search("[كي]", one.title + one.text), one.slug
        if one.language == "zh":
            one.title.encode("gb18030")
            assert not re.search("[一-鿿][,:;!?]", one.title + one.text), one.slug
            assert not re.search("[一-鿿，。；] [一-鿿]", one.text), one.slug


def test_one_publisher_is_months_stale(newsroom: Newsroom) -> None:
    newest = newsroom.visible("magnet-monitor", newsroom.end)[0]
    assert newsroom.start - newest.published > timedelta(days=120)


def test_aggregator_credits_the_publisher_it_copies(newsroom: Newsroom) -> None:
    copied = newsroom.entries["harvest-ravi-shipment"]
    assert copied.credit == "The Ravi Chronicle"
    assert copied.story == "shipment"
    assert copied.relation is Relation.COPY
    gathered = [one for one in newsroom.entries.values() if one.publisher == "headline-harvest"]
    assert all(one.credit for one in gathered)
    assert newsroom.publishers["headline-harvest"].ownership is Ownership.AGGREGATOR


# Entries in general


def test_copy_takes_text_and_story_of_its_original_and_keeps_its_own_headline() -> None:
    original = entry("one", story="quake", relation="new", published=START)
    copied = entry("two", copy_of="one", title="Other", text="", dateline="LIMA:", published=START + timedelta(hours=1))
    made = room(original, copied).entries["two"]
    assert (made.title, made.text, made.story, made.relation) == ("Other", "LIMA: Text.", "quake", Relation.COPY)


def test_copy_of_a_denial_denies() -> None:
    original = entry("one", story="quake", relation="denial")
    assert room(original, entry("two", copy_of="one")).entries["two"].relation is Relation.DENIAL


def test_edits_change_what_is_shown_from_their_moment_on() -> None:
    later, last = START + timedelta(hours=2), START + timedelta(hours=4)
    edited = entry(
        edits=(Edit(at=later, title="Edited"), Edit(at=last, slug="moved", new_guid=True, published=last)),
    )
    before, between, after = (shown_at(edited, START + timedelta(hours=hours)) for hours in (1, 3, 5))
    assert (before.title, before.changed) == ("Title", START)
    assert (between.title, between.guid, between.changed) == ("Edited", before.guid, later)
    assert (after.title, after.slug, after.published) == ("Edited", "moved", last)
    assert after.guid != before.guid
    assert room(edited).entry("moved") == room(edited).entry("one")


def test_feed_shows_the_newest_entries_first_and_no_more_than_its_limit() -> None:
    entries = [entry(f"e-{hour}", published=START + timedelta(hours=hour)) for hour in range(40)]
    shown = room(*entries).visible("herald", START + timedelta(hours=30))
    assert [one.slug for one in shown] == [f"e-{hour}" for hour in range(30, 30 - SHOWN, -1)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (entry(publisher="nobody"), "no publisher 'nobody'"),
        (entry(copy_of="two"), "copy_of names 'two'"),
        (entry(title=""), "title and text are required"),
        (entry(story="flood", relation="new"), "no story 'flood'"),
        (entry(story="quake"), "story and relation"),
        (entry(edits=({"at": START - timedelta(hours=1), "title": "x"},)), "before the entry"),
        (entry(published=END + timedelta(hours=1)), "after the replay's end"),
        (entry(copy_of="one"), "a copy of itself"),
    ],
)
def test_wrong_entry_gets_one_line_that_names_it(wrong: NewsEntry, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"^newsroom entry 'one': .*{re.escape(said)}[^\n]*$"):
        room(wrong)


def test_slug_used_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="'one': the slug is used twice"):
        room(entry(), entry("two", edits=({"at": START, "slug": "one"},)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("publishers: [", "is not YAML"),
        ("publishers: 7", "publishers: "),
        ("publishers: []\nmore: 1", "more: "),
        ("publishers:\n- {key: a, colour: red}", r"publishers\.0\."),
    ],
)
def test_wrong_file_gets_one_line_that_says_where(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "publishers.yaml").write_text(content)
    with pytest.raises(ConfigError, match=rf"publishers\.yaml: [^\n]*{said}") as caught:
        Newsroom.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"publishers\.yaml: cannot be read"):
        Newsroom.load(tmp_path)
