"""Languages are told by script, letters and the feed's own language, and nothing makes the detector fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.language import detect


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("The ministry published its quarterly figures on mineral exports this morning", "", "en"),
        ("Das Ministerium veröffentlichte am Morgen die Zahlen zur Ausfuhr von Rohstoffen", "", "de"),
        ("Le ministère a publié ce matin les chiffres des exportations de minerais", "", "fr"),
        ("商务部发布公告", "", "zh"),
        ("商务部发布公告，GDP 增长 5%", "en", "zh"),
        ("A visitor reads 稀土 on a sign in the mining town", "", "en"),
        ("レアアースの輸出が減った", "", "ja"),
        ("対中輸出規制、価格上昇", "", "ja"),
        ("東京会談", "ja", "ja"),
        ("희토류 수출 통제 강화", "", "ko"),
        ("美·中 희토류 협상 타결", "", "ko"),
        ("وزیراعظم نے اجلاس طلب کر لیا ہے", "", "ur"),
        ("وزيراعظم نے اجلاس طلب کر ليا ہے", "", "ur"),
        ("أعلنت الوزارة نتائج التحقيق", "", "ar"),
        ("وزیر امور خارجه گفت که گزارش درست نیست", "", "fa"),
        ("پاک چین دوستی", "", "ur"),
        ("خبر چین", "fa", "fa"),
        ("मंत्री ने आज बैठक बुलाई", "", "hi"),
        ("मंत्री ने", "mr", "mr"),
        ("Министр сообщил об этом вечером", "", "ru"),
        ("Міністр повідомив про це ввечері", "", "uk"),
        ("Der Minister", "de", "de"),
        ("CPEC", "", "en"),
        ("CPEC", "ur", "en"),
        ("12 / 7", "ur", "ur"),
        ("", "en-US", "en"),
        ("", "", ""),
        ("...", "not a language", ""),
    ],
)
def test_the_language_is_told(text: str, hint: str, expected: str) -> None:
    assert detect(text, hint) == expected


@given(st.text(), st.sampled_from(["", "en", "ur", "zh-CN", "x"]))
def test_any_text_has_a_code_or_none(text: str, hint: str) -> None:
    code = detect(text, hint)
    assert code == "" or (len(code) == 2 and code.isalpha() and code == code.lower())


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cn", "Co", "Cf"])))
def test_characters_that_are_no_text_are_survived(text: str) -> None:
    assert detect(text, "ur") in {"ur", "en"} or len(detect(text, "ur")) == 2
