"""Secrets never leave, however they are spelled."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.redact import Redactor

PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40)


@given(PRINTABLE, st.text(max_size=20))
def test_no_spelling_of_a_secret_gets_through(secret: str, around: str) -> None:
    redact = Redactor([secret])
    for spelled in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        cleaned = redact(f"{around} {spelled} {around}")
        assert cleaned.count("***") >= 1
        assert secret not in cleaned or secret in f"{around} *** {around}"


def test_a_secret_in_base_64_is_one_too() -> None:
    encoded = base64.b64encode(b"xoxb-of-no-worth").decode()
    assert Redactor(["xoxb-of-no-worth"])(f"Basic {encoded}") == "Basic ***=="


def test_of_two_secrets_the_longer_goes_whole() -> None:
    assert Redactor(["token", "token-and-more"])("a token-and-more b token") == "a *** b ***"


@pytest.mark.parametrize("secrets", [(), ("",), ("pg",)])
def test_where_there_is_nothing_to_hide_nothing_changes(secrets: tuple[str, ...]) -> None:
    assert Redactor(secrets)("a page of pg text") == "a page of pg text"
