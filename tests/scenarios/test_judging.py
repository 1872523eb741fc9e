"""Evaluation, verdicts and what is learned from them, with the program as a process."""

import json
from pathlib import Path

from bot.model import Match
from bot.storage import stories
from bot.storage.database import Database
from bot.storage.tables import delivery, entry, feedback
from tests.loopback import Loopback
from tests.scenarios.conftest import OLD, ORE, Bot, document
from tests.scenarios.test_program import polled

LABELLED = [
    {
        "id": 1,
        "title": "China cuts rare earth export quotas",
        "labels": {"rare-earths": True, "china-pakistan-us": False},
    },
    {
        "id": 2,
        "title": "Batters rescue the test in Multan",
        "labels": {"rare-earths": False, "china-pakistan-us": False},
    },
    {"id": 3, "title": "Neodymium magnet swallowed by toddler", "labels": {"rare-earths": True}},
]


def labelled(folder: Path) -> str:
    path = folder / "labelled.jsonl"
    path.write_text("\n".join(map(json.dumps, LABELLED)), encoding="utf-8")
    return str(path)


async def test_eval_prints_figures_and_misses_and_quality_shows_them(bot: Bot, tmp_path: Path) -> None:
    status, out, err = await bot.once("eval", "topics", labelled(tmp_path), "--keep")
    assert (status, err) == (0, "")
    assert "not borderline" in out
    assert "rare-earths missed: 3 Neodymium magnet swallowed by toddler" in out
    assert "Stored: /quality shows it." in out
    await bot.start()
    await bot.type("/quality")
    await bot.until("rare-earths all F1")


async def test_a_file_that_is_not_labelled_is_named(bot: Bot, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    for text, said in (("", "no labelled lines"), ('{"id": 1', "line 1: not JSON"), ("[1]", "line 1: a JSON object")):
        path.write_text(text, encoding="utf-8")
        status, _, err = await bot.once("eval", "topics", str(path))
        assert (status, err.count("\n")) == (1, 1)
        assert said in err


async def test_a_verdict_is_taken_where_the_alert_was_posted(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("ALERT")
    await bot.type("/why 1 wrong")
    await bot.until("Story 1: not useful")
    await bot.type("/quality")
    await bot.until("1, of them 1 not useful (100%)")


async def test_what_is_learned_is_shown_applied_and_taken_back(bot: Bot) -> None:
    await bot.once("poll", "--once")
    assert "Too few verdicts" in (await bot.once("learn"))[1]
    await _give_verdicts(bot.folder)
    status, out, _ = await bot.once("learn")
    assert status == 0
    assert "Nothing changed. --apply puts the better ones in force." in out
    assert "In force: rare-earths" in (await bot.once("learn", "--apply"))[1]
    assert "Too few verdicts" in (await bot.once("learn"))[1]  # those there are were on the scores before
    assert "Taken back: rare-earths" in (await bot.once("learn", "--undo"))[1]
    assert "0.551" in (await bot.once("learn"))[1]
    assert "There is nothing to take back." in (await bot.once("learn", "--undo"))[1]


async def test_a_lesson_that_harms_a_labelled_file_is_not_applied(bot: Bot, tmp_path: Path) -> None:
    await bot.once("poll", "--once")
    await _give_verdicts(bot.folder, low=0.97)  # higher than what the labelled headlines score
    status, out, _ = await bot.once("learn", "--apply", "--check", labelled(tmp_path))
    assert status == 0
    assert "rare-earths F1 0.667 before, 0.000 after" in out
    assert "Nothing changed." in out


async def _give_verdicts(folder: Path, low: float = 0.55) -> None:
    """Thirty alerts on rare earths of which those with a low score were not useful."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'monazite.db'}")
    place = {"platform": "console", "channel_id": "terminal"}
    owed = {"kind": "alert", "topics": "", "state": "sent", "attempts": 1, "error": ""}
    async with database.write() as tx:
        kept = dict((await tx.execute(entry.select().limit(1))).mappings().one())
        when = kept["seen"]
        for number in range(1000, 1030):
            score = low if number % 3 else 0.99
            await tx.execute(entry.insert(), kept | {"id": number})
            await stories.add_matches(tx, {number: [Match("rare-earths", score, matched=True)]})
            row = place | owed | {"story_id": number, "entry_id": number, "next_try": when, "created": when}
            await tx.execute(delivery.insert(), row)
            said = {"user": "ann", "story_id": number, "useful": score == 0.99, "created": when}
            await tx.execute(feedback.insert(), place | said)
    await database.close()
