"""Sentences end where a reader would end them, and no character is lost between them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages.sentences import sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("One came. Two left! Did three stay?", "en", ["One came.", "Two left!", "Did three stay?"]),
        ("Mr. J. P. Rahman met Dr. Osei. They spoke.", "en", ["Mr. J. P. Rahman met Dr. Osei.", "They spoke."]),
        ("The U.S. agreed. So did the U.S. The rest waited.", "en",
         ["The U.S. agreed.", "So did the U.S.", "The rest waited."]),
        ("A U.S. Senate panel voted.", "en", ["A U.S. Senate panel voted."]),
        ("It costs $3.5 million, i.e. more than in No. 7 of the list.", "en",
         ["It costs $3.5 million, i.e. more than in No. 7 of the list."]),
        ("He said no. Then he left.", "en", ["He said no.", "Then he left."]),
        ("“It is over.” She hung up.", "en", ["“It is over.”", "She hung up."]),
        ("“Really?” he asked. No answer.", "en", ["“Really?” he asked.", "No answer."]),
        ("Ores Inc. shipped it. Ores Inc. The end.", "en", ["Ores Inc. shipped it.", "Ores Inc.", "The end."]),
        ("Wait... what? Yes.", "en", ["Wait... what?", "Yes."]),
        ("A headline\nA first line without a stop\r\nThe second", "en",
         ["A headline", "A first line without a stop", "The second"]),
        ("报道不实。他说：“没有此事。”记者问！为什么？", "zh",
         ["报道不实。", "他说：“没有此事。”", "记者问！", "为什么？"]),
        ("矿石已运出；买家未说明", "zh", ["矿石已运出；", "买家未说明"]),
        ("价格升至3.5元。", "zh", ["价格升至3.5元。"]),
        ("خبر غلط ہے۔ کیا کوئی ثبوت ہے؟ نہیں۔", "ur", ["خبر غلط ہے۔", "کیا کوئی ثبوت ہے؟", "نہیں۔"]),
        ("خبر غلط ہے۔ترجمان نے بتایا۔", "ur", ["خبر غلط ہے۔", "ترجمان نے بتایا۔"]),
        ("آئی۔ایم۔ایف کا وفد آیا۔", "ur", ["آئی۔ایم۔ایف کا وفد آیا۔"]),
        ("यह सच है। वह नहीं आया।", "hi", ["यह सच है।", "वह नहीं आया।"]),
        ("Am 3. Oktober kam er. Dann ging er.", "de", ["Am 3. Oktober kam er.", "Dann ging er."]),
        ("1. First point. 2. Second point.", "en", ["1. First point.", "2. Second point."]),
        ("", "", []),
        (" \n \t", "", []),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_ends_them(text: str, language: str, expected: list[str]) -> None:
    assert sentences(text, language) == expected


@given(st.text(alphabet='aA.。!؟۔।\n "”U3;；'), st.sampled_from(["", "en", "zh", "ur", "de"]))
def test_nothing_is_lost_and_nothing_overlaps(text: str, language: str) -> None:
    spans = sentence_spans(text, language)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


@given(st.lists(st.text(alphabet="abc .", min_size=1), min_size=1))
def test_no_sentence_crosses_a_line_break(lines: list[str]) -> None:
    assert all("\n" not in sentence for sentence in sentences("\n".join(lines)))
