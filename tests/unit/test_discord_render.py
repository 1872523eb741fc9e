"""Message and reply → embeds: what is shown, Discord's limits, and that no text from outside becomes markup."""

import re
import unicodedata
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from tests.samples import alert, digest, follow_up

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord.render import address, length, plain, render_message, render_reply

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
HOSTILE = "[win](https://evil.example/x) <@123> <#4> @everyone `code` **bold** ||hidden|| <https://evil.example> # big"


def publication(number: int = 1, *, publisher: str = "", url: str = "") -> Publication:
    return Publication(
        publisher or f"Paper {number}",
        "PK",
        "independent",
        "en",
        url or f"https://p{number}.example/a",
        "T",
        NOON,
        number,
    )


FIELDS: dict[str, Any] = {
    "headline": "Ore leaves the harbour",
    "url": "https://p1.example/a",
    "topics": ("rare-earths",),
    "sentences": (QuotedSentence("Two ships left on Monday.", 1),),
    "publications": (publication(1), publication(2)),
    "why": "names ore and harbour",
    "created": NOON,
}


def message(**changes: Any) -> Alert:
    return alert(**(FIELDS | {"origins": 2} | changes))


def update(kind: Kind = Kind.UPDATE, **changes: Any) -> FollowUp:
    return follow_up(kind, **(FIELDS | changes))


def live(markdown: str) -> str:
    """What is left to work as markup: escaped marks and links that do not come from the hostile text are taken out."""
    unescaped = re.sub(r"\\[^0-9A-Za-z\s]", "", markdown)
    return re.sub(r"\[[^\[\]]*\]\(https?://(?!evil)[^\s()<>]+\)", "", unescaped)


def is_tame(markdown: str) -> bool:
    return not re.search(r"[\[\]<>`|@#_~]|\]\(|https?://", live(markdown))


def test_an_alert_shows_headline_sentences_sources_and_why() -> None:
    embed = render_message(message())
    assert (embed.title, embed.url, embed.timestamp) == ("Ore leaves the harbour", "https://p1.example/a", NOON)
    assert embed.author.name == "ALERT · rare-earths · report"
    assert embed.description == r"Two ships left on Monday. \[1\]"
    sources, why = embed.fields
    assert sources.name == "Sources: 2 entries of 2 independent origins"
    assert sources.value is not None
    first, second = sources.value.splitlines()
    assert first.startswith(r"\[1\] [Paper 2](https://p2.example/a) · p2.example · PK · independent · en · 03 Feb 2026")
    assert second.startswith(r"\[2\] [Paper 1]")
    assert (why.name, why.value) == ("Why", "names ore and harbour")
    assert embed.footer.text == "Story 12 · /story 12 · /why 12 · /sources 12"


def test_a_denial_names_what_it_denies_and_who_denies_it() -> None:
    embed = render_message(update(Kind.DENIAL, stance=Stance.DENY, claim="Ore was sold", speaker="The ministry"))
    assert embed.description
    assert embed.description.startswith("**Denies** (The ministry): “Ore was sold”\n")
    assert embed.colour != render_message(message()).colour
    assert embed.fields[0].name == "Sources"


def test_colour_follows_the_stance_of_an_alert() -> None:
    assert len({render_message(message(stance=stance)).colour for stance in Stance}) == len(Stance)


def test_colour_tells_the_topics_of_reports_apart_and_nothing_else() -> None:
    told = [("rare-earths",), ("china-pakistan-us",)]
    assert len({render_message(message(topics=topics)).colour for topics in told}) == 2
    denied = [render_message(message(topics=topics, stance=Stance.DENY)).colour for topics in told]
    assert len(set(denied)) == 1


def test_a_notice_is_its_text() -> None:
    embed = render_message(Notice("First line\nSecond line"))
    assert (embed.title, embed.description) == ("Notice", "First line\nSecond line")


def test_more_sources_than_fit_are_counted() -> None:
    many = tuple(publication(n, url=f"https://p{n}.example/{'a' * 150}") for n in range(40))
    embed = render_message(message(publications=many, sentences=()))
    shown = [line for field in embed.fields[:2] for line in str(field.value).splitlines()]
    assert shown[-1] == f"and {40 - len(shown) + 1} more: /sources 12"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x_(y)?q=1#z", "https://a.example/x_%28y%29?q=1#z"),
        ("https://a.example/مضمون", "https://a.example/%D9%85%D8%B6%D9%85%D9%88%D9%86"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("http://a.example:8080/%41", "http://a.example:8080/%41"),
        ("javascript:alert(1)", ""),
        ("https://user@a.example/", ""),
        ("https://nodots/", ""),
        ("https://[broken/", ""),
        ("https://a.example/" + "a" * 2048, ""),
        ("https://a.example/\ud800", ""),
        ("", ""),
    ],
)
def test_address(url: str, shown: str) -> None:
    assert address(url) == shown


def test_hostile_text_stays_text_everywhere() -> None:
    told = update(
        headline=HOSTILE,
        claim=HOSTILE,
        speaker=HOSTILE,
        why=HOSTILE,
        sentences=(QuotedSentence(HOSTILE, 0),),
        publications=(publication(publisher=HOSTILE),),
    )
    embed = render_message(told)
    texts = [embed.title, embed.description, *(field.value for field in embed.fields)]
    assert all(is_tame(text) for text in texts if text)
    [[answer]] = render_reply(Reply(HOSTILE, (Text(HOSTILE), Link(HOSTILE, "https://a.example/"))))
    assert answer.title
    assert answer.description
    assert is_tame(answer.title)
    assert is_tame(answer.description.replace("**", ""))


def test_right_to_left_text_keeps_its_neighbours_in_place() -> None:
    urdu, apart = "نایاب معدنیات", "\u2068نایاب معدنیات\u2069"
    told = update(
        headline=urdu, claim=urdu, speaker=urdu, sentences=(QuotedSentence(urdu, 0),),
        publications=(publication(1, publisher=urdu),), why="rare-earths: +3.0 “نایاب معدنیات”; +1.0 “چین”",
    )  # fmt: skip
    embed = render_message(told)
    claim, sentence = str(embed.description).split("\n")
    assert claim == f"**Follows** ({apart}): “{apart}”"
    assert sentence == rf"{urdu} \[1\]"  # it comes first, and so sets its line's direction
    assert embed.title == urdu
    sources, why = (str(field.value) for field in embed.fields)
    assert sources.startswith(rf"\[1\] [{apart}](https://p1.example/a) · p1.example")
    assert why == f"rare-earths: +3.0 “{apart}”; +1.0 “\u2068چین\u2069”"
    [[reply]] = render_reply(Reply("", (Table(("Story", "Headline", "Age"), (("12", urdu, "3h"),)),)))
    assert f"**12** · {apart} · 3h" in str(reply.description)


def test_a_table_has_a_line_for_each_row() -> None:
    table = Table(("Story", "Headline"), (("12", "Ore"), ("", Link("Ships", "https://a.example/s"))))
    [[embed]] = render_reply(Reply("Latest", (table,)))
    assert embed.title == "Latest"
    assert embed.description == "*Story · Headline*\n**12** · Ore\n– · [Ships](https://a.example/s)"


def test_a_long_reply_takes_several_messages_and_says_where_it_ends() -> None:
    table = Table(("Story", "Headline"), tuple((str(n), "word " * 40) for n in range(400)))
    messages = render_reply(Reply("Latest", (table,)))
    assert len(messages) == 6
    assert messages[0][0].title == "Latest"
    assert str(messages[-1][-1].description).startswith("There is more.")


any_text = (
    st.text(st.characters(codec=None), max_size=400)
    | st.text("[](<>@*_`|~\\#:/-1. \n\ud800a", max_size=60)
    | st.just(HOSTILE)
)
long_text = st.builds(lambda text, times: text * times, any_text, st.integers(1, 40))
publications = st.builds(
    Publication,
    publisher=any_text,
    country=st.sampled_from(["", "CN"]),
    ownership=any_text,
    language=st.just("zh"),
    url=any_text | st.builds("https://a.example/{}".format, any_text),
    title=any_text,
    published=st.none() | st.just(NOON),
    origin=st.just(1),
)
told_fields: dict[str, Any] = {
    "headline": long_text,
    "url": any_text | st.builds("https://a.example/{}".format, long_text),
    "topics": st.lists(any_text, max_size=4).map(tuple),
    "stance": st.sampled_from(Stance),
    "sentences": st.lists(st.builds(QuotedSentence, long_text, st.just(0)), max_size=8).map(tuple),
    "publications": st.lists(publications, min_size=1, max_size=12).map(tuple),
    "why": long_text,
}
messages = st.builds(message, **told_fields)
follow_ups = st.builds(
    update,
    st.sampled_from([Kind.UPDATE, Kind.DENIAL, Kind.CONFIRMATION]),
    claim=long_text,
    speaker=any_text,
    original=any_text,
    **told_fields,
)
links = st.builds(Link, long_text, st.builds("https://a.example/{}".format, any_text))
tables = st.lists(st.lists(any_text | links, min_size=8, max_size=8).map(tuple), max_size=30).map(
    lambda rows: Table(("c",) * 8, tuple(rows))
)


def within_limits(embeds: list[object]) -> None:
    total = 0
    for embed in embeds:
        told = embed.to_dict()  # type: ignore[attr-defined]  # an embed; the type is the library's
        fields = told.get("fields", [])
        assert units(told.get("title", "")) <= 256
        assert units(told.get("description", "")) <= 4096
        assert units(told.get("author", {}).get("name", "")) <= 256
        assert len(fields) <= 25
        assert all(0 < units(f["name"]) <= 256 and f["value"].strip() and units(f["value"]) <= 1024 for f in fields)
        assert told.get("title") or told.get("description")
        total += length(embed)  # type: ignore[arg-type]
    assert 0 < len(embeds) <= 10
    assert 0 < total <= 6000


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2  # raises where half a surrogate pair is left


@settings(max_examples=20, deadline=None)
@given(st.lists(messages | follow_ups, max_size=60))
def test_any_digest_is_within_the_limits(told: list[Alert | FollowUp]) -> None:
    within_limits([render_message(digest(f"{len(told)} stories", *told))])


def test_a_digest_tells_each_story_and_what_it_leaves_out() -> None:
    told = [alert(story=n, headline=f"Event {n}", stance=Stance.DENY) for n in range(1, 61)]
    embed = render_message(digest("60 stories", *told, repeated=True))
    text = str(embed.description)
    assert "denied · Sources: 3 entries of 2 independent origins · /story 1\n" in text
    shown = text.count("/story ")
    assert text.endswith(f"and {60 - shown} more: /recent")
    assert "may be a repeat" in str(embed.footer.text)


@settings(max_examples=60, deadline=None)
@given(messages | follow_ups | st.builds(Notice, long_text))
def test_any_message_is_within_the_limits_and_tame(told: Message) -> None:
    embed = render_message(told)
    within_limits([embed])
    if not isinstance(told, Notice):
        values = [str(field.value) for field in embed.fields]
        assert all(is_tame(text) for text in [embed.title or "", embed.description or "", *values])


@settings(max_examples=60, deadline=None)
@given(st.builds(Reply, long_text, st.lists(st.one_of(st.builds(Text, long_text), links, tables, messages)).map(tuple)))
def test_any_reply_is_within_the_limits(reply: Reply) -> None:
    answers = render_reply(reply)
    assert 0 < len(answers) <= 6
    for embeds in answers:
        within_limits(list(embeds))


@given(any_text)
def test_plain_text_reads_as_before(text: str) -> None:
    shown = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", plain(text, 10_000))
    assert shown.split() == " ".join(visible(text).split()).split()
    assert is_tame(plain(text, 10_000))


@given(any_text, st.integers(1, 50))
def test_a_cut_leaves_no_half_escape(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert units(shown) <= limit
    assert "\\…" not in re.sub(r"\\\\", "", shown)


def visible(text: str) -> str:
    return "".join(
        c for c in text if c in "\x85\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c.isspace()
    )
