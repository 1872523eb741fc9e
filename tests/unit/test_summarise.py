"""Extractive summaries: whole sentences as they stand, each with its document, none twice, none of the page's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.languages.sentences import sentences as split
from bot.model import CitedSentence, Document
from bot.summarise.boilerplate import is_boilerplate
from bot.summarise.extractive import ExtractiveSummariser
from bot.text.tokens import word_count

SUMMARISER = ExtractiveSummariser()
LEAD = "The Dunmore plant stopped separating terbium on Friday after a fire in its solvent hall."
DETAIL = "Nobody was hurt, but the owner expects to lose nine weeks of output, or about forty tonnes of oxide."
ASIDE = "The town held its autumn fair on the same day."
REPEAT = "On Friday the Dunmore plant stopped separating terbium after a fire in the solvent hall."


def summary(
    *texts: str, title: str = "", sentences: int | None = None, words: int | None = None
) -> list[CitedSentence]:
    documents = [Document(title, text) for text in texts]
    return list(SUMMARISER.summarise(documents, sentences=sentences, words=words))


def test_one_text_gives_its_news_first() -> None:
    found = summary(f"{LEAD} {DETAIL} {ASIDE}", title="Fire stops terbium plant at Dunmore", sentences=1)
    assert found == [CitedSentence(LEAD, 0)]


def test_several_texts_give_what_they_share_once_with_its_place() -> None:
    found = summary(f"{LEAD} {ASIDE}", f"{REPEAT} {DETAIL}", sentences=2)
    assert len(found) == 2
    texts = [f"{LEAD} {ASIDE}", f"{REPEAT} {DETAIL}"]
    assert all(sentence.text in texts[sentence.document] for sentence in found)
    assert {sentence.text for sentence in found} != {LEAD, REPEAT}


def test_several_texts_are_told_by_what_most_of_them_tell() -> None:
    """A document on something else draws nothing to itself, however long it is."""
    other = (
        "Pelican Alloys opened a school for welders in Elstow. The welders of Elstow learn at Pelican for two years."
    )
    found = summary(f"{other} {other[::-1]}", f"{LEAD} {ASIDE}", f"{REPEAT} {DETAIL}", sentences=1)
    assert found in ([CitedSentence(LEAD, 1)], [CitedSentence(REPEAT, 2)])


def test_what_other_texts_say_again_is_said_once() -> None:
    """Word for word, and with other words around the same news."""
    found = summary(LEAD, LEAD, f"{REPEAT} {DETAIL}", sentences=9)
    assert [sentence.text for sentence in found if sentence.text != DETAIL] in ([LEAD], [REPEAT])
    assert DETAIL in [sentence.text for sentence in found]


def test_words_are_a_size_to_stop_near() -> None:
    more = "Buyers in three countries have asked the Larkhaven refinery whether it can fill the gap before the spring."
    text = f"{LEAD} {DETAIL} {ASIDE} {more}"
    short, long = (sum(word_count(s.text) for s in summary(text, words=n)) for n in (12, 40))
    assert 12 <= short <= 30
    assert 40 <= long <= 60


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("邓莫尔分离厂周五因火灾停产。预计损失四十吨氧化物。当地市集照常举行。", "邓莫尔分离厂周五因火灾停产。"),
        (
            "ڈنمور کے کارخانے میں آگ لگنے سے جمعے کو کام رک گیا۔ مالک کے مطابق چالیس ٹن پیداوار ضائع ہوگی۔",
            "ڈنمور کے کارخانے میں آگ لگنے سے جمعے کو کام رک گیا۔",
        ),
    ],
)
def test_chinese_and_urdu_sentences_end_where_theirs_do(text: str, first: str) -> None:
    assert summary(text, sentences=1) == [CitedSentence(first, 0)]


def test_a_line_break_ends_a_sentence() -> None:
    assert [s.text for s in summary("Terbium plant stops after fire\nOutput lost for nine weeks", sentences=2)] == [
        "Terbium plant stops after fire",
        "Output lost for nine weeks",
    ]


def test_the_title_is_not_said_again() -> None:
    found = summary(
        f"Fire stops terbium plant at Dunmore.\n{LEAD}", title="Fire stops terbium plant at Dunmore", sentences=1
    )
    assert [s.text for s in found] == [LEAD]


@pytest.mark.parametrize(
    "line",
    [
        "Read more: the ten largest mines of the north",
        "Sign up now for our weekly newsletter",
        "Follow us on every channel you like",
        "DUNMORE (Elstow Wire) –",
        "责任编辑：王小明",
        "مزید پڑھیں: کان کنی کی خبریں",
        "All rights reserved",
        "Scroll down for video",
        "Subscribe today to the newsletter of our Elstow office",
        "A crane stands idle at the Dunmore plant (file photo by Kestrel Pictures)",
        "扫描下方二维码查看更多内容",
    ],
)
def test_what_belongs_to_the_page_is_left_out(line: str) -> None:
    assert is_boilerplate(line)
    assert [s.text for s in summary(f"{line}\n{LEAD}\n{line}", sentences=3)] == [LEAD]


def test_news_is_no_boilerplate() -> None:
    assert not any(map(is_boilerplate, (LEAD, DETAIL, "Investors sign up to the plan for a second plant in the north")))


def test_where_nothing_is_said_nothing_is_quoted() -> None:
    assert summary("", "  \n ", sentences=3) == []
    assert summary(sentences=3) == []
    assert summary("", LEAD, " ", words=9) == [CitedSentence(LEAD, 1)]


def test_a_page_that_says_nothing_else_is_quoted_all_the_same() -> None:
    assert [s.text for s in summary("Read more: the ten largest mines", sentences=2)] == [
        "Read more: the ten largest mines"
    ]


def test_of_very_long_texts_only_the_beginning_counts() -> None:
    filler = " ".join(f"Stall number {number} of the fair sold apples." for number in range(20_000))
    last = "The terbium plant of Dunmore stopped after a fire on Friday."
    assert last not in [s.text for s in summary(f"{filler} {last}", f"{filler} {last}", sentences=5)]


TEXTS = st.lists(
    st.sampled_from([LEAD, DETAIL, ASIDE, REPEAT, "稀土。", "What now?", "\n", "Read more"]) | st.text(max_size=40)
)


@given(texts=st.lists(TEXTS.map(" ".join), max_size=5), most=st.integers(1, 4), in_words=st.booleans())
@settings(deadline=None)
def test_any_texts_give_sentences_that_stand_in_them(texts: list[str], most: int, in_words: bool) -> None:
    sentences, words = (None, 20 * most) if in_words else (most, None)
    found = summary(*texts, sentences=sentences, words=words)
    assert found == sorted(found, key=lambda s: s.document)
    for sentence in found:
        assert sentence.text in split(texts[sentence.document])
    assert len({sentence.text for sentence in found}) == len(found)
    if in_words:  # enough was reached with one of them, so that none was added afterwards
        sizes = [word_count(sentence.text) for sentence in found]
        assert sum(sizes) - max(sizes, default=0) < 20 * most
    else:
        assert len(found) <= most
    assert bool(found) == any(map(split, texts))
    assert found == summary(*texts, sentences=sentences, words=words)
