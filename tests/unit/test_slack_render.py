"""Slack's blocks: what a message says, and that no text can break one or become markup."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import ACTIONS
from bot.model import (
    Alert,
    FollowUp,
    Kind,
    Link,
    Message,
    Notice,
    Publication,
    QuotedSentence,
    Reply,
    Stance,
    Table,
    Text,
)
from bot.text.display import plain, units
from handlers.slack.render import BLOCK, MESSAGES, WHOLE, Post, render_message, render_reply, size
from handlers.slack.text import TEXT, address, cell, escape
from tests.samples import MORNING, alert, digest, follow_up, publication
from tests.slack_rules import wrong_message

URDU = "پاکستان نے معدنیات بھیج دیں"


def texts(element: dict[str, Any]) -> list[str]:
    own = [element["text"]] if isinstance(element.get("text"), str) else []
    return own + [text for inner in element.get("elements", ()) for text in texts(inner)]


def kinds(element: dict[str, Any]) -> set[str]:
    return {element["type"]}.union(*(kinds(inner) for inner in element.get("elements", ())))


def check(post: Post) -> None:
    """The message is one that Slack takes: its library's models, the published limits, and no element that acts."""
    assert wrong_message({"text": post.text, "blocks": post.blocks}) == ""
    assert units(post.text) <= TEXT
    assert all(size(block) <= BLOCK for block in post.blocks)
    assert sum(map(size, post.blocks)) <= WHOLE
    allowed = {
        "rich_text",
        "rich_text_section",
        "rich_text_list",
        "context",
        "plain_text",
        "text",
        "link",
        "actions",
        "button",
    }
    assert set().union(*map(kinds, post.blocks)) <= allowed


def test_an_alert_tells_the_story_its_sources_and_why() -> None:
    post = render_message(alert())
    assert post.text.split("\n") == [
        "ALERT · rare-earths + china-pakistan-us · 🔵 report",
        "Ore samples leave Karachi for Missouri",
        "https://paper1.example/story/1",
        "Two tonnes of ore left the port. [1]",
        "The firm confirmed it. [2]",
        "Sources: 3 entries of 2 independent origins",
        "[1] Paper 1 · paper1.example · Pakistan · independent · en · 03 Oct 2025 09:30 UTC",
        "[2] Paper 3 · paper3.example · United States · independent · en · 03 Oct 2025 09:30 UTC",
        "[3] Paper 2 · paper2.example · Pakistan · independent · en · 03 Oct 2025 09:30 UTC",
        "Why: rare-earths matches (0.93): +3.0 ore “rare earth”",
        "Story 12: 3 publishers, 2 independent origins so far · /story 12 · /why 12 · /sources 12",
    ]
    check(post)


def test_an_alert_is_made_of_these_blocks() -> None:
    badge, story, sources, why, story_number, buttons = render_message(alert()).blocks
    assert badge["elements"] == [
        {"type": "plain_text", "text": "ALERT · rare-earths + china-pakistan-us · 🔵 report", "emoji": False}
    ]
    headline, sentences = story["elements"]
    assert headline == {
        "type": "rich_text_section",
        "elements": [
            {
                "type": "link",
                "url": "https://paper1.example/story/1",
                "text": "Ore samples leave Karachi for Missouri",
                "style": {"bold": True},
            }
        ],
    }
    assert (sentences["type"], sentences["style"], len(sentences["elements"])) == ("rich_text_list", "bullet", 2)
    assert [block["type"] for block in (sources, why, story_number)] == ["rich_text", "context", "context"]
    assert [(b["text"]["text"], b["action_id"], b["value"]) for b in buttons["elements"]] == [
        (action.label, f"story-{action.name}", "12") for action in ACTIONS
    ]


@pytest.mark.parametrize(
    ("kind", "stance", "said"),
    [
        (Kind.DENIAL, Stance.DENY, "Denies (Ministry): “An older claim”"),
        (Kind.CONFIRMATION, Stance.CONFIRM, "Confirms (Ministry): “An older claim”"),
        (Kind.UPDATE, Stance.REPORT, "Follows (Ministry): “An older claim”"),
    ],
)
def test_an_update_names_what_it_answers(kind: Kind, stance: Stance, said: str) -> None:
    post = render_message(follow_up(kind, stance=stance, speaker="Ministry", claim="An older claim"))
    assert said in post.text.split("\n")
    assert "origins" not in post.text
    check(post)


def test_a_denial_is_badged() -> None:
    assert "🔴 denied" in render_message(follow_up(Kind.DENIAL, stance=Stance.DENY)).text


def test_many_sources_are_counted() -> None:
    post = render_message(alert(publications=tuple(publication(number) for number in range(40))))
    assert "and 34 more: /sources 12" in post.text
    check(post)


def test_a_notice_is_its_text() -> None:
    post = render_message(Notice("Polling stopped.\nThe disk is full."))
    assert post.text == "NOTICE\nPolling stopped.\nThe disk is full."
    check(post)


def test_markup_and_mentions_in_a_feed_stay_text() -> None:
    nasty = "<!channel> <@U1> *bold* & <https://evil.example|bank> @here"
    post = render_message(alert(headline=nasty, why=nasty, sentences=(QuotedSentence(nasty, 0),)))
    assert post.text.count("&lt;!channel&gt; &lt;@U1&gt; *bold* &amp; &lt;https://evil.example|bank&gt; @here") == 3
    assert "<" not in post.text
    headline = post.blocks[1]["elements"][0]["elements"][0]
    assert (headline["text"], headline["url"]) == (nasty, "https://paper1.example/story/1")
    check(post)


def test_hidden_characters_are_taken_out() -> None:
    post = render_message(alert(headline="safe\u202egnp.exe\u2066\u200b \x00 word\ud800\ufeff\U000e0041"))
    assert "safegnp.exe word\n" in post.text
    assert plain("می\u200cخواهم", 50) == "می\u200cخواهم"


def test_right_to_left_text_keeps_its_neighbours_in_place() -> None:
    assert cell(URDU, 100) == f"\u2068{URDU}\u2069"
    assert cell("Latin", 100) == "Latin"
    table = Reply("Latest", (Table(("Story", "Headline", "Age"), (("12", URDU, "3h"),)),))
    [post] = render_reply(table)
    assert f"12 · \u2068{URDU}\u2069 · 3h" in post.text
    headline = render_message(alert(headline=URDU)).blocks[1]["elements"][0]["elements"][0]
    assert headline["text"] == URDU  # it comes first, and so sets the block's direction


def test_each_line_reads_in_its_own_direction() -> None:
    apart, end, mark = "\u2068", "\u2069", "\u200f"
    answer = follow_up(headline="Ore leaves", original=URDU, sentences=(QuotedSentence(f"USSM {URDU}", 0),))
    lines = texts(render_message(answer).blocks[1])
    assert lines == ["Ore leaves", "\n", f"{apart}{URDU}{end}", f"{apart}{mark}USSM {URDU} [1]{end}"]
    told = alert(headline=URDU, sentences=(QuotedSentence("Ore leaves.", 0), QuotedSentence(URDU, 0)))
    assert texts(render_message(told).blocks[1]) == [URDU, f"{apart}Ore leaves. [1]{end}", f"{URDU} [1]"]


def test_words_from_right_to_left_do_not_turn_a_reason_around() -> None:
    post = render_message(alert(why="rare-earths: +3.0 “نایاب معدنیات”; +1.0 “چین”"))
    assert "Why: rare-earths: +3.0 “\u2068نایاب معدنیات\u2069”; +1.0 “\u2068چین\u2069”" in post.text
    check(post)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x?y=1&z=2#f", "https://a.example/x?y=1&z=2#f"),
        ("HTTP://a.example", "http://a.example/"),
        ("https://a.example:8443/x|y <z>", "https://a.example:8443/x%7Cy%20%3Cz%3E"),
        ("https://新闻.example/稀土", "https://xn--efvy88h.example/%E7%A8%80%E5%9C%9F"),
        ("https://a.example/%E7%A8", "https://a.example/%E7%A8"),
        ("https://bank.example@evil.example/", ""),
        ("https://a.example:99999/", ""),
        ("https://[broken/", ""),
        ("javascript:alert(1)", ""),
        ("https:///nowhere", ""),
        ("https://a.example/" + "x" * 1000, ""),
        ("https://a.example/\ud800", ""),
        ("", ""),
    ],
)
def test_addresses_are_plain_or_left_out(url: str, safe: str) -> None:
    assert address(url) == safe


def test_a_reply_shows_its_parts_in_order() -> None:
    parts = (
        Text("First.\n\nSecond."),
        Link("An entry", "https://a.example/1"),
        Link("No address", "javascript:x"),
        Table(("Feed", "Link", "Empty"), (("Dawn", Link("Ore", "https://a.example/2"), ""), ("", "", ""))),
        alert(asked=True),
    )
    [post] = render_reply(Reply("A title", parts))
    said = ["A title", "First.", "Second.", "An entry", "No address", "Feed · Link · Empty", "Dawn · Ore", "–"]
    assert post.text.split("\n")[:9] == [*said, "STORY · rare-earths + china-pakistan-us · 🔵 report"]
    targets = [e["url"] for block in post.blocks for e in flat(block) if e["type"] == "link"]
    assert targets[:2] == ["https://a.example/1", "https://a.example/2"]
    check(post)


def flat(element: dict[str, Any]) -> list[dict[str, Any]]:
    return [element] + [found for inner in element.get("elements", ()) for found in flat(inner)]


def test_a_long_table_takes_several_messages_and_loses_no_row() -> None:
    rows = tuple((f"feed-{number}", "publisher " * 8, "active") for number in range(150))
    posts = render_reply(Reply("150 feeds polled", (Table(("Feed", "Publisher", "Status"), rows),)))
    assert 1 < len(posts) <= MESSAGES
    shown = [text for post in posts for block in post.blocks for text in texts(block)]
    assert [text for text in shown if text.startswith("feed-")] == [row[0] for row in rows]
    for post in posts:
        check(post)


def test_what_is_too_long_for_all_messages_says_so() -> None:
    rows = tuple((str(number), "word " * 48) for number in range(900))
    posts = render_reply(Reply("Much", (Table(("Story", "Headline"), rows),)))
    assert len(posts) == MESSAGES
    assert texts(posts[-1].blocks[-1]) == ["There is more. Ask for less: one topic, one story."]


def test_a_long_paragraph_is_continued() -> None:
    words = " ".join(f"word{number}" for number in range(2000))
    posts = render_reply(Reply("", (Text(words),)))
    shown = "".join(text for post in posts for block in post.blocks for text in texts(block))
    assert "".join(shown.split()) == "".join(words.split())


def test_nothing_is_said_to_be_nothing() -> None:
    [post] = render_reply(Reply(""))
    assert post.text == "Nothing to show"
    check(post)


def test_the_fallback_is_cut_between_two_characters() -> None:
    cut = escape("<" * 2000)
    assert cut.endswith("&lt;…")
    assert units(cut) <= TEXT


anything = st.builds(str.__mul__, st.text(st.characters(), max_size=30), st.sampled_from([1, 1, 1, 100]))
short = st.text(st.characters(), max_size=20)
links = st.builds(Link, anything, anything.map(lambda path: "https://a.example/" + path) | anything)
publications = st.builds(
    Publication,
    publisher=anything,
    country=short,
    ownership=short,
    language=short,
    url=anything.map(lambda path: "https://a.example/" + path),
    title=short,
    published=st.sampled_from([MORNING, None]),
    origin=st.just(1),
)
messages = st.lists(publications, min_size=1, max_size=9).flatmap(
    lambda found: st.builds(
        Alert,
        story=st.integers(1, 2**53),
        headline=anything,
        url=anything | st.just("https://a.example/1"),
        topics=st.lists(short, max_size=3).map(tuple),
        stance=st.sampled_from(Stance),
        sentences=st.lists(st.builds(QuotedSentence, anything, st.integers(0, len(found) - 1)), max_size=5).map(tuple),
        publications=st.just(tuple(found)),
        origins=st.integers(1, 99),
        why=anything,
        created=st.just(MORNING),
    )
)
follow_ups = st.builds(
    lambda told, **changes: follow_up(
        headline=told.headline, url=told.url, topics=told.topics, stance=told.stance, sentences=told.sentences,
        publications=told.publications, why=told.why, **changes,
    ),
    messages,
    kind=st.sampled_from([Kind.UPDATE, Kind.DENIAL, Kind.CONFIRMATION]),
    speaker=anything,
    claim=anything,
    original=anything,
)  # fmt: skip
notices = st.builds(Notice, anything)
tables = st.integers(1, 5).flatmap(
    lambda width: st.builds(
        Table,
        st.lists(anything, min_size=width, max_size=width).map(tuple),
        st.lists(st.lists(anything | links, min_size=width, max_size=width).map(tuple), max_size=8).map(tuple),
    )
)
replies = st.builds(
    Reply, anything, st.lists(st.builds(Text, anything) | links | tables | messages, max_size=6).map(tuple)
)


@settings(max_examples=60, deadline=None)
@given(messages | follow_ups | notices)
def test_any_text_makes_a_message_that_slack_takes(message: Message) -> None:
    check(render_message(message))


@settings(max_examples=20, deadline=None)
@given(st.lists(messages | follow_ups, max_size=60))
def test_any_digest_is_a_message_that_slack_takes(told: list[Alert | FollowUp]) -> None:
    post = render_message(digest(f"{len(told)} stories", *told))
    check(post)
    assert len(post.blocks) <= 50


def test_a_digest_tells_each_story_with_its_badge_and_what_it_leaves_out() -> None:
    told = [alert(story=n, headline=f"Event {n}", stance=Stance.DENY) for n in range(1, 41)]
    text = render_message(digest("40 stories", *told, repeated=True)).text
    assert "Event 1\n" in text
    assert "🔴 denied · Sources: 3 entries of 2 independent origins · /story 1" in text
    shown = sum(f"/story {n}\n" in text for n in range(1, 41))
    blocks = render_message(digest("40 stories", *told)).blocks
    assert shown
    assert f"and {40 - (len(blocks) - 2) // 2} more: /recent" in str(blocks[-1])


def test_a_possible_repeat_says_so() -> None:
    assert "may be a repeat" in render_message(alert(repeated=True)).text
    assert "may be a repeat" not in render_message(alert()).text


@settings(max_examples=60, deadline=None)
@given(replies)
def test_any_reply_makes_messages_that_slack_takes(reply: Reply) -> None:
    posts = render_reply(reply)
    assert 1 <= len(posts) <= MESSAGES
    for post in posts:
        check(post)


@given(st.text(st.characters()), st.integers(2, 50))
def test_plain_keeps_to_its_limit_and_can_be_encoded(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert units(shown) <= limit
    assert shown.split() == shown.split(" ") or shown == ""
