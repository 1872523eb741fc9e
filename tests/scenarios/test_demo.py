"""``monazite demo`` as a process: each story alerts once, a denial answers its claim, a second visit tells nothing."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

from bot.demo.publishers import Newsroom
from bot.storage.tables import delivery, entry, story_entry

ROOT = Path(__file__).parent.parent.parent
SECONDS = 20


def visit(folder: Path) -> str:
    """Run the demo in a pipe; return what it printed."""
    command = [sys.executable, "-m", "bot", "demo", "--seconds", str(SECONDS), "--folder", str(folder)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "visits"


@pytest.fixture(scope="module")
def first(folder: Path) -> str:
    return visit(folder)


@pytest.fixture
def database(first: str, folder: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{folder / 'monazite.db'}")
    yield engine
    engine.dispose()


def stories_of(database: Engine, newsroom: Newsroom) -> dict[str, set[int]]:
    """For each story of the newsroom, the stories of the bot that its first entries are in."""
    found: dict[str, set[int]] = defaultdict(set)
    with database.connect() as connection:
        rows = connection.execute(select(entry.c.title, story_entry.c.story_id).join(story_entry)).all()
    filed: dict[str, set[int]] = defaultdict(set)
    for title, story_id in rows:
        filed[title].add(story_id)
    for story, told in newsroom.truth().items():
        for one in told:
            source = newsroom.entry(one.slug)
            if source is not None:
                found[story] |= filed.get(source.title, set())
    return found


def test_it_shows_its_work(first: str) -> None:
    for expected in (
        "16 publishers on http://127.0.0.1:",
        "ALERT",
        "US Strategic Metals",
        "Why: ",
        "monazite> /recent",
        "Did you mean /subscriptions?",
        "matched no topic",
        "duplicates folded",
        "Run it again",
    ):
        assert expected in first
    assert "\x1b" not in first  # a pipe gets plain text


def test_every_story_alerts(database: Engine) -> None:
    newsroom = Newsroom.load()
    with database.connect() as connection:
        alerted = set(connection.execute(select(delivery.c.story_id).where(delivery.c.kind == "alert")).scalars())
        states = set(connection.execute(select(delivery.c.state)).scalars())
    for story, numbers in stories_of(database, newsroom).items():
        assert numbers & alerted, f"nobody was told of {story}"
    assert states == {"sent"}


def test_what_must_stay_silent_does(database: Engine) -> None:
    silent = {quiet.title for quiet in Newsroom.load().silent()}
    with database.connect() as connection:
        filed = set(connection.execute(select(entry.c.title).join(story_entry)).scalars())
    assert filed & silent == set()


def test_denial_answers_the_claim(database: Engine, first: str) -> None:
    claims = select(story_entry.c.of).where(story_entry.c.relation == "denial")
    with database.connect() as connection:
        answered = set(connection.execute(select(entry.c.title).where(entry.c.id.in_(claims))).scalars())
        languages = set(
            connection.execute(
                select(entry.c.language).join(story_entry).where(story_entry.c.stance == "deny")
            ).scalars()
        )
    assert answered, "no denial was linked to a claim"
    assert {"en", "zh", "ur"} <= languages
    assert re.search(r"denies:?\s+“", first)


def test_second_visit_alerts_on_nothing(first: str, folder: Path) -> None:
    second = visit(folder)
    assert "Nothing alerted twice." in second
    assert "ALERT" not in second.partition("monazite>")[0]
