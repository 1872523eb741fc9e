"""The claim ledger: which claim an answer is about, and which print of it is posted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model import Relation, Stance
from bot.stories.claims import Statement, answered_claim, best_print, english_headline, headline, ledger

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPORT = Statement(
    entry=1,
    relation=Relation.NEW,
    answers=None,
    stance=Stance.ASSERT,
    speaker="",
    sentence="",
    title="Pakistan ships rare earth samples to US firm",
    text="",
    publisher="",
    language="en",
    official=False,
    published=NOW,
)
DENIAL = replace(
    REPORT,
    entry=2,
    relation=Relation.DENIAL,
    answers=1,
    stance=Stance.DENY,
    speaker="Lin Jian",
    title="China denies link to Pakistan's rare earth samples",
    published=NOW + timedelta(hours=2),
)
CHINESE = replace(DENIAL, entry=3, speaker="林剑", title="外交部：巴方样品与中国无关", language="zh")
LONG = "Lin Jian told reporters that gem ores bought by staff were shown to visitors at the ministry."


def test_the_ledger_is_in_order_of_publication_without_copies() -> None:
    copy = replace(REPORT, entry=4, relation=Relation.COPY)
    early = replace(REPORT, entry=5, published=NOW - timedelta(hours=1))
    assert [s.entry for s in ledger([REPORT, DENIAL, copy, early])] == [5, 1, 2]


def test_a_story_is_named_in_english_if_it_can_be() -> None:
    assert headline([CHINESE, REPORT]).entry == 1
    assert headline([CHINESE]).entry == 3


def test_a_foreign_denial_is_told_by_an_english_print_of_the_same_party() -> None:
    american = replace(DENIAL, entry=6, speaker="US State Department")
    assert best_print([REPORT, american, DENIAL, CHINESE], CHINESE).entry == 2
    assert best_print([REPORT, american, CHINESE], CHINESE).entry == 3


def test_the_ministry_is_preferred_to_the_press_and_a_text_to_a_headline() -> None:
    detailed, own = replace(DENIAL, entry=7, text=LONG), replace(DENIAL, entry=8, official=True)
    assert best_print([DENIAL, detailed], DENIAL).entry == 7
    assert best_print([DENIAL, detailed, own], DENIAL).entry == 8


def test_a_claim_is_quoted_in_english_where_the_story_has_it_in_english() -> None:
    urdu = replace(REPORT, entry=9, title="پاکستان نے امریکی کمپنی کو نایاب معدنیات بھیج دیں", language="ur")
    of_urdu = replace(CHINESE, answers=9)
    assert answered_claim([REPORT, CHINESE], CHINESE) == REPORT.title
    assert answered_claim([urdu, of_urdu], of_urdu) == urdu.title


def test_a_foreign_entry_that_answers_nothing_follows_the_storys_headline() -> None:
    update = replace(CHINESE, relation=Relation.UPDATE, answers=None)
    assert answered_claim([REPORT, update], update) == REPORT.title
    assert answered_claim([REPORT, CHINESE], replace(CHINESE, answers=None)) == ""


def test_an_english_headline_says_who_denies_which_claim() -> None:
    assert english_headline(Relation.DENIAL, "China", "X ships Y") == "China denies: “X ships Y”"
    assert english_headline(Relation.CONFIRMATION, "", "X ships Y") == "A source confirms: “X ships Y”"
    assert english_headline(Relation.UPDATE, "China", "X ships Y") == ""
