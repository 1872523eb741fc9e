"""``monazite db backup``, ``restore`` and ``check`` as an operator types them."""

import signal

import pytest

from bot.storage.tables import HEAD
from tests.loopback import Loopback
from tests.scenarios.conftest import OLD, ORE, QUOTAS, Bot, document
from tests.scenarios.test_program import polled


async def test_a_backup_of_a_running_bot_is_restored_and_used(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("Pakistan ships first")
    status, out, err = await bot.once("db", "backup", "copy.db")
    assert (status, err) == (0, "")
    assert out.startswith("copy.db: ")
    status, _, err = await bot.once("db", "restore", "copy.db")
    assert (status, err.count("\n")) == (1, 1)
    assert "is running; stop it first" in err
    await bot.end(signal.SIGTERM)
    (bot.folder / "monazite.db").write_bytes(b"the disk had other ideas " * 1000)
    status, _, err = await bot.once("db", "check")
    assert (status, err.count("\n")) == (1, 1)
    assert "not a database" in err
    status, out, _ = await bot.once("db", "restore", "copy.db")
    assert status == 0
    assert "the old one is kept as monazite.db.2" in out
    assert (await bot.once("db", "check"))[:2] == (0, f"sound, schema {HEAD}\n")
    publisher.answers["/rss"] = document(QUOTAS, ORE, OLD)
    await bot.start()
    await bot.until("China cuts rare earth export quotas")
    await polled(publisher, 3)
    assert bot.output.count("ALERT") == 2  # the first before the backup, the second after it was restored


@pytest.mark.parametrize("place", [0, 0.25, 0.5, 0.95], ids=["head", "early", "middle", "end"])
async def test_a_damaged_database_is_told_at_the_start_and_left_as_it_is(bot: Bot, place: float) -> None:
    await bot.once("poll", "--once")
    path = bot.folder / "monazite.db"
    body = bytearray(path.read_bytes())
    begin = int(len(body) * place)
    body[begin : begin + 5000] = b"\xa5the disk" * 555
    path.write_bytes(body)
    for command in (("run",), ("poll", "--once"), ("db", "upgrade")):
        status, out, err = await bot.once(*command)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert err.startswith("monazite: database sqlite+aiosqlite:///monazite.db is damaged (")
        assert err.endswith(
            "): monazite db check tells what is wrong, monazite db restore FILE puts a backup in its place\n"
        )
    status, _, err = await bot.once("db", "check")
    assert (status, "Traceback" in err) == (1, False)
    assert "monazite db restore FILE puts a backup in its place" in err.splitlines()[-1]
    assert path.read_bytes() == body


@pytest.mark.parametrize(
    "command",
    ["outbox list", "outbox replay", "outbox drop 1", "replay", "learn", "learn --undo", "health", "db check",
     "db backup copy.db"],
)  # fmt: skip
async def test_a_mistyped_path_is_told_and_leaves_no_database_behind(bot: Bot, command: str) -> None:
    for path in ("monazit.db", "nowhere/monazite.db"):
        bot.environment["MONAZITE_DATABASE"] = path
        status, out, err = await bot.once(*command.split())
        assert (status, out) == (1, "")
        assert err == (
            f"monazite: there is no database {path}: "
            "set MONAZITE_DATABASE to where it is, or start the bot, which makes it\n"
        )
    assert [path.name for path in bot.folder.iterdir()] == ["feeds.yaml"]


async def test_postgresql_has_tools_of_its_own(bot: Bot) -> None:
    bot.environment["MONAZITE_DATABASE"] = "postgresql://monazite:hunter2@127.0.0.1:1/news"
    for command in (("backup", "copy.db"), ("restore", "feeds.yaml")):
        status, _, err = await bot.once("db", *command)
        assert status == 1
        assert err.startswith("monazite: the database is PostgreSQL")
        assert "pg_dump" in err
        assert "hunter2" not in err
