"""Teasers, robots.txt rules, and what extraction makes of a page, without a network."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.article import extract_text, is_teaser
from bot.pages.robots import NOTHING, Robots, product_token, read_robots
from bot.text.tokens import word_count

TITLE = "Ferry to the islands sails again"
WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
CUTS = (
    "…",
    "...",
    " […]",
    " [...]",
    "……",
    " Read more",
    "\nContinue reading →",
    " (more)",
    " [+2310 chars]",
    " Full story »",
)
CUTS_ELSEWHERE = ("۔۔۔", " مزید پڑھیں", "阅读全文", "【全文】", " Weiterlesen", " Lire la suite…", " Читать далее")


def words(number: int) -> str:
    return " ".join(f"word{n % 7}" for n in range(number)) + "."


@pytest.mark.parametrize("text", ["", "   ", TITLE, f"{TITLE} The Harbour Post", words(30), "渡轮恢复通航。" * 10])
def test_short_texts_are_teasers(text: str) -> None:
    assert is_teaser(text, TITLE)


@pytest.mark.parametrize("cut", [*CUTS, *CUTS_ELSEWHERE])
def test_texts_that_are_cut_off_are_teasers(cut: str) -> None:
    assert not is_teaser(words(150), TITLE)
    assert is_teaser(words(150) + cut, TITLE)
    assert not is_teaser(words(600) + cut, TITLE)  # enough for a summary however it ends


def test_a_syndication_line_hides_no_cut() -> None:
    line = f"\nThe post {TITLE} appeared first on The Harbour Post."
    assert is_teaser(words(150) + " […]" + line, TITLE)
    assert not is_teaser(words(150) + line, TITLE)
    assert is_teaser(words(72) + line, TITLE)


@pytest.mark.parametrize(
    "text", ["渡轮周一恢复通航，港务局说票价不变。" * 20, "فیری سروس پیر کو دوبارہ شروع ہو گئی۔ " * 20]
)
def test_whole_texts_in_other_scripts_are_none(text: str) -> None:
    assert not is_teaser(text, TITLE)


@given(st.text(max_size=2000), st.text(max_size=80))
def test_any_text_has_an_answer_that_blanks_do_not_change(text: str, title: str) -> None:
    found = is_teaser(text, title)
    assert is_teaser(f"\n {text}\t ", title) == found
    if word_count(text) < 80:
        assert found


@given(st.lists(WORD, max_size=399).map(" ".join), st.sampled_from(CUTS))
def test_a_cut_always_makes_a_teaser(text: str, cut: str) -> None:
    assert is_teaser(text[:2000] + cut, TITLE) or word_count(text + cut) >= 400


@given(st.lists(WORD, min_size=80, max_size=500))
def test_a_title_in_front_does_not_lengthen_a_text(given_words: list[str]) -> None:
    text = " ".join(given_words)
    assert not is_teaser(f"{text}.", TITLE)
    assert is_teaser(f"{text}. {' '.join(given_words[:79])}.", f"{text}.")


def robots(text: str) -> Robots:
    return read_robots(text.encode(), "monazite")


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow: /\nAllow: /news/", "/news/1", True),  # the longest, not the first
        ("Allow: /\nDisallow: /news/", "/news/1", False),
        ("Disallow: /page\nAllow: /page", "/page", True),  # as long: the kinder one
        ("Disallow: /*.pdf$", "/a/b.pdf", False),
        ("Disallow: /*.pdf$", "/a/b.pdf?x", True),
        ("Disallow: /*.pdf$", "/a.pdf/b.pdf", False),
        ("Disallow: /a*b*c", "/a--b--c--", False),
        ("Disallow: /a*b*c", "/a--c--b--", True),
        ("Disallow: /ab*b$", "/ab", True),  # a star does not let two pieces share a letter
        ("Disallow: *?print=", "/a?print=1", False),
        ("Disallow: /x$", "/x", False),
        ("Disallow: /x$", "/xy", True),
        ("Disallow: /%7Esmith", "/~smith/1", False),
        ("Disallow: /港", "/%E6%B8%AF/1", False),
        ("Disallow: /price%24", "/price$", False),
        ("disallow : /a # not this", "/a", False),
        ("Noindex: /a\nSitemap: https://a.example/a", "/a", True),
        ("\n\nDisallow: /a", "/a", False),  # a blank line ends no group
        ("Disallow: /b\n\nUser-agent: *\nDisallow: /a", "/a", False),  # groups for one robot are one
        ("Disallow: /b\nUser-agent: other\nDisallow: /a", "/a", True),
    ],
)
def test_rules(rules: str, path: str, allowed: bool) -> None:
    assert robots(f"User-agent: *\n{rules}").allows(f"https://a.example{path}") is allowed


def test_a_group_of_ones_own_replaces_that_for_everyone() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: Other\nUser-Agent: Monazite/2\nCrawl-delay: 2.5\nDisallow: /a\n"
    found = robots(text)
    assert (found.allows("https://a.example/b"), found.allows("https://a.example/a"), found.delay) == (True, False, 2.5)
    assert robots("User-agent: monazite\n\nUser-agent: *\nDisallow: /").allows("https://a.example/") is False
    assert robots("User-agent: *\nDisallow: /\nUser-agent: monazite\nAllow:").allows("https://a.example/")
    assert not robots("User-agent: *\nDisallow: /\nUser-agent: monazite-images\nAllow: /").allows("https://a.example/")


@pytest.mark.parametrize(
    ("value", "seconds"), [("10", 10.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("soon", None)]
)
def test_crawl_delay(value: str, seconds: float | None) -> None:
    assert robots(f"User-agent: *\nCrawl-delay: {value}").delay == seconds


def test_hostile_robots_are_read_in_bounds() -> None:
    assert robots("User-agent: *\n" + "Allow: /a\n" * 6000) == NOTHING
    stars = robots("User-agent: *\nDisallow: /" + "*a" * 50_000 + "b")
    assert stars.allows("https://a.example/" + "a" * 4000)


@given(st.binary(max_size=400), st.text("abc/*?%$", max_size=30))
def test_robots_never_raise(body: bytes, path: str) -> None:
    read_robots(b"User-agent: *\nDisallow: /" + body, "monazite").allows(f"https://a.example/{path}")


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8), st.booleans())
def test_patterns_match_as_their_regular_expression(pattern: str, path: str, ends: bool) -> None:
    found = robots(f"User-agent: *\nDisallow: /{pattern}{'$' if ends else ''}").allows(f"https://a.example/{path}")
    expected = "/" + ".*".join(map(re.escape, pattern.split("*"))) + (r"\Z" if ends else "")
    assert found is (re.match(expected, f"/{path}") is None)


@pytest.mark.parametrize(
    ("user_agent", "token"), [("Monazite/0.1 (news; +https://a.example)", "monazite"), ("a-b_c 1", "a-b_c"), ("1x", "")]
)
def test_product_token(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token


CHINESE = (
    "港务局周一宣布，通往群岛的渡轮在停航三周之后恢复通航，票价保持不变。",
    "工程师更换了两台发动机，并在夜间进行了两次试航，没有发现任何问题。",
    "岛上居民说，他们希望冬季班次不会减少，因为医院和学校都在对岸。",
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "gb18030", "utf-16"])
@pytest.mark.parametrize("where", ["header", "markup", "nowhere"])
def test_pages_in_other_encodings(encoding: str, where: str) -> None:
    said = f'<meta http-equiv="Content-Type" content="text/html; charset={encoding}">' if where == "markup" else ""
    body = "".join(f"<p>{line}</p>" for line in CHINESE)
    page = f"<html><head>{said}<title>x</title></head><body><article><h1>渡轮</h1>{body}</article></body></html>"
    header = f"text/html; charset={encoding}" if where == "header" else "text/html"
    assert extract_text(page.encode(encoding), header, 1000).split("\n") == list(CHINESE)


def test_long_texts_end_with_a_word() -> None:
    page = f"<html><body><article><p>{words(3000)}</p></article></body></html>".encode()
    text = extract_text(page, "text/html", 1000)
    assert 900 < len(text) <= 1000
    assert text.split(" ")[-1] in {f"word{n}" for n in range(7)}
    solid = f"<html><body><article><p>{'渡轮恢复通航' * 400}</p></article></body></html>".encode()
    assert len(extract_text(solid, "text/html", 1000)) == 1000


@pytest.mark.parametrize("said", ['"isAccessibleForFree": false', '"isAccessibleForFree":"False"'])
def test_pages_that_say_they_are_sold_give_nothing(said: str) -> None:
    article = f"<article><p>{words(200)}</p></article>"
    page = '<html><head><script type="application/ld+json">{{{}}}</script></head><body>{}</body></html>'
    assert extract_text(page.format(said, article).encode(), "text/html", 5000) == ""
    assert extract_text(page.format(said.lower().replace("false", "true"), article).encode(), "text/html", 5000)
