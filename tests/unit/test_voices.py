"""Whose voice a speaker is, and the speaker's name in English."""

import pytest

from bot.languages.voices import in_english, party_of


@pytest.mark.parametrize(
    ("speaker", "language", "party", "english"),
    [
        ("Foreign Ministry spokesperson Lin Jian", "en", "CN", "Foreign Ministry spokesperson Lin Jian"),
        ("外交部发言人林剑", "zh", "CN", "Foreign Ministry Spokesperson Lin Jian"),
        ("商务部", "zh", "CN", "Commerce Ministry"),
        ("چینی وزارتِ خارجہ", "ur", "CN", "China's Foreign Ministry"),
        ("دفتر خارجہ", "ur", "PK", "Foreign Ministry"),
        ("特朗普", "zh", "US", "Trump"),
        ("US official", "en", "US", "US official"),
        ("Foreign Office", "en", "", "Foreign Office"),
        ("张三", "zh", "", "张三"),
        ("", "ur", "", ""),
    ],
)
def test_speakers(speaker: str, language: str, party: str, english: str) -> None:
    assert party_of(speaker, language) == party
    assert in_english(speaker, language) == english
