"""Who denies, confirms or asserts what: in English, Chinese and Urdu, with the speaker as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Entry, Stance
from bot.stories.stance import detect_stance


def entry(title: str, text: str = "", language: str = "") -> Entry:
    return Entry("feed", "1", "https://news.example/1", title, text, language)


@pytest.mark.parametrize(
    ("title", "speaker"),
    [
        ("Mining ministry denies plan to sell the quarry", "Mining ministry"),
        ("Islamabad on Tuesday rejected the report of a secret shipment", "Islamabad"),
        ("Beijing dismisses claims of a shortage", "Beijing"),
        ("Envoy calls story of rift baseless", "Envoy"),
        ("Army spokesman: reports of a crash are false, says General Tariq Aziz", "General Tariq Aziz"),
        ("Guo Jiakun: the report of a blockade is false", "Guo Jiakun"),
        ("Fact check: the report of a blockade is false", ""),
        ("Washington plays down talk of new sanctions", "Washington"),
        ("Ankara refuses to sign the minerals pact", "Ankara"),
        ("Karachi port rejects request for a private berth", "Karachi port"),
        ("矿业部发言人王林表示有关报道不实", "矿业部发言人王林"),
        ("王林：所谓减产纯属捏造", "王林"),
        ("中国外交部否认向邻国转让矿山", "中国外交部"),
        ("海关辟谣查扣矿石", "海关"),
        ("外交部拒绝美方要求", "外交部"),
        ("وزارت خارجہ نے معدنیات کی فروخت کی خبروں کی تردید کر دی", "وزارت خارجہ"),
        ("ترجمان دفتر خارجہ نے الزامات مسترد کر دیے", "ترجمان دفتر خارجہ"),
        ("کان کنی روکنے کی خبر من گھڑت ہے: ترجمان وزارت", "ترجمان وزارت"),
        ("حکومت نے پڑوسی ملک کا مطالبہ مسترد کر دیا", "حکومت"),
    ],
)
def test_denials_and_refusals_name_their_speaker(title: str, speaker: str) -> None:
    found = detect_stance(entry(title))
    assert (found.stance, found.speaker, found.sentence) == (Stance.DENY, speaker, title)


@pytest.mark.parametrize(
    ("title", "speaker"),
    [
        ("Harbour was never leased to foreigners, says Karachi Port Trust", "Karachi Port Trust"),
        ("Mines ministry: quarry did not ship ore to anybody", "Mines ministry"),
        ("商务部：没有停止出口磁体", "商务部"),
        ("کان کسی کو نہیں دی، ترجمان وزارت", "ترجمان وزارت"),
    ],
)
def test_a_headline_that_says_whose_no_it_is_denies(title: str, speaker: str) -> None:
    found = detect_stance(entry(title))
    assert (found.stance, found.speaker) == (Stance.DENY, speaker)


@pytest.mark.parametrize(
    "title",
    [
        "Minister slams new tariffs on copper",
        "Beijing condemns attack on engineers",
        "Court denies bail to mine owner",
        "Consulate denies visa to geologist",
        "Army neither confirms nor denies loss of a drone",
        "Refiner declines to say where its ore comes from",
        "Ministry refuses to comment on quarry sale",
        "Quarry sale was not finished in May",  # nobody says so
        "矿企被邻国拒绝入境",
        "ابھی معدنیات کے سودے کا فیصلہ نہیں ہوا: وزیر تجارت",
        "Navy does not deny that the ship was hit",
        "Parliament rejects motion on mining royalties",
        "外长不否认会谈推迟",
        "عدالت نے درخواست ضمانت مسترد کر دی",
    ],
)
def test_not_every_hard_word_is_a_denial(title: str) -> None:
    assert detect_stance(entry(title)).stance is not Stance.DENY


@pytest.mark.parametrize(
    ("title", "stance", "speaker"),
    [
        ("Energy minister confirms the purchase of two reactors", Stance.CONFIRM, "Energy minister"),
        ("Company admits delay in shipment", Stance.CONFIRM, "Company"),
        ("空军证实损失一架运输机", Stance.CONFIRM, "空军"),
        ("وزیر دفاع کی طیاروں کی خریداری کی تصدیق", Stance.CONFIRM, "وزیر دفاع"),
        ("White House says a deal is near", Stance.ASSERT, "White House"),
        ("The deal will bring jobs to the valley: Finance Minister", Stance.ASSERT, "Finance Minister"),
        ("商务部宣布新的许可办法", Stance.ASSERT, "商务部"),
        ("وزیر خزانہ نے کہا کہ مذاکرات کامیاب رہے", Stance.ASSERT, "وزیر خزانہ"),
        ("Ore prices climb for a third week", Stance.REPORT, ""),
        ("Sources have yet to confirm the sale", Stance.REPORT, ""),
        ("矿价连涨三周", Stance.REPORT, ""),
    ],
)
def test_confirmations_assertions_and_plain_reports(title: str, stance: Stance, speaker: str) -> None:
    found = detect_stance(entry(title))
    assert (found.stance, found.speaker) == (stance, speaker)


def test_a_denial_in_the_first_sentences_counts_and_is_shown() -> None:
    text = "The envoy spoke for an hour. The ministry rejected the report as an invention. Rain fell."
    found = detect_stance(entry("Envoy explains the new quotas", text))
    assert (found.stance, found.speaker) == (Stance.DENY, "ministry")
    assert found.sentence == "The ministry rejected the report as an invention."


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Ministers tour the plant", "The defence minister had denied any deal last year. The tour took an hour."),
        ("Neighbour accuses the company of smuggling", "The company denies the allegation."),
        ("Plant opens", "It opened at noon. Guests came. Bands played. The owner denied the report of a fire."),
    ],
)
def test_a_denial_that_is_recalled_or_somebody_elses_does_not_count(title: str, text: str) -> None:
    assert detect_stance(entry(title, text)).stance is not Stance.DENY


def test_other_languages_are_read_without_a_speaker() -> None:
    found = detect_stance(entry("Министерство опровергло сообщения о продаже рудника"))
    assert (found.stance, found.speaker) == (Stance.DENY, "")


def test_an_unknown_language_is_a_report() -> None:
    assert detect_stance(entry("รัฐมนตรีแถลงข่าว")).stance is Stance.REPORT


@given(st.text(), st.text())
def test_any_entry_has_a_stance_and_its_sentence_stands_in_it(title: str, text: str) -> None:
    found = detect_stance(entry(title, text))
    assert found.sentence in title or found.sentence in text
    assert found.stance in set(Stance)
