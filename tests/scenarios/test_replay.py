"""``monazite replay``: what other topics would have made of the stored past."""

from pathlib import Path

from tests.loopback import Loopback
from tests.scenarios.conftest import OLD, ORE, QUOTAS, Bot, document

MANGO = """id: mangoes
title: Mangoes
vocabulary:
  mango: {terms: {en: [mango]}}
rules:
  - {name: a mango, weight: 8, all: [mango]}
"""


async def test_it_shows_what_other_topics_would_have_made_of_the_past(
    bot: Bot, publisher: Loopback, tmp_path: Path
) -> None:
    publisher.answers["/rss"] = document(OLD, ORE, QUOTAS)
    await bot.once("poll", "--once")
    status, out, err = await bot.once("replay", "--since", "1d")
    assert (status, err) == (0, "")
    assert "rare-earths" in out
    assert "3 entries held against 2 topics" in out
    assert "+ " not in out
    folder = tmp_path / "topics"
    folder.mkdir()
    (folder / "mangoes.yaml").write_text(MANGO, encoding="utf-8")
    status, out, _ = await bot.once("replay", "--since", "1d", "--topics", str(folder))
    assert status == 0
    assert "+ mangoes: Mango harvest begins in Multan" in out
    assert "- rare-earths: China cuts rare earth export quotas for the second half" in out


async def test_what_cannot_be_replayed_is_said(bot: Bot, tmp_path: Path) -> None:
    status, _, err = await bot.once("replay")
    assert (status, err.count("\n")) == (1, 1)
    assert "there is no database" in err
    status, _, err = await bot.once("replay", "--since", "soon")
    assert status == 2
    assert "'soon' is not a duration such as 24h, 7d or 4w" in err
    (tmp_path / "none").mkdir()
    status, _, err = await bot.once("replay", "--topics", str(tmp_path / "none"))
    assert status == 1
    assert "no topic here" in err
