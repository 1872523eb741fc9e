"""HTML to text, and the removal of what hides in text."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.text.clean import clean_text, one_line
from bot.text.html import html_to_text

MARKUP = st.text(st.sampled_from("<>&;/!-\"'= abp#1x[]\n")) | st.text()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("no markup at all", "no markup at all"),
        ("  blanks \n\t and\xa0lines ", "blanks and lines"),
        ("<p>One <b>bold</b>er.</p><p>Two &amp; three</p>", "One bolder.\nTwo & three"),
        ("first<br>second<br/>third", "first\nsecond\nthird"),
        ("<ul><li>ore<li>oxide</ul>", "ore\noxide"),
        ("<table><tr><td>Nd</td><td>60</td></tr></table>", "Nd\n60"),
        ("a < b and c > d, AT&T", "a < b and c > d, AT&T"),
        ("caf&eacute; &#8217; &#x2019;", "café ’ ’"),
        ("before<script>if (a<b) alert('x')</script>after", "beforeafter"),
        ("before<STYLE type='x'>p { color: red }</STYLE >after", "beforeafter"),
        ("kept<script>never closed", "kept"),
        ("a<!-- hidden <p>x</p> -->b<!-- open", "ab"),
        ("<iframe src='x'/>shown<iframe>hidden</iframe>", "shown"),
        ("<noscript>shown, as it is never closed", "shown, as it is never closed"),
        ("<div><svg><title>t</title><path d=''/></svg>ok</div>", "ok"),
        ("<![CDATA[inner <i>text</i>]]>", "inner text"),
        ('<img alt="a > b" src=x>next', "next"),
        ("<img data-caption='<p>caption</p>' src=x><p>next</p>", "next"),
        ("<p>cut off <a href='https://a.example/pa", "cut off"),
        ("<?php echo 1 ?>text<!DOCTYPE html>", "text"),
        ("&lt;p&gt;Escaped&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "Escaped\ntwice"),
        ("Smith &amp;amp; Sons &amp;#8211; ore", "Smith & Sons – ore"),
        ("&#99999999999999999999; &#xFFFFFFFFFF;", "\ufffd \ufffd"),
        ("", ""),
    ],
)
def test_html_to_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


def test_a_reference_longer_than_python_reads_as_a_number() -> None:
    assert html_to_text("x&#" + "9" * 10_000 + ";y") == "x\ufffdy"


def test_tokenizer_keeps_lines_and_drops_scripts() -> None:
    markup = '<a title="<b>x</b>">one</a><p>two <i>three</i></p><script>var x</script><div>four</div>'
    assert html_to_text(markup) == "one\ntwo three\nfour"


@pytest.mark.parametrize(
    "opening", ["<div>", "<b>", "<a ", '<a "', "<script>", "<!--", "<iframe>", "&amp;lt;", '<a b="<p>']
)
def test_bombs_of_openings_end(opening: str) -> None:
    assert len(html_to_text(opening * 20_000 + "end")) <= len(opening) * 20_000 + 3


@settings(deadline=None)
@given(MARKUP)
@example("<p")
@example("&#")
def test_html_to_text_is_tidy_whatever_it_reads(markup: str) -> None:
    lines = html_to_text(markup).split("\n")
    assert lines == [""] or all(line and line == " ".join(line.split()) for line in lines)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ore", "&", "<", ">", '"', "稀土", "نایاب", "5"]), max_size=12))
def test_escaped_text_comes_back(words: list[str]) -> None:
    text = " ".join(words)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html_to_text(f"<p>{escaped}</p>") == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("zero\u200bwidth\ufeff soft\xadhyphen", "zerowidth softhyphen"),
        ("line\r\nline\u2028line", "line\nline\nline"),
        ("tab\tnbsp\xa0thin\u2009", "tab nbsp thin "),
        ("nul\0bell\x07del\x7fc1\x85", "nulbelldelc1\n"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x \x9b1mC1", "red x C1"),
        ("lone\ud800surrogate", "lonesurrogate"),
        ("e\u0301", "é"),
        ("hidden\U000e0041\U000e0042tags", "hiddentags"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),  # the flag of England
        ("می\u200cخواهم", None),  # ZWNJ between Arabic letters
        ("x\u200cy \u200c", "xy "),
        ("क\u094d\u200dष", None),  # ZWJ after a virama
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", None),  # a family
        ("\U0001f926\U0001f3fd\u200d\u2642\ufe0f", None),
        ("a\u200db", "ab"),
        ("稀土出口管制", None),
    ],
)
def test_clean_text(text: str, clean: str | None) -> None:
    assert clean_text(text) == (text if clean is None else clean)


@example("\u094d\u0300\u200c")
@settings(deadline=None)
@given(
    st.text(st.characters(codec=None))
    | st.text(st.sampled_from("aم\u200c\u200d\u094dक\U0001f468\u202e\x1b[m\x9b\n\u0301"))
)
def test_clean_text_is_safe_and_final(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    clean.encode("utf-8")  # fails on a surrogate
    assert not [char for char in clean if unicodedata.category(char) == "Cc" and char != "\n"]
    assert not set(clean) & set("\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u061c")


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("short", 10, "short"),
        ("two\nlines  here", 20, "two lines here"),
        ("exports of rare earths rise", 20, "exports of rare…"),
        ("exports, of rare", 9, "exports…"),
        ("中国稀土出口管制扩大", 6, "中国稀土出…"),
        ("unbreakablewordwithoutend", 8, "unbreak…"),
        ("x" * 5, 1, "…"),
    ],
)
def test_one_line(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit) == line


@settings(deadline=None)
@given(st.text(), st.integers(1, 60))
def test_one_line_keeps_to_the_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
