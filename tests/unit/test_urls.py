"""Addresses: what is let through, and which spellings are the same page."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.urls import canonical_url, clean_url, host_of


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("  https://example.org/a b\n", "https://example.org/a%20b"),
        ("https://example.org/\n      news/\t1", "https://example.org/news/1"),
        ("\ufeff\u200bhttps://example.org/x\x00\u202c", "https://example.org/x"),
        ("https://example.org/نیا\u200cخط", "https://example.org/%D9%86%DB%8C%D8%A7%E2%80%8C%D8%AE%D8%B7"),
        ("https://example.org/\u202egpj.exe", "https://example.org/%E2%80%AEgpj.exe"),
        ("www.example.org/news", "https://www.example.org/news"),
        ("HTTP://example.org:80/x", "http://example.org/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://example.org/稀土", "https://example.org/%E7%A8%80%E5%9C%9F"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2001:DB8:0::1]:8080/", "https://[2001:db8::1]:8080/"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://EXAMPLE。org/x", "https://example.org/x"),
        ("https://example.org/?q=1&amp=2#part", "https://example.org/?q=1&amp=2#part"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,hi", ""),
        ("file:///etc/passwd", ""),
        ("ftp://example.org/", ""),
        ("https://paypal.com@evil.example/", ""),
        ("https://", ""),
        ("https://exa mple.org/", ""),
        ("https://example.org/\ud800", ""),
        ("https://exam\ud800ple.org/", ""),
        ("https://exam\u202eple.org/", ""),
        ("https://a..example.org/", ""),
        ("https://" + "a" * 64 + ".org/", ""),
        ("https://" + "a." * 130 + "org/", ""),
        ("https://example.org/" + "稀" * 500, ""),
        ("https://example.org:99999/", ""),
        ("https://[fe80::1%25eth0]/", ""),
        ("https://[::ffff:0:0:0:0:0:0:1]/", ""),
        ("https://example.org\\@evil.example/", ""),
        ("http://example.org\\.evil.example/", ""),
        ("//example.org/x", ""),
        ("mailto:desk@example.org", ""),
        ("https://example.org:port/", ""),
        ("https://example.org:0/", ""),
        ("https://[::1", ""),
        ("https://ex<b>.org/", ""),
        ("https://" + "a" * 5000, ""),
        ("", ""),
    ],
)
def test_clean(raw: str, clean: str) -> None:
    assert clean_url(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("/news/1", "https://paper.example/news/1"),
        ("2", "https://paper.example/a/2"),
        ("//other.example/x", "https://other.example/x"),
        ("?p=3", "https://paper.example/a/b?p=3"),
        ("http://else.example/", "http://else.example/"),
        ("javascript:alert(1)", ""),
        ("//user@else.example/", ""),
        ("/\\else.example/x", "https://paper.example/%5Celse.example/x"),
        ("www.else.example/x", "https://www.else.example/x"),
        ("", ""),
    ],
)
def test_relative_addresses_are_resolved(raw: str, clean: str) -> None:
    assert clean_url(raw, "https://paper.example/a/b") == clean


@pytest.mark.parametrize(
    "other",
    [
        "http://paper.example/story/1",
        "https://www.paper.example/story/1/",
        "https://m.paper.example/story/1",
        "https://paper.example/story/1?utm_source=rss&utm_medium=feed",
        "https://paper.example/story/1?fbclid=abc#comments",
        "https://paper.example:443//story/1/amp",
        "https://PAPER.example/%73tory/1",
        "http://paper.example:443/story/1",
        "https://www.m.paper.example/story/1",
        "https://paper.example/amp/story/1.amp",
        "https://paper.example/story/1?ref=home&amp;utm_campaign=x&amp",
    ],
)
def test_spellings_of_one_page(other: str) -> None:
    assert canonical_url(other) == canonical_url("https://paper.example/story/1")


@pytest.mark.parametrize(
    "other",
    [
        "https://paper.example/story/2",
        "https://paper.example/story/1?page=2",
        "https://paper.example/Story/1",
        "https://other.example/story/1",
        "https://paper.example:8443/story/1",
        "https://paper.example/story%2F1",
        "https://paper.example/story/amp/1",
        "https://paper.example/story/1?id=%26ref=1",
        "https://sport.paper.example/story/1",
    ],
)
def test_other_pages(other: str) -> None:
    assert canonical_url(other) != canonical_url("https://paper.example/story/1")


def test_parameters_in_another_order_are_the_same_page() -> None:
    assert canonical_url("https://a.example/?b=2&a=1") == canonical_url("https://a.example/?a=1&b=2")


def test_host() -> None:
    assert host_of("https://www.paper.example:8443/x") == "paper.example"
    assert host_of("https://[broken") == ""
    assert host_of("words") == ""


def test_escapes_of_one_text_are_the_same_page() -> None:
    plain = canonical_url("https://paper.example/稀土?q=中国")
    assert canonical_url("https://paper.example/%e7%a8%80%E5%9C%9F?q=%E4%B8%AD%e5%9b%bd") == plain
    assert canonical_url("https://paper.example/100%25?q=a%2Bb") != canonical_url("https://paper.example/100?q=a+b")


PARTS = (
    "http://", "https:", "//", "/", "www.", "m.", "amp", "/amp/", ".amp", "paper.example", "bücher", "中国.cn", "[::1]",
    "127.1", ":80", ":443", ":0", "@", "?", "&", "&amp;", "=", "#", "utm_source=x", "ref", "%", "%2F", "%25", "%61",
    "%e7%a8%80", "%E9", "%7e", "稀土", " ", "\n", "\t", "\0", "\u200b", "\u202e", "\ud800", "\\", ";",
    "+", ".", "..", "a",
)  # fmt: skip
ANYTHING = (
    st.text()
    | st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=15).map("".join)
    | st.lists(st.sampled_from(PARTS), max_size=12).map(lambda parts: "https://paper.example" + "".join(parts))
)


@given(ANYTHING, st.sampled_from(["", "https://paper.example/a/b"]) | ANYTHING)
def test_result_is_http_or_nothing_and_stable(raw: str, base: str) -> None:
    clean = clean_url(raw, base)
    if clean:
        parts = urlsplit(clean)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert "@" not in parts.netloc
        assert clean.isascii()
        assert clean.isprintable()
        assert clean_url(clean) == clean
        assert host_of(clean)


@given(ANYTHING)
def test_canonical_form_is_stable(raw: str) -> None:
    canonical = canonical_url(raw)
    assert canonical_url(canonical) == canonical
    assert bool(canonical) == bool(clean_url(raw))


@given(st.text())
def test_host_of_never_fails(raw: str) -> None:
    assert isinstance(host_of(raw), str)
