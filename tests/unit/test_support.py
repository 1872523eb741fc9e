"""What a model may say of sentences it cites: no number, name, quotation or denial that does not stand there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summarise.support import LONGEST, is_supported

KILN = "The kiln at Dunmore failed on Friday, and 1,200 tonnes of terbium oxide are lost, Elstow Mining said."
DENIAL = "Ostria's ministry denied that its drills were used, calling the report “pure invention”."


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("The Dunmore kiln failed on Friday.", [KILN]),
        ("Elstow Mining lost 1200 tonnes of terbium oxide.", [KILN]),
        ("After the kiln failed, Elstow Mining lost oxide at Dunmore.", [KILN]),
        ("Ostria denied that its drills were used.", [DENIAL]),
        ("Ostria's ministry called the report “pure invention” and denied it.", [DENIAL]),
        ("The kiln failed at Dunmore; Ostria denied that its drills were used.", [KILN, DENIAL]),
    ],
)
def test_what_stands_there_may_be_said(sentence: str, cited: list[str]) -> None:
    assert is_supported(sentence, cited)


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("The Dunmore kiln failed on Monday.", [KILN]),
        ("The Dunmore kiln lost 1,300 tonnes of oxide.", [KILN]),
        ("The Dunmore kiln lost twelve hundred tonnes.", [KILN]),
        ("Kestrel Magnets lost oxide at the Dunmore kiln.", [KILN]),
        ("Norland says the kiln at Dunmore failed.", [KILN]),
        ("The kiln at Dunmore did not fail on Friday.", [KILN]),
        ("Ostria confirmed that its drills were used.", [DENIAL]),
        ("Ostria denied it, calling the report “a lie from Norland”.", [DENIAL]),
        ("Ostria denied it, calling the report “pure fantasy”.", [DENIAL]),
        ("The kiln at Dunmore failed, see https://evil.example now.", [KILN]),
        ("The kiln at Dunmore failed <!channel> on Friday.", [KILN]),
        ("The kiln at Dunmore failed @everyone on Friday.", [KILN]),
        ("The kiln at Dunmore [failed](x) on Friday.", [KILN]),
        ("The kiln failed.", [KILN]),
        ("The kiln at Dunmore failed. " * 20, [KILN]),
        ("The kiln at Dunmore failed on Friday.", []),
    ],
)
def test_what_does_not_stand_there_may_not(sentence: str, cited: list[str]) -> None:
    assert not is_supported(sentence, cited)


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_judged_and_nothing_foreign_passes(sentence: str, cited: list[str]) -> None:
    if is_supported(sentence, cited):
        assert cited
        assert len(" ".join(sentence.split())) <= LONGEST
        assert not any(mark in sentence for mark in ("http:", "https:", "<", ">", "@", "#", "`", "|"))


@given(st.sampled_from([KILN, DENIAL]), st.integers(1000, 9999))
def test_a_number_of_its_own_never_passes(cited: str, number: int) -> None:
    assert is_supported(f"{cited} And {number} more.", [cited]) == (str(number) == "1200" and cited == KILN)
