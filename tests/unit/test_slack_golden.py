"""What Slack is sent, byte by byte: tests/golden/slack. After a change that is meant, write the files anew:

    MONAZITE_GOLDEN=write .venv/bin/python -m pytest tests/unit/test_slack_golden.py

and read the difference before committing it.
"""

import json
import os
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Channel, Kind, Notice, QuotedSentence, Reply, Stance, Subscription, Table, Text
from handlers.slack.home import home_view
from handlers.slack.listing import subscriptions_post
from handlers.slack.modal import channel_of, command_of, complaint, subscribe_view
from handlers.slack.render import Post, render_message, render_reply
from tests.samples import alert, follow_up, publication
from tests.samples import digest as digest_of
from tests.slack_rules import wrong_message, wrong_view

GOLDEN = Path(__file__).parent.parent / "golden" / "slack"
URDU = "پاکستان نے نایاب معدنیات بھیج دیں"
TOPICS = {"rare-earths": "Rare earths", "china-pakistan-us": "China, Pakistan and the United States"}
HERE, DIRECT = Channel("slack", "C1"), Channel("slack", "D1")
DAILY = Subscription(
    HERE, "rare-earths", 0.7, ("en", "ur"), time(8), "Asia/Karachi", (time(22), time(7)), aloud=True, by="U1"
)
AT_ONCE = Subscription(DIRECT, "china-pakistan-us", by="U1")
STATUS = Reply("Status", (Table(("What", "How it is"), (("Feeds", "102 (102 active)"), ("Scheduler", "led by one"))),))


def body(post: Post) -> dict[str, Any]:
    return {"text": post.text, "blocks": post.blocks}


def denial(**changes: object) -> Post:
    answers = {"stance": Stance.DENY, "speaker": "Ministry", "claim": "Ore samples leave Karachi"}
    return render_message(follow_up(Kind.DENIAL, headline="Ministry denies the shipment", **answers, **changes))


def digest() -> Post:
    told = (alert(headline="Ore leaves Karachi"), alert(story=13, headline=URDU, stance=Stance.DENY))
    return render_message(digest_of("2 stories since yesterday", *told))


MESSAGES = {
    "alert": render_message(alert()),
    "head-grown": render_message(alert(stance=Stance.DENY, publications=tuple(map(publication, range(9))), origins=4)),
    "denial": denial(),
    "confirmation": render_message(follow_up(Kind.CONFIRMATION, stance=Stance.CONFIRM, claim="Ore leaves Karachi")),
    "update": render_message(follow_up(Kind.UPDATE, claim="Ore leaves Karachi")),
    "right-to-left": render_message(
        alert(headline=URDU, sentences=(QuotedSentence(URDU, 0), QuotedSentence("The firm paid.", 1)), why=f"“{URDU}”")
    ),
    "told-in-english": denial(original=URDU),
    "perhaps-repeated": render_message(alert(repeated=True)),
    "digest": digest(),
    "notice": render_message(Notice("The channel news is archived.\n/subscribe starts again.")),
    "markup": render_message(alert(headline="<!channel> *now* & <@U1>", why="@here <https://evil.example|bank>")),
    "reply": render_reply(Reply("Latest", (Table(("Story", "Headline"), (("12", URDU),)), Text("/recent has more"))))[
        0
    ],
    "subscriptions": subscriptions_post(TOPICS, (DAILY,), "C1", "Subscriptions of this channel"),
    "no-subscriptions": subscriptions_post(TOPICS, (), "C1", "This channel has no subscriptions"),
}
VIEWS = {
    "form": subscribe_view(TOPICS, "C1"),
    "form-alone": subscribe_view(TOPICS, "D1"),
    "form-change": subscribe_view(TOPICS, "C1", DAILY),
    "home": home_view(TOPICS, (AT_ONCE,), (DAILY,), STATUS, "D1"),
    "home-empty": home_view(TOPICS, (), (), Reply("", (Text("That cannot be answered now: no database"),)), "D1"),
}


@pytest.mark.parametrize(("name", "content"), [*((n, body(post)) for n, post in MESSAGES.items()), *VIEWS.items()])
def test_slack_is_sent_exactly_this(name: str, content: dict[str, Any]) -> None:
    written = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    for mark in "\u200e\u200f\u2068\u2069":  # that nobody would see in the file
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    path = GOLDEN / f"{name}.json"
    if os.environ.get("MONAZITE_GOLDEN") == "write":
        path.write_text(written, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == written
    assert (wrong_view if "type" in content else wrong_message)(content) == ""


def test_every_golden_file_is_held_against_something() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {*MESSAGES, *VIEWS}


anything = st.text(st.characters(), max_size=30)
names = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)
hours = st.times().map(lambda at: at.replace(second=0, microsecond=0))
languages = st.lists(st.from_regex(r"[a-z]{2}", fullmatch=True), max_size=20, unique=True).map(tuple)
made = st.builds(
    Subscription,
    st.builds(Channel, st.just("slack"), st.from_regex(r"[CDG@][A-Z0-9]{1,10}", fullmatch=True)),
    names,
    st.floats(0, 1).map(lambda score: round(score, 3)),
    languages,
    digest=hours | st.none(),
    zone=st.sampled_from(["UTC", "Asia/Karachi", "America/Argentina/Buenos_Aires"]),
    quiet=st.tuples(hours, hours) | st.none(),
    aloud=st.booleans(),
)
known = st.dictionaries(names, anything, min_size=1, max_size=5)
tables = st.lists(st.tuples(anything, anything), max_size=5).map(lambda rows: Table(("What", "How"), tuple(rows)))


@settings(max_examples=30, deadline=None)
@given(known, st.lists(made, max_size=4), st.builds(Text, anything) | tables, anything)
def test_any_titles_and_any_health_make_views_that_slack_takes(
    topics: dict[str, str], found: list[Subscription], health: Text | Table, title: str
) -> None:
    assert wrong_view(home_view(topics, found, found, Reply(title, (health,)), "D1")) == ""
    assert wrong_message(body(subscriptions_post(topics, found, "C1", "Subscriptions"))) == ""
    assert wrong_view(subscribe_view(topics, "C1")) == ""


def test_more_than_slack_shows_is_left_out_and_counted() -> None:
    topics = {f"topic-{number}": "word " * 100 for number in range(150)}
    found = [Subscription(HERE, topic) for topic in topics]
    rows = tuple(("What " * 100, "how " * 200) for _ in range(100))
    view = home_view(topics, found, found, Reply("", (Table(("What", "How"), rows),)), "D1")
    assert wrong_view(view) == wrong_view(subscribe_view(topics, "C1")) == ""
    post = subscriptions_post(topics, found, "C1", "Subscriptions")
    assert wrong_message(body(post)) == ""
    assert "and 130 more" in str(post.blocks)


@settings(max_examples=60, deadline=None)
@given(known, made)
def test_a_form_left_as_it_was_asks_for_what_there_is(topics: dict[str, str], current: Subscription) -> None:
    view = subscribe_view(topics, current.channel.id, current)
    assert wrong_view(view) == ""
    assert channel_of(view) == current.channel.id
    fields = {b["block_id"]: {b["block_id"]: _untouched(b["element"])} for b in view["blocks"] if b["type"] == "input"}
    words = command_of(view | {"state": {"values": fields}}).split()
    assert words[:2] == ["/subscribe", current.topic]
    assert (f"digest={current.digest:%H:%M}" in words) if current.digest else not any("digest" in w for w in words)
    assert f"zone={current.zone}" in words
    assert (f"lang={','.join(current.languages)}" in words) == bool(current.languages)
    assert ("denials=channel" in words) == current.aloud


def _untouched(element: dict[str, Any]) -> dict[str, Any]:
    renamed = {"initial_option": "selected_option", "initial_options": "selected_options", "initial_value": "value"}
    renamed["initial_time"] = "selected_time"
    return {renamed[key]: value for key, value in element.items() if key in renamed}


@given(st.sampled_from(["topic", "zone", "quiet", "score", "mode", "nothing", ""]), anything.filter(str.strip))
def test_a_complaint_stands_beside_a_field_of_the_form(field: str, text: str) -> None:
    [(beside, said)] = complaint(subscribe_view(TOPICS, "C1"), field, f"zone={text}").items()
    assert beside == (field if field not in ("nothing", "") else "topic")
    assert len(said) <= 150
