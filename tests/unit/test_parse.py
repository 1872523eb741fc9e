"""Bytes to entries: every format and encoding, what is left out, what is refused."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from bot.errors import ParseError
from bot.feeds.parse.in_process import parse
from bot.model import Entry, ParsedFeed

NOON = datetime(2025, 10, 7, 12, 0, tzinfo=UTC)


def rss(items: str, head: str = "", declaration: str = '<?xml version="1.0" encoding="UTF-8"?>', root: str = "") -> str:
    return (
        f'{declaration}<rss version="2.0" {root}><channel><title>The Quarry</title>'
        f"<link>https://quarry.example/</link>{head}{items}</channel></rss>"
    )


def item(number: int, extra: str = "") -> str:
    return (
        f"<item><title>Seam {number} opened</title><link>https://quarry.example/{number}</link>"
        f"<guid>q-{number}</guid><description>Miners reached seam {number} today.</description>{extra}</item>"
    )


def read(text: str | bytes, **options: object) -> ParsedFeed:
    body = text.encode() if isinstance(text, str) else text
    return parse(body, feed_id="quarry", **options)  # type: ignore[arg-type] # each test passes what parse() takes


def one(text: str | bytes, **options: object) -> Entry:
    (entry,) = read(text, **options).entries
    return entry


def test_rss() -> None:
    feed = read(
        rss(
            item(
                1, "<pubDate>Tue, 07 Oct 2025 17:00:00 +0500</pubDate><author>desk@quarry.example (A. Digger)</author>"
            ),
            "<language>en-gb</language><ttl>15</ttl><skipHours><hour>0</hour><hour>23</hour></skipHours>"
            "<skipDays><day>Sunday</day></skipDays>",
        )
    )
    assert (feed.format, feed.title, feed.language, feed.home_url) == (
        "RSS 2.0",
        "The Quarry",
        "en",
        "https://quarry.example/",
    )
    assert (feed.ttl, feed.skip_hours, feed.skip_days) == (900.0, frozenset({0, 23}), frozenset({7}))
    assert (feed.total, feed.malformed, feed.quarantined, len(feed.raw_hashes)) == (1, False, 0, 8)
    assert feed.newest == NOON
    assert feed.entries == (
        Entry(
            feed_id="quarry",
            guid="q-1",
            url="https://quarry.example/1",
            title="Seam 1 opened",
            text="Miners reached seam 1 today.",
            language="en",
            published=NOON,
        ),
    )


def test_atom() -> None:
    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ur"><title>کان</title>'
        '<link href="https://kaan.example/"/><link rel="self" href="https://kaan.example/feed"/>'
        '<entry><title type="html">Ore &amp;amp; oxide</title><id>urn:1</id>'
        '<link rel="enclosure" href="https://kaan.example/1.mp3"/><link href="/1"/>'
        "<published>2025-10-07T12:00:00Z</published><updated>2025-10-07T13:00:00Z</updated>"
        "<author><name>Zahra</name><email>z@kaan.example</email></author><author><name>Li</name></author>"
        "<summary>Short.</summary>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Two &lt;tonnes&gt;</p><p>left.</p></div>'
        "</content>"
        "</entry></feed>",
        base_url="https://kaan.example/feed",
    )
    entry = feed.entries[0]
    assert (feed.format, feed.language, feed.home_url) == ("Atom 1.0", "ur", "https://kaan.example/")
    assert (entry.url, entry.title, entry.text) == ("https://kaan.example/1", "Ore & oxide", "Two <tonnes>\nleft.")
    assert entry.published == NOON


def test_rdf() -> None:
    feed = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        "<channel rdf:about='https://q.example/'><title>Quarry</title><link>https://q.example/</link>"
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>"
        "<item rdf:about='urn:q:1'><title>Seam</title><link>https://q.example/1</link>"
        "<dc:creator>Digger</dc:creator><dc:date>2025-10-07T20:00:00+08:00</dc:date></item></rdf:RDF>"
    )
    assert (feed.format, feed.ttl) == ("RSS 1.0", 21600.0)
    entry = feed.entries[0]
    assert (entry.guid, entry.published) == ("urn:q:1", NOON)


def test_atom_03_and_old_rss() -> None:
    atom = read(
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>t</title><entry><title>Seam</title>'
        '<link rel="alternate" type="text/html" href="https://q.example/1"/><id>1</id>'
        "<issued>2025-10-07T12:00:00Z</issued></entry></feed>"
    )
    assert (atom.format, atom.entries[0].published) == ("Atom 0.3", NOON)
    old = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'
    assert read(rss(item(1), declaration=old).replace("2.0", "0.91")).format == "RSS 0.91"


def test_json_feed() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Quarry <news>",
        "home_page_url": "https://q.example/",
        "language": "en-US",
        "items": [
            {"id": 7, "url": "https://q.example/7", "title": "a < b", "content_html": "<p>Ore</p><p>left</p>",
             "date_published": "2025-10-07T12:00:00.1234567Z", "authors": [{"name": "Digger"}]},
            {"id": "https://q.example/8", "content_text": "5 < 6 tonnes", "author": {"name": "Li"}},
            "no entry",
        ],
    }  # fmt: skip
    body = json.dumps(document).encode()
    feed = read(body)
    first, second = feed.entries
    assert (feed.format, feed.title, feed.language, feed.quarantined) == ("JSON Feed 1.1", "Quarry <news>", "en", 1)
    assert (first.guid, first.title, first.text) == ("7", "a < b", "Ore\nleft")
    assert first.published == NOON
    assert (second.url, second.text) == ("https://q.example/8", "5 < 6 tonnes")
    assert read(body, known=feed.raw_hashes).entries == ()
    assert read(body, known=feed.raw_hashes[:8]).entries == (second,)


SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
    "<url><loc>https://q.example/about</loc></url>"
    "<url><loc>https://q.example/1</loc><n:news><n:publication><n:name>Quarry</n:name><n:language>en</n:language>"
    "</n:publication><n:publication_date>2025-10-07T12:00:00Z</n:publication_date><n:title>Seam opened</n:title>"
    "</n:news></url></urlset>"
)


def test_news_sitemap() -> None:
    feed = read(gzip.compress(SITEMAP.encode()))
    assert (feed.format, feed.title, feed.language, feed.total) == ("News sitemap", "Quarry", "en", 1)
    entry = feed.entries[0]
    assert (entry.guid, entry.title, entry.published) == ("https://q.example/1", "Seam opened", NOON)
    assert read(SITEMAP, known=feed.raw_hashes).entries == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("just words", "no XML and no JSON"),
        ("<!DOCTYPE html><html><body><p>Welcome</p></body></html>", "a web page, not a feed"),
        ("<html><head><title>feed</title></head></html>", "a web page, not a feed"),
        ('<?xml version="1.0"?><opml version="2.0"><body/></opml>', "root element opml"),
        ('{"error": "not found"}', "not a JSON Feed"),
        ('{"items": ', "not well-formed JSON"),
        ("[" * 100_000, "not well-formed JSON"),
        (
            "<sitemapindex><sitemap><loc>https://q.example/a.xml</loc></sitemap></sitemapindex>",
            "such as https://q.example/a.xml",
        ),
        ("<urlset><url><loc>https://q.example/</loc></url></urlset>", "without news entries"),
        ("<urlset><url>", "not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><urlset>&a;</urlset>', "DOCTYPE"),
        (b"\x1f\x8b\x08garbage", "damaged gzip"),
        (gzip.compress(b" " * (33 << 20)), "more than 32 MB"),
    ],
)
def test_what_is_no_feed_is_refused_in_one_line(document: str | bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as raised:
        read(document)
    assert "\n" not in str(raised.value)


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss("")).total == 0


HEADLINES = {
    "gb2312": "中国外交部回应稀土出口管制",
    "big5": "稀土出口管制擴大",
    "shift_jis": "レアアースの輸出規制",
    "euc-kr": "희토류 수출 통제",
    "windows-1251": "Китай ограничил вывоз",
    "windows-1256": "معادن نادرة",
    "iso-8859-1": "Exportações de terras raras",
    "koi8-r": "Редкие земли",
    "iso-2022-jp": "希土類の管理",
}


@pytest.mark.parametrize(("encoding", "headline"), HEADLINES.items())
@pytest.mark.parametrize("place", ["declaration", "header"])
def test_encodings(encoding: str, headline: str, place: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' if place == "declaration" else '<?xml version="1.0"?>'
    header = "application/xml" if place == "declaration" else f'text/xml; charset="{encoding}"'
    text = rss(item(1).replace("Seam 1 opened", headline), declaration=declared)
    assert one(text.encode(encoding), content_type=header).title == headline


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>'])
def test_unicode_encodings(encoding: str, declared: str) -> None:
    text = rss(item(1).replace("Seam 1 opened", "稀土 نایاب"), declaration=declared)
    assert one(text.encode(encoding)).title == "稀土 نایاب"


@pytest.mark.parametrize("header", ["text/xml; charset=iso-8859-1", "text/html; charset=windows-1252", "text/xml"])
def test_utf8_under_a_wrong_label_is_still_utf8(header: str) -> None:
    text = rss(item(1).replace("Seam 1 opened", "稀土 é"))
    assert one(text, content_type=header).title == "稀土 é"


def test_a_declaration_that_cannot_be_true_is_ignored() -> None:
    text = rss(item(1).replace("Seam 1 opened", "稀土"), declaration='<?xml version="1.0" encoding="utf-16"?>')
    assert one(text.encode()).title == "稀土"


def test_a_few_bad_bytes_spoil_only_themselves() -> None:
    body = rss(item(1).replace("Seam 1 opened", "稀土出口管制扩大 XX")).encode().replace(b"XX", b"\xff")
    assert one(body).title == "稀土出口管制扩大 \ufffd"


def test_known_entries_are_left_out_and_counted() -> None:
    feed = read(rss("".join(map(item, range(5)))))
    hashes = [feed.raw_hashes[at : at + 8] for at in range(0, 40, 8)]
    again = read(rss("".join(map(item, range(5)))), known=hashes[1] + hashes[3])
    assert [entry.guid for entry in again.entries] == ["q-0", "q-2", "q-4"]
    assert (again.total, again.raw_hashes) == (5, feed.raw_hashes)
    grown = read(rss("".join(map(item, range(7)))), known=feed.raw_hashes)
    assert [entry.guid for entry in grown.entries] == ["q-5", "q-6"]
    assert grown.title == "The Quarry"


def test_an_edited_entry_is_not_known() -> None:
    feed = read(rss(item(1)))
    assert one(rss(item(1).replace("opened", "closed")), known=feed.raw_hashes).title == "Seam 1 closed"


def test_at_most_so_many_entries_are_read() -> None:
    feed = read(rss("".join(map(item, range(9)))), max_entries=3)
    assert ([entry.guid for entry in feed.entries], feed.total) == (["q-0", "q-1", "q-2"], 9)


def test_entries_that_quote_entries_are_not_torn_apart() -> None:
    quoting = item(1).replace("Miners", "<![CDATA[Write <item>x</item> and </item><item> in it]]>Miners")
    feed = read(rss(quoting + item(2)))
    assert ([entry.guid for entry in feed.entries], feed.total) == (["q-1", "q-2"], 2)
    assert read(rss(quoting + item(2)), known=feed.raw_hashes).entries == ()


def test_text_is_the_longest_and_is_cut() -> None:
    content = (
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        "&lt;p&gt;Miners reached it.&lt;/p&gt; Then {}</content:encoded>"
    )
    assert one(rss(item(1, content.format("rested.")))).text == "Miners reached it.\nThen rested."
    cut = one(rss(item(1, content.format("dug " * 999))), max_text=100).text
    assert len(cut) <= 100
    assert cut.endswith("…")


def test_links_are_http_only() -> None:
    assert one(rss(item(1).replace("https://quarry.example/1", "javascript:alert(1)"))).url == ""
    assert (
        one(rss(item(1).replace("https://quarry.example/1", "/1")), base_url="https://q.example/f").url
        == "https://q.example/1"
    )
    permalink = "<item><title>t</title><guid>https://q.example/9</guid></item>"
    assert one(rss(permalink)).url == "https://q.example/9"
    assert one(rss(permalink.replace("<guid>", "<link/><guid>"))).url == "https://q.example/9"
    assert one(rss(permalink.replace("<guid>", "<guid isPermaLink='false'>"))).url == ""
    assert one(rss(permalink.replace("https://q.example/9", "number 9"))).url == ""


def test_xml_base_counts() -> None:
    assert (
        one(rss(item(1).replace("https://quarry.example/1", "1"), root='xml:base="https://b.example/x/"')).url
        == "https://b.example/x/1"
    )


def test_a_news_query_keeps_the_publisher() -> None:
    source = '<source url="https://dawn.example">Dawn</source>'
    link = "https://news.google.com/rss/articles/CBMi"
    wrapped = item(1, source).replace("https://quarry.example/1", link).replace("opened", "opened - Dawn")
    entry = one(rss(wrapped))
    assert (entry.title, entry.publisher, entry.url) == ("Seam 1 opened", "Dawn", link)
    other = one(rss(item(1, source).replace("opened", "opened - Reuters")))
    assert (other.title, other.publisher) == ("Seam 1 opened - Reuters", "Dawn")
    assert one(rss(item(1, "<source url='https://quarry.example'>The Quarry</source>"))).publisher == ""


def test_atom_source() -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Planet</title><entry><title>Seam</title><id>1</id>'
        '<link href="https://q.example/1"/><source><id>x</id><title>Quarry</title><link href="https://q.example/"/>'
        "<author><name>Nobody</name></author></source></entry></feed>"
    )
    entry = one(text)
    assert (entry.publisher, entry.url) == ("Quarry", "https://q.example/1")


@pytest.mark.parametrize(
    ("written", "stamp"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Tue, 07 Oct 2225 12:00:00 GMT", None),
        ("Thu, 09 Oct 2025 12:00:01 GMT", None),  # more than a day ahead
        ("Wed, 08 Oct 2025 11:00:00 GMT", datetime(2025, 10, 8, 11, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_dates_that_cannot_be_right_are_dropped(written: str, stamp: datetime | None) -> None:
    assert one(rss(item(1, f"<pubDate>{written}</pubDate>")), now=NOON).published == stamp


def test_hidden_characters_go() -> None:
    entry = one(rss(item(1).replace("opened", "\u202eopened\u200b").replace("Miners", "Min\u00aders")))
    assert (entry.title, entry.text) == ("Seam 1 opened", "Miners reached seam 1 today.")


def test_the_feeds_own_language_is_a_prior_only() -> None:
    text = rss(item(1), "<language>zh-CN</language>")
    assert one(text).language == "zh"
    assert one(text, language="ur").language == "ur"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("today.", "today &nbsp; & more."),
        lambda text: text.replace("</channel></rss>", ""),
        lambda text: "<b>Warning</b>: in line 3\n" + text,
        lambda text: text.replace("today.", "today\x00\x0b."),
        lambda text: text.replace("<rss", "<!DOCTYPE rss [<!ENTITY x 'y'>]><rss"),
        lambda text: text.replace("Miners", "<p>Miners<br>"),
        lambda text: text.replace("<title>", "<media:title>odd</media:title><title>"),
    ],
)
def test_malformed_feeds_are_read_as_feedparser_does(damage: object) -> None:
    assert callable(damage)
    text = damage(rss(item(1) + item(2)))
    feed = read(text)
    assert [entry.url for entry in feed.entries] == ["https://quarry.example/1", "https://quarry.example/2"]
    assert [entry.title for entry in feed.entries] == ["Seam 1 opened", "Seam 2 opened"]
    assert read(text, known=feed.raw_hashes).entries == ()
    assert [entry.url for entry in read(text, known=feed.raw_hashes[:8]).entries] == ["https://quarry.example/2"]


@pytest.mark.parametrize("reference", ["&#999999999999;", "&#xD800;", "&#1114112;", "&#" + "1" * 5000 + ";"])
def test_references_to_no_character_do_not_break_the_feed(reference: str) -> None:
    feed = read(rss(item(1).replace("today", f"today{reference}") + item(2)))
    assert [entry.text for entry in feed.entries] == [
        "Miners reached seam 1 today\ufffd.",
        "Miners reached seam 2 today.",
    ]


def test_a_tag_of_thousands_of_attributes_is_lost_alone() -> None:
    bomb = "<item " + " ".join(f'a{number}="1"' for number in range(6000)) + "><title>x</title></item>"
    feed = read(rss(item(1) + bomb + item(2)))
    assert ([entry.guid for entry in feed.entries], feed.total, feed.quarantined) == (["q-1", "q-2"], 3, 1)


def test_an_enormous_entry_is_lost_alone() -> None:
    huge = item(1).replace("Miners", "Miners " * (5 << 17))
    feed = read(rss(huge + item(2)))
    assert ([entry.guid for entry in feed.entries], feed.quarantined) == (["q-2"], 1)
