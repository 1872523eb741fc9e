"""An ampersand that begins no reference is one, as its author meant it."""

import pytest

from bot.feeds.parse.in_process import parse

_NAMES = "lang copy reg times para micro deg sub image part theta not yen cent uml amp"


@pytest.mark.parametrize("name", _NAMES.split())
def test_a_raw_ampersand_in_a_link_stays_one(name: str) -> None:
    link = f"https://q.example/x?a=3&{name}=7&b=2"
    body = (
        f"<rss version='2.0'><channel><title>Q</title><item><title>AT&T and R&D</title><link>{link}</link>"
        f"<description><![CDATA[See <a href='{link}'>this</a> & that]]></description></item></channel></rss>"
    ).encode()
    (entry,) = parse(body, feed_id="q").entries
    assert (entry.url, entry.title, entry.text) == (link, "AT&T and R&D", "See this & that")


def test_references_are_still_read_beside_a_raw_ampersand() -> None:
    body = (
        b"<rss version='2.0'><channel><title>Q</title><item><title>R&D &amp; ore &#8211; caf&eacute; &lt;b&gt;</title>"
        b"<link>https://q.example/1</link></item></channel></rss>"
    )
    (entry,) = parse(body, feed_id="q").entries
    assert entry.title.startswith("R&D & ore – café")
