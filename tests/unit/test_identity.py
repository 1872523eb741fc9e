"""What counts as a new entry, an edit, or one already known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.identity import Decision, Known, Verdict, decide, fold, keys
from bot.model import Entry

NOON = datetime(2025, 10, 7, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STORY = Entry(
    feed_id="f",
    guid="urn:f:1",
    url="https://paper.example/ore-samples-leave-karachi",
    title="Ore samples leave Karachi for a refinery in Missouri",
    text="Two tonnes of concentrate were loaded on Tuesday, the port authority said, the first of several shipments.",
    published=NOON,
)
OTHER = Entry(
    feed_id="f",
    guid="urn:f:2",
    url="https://paper.example/cotton-crop",
    title="Cotton growers expect a poor crop after the floods",
    text="Arrivals at the ginneries fell by a third, and mills are buying abroad.",
    published=NOON + DAY,
)


class Shelf:
    """A store of entries: what the database does with decisions, in a dictionary."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.recorded: dict[bytes, int] = {}

    def poll(self, *entries: Entry) -> tuple[Decision, ...]:
        own = keys(entries, "https://paper.example/")
        wanted = {key for each in own for key in each}
        known = {key: self._known(number) for key, number in self.recorded.items() if key in wanted}
        decisions = decide(entries, own, known)
        assert len(decisions) == len(entries)
        numbers: list[int] = []
        for entry, decision in zip(entries, decisions, strict=True):
            if decision.verdict is Verdict.NEW:
                number = len(self.entries)
                self.entries.append(entry)
            elif decision.entry_id is None:
                assert decision.twin is not None
                number = numbers[decision.twin]
            else:
                number = decision.entry_id
            if decision.verdict is Verdict.EDITED:
                self.entries[number] = entry
            numbers.append(number)
            for key in decision.keys:
                self.recorded.setdefault(key, number)
        return decisions

    def _known(self, number: int) -> Known:
        entry = self.entries[number]
        return Known(number, entry.title, entry.text, entry.url, entry.published)


def verdicts(before: Sequence[Entry], now: Sequence[Entry]) -> list[Verdict]:
    shelf = Shelf()
    shelf.poll(*before)
    return [decision.verdict for decision in shelf.poll(*now)]


def test_two_stories_are_two() -> None:
    assert verdicts([], [STORY, OTHER]) == [Verdict.NEW, Verdict.NEW]
    assert verdicts([STORY], [OTHER, STORY]) == [Verdict.NEW, Verdict.SAME]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.SAME),
        ({"published": NOON + 3 * DAY}, Verdict.SAME),
        ({"guid": "urn:new:1"}, Verdict.SAME),
        ({"guid": ""}, Verdict.SAME),
        ({"url": STORY.url + "?utm_source=rss"}, Verdict.SAME),
        ({"title": "Ore samples leave Karachi for refinery in Missouri, port says"}, Verdict.EDITED),
        ({"title": "UPDATE: Minister confirms shipment"}, Verdict.EDITED),
        ({"text": STORY.text + " The minister confirmed it."}, Verdict.EDITED),
        ({"title": "Minister confirms", "text": "He spoke in parliament."}, Verdict.EDITED),  # same guid, link and date
        ({"url": "https://paper.example/ore-samples-sent-abroad"}, Verdict.EDITED),
        ({"url": "https://paper.example/new-slug", "guid": "urn:f:1b"}, Verdict.EDITED),
        ({"url": "https://paper.example/new-slug", "guid": "", "published": NOON + 9 * DAY}, Verdict.EDITED),
        ({"text": ""}, Verdict.SAME),  # the feed stopped carrying texts
    ],
)
def test_an_entry_that_changed_is_not_new(changes: dict[str, object], verdict: Verdict) -> None:
    changed = replace(STORY, **changes)  # type: ignore[arg-type] # fields of Entry by name
    assert verdicts([STORY, OTHER], [changed]) == [verdict]
    assert verdicts([OTHER, STORY], [changed, OTHER]) == [verdict, Verdict.SAME]


def test_an_edit_is_reported_once() -> None:
    shelf = Shelf()
    shelf.poll(STORY)
    edited = replace(STORY, title=STORY.title + ", port says")
    assert [decision.verdict for decision in shelf.poll(edited, edited)] == [Verdict.EDITED, Verdict.SAME]
    assert [decision.verdict for decision in shelf.poll(edited)] == [Verdict.SAME]


def test_after_new_guids_and_a_new_title_the_keys_follow() -> None:
    shelf = Shelf()
    shelf.poll(STORY)
    renamed = replace(STORY, guid="urn:new:1", title=STORY.title + " today")
    assert shelf.poll(renamed)[0].verdict is Verdict.EDITED
    moved = replace(renamed, url="https://paper.example/elsewhere", text="Rewritten from the first word to the last.")
    assert shelf.poll(moved)[0].verdict is Verdict.NEW  # only the guid is left, which may be everybody's
    assert shelf.poll(replace(renamed, title=STORY.title))[0].verdict is Verdict.EDITED


def test_entries_may_share_a_link() -> None:
    live = [
        replace(OTHER, guid=f"urn:live:{number}", url="https://paper.example/live", title=title, text=title)
        for number, title in enumerate(
            ["Talks begin in Kuala Lumpur", "Delegations break for lunch", "No deal, says envoy"]
        )
    ]
    assert verdicts([], live) == [Verdict.NEW] * 3
    shelf = Shelf()
    assert [shelf.poll(entry)[0].verdict for entry in live] == [Verdict.NEW] * 3
    assert [decision.verdict for decision in shelf.poll(*live)] == [Verdict.SAME] * 3


def test_a_page_that_keeps_link_and_guid_for_ever_new_content() -> None:
    url = "https://paper.example/live"
    live = replace(OTHER, guid=url, url=url, title="Talks begin in Kuala Lumpur", text="The delegations arrived.")
    later = replace(live, title="Quake shakes the coast", text="No damage was reported.", published=NOON + 2 * DAY)
    assert verdicts([live], [later]) == [Verdict.NEW]
    corrected = replace(live, title="Talks begin in Kuala Lumpur hotel", published=NOON + 2 * DAY)
    assert verdicts([live], [corrected]) == [Verdict.EDITED]


def test_entries_of_one_page_told_apart_by_fragments() -> None:
    page = "https://paper.example/2025/10/07"
    notes = [
        Entry(feed_id="f", guid=f"{page}#{n}", url=f"{page}#{n}", title="", text=text)
        for n, text in enumerate(["Short note.", "Another note, on something else entirely."])
    ]
    assert verdicts([], notes) == [Verdict.NEW] * 2
    shelf = Shelf()
    assert [shelf.poll(note)[0].verdict for note in notes] == [Verdict.NEW] * 2


def test_one_guid_for_all_entries() -> None:
    first, second = replace(STORY, guid="feed"), replace(OTHER, guid="feed")
    third = replace(
        OTHER, guid="feed", url="https://paper.example/3", title="Rain closes the pass", text="Lorries wait."
    )
    assert verdicts([], [first, second]) == [Verdict.NEW, Verdict.NEW]
    shelf = Shelf()
    assert [shelf.poll(entry)[0].verdict for entry in (first, second, third)] == [Verdict.NEW] * 3
    assert [decision.verdict for decision in shelf.poll(first, second, third)] == [Verdict.SAME] * 3


def test_guids_that_are_unique_only_with_the_link() -> None:
    rise = replace(
        OTHER, guid="prices", url="https://paper.example/a", title="Rare earth prices rise in Baotou", text=""
    )
    fall = replace(rise, url="https://paper.example/b", title="Rare earth prices fall in Baotou")
    assert verdicts([rise], [fall]) == [Verdict.NEW]


@pytest.mark.parametrize("title", ["Market wrap", "Rare earth prices", "稀土价格"])
@pytest.mark.parametrize("text", ["", "Prices of oxides at the close of trade."])
def test_a_generic_title_on_another_day_is_another_entry(title: str, text: str) -> None:
    monday = replace(OTHER, guid="m", url="https://paper.example/monday", title=title, text=text)
    tuesday = replace(monday, guid="t", url="https://paper.example/tuesday", published=NOON + 2 * DAY)
    assert verdicts([monday], [tuesday]) == [Verdict.NEW]


def test_a_series_with_figures_in_its_title() -> None:
    third = replace(
        OTHER, guid="3", url="https://paper.example/3", title="Neodymium oxide prices in Baotou on 3 November", text=""
    )
    fourth = replace(
        third, guid="4", url="https://paper.example/4", title=third.title.replace("3", "4"), published=NOON + 2 * DAY
    )
    assert verdicts([third], [fourth]) == [Verdict.NEW]


def test_a_news_query_carries_one_headline_of_several_publishers() -> None:
    link = "https://news.google.com/rss/articles/{}?oc=5"
    copies = [
        replace(
            STORY, guid=str(number), url=link.format(number), publisher=publisher, text=f"{STORY.title} {publisher}"
        )
        for number, publisher in enumerate(["Dawn", "The News", "Geo"])
    ]
    assert verdicts([], copies) == [Verdict.NEW] * 3
    again = replace(copies[0], guid="9", url=link.format(9))
    assert verdicts(copies, [again]) == [Verdict.EDITED]  # the wrapper changed, the headline did not
    weekly = replace(again, published=NOON + 7 * DAY)
    assert verdicts(copies, [weekly]) == [Verdict.NEW]


def test_notices_with_one_title_in_one_document_are_distinct() -> None:
    notice = replace(OTHER, title="Notice of public hearing on the mining lease", text="")
    notices = [replace(notice, guid=str(n), url=f"https://paper.example/notice/{n}") for n in range(3)]
    assert verdicts([], notices) == [Verdict.NEW] * 3


def test_an_entry_twice_in_a_document_is_one() -> None:
    decisions = Shelf().poll(STORY, OTHER, STORY)
    assert [decision.verdict for decision in decisions] == [Verdict.NEW, Verdict.NEW, Verdict.SAME]
    assert decisions[2].twin == 0
    assert decisions[2].entry_id is None


def test_keys_say_what_they_are_of() -> None:
    assert [key[:1] for key in keys([STORY])[0]] == [b"g", b"l", b"t"]
    assert [key[:1] for key in keys([replace(STORY, guid=STORY.url, title="Short")])[0]] == [b"l", b"w"]
    home = replace(STORY, url="https://paper.example/?utm_source=rss")
    assert [key[:1] for key in keys([home], "https://www.paper.example")[0]] == [b"g", b"t", b"d"]
    assert keys([Entry(feed_id="f", guid="", url="", title="", text="")]) == ((),)


def test_fold() -> None:
    assert fold("  “Ore”,  LEAVES—Karachi!  ") == "ore leaves karachi"


TITLES = st.sampled_from(
    [STORY.title, OTHER.title, "Market wrap", "稀土价格", "", "Talks begin again in Kuala Lumpur today"]
)
ENTRIES = st.lists(
    st.builds(
        Entry,
        feed_id=st.just("f"),
        guid=st.sampled_from(["", "one", "two", "https://paper.example/a"]),
        url=st.sampled_from(["", "https://paper.example/", "https://paper.example/a", "https://paper.example/b"]),
        title=TITLES,
        text=st.sampled_from(["", STORY.text, OTHER.text, "brief"]),
        publisher=st.sampled_from(["", "Dawn"]),
        published=st.sampled_from([None, NOON, NOON + DAY]),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(ENTRIES)
def test_the_same_document_again_brings_nothing_new(entries: list[Entry]) -> None:
    shelf = Shelf()
    shelf.poll(*entries)
    for decision, entry in zip(shelf.poll(*entries), entries, strict=True):
        assert decision.verdict is not Verdict.NEW or not (entry.title or entry.text)


@settings(deadline=None)
@given(ENTRIES, ENTRIES)
def test_decisions_are_whole(before: list[Entry], now: list[Entry]) -> None:
    shelf = Shelf()
    shelf.poll(*before)
    stored = len(shelf.entries)
    for index, decision in enumerate(shelf.poll(*now)):
        assert (decision.verdict is Verdict.NEW) == (decision.entry_id is None and decision.twin is None)
        assert decision.entry_id is None or decision.entry_id < stored
        assert decision.twin is None or decision.twin < index
        assert all(len(key) == 16 for key in decision.keys)


@settings(deadline=None)
@given(
    st.permutations(
        [STORY, OTHER, replace(STORY, guid="urn:f:3", url="https://paper.example/3", title="Rain", text="Wet.")]
    )
)
def test_the_order_of_a_document_does_not_matter(entries: list[Entry]) -> None:
    assert verdicts(entries, list(reversed(entries))) == [Verdict.SAME] * 3
