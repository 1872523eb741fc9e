"""The fast reader answers as feedparser does, the split finds what the readers find, and dates are read alike."""

from calendar import timegm
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.parse.dates import plausible, read_date
from bot.feeds.parse.fields import RawEntry, mend
from bot.feeds.parse.loose import read_loose
from bot.feeds.parse.split import known_hashes, raw_hash, split_entries
from bot.feeds.parse.xml_feed import NotPlainError, read_plain

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:dcterms="http://purl.org/dc/terms/"'
)
WORDS = st.lists(
    st.sampled_from(["ore", "oxide", "&", "<b>", "稀土", "نایاب", "é", "&amp;", "café", "2 < 3", "\n", "]]"]),
    max_size=6,
).map(" ".join)
LINKS = st.sampled_from(
    ["https://q.example/1", "https://q.example/2?a=1&b=2", "/relative", "", "urn:x:1", "https://é.example/"]
)
DATES = st.sampled_from(
    [
        "Tue, 07 Oct 2025 12:00:00 +0500",
        "7 Oct 2025 12:00 GMT",
        "2025-10-07T12:00:00Z",
        "2025-10-07",
        "",
        "soon",
        "Oct 7, 2025",
    ]
)


def _element(name: str, text: st.SearchStrategy[str], attributes: str = "") -> st.SearchStrategy[str]:
    return text.map(lambda value: f"<{name}{attributes}>{escape(value)}</{name}>")


FIELDS = st.one_of(
    *(
        _element(name, WORDS)
        for name in ("title", "description", "content:encoded", "dc:description", "media:description")
    ),
    *(
        _element(name, WORDS)
        for name in ("dc:title", "media:title", "category", "dc:creator", "author", "itunes:summary")
    ),
    *(_element(name, WORDS) for name in ("summary", "content", "source", "comments", "itunes:author", "unknown")),
    *(_element(name, LINKS) for name in ("link", "guid", "id")),
    *(_element(name, DATES) for name in ("pubDate", "dc:date", "published", "updated", "dcterms:created", "modified")),
    _element("guid", LINKS, ' isPermaLink="false"'),
    _element("description", WORDS, ' type="text"'),
    LINKS.map(lambda link: f'<atom:link href="{escape(link)}"/>'),
    LINKS.map(lambda link: f'<link rel="self" href="{escape(link)}"/>'),
    WORDS.map(lambda text: f"<author><name>{escape(text)}</name><uri>x</uri></author>"),
    WORDS.map(lambda text: f"<source url='https://s.example/'>{escape(text)}</source>"),
    WORDS.map(lambda text: f"<media:group><media:title>{escape(text)}</media:title></media:group>"),
    WORDS.map(lambda text: f"<media:group><media:description>{escape(text)}</media:description></media:group>"),
    st.just("<image><url>https://q.example/i.png</url><title>logo</title></image>"),
    st.just("<unknown><title>nested</title></unknown>"),
    st.just("<description><![CDATA[<p>marked <em>up</em></p>]]></description>"),
    st.just("<title>inline <b>markup</b></title>"),
)
ITEMS = st.lists(FIELDS, max_size=9).map(lambda fields: f"<item>{''.join(fields)}</item>")


def _fields(entry: RawEntry) -> tuple[object, ...]:
    return (entry.guid, entry.published, entry.updated, entry.created)


def _longest(entry: RawEntry) -> str:
    return max((text.strip() for text in entry.texts), key=len, default="")


@settings(max_examples=300, deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=3))
def test_the_fast_reader_answers_as_feedparser(items: list[str]) -> None:
    body = f"<rss version='2.0' {NAMESPACES}><channel><title>t</title>{''.join(items)}</channel></rss>".encode()
    plain, loose = read_plain(body), read_loose(body, "")
    assert len(plain.entries) == len(loose.entries) == len(items)
    assert (plain.title, plain.format) == (loose.title, loose.format)
    for ours, theirs in zip(plain.entries, loose.entries, strict=True):
        if not ours.unsure:
            assert _fields(ours) == _fields(theirs)
            # feedparser drops a title if an empty <source> and an empty <media:title> follow it
            assert ours.title == theirs.title or not theirs.title
            # of many texts feedparser keeps two
            assert len(_longest(ours)) >= len(_longest(theirs))
            assert not _longest(theirs) or _longest(theirs) in [text.strip() for text in ours.texts]
            # a permanent guid that is no address makes no link, and an empty <link/> does not hide one that is
            assert ours.link == theirs.link or not theirs.link.startswith("http")


def test_an_ordinary_entry_is_sure() -> None:
    body = (
        f"<rss version='2.0' {NAMESPACES}><channel><item><title>Seam</title><link>https://q.example/1</link>"
        "<guid isPermaLink='false'>1</guid><pubDate>Tue, 07 Oct 2025 12:00:00 GMT</pubDate><dc:creator>Li</dc:creator>"
        "<description>Miners</description><content:encoded>&lt;p&gt;Miners&lt;/p&gt;</content:encoded>"
        "<category>ore</category><media:content url='https://q.example/a.jpg'><media:title>x</media:title></media:content>"
        "<enclosure url='https://q.example/a.mp3' length='1' type='audio/mpeg'/></item></channel></rss>"
    )
    (entry,) = read_plain(body.encode()).entries
    assert not entry.unsure
    assert entry.texts == ["Miners", "<p>Miners</p>"]


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><item></channel></rss>",
        b"<!DOCTYPE rss><rss/>",
        b"<opml/>",
        b"<rss><channel><item><item/></item></channel></rss>",
        b"<rss xmlns:media='urn:not-media'><channel/></rss>",
        b"<rss xmlns='urn:unknown'><channel/></rss>",
        b"<rss><nonsense><item/></nonsense></rss>",
        b"<rss>\xff</rss>",
    ],
)
def test_what_only_feedparser_can_answer_for_is_left_to_it(body: bytes) -> None:
    with pytest.raises(NotPlainError):
        read_plain(body)


ENTRY = st.sampled_from([b"<item><title>a</title></item>", b"<item id='1'>b</item>", b"<item\n>c</item >", b"<item>d"])
FILLER = st.sampled_from([b"", b"\n", b"<title>t</title>", b"<items/>", b"<!-- c -->"])


@settings(deadline=None)
@given(st.lists(st.tuples(FILLER, ENTRY), max_size=8), st.sets(st.integers(0, 7)))
def test_the_split_finds_entries_and_takes_out_the_known(parts: list[tuple[bytes, bytes]], known: set[int]) -> None:
    body = b"<rss>" + b"".join(filler + entry for filler, entry in parts) + b"</rss>"
    split = split_entries(body, b"", 1000)
    if split is None:
        assert not parts
        return
    assert split.total == len(parts)
    spans = [body[start:end] for start, end in split.fresh]
    assert all(raw.startswith(entry) for raw, (_, entry) in zip(spans, parts, strict=True))
    hashes = [split.hashes[at : at + 8] for at in range(0, len(split.hashes), 8)]
    assert hashes == [raw_hash(raw) for raw in spans]
    wanted = b"".join(digest for number, digest in enumerate(hashes) if number in known)
    rest = split_entries(body, wanted, 1000)
    assert rest is not None
    left = [raw for raw, digest in zip(spans, hashes, strict=True) if digest not in known_hashes(wanted)]
    assert [body[start:end] for start, end in rest.fresh] == left
    reduced = rest.only(rest.fresh)
    assert all(raw in reduced for raw in left)
    assert len(reduced) == len(body) - sum(map(len, spans)) + sum(map(len, left))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 07 Oct 2025 12:00:00 +0000", datetime(2025, 10, 7, 12, tzinfo=UTC)),
        ("Tue, 07 Oct 2025 12:00:00 GMT", datetime(2025, 10, 7, 12, tzinfo=UTC)),
        ("Tue, 7 Oct 2025 12:00:00 PKT", datetime(2025, 10, 7, 7, tzinfo=UTC)),
        ("07 October 2025 12:00 EST", datetime(2025, 10, 7, 17, tzinfo=UTC)),
        ("Tuesday, 07-Oct-2025 12:00:00 UTC+08:00", datetime(2025, 10, 7, 4, tzinfo=UTC)),
        ("Tue, 07 Oct 2025", datetime(2025, 10, 7, tzinfo=UTC)),
        ("2025-10-07T12:00:00.123456789+05:30", datetime(2025, 10, 7, 6, 30, tzinfo=UTC)),
        ("2025-10-07 12:00", datetime(2025, 10, 7, 12, tzinfo=UTC)),
        ("2025-10-07", datetime(2025, 10, 7, tzinfo=UTC)),
        ("Tue, 31 Feb 2025 12:00:00 GMT", None),
        ("Tue, 07 Oct 2025 25:61:00 GMT", None),
        ("Tue, 07 Oct 2025 12:00:00 QQQQ", None),
        ("2025-13-07T12:00:00Z", None),
        ("2025", None),
        ("", None),
    ],
)
def test_read_date(written: str, moment: datetime | None) -> None:
    assert read_date(written) == (None if moment is None else int(moment.timestamp()))


@settings(deadline=None)
@given(
    st.datetimes().filter(lambda moment: 1990 <= moment.year < 2099),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_read_date_undoes_formatting(moment: datetime, zone: timezone) -> None:
    moment = moment.replace(microsecond=0, tzinfo=zone)
    stamp = timegm(moment.utctimetuple())
    assert read_date(format_datetime(moment)) == stamp
    assert read_date(moment.isoformat()) == stamp


def test_plausible() -> None:
    now = datetime(2025, 10, 7, tzinfo=UTC).timestamp()
    assert plausible(int(now) + 86_400, now) == int(now) + 86_400
    assert plausible(int(now) + 86_401, now) is None
    assert plausible(0, None) is None
    assert plausible(None, now) is None


@pytest.mark.parametrize(
    ("text", "mended"),
    [("cafÃ©", "café"), ("it\x92s", "it’s"), ("café", "café"), ("稀土", "稀土"), ("plain", "plain")],
)
def test_mend(text: str, mended: str) -> None:
    assert mend(text) == mended
