"""OPML: lists of other readers, hostile files, and our own list there and back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from bot.errors import ConfigError
from bot.feeds.catalogue.file import load_catalogue
from bot.feeds.catalogue.opml import OpmlFeed, as_feed, read_opml, write_opml
from bot.model import Feed, Ownership

NOW = datetime(2025, 10, 3, 9, 30, tzinfo=UTC)
ROOT = Path(__file__).parent.parent.parent


def opml(body: str, version: str = "2.0") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><opml version="{version}"><body>{body}</body></opml>'.encode()


def refusal(body: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_opml(body)
    return str(caught.value)


def there_and_back(feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    taken: set[str] = set()
    found = []
    for outline in read_opml(write_opml(feeds, NOW)):
        found.append(as_feed(outline, taken))
        taken.add(found[-1].id)
    return tuple(found)


def test_folders_titles_and_languages_are_read() -> None:
    body = opml(
        """
        <outline text="Mining">
          <outline text="Ore" title="Ore &amp; Metal" type="rss" xmlUrl="https://ore.example/rss?a=1&amp;b=2"
                   htmlUrl="https://ore.example/" language="en-us"/>
          <outline text="Asia"><outline text="稀土日报" xmlUrl="https://xt.example/feed" language="zh_CN"/></outline>
        </outline>
        <outline xmlUrl="https://bare.example/feed"/>
        """
    )
    assert read_opml(body) == (
        OpmlFeed("Ore & Metal", "https://ore.example/rss?a=1&b=2", "https://ore.example/", "en", ("Mining",)),
        OpmlFeed("稀土日报", "https://xt.example/feed", "", "zh", ("Mining", "Asia")),
        OpmlFeed("https://bare.example/feed", "https://bare.example/feed"),
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="A" xmlUrl="https://a.example/"/>',
        '<outline TEXT="A" XMLURL="https://a.example/"/>',
        '<outline text="A" xmlurl=" https://a.example/ "/>',
        '<outline text="A" type="rss" url="https://a.example/"/>',
        '<outline text="A" xmlUrl="feed:https://a.example/"/>',
        '<outline text="A" xmlUrl="feed://a.example/"/>',
        '<outline text="&#x202e;A" xmlUrl="https://a.example/"/><outline text="B" xmlUrl="https://a.example/"/>',
        '<outline text="A page" type="link" url="https://b.example/"/><outline text="A" xmlUrl="https://a.example/"/>',
        '<!-- kept --><outline text="A" xmlUrl="https://a.example/"><?x?></outline>',
    ],
)
def test_the_habits_of_other_readers_are_understood(version: str, outline: str) -> None:
    assert read_opml(opml(outline, version)) == (OpmlFeed("A", "https://a.example/"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "iso-8859-1"])
def test_encodings_are_those_that_the_file_declares(encoding: str) -> None:
    title = "Café" if encoding == "iso-8859-1" else "稀土"
    outline = f'<outline text="{title}" xmlUrl="https://a.example/"/>'
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml>{outline}</opml>'
    assert read_opml(text.encode(encoding))[0].title == title


def test_an_opml_in_a_namespace_is_one_too() -> None:
    body = b'<opml xmlns="http://opml.org/spec2"><outline text="A" xmlUrl="https://a.example/"/></opml>'
    assert read_opml(body) == (OpmlFeed("A", "https://a.example/"),)


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "OPML: line 1 is not well-formed XML: Document is empty"),
        (b"<opml><body>", "OPML: line 1 is not well-formed XML: Premature end of data in tag body line 1"),
        (b"<rss/>", "OPML: the file is no OPML: it begins with <rss>, not with <opml>"),
        (b"<!DOCTYPE html><html></html>", "OPML: the file is a web page"),
        (opml(""), "OPML: the file lists no feed: no outline in it has an xmlUrl"),
        (opml("<outline xmlUrl='http://a/?a&b'/>"), "OPML: line 1 is not well-formed XML: an '&' stands alone"),
        (opml("&nbsp;"), "OPML: line 1 is not well-formed XML: Entity 'nbsp' not defined"),
        (opml("<outline>" * 90 + "</outline>" * 90), "OPML: the file has more than 64 folders in each other"),
        (b"<opml>" + b" " * 17_000_000 + b"</opml>", "OPML: 17,000,013 bytes are too many"),
        (f'<!DOCTYPE opml [<!ENTITY e0 "ha">{BOMB}]><opml><outline text="&e11;" xmlUrl="http://a"/></opml>'.encode(),
         "OPML: the file has a DOCTYPE"),
        (b'<!DOCTYPE opml [<!ENTITY e SYSTEM "file:///etc/hosts">]><opml><outline xmlUrl="http://a">&e;</outline></opml>',
         "OPML: the file has a DOCTYPE"),
        (b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd"><opml/>', "OPML: the file has a DOCTYPE"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_opml_is_refused_in_one_line(body: bytes, complaint: str) -> None:
    said = refusal(body)
    assert said.startswith(complaint)
    assert "\n" not in said


@given(st.binary(max_size=120) | st.text(alphabet="<>/opmlutine xURL='\"&;!", max_size=120).map(str.encode))
@example(b"\xff\xfe<\x00")
@example(b"<opml><outline/></opml><opml/>")
def test_whatever_comes_is_feeds_or_one_line(body: bytes) -> None:
    try:
        said = [feed.url for feed in read_opml(body)]
    except ConfigError as error:
        said = [str(error)]
    assert said
    assert all(line and "\n" not in line for line in said)


def test_our_own_list_comes_back_whole() -> None:
    feeds = load_catalogue(ROOT / "feeds.yaml")
    assert there_and_back(feeds) == feeds


TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(
    st.builds(
        Feed,
        id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True),
        name=TEXTS,
        url=st.builds("https://a.example/{}".format, st.from_regex(r"[a-z&?=%'\"<>;]{0,20}", fullmatch=True)),
        language=st.sampled_from(["", "en", "zh", "ur"]),
        publisher=TEXTS,
        country=st.sampled_from(["", "PK", "ZZ"]),
        ownership=st.sampled_from(Ownership),
        tier=st.integers(1, 4),
        topics=st.lists(st.from_regex(r"[a-z-]+", fullmatch=True), max_size=3, unique=True).map(tuple),
        enabled=st.booleans(),
        user_agent=st.none() | st.from_regex(r"[!-~]{1,20}", fullmatch=True),
        min_interval=st.none() | st.integers(1, 86400).map(float),
        max_interval=st.none() | st.integers(1, 86400).map(float),
    )
)
def test_any_feed_comes_back_whole(feed: Feed) -> None:
    feed = replace(feed, name=normalize("NFC", feed.name), publisher=normalize("NFC", feed.publisher))
    assert there_and_back((feed,)) == (feed,)


def test_it_is_written_as_other_readers_read_it() -> None:
    feed = Feed("a-b", 'A "&" B\x07', "https://a.example/?x&y", "ur", "P", "PK", Ownership.TRADE, 2, ("rare-earths",))
    root = etree.fromstring(write_opml((feed,), NOW))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/dateCreated") == "Fri, 03 Oct 2025 09:30:00 +0000"
    (outline,) = root.findall("body/outline")
    plain = {name: value for name, value in outline.attrib.items() if not name.startswith("{")}
    assert plain == {
        "type": "rss",
        "text": 'A "&" B',
        "title": 'A "&" B',
        "xmlUrl": "https://a.example/?x&y",
        "language": "ur",
        "category": "rare-earths",
    }


def test_what_another_reader_does_not_say_gets_a_sensible_value() -> None:
    feed = as_feed(OpmlFeed("The Ore", "https://ore.example/feed", language="xx"), {"the-ore"})
    assert feed == Feed("the-ore-2", "The Ore", "https://ore.example/feed", "", "The Ore", "", Ownership.INDEPENDENT, 3)


def test_values_that_cannot_be_right_are_left_out() -> None:
    own = (
        'xmlns:m="urn:monazite:feeds" m:id="Not An Id" m:country="Mars" m:ownership="mine" m:tier="9" m:user-agent="é"'
    )
    (outline,) = read_opml(opml(f'<outline text="A" xmlUrl="https://a.example/" category="b" {own}/>'))
    assert as_feed(outline, ()) == Feed("a", "A", "https://a.example/", "", "A", "", Ownership.INDEPENDENT, 3, ("b",))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https://me:secret@a.example/", "a.example"]
)
def test_an_address_that_cannot_be_polled_is_one_line(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^OPML: feed 'A': [^\n]*$") as caught:
        as_feed(OpmlFeed("A", url), ())
    assert "secret" not in str(caught.value)
