"""``monazite feeds`` as a person types it: list, check, add, import and export, on loopback publishers."""

import asyncio
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.feeds.catalogue.file import load_catalogue
from tests.loopback import Asked, Loopback, reply
from tests.scenarios.conftest import ORE, Bot, document

PAGE = b"""<html><head><title>The Post</title>
<link rel="alternate" type="application/rss+xml" title="News" href="/news.rss">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed"></head></html>"""
NEW = ORE.replace("<guid>", "<pubDate>Thu, 02 Oct 2025 09:00:00 GMT</pubDate><guid>")
OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Asia"><outline type="rss" text="The Post" xmlUrl="https://post.example/rss"/>
<outline type="rss" text="Ledger again" xmlUrl="{known}"/><outline text="A note"/></outline></body></opml>"""


async def fails(bot: Bot, *arguments: str) -> str:
    """Run a command that must fail; return its one line of complaint."""
    status, _, err = await bot.once(*arguments)
    assert status == 1
    assert err.startswith("monazite: ")
    assert "Traceback" not in err
    assert err.count("\n") == 1
    return err.removeprefix("monazite: ").strip()


async def test_list_names_what_is_configured(bot: Bot) -> None:
    status, out, err = await bot.once("feeds", "list")
    assert (status, err) == (0, "")
    assert "ledger" in out
    assert "independent" in out
    assert "1 feed\n" in out


async def test_check_says_how_each_feed_fares(bot: Bot, publisher: Loopback) -> None:
    async def slowly(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(document(NEW))

    publisher.answers |= {
        "/rss": document(NEW),
        "/old": reply(301, Location="/rss"),
        "/gone": reply(410),
        "/broken": reply(500),
        "/page": reply(body=b"<html><p>no feed</p></html>", Content_Type="text/html"),
        "/slow": slowly,
    }
    bot.environment |= {"COLUMNS": "200", "MONAZITE_STALE_AFTER": "30d"}
    paths = ("/rss", "/old", "/gone", "/broken", "/page", "/slow")
    status, out, _ = await bot.once("feeds", "check", *map(publisher.url, paths))
    assert status == 1  # some fail
    for words in ("RSS 2.0", "ok, moved to", "410", "500", "days ago", "6 feeds checked, 3 failed, 3 stale"):
        assert words in out
    status, out, _ = await bot.once("feeds", "check", "ledger")
    assert status == 0
    assert "1 feed checked, 0 failed, 1 stale" in out


async def test_check_of_an_unknown_feed(bot: Bot) -> None:
    assert "there is no feed 'legder' in feeds.yaml" in await fails(bot, "feeds", "check", "legder")


async def test_add_finds_the_feed_of_a_page_and_keeps_the_file(bot: Bot, publisher: Loopback) -> None:
    publisher.answers |= {
        "/": reply(body=PAGE, Content_Type="text/html"),
        "/news.rss": document(ORE).replace(b"Ledger", b"Poster"),
        "/comments/feed": document(ORE),
    }
    path = bot.folder / "feeds.yaml"
    path.write_text("# ours, keep this line\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    status, out, err = await bot.once("feeds", "add", publisher.url("/"), "--country", "us", "--topic", "rare-earths")
    assert (status, err) == (0, "")
    assert f"added poster (RSS 2.0, 1 entry) {publisher.url('/news.rss')}" in out
    assert f"also found: {publisher.url('/comments/feed')}" in out
    assert path.read_text(encoding="utf-8").startswith("# ours, keep this line\n")
    old, new = load_catalogue(path)
    assert old.id == "ledger"
    assert (new.id, new.url, new.country, new.topics) == ("poster", publisher.url("/news.rss"), "US", ("rare-earths",))


@pytest.mark.parametrize(
    ("path", "said"),
    [("/rss", "is there already, as ledger"), ("/nothing", "404"), ("/plain", "no feed")],
)
async def test_what_cannot_be_added_is_said_and_changes_nothing(
    bot: Bot, publisher: Loopback, path: str, said: str
) -> None:
    if path == "/plain":  # and nothing at the addresses where feeds usually are
        publisher.answers = {"/plain": reply(body=b"<html><p>words</p></html>", Content_Type="text/html")}
    before = (bot.folder / "feeds.yaml").read_bytes()
    assert said in await fails(bot, "feeds", "add", publisher.url(path))
    assert (bot.folder / "feeds.yaml").read_bytes() == before


async def test_a_private_address_is_refused_unless_allowed(bot: Bot, publisher: Loopback) -> None:
    bot.environment["MONAZITE_ALLOW_HOSTS"] = "feeds.example"
    asked = len(publisher.asked)
    assert "127.0.0.1" in await fails(bot, "feeds", "add", publisher.url("/"))
    assert len(publisher.asked) == asked


async def test_import_adds_what_is_new_and_export_gives_it_back(bot: Bot, publisher: Loopback, tmp_path: Path) -> None:
    opml = tmp_path / "mine.opml"
    opml.write_text(OPML.format(known=publisher.url("/rss")), encoding="utf-8")
    status, out, _ = await bot.once("feeds", "import", str(opml))
    assert (status, out) == (0, "feeds.yaml: 1 feed added, 1 there already\n")
    status, out, _ = await bot.once("feeds", "export")
    assert status == 0
    addresses = {outline.get("xmlUrl") for outline in ET.fromstring(out).iter("outline")}
    assert {"https://post.example/rss", publisher.url("/rss")} <= addresses


@pytest.mark.parametrize(
    "text",
    ["", "not XML", "<opml><body/>", '<!DOCTYPE o [<!ENTITY a "b">]><opml><body>&a;</body></opml>', "<rss/>"],
)
async def test_an_opml_file_that_cannot_be_read(bot: Bot, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.opml").write_text(text, encoding="utf-8")
    assert "OPML" in await fails(bot, "feeds", "import", str(tmp_path / "bad.opml"))


async def test_init_writes_the_starting_list_once(bot: Bot) -> None:
    assert "is there already; --force replaces it" in await fails(bot, "feeds", "init")
    (bot.folder / "feeds.yaml").unlink()
    assert "feeds.yaml" in await fails(bot, "feeds", "list")
    status, out, _ = await bot.once("feeds", "init")
    assert (status, out) == (0, "feeds.yaml: 102 feeds\n")
    status, out, _ = await bot.once("feeds", "list", "--all")
    assert "102 feeds" in out
