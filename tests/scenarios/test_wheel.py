"""An installed wheel: what it carries, and that it works where the checkout is not."""

import asyncio
import sys
import zipfile
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.loopback import Loopback
from tests.scenarios.conftest import FEED, ORE, Bot, document

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the project's own backend, without a network."""
    folder = tmp_path_factory.mktemp("wheel")

    async def build() -> None:
        command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
        _, err = await process.communicate()
        assert process.returncode == 0, err.decode()

    asyncio.run(build())
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_what_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "monazite = bot.__main__:main" in archive.read(entry_points).decode()
    for needed in (
        "bot/storage/migrations/env.py",
        "bot/storage/migrations/versions/0001_first_schema.py",
        "bot/classify/topics/rare-earths.yaml",
        "bot/classify/topics/china-pakistan-us.yaml",
        "bot/stories/weights.json",
        "bot/languages/concepts.tsv",
        "bot/languages/words/en.yaml",
        "bot/languages/words/ur.yaml",
        "bot/feeds/feeds.yaml",
        "handlers/slack/gateway.py",
        "handlers/discord/gateway.py",
        "handlers/console/gateway.py",
    ):
        assert needed in names
    assert any(name.startswith("bot/demo/newsroom/") for name in names)
    assert any(name.endswith("LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


async def test_it_works_outside_the_checkout(wheel: Path, bot: Bot, publisher: Loopback, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    bot.environment["PYTHONPATH"] = str(unpacked)
    (bot.folder / "feeds.yaml").unlink()
    assert (await bot.once("feeds", "init"))[1] == "feeds.yaml: 102 feeds\n"
    assert (await bot.once("db", "upgrade"))[0] == 0
    (bot.folder / "feeds.yaml").write_text(FEED.format(url=publisher.url("/rss")), encoding="utf-8")
    publisher.answers["/rss"] = document(ORE)
    status, out, err = await bot.once("poll", "--once", "--all")
    assert status == 0, err
    assert "1 feed polled: 1 fetched" in out
    status, out, _ = await bot.once("classify", typed=b'{"id": 1, "title": "China cuts rare earth export quotas"}\n')
    assert status == 0
    assert '"match": true' in out
