"""``monazite feeds``, called in this process, against a publisher on the loopback: what a person types, and is told."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import psutil
import pytest
import structlog

from bot.cli import main
from bot.feeds.catalogue.file import load_catalogue
from tests.loopback import Asked, Loopback, loopback, reply

ROOT = Path(__file__).parent.parent.parent
FEED = """  - id: {id}
    name: The {id}
    url: {url}
    language: en
    publisher: The {id}
    ownership: trade
    tier: 2
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    def row(self, start: str) -> list[str]:
        """The cells of the one line of a table that starts so, at least two spaces apart."""
        (line,) = [line for line in self.out.splitlines() if line.startswith(f" {start} ")]
        return [cell.strip() for cell in line.split("  ") if cell.strip()]


class Person:
    """Types commands in a folder with a feeds.yaml."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.yaml = folder / "feeds.yaml"
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def configure(self, *feeds: tuple[str, str]) -> None:
        """Write feeds.yaml with these ids and addresses."""
        self.yaml.write_text("feeds:\n" + "".join(FEED.format(id=id_, url=url) for id_, url in feeds), "utf-8")

    def types(self, *arguments: str) -> Ran:
        """Run the command line to its end."""
        self._monkeypatch.setattr(sys, "argv", ["monazite", *arguments])
        pipes, status, last = signal.getsignal(signal.SIGPIPE), 0, ""
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
            last = f"{leaving.code}\n" if isinstance(leaving.code, str) else ""
        finally:
            signal.signal(signal.SIGPIPE, pipes)
        out, err = self._capsys.readouterr()
        return Ran(status, out, err + last)

    def is_told(self, *arguments: str) -> str:
        """Run a command that must fail; return its one line of complaint."""
        ran = self.types(*arguments)
        assert ran.status == 1
        assert ran.err.startswith("monazite: ")
        assert ran.err.count("\n") == 1
        return ran.err.removeprefix("monazite: ").strip()


@pytest.fixture
def person(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    for name in [name for name in os.environ if name.startswith("MONAZITE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MONAZITE_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    yield Person(tmp_path, capsys, monkeypatch)
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def publisher() -> Iterator[Loopback]:
    """A publisher that serves from another thread, as the commands run event loops of their own in this one."""
    started = threading.Event()
    shared: list[tuple[Loopback, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with loopback() as state:
            ended = asyncio.Event()
            shared.append((state, asyncio.get_running_loop(), ended))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    state, loop, ended = shared[0]
    yield state
    loop.call_soon_threadsafe(ended.set)
    thread.join()


@pytest.fixture(autouse=True)
def nothing_published(publisher: Loopback) -> None:
    publisher.answers.clear()
    publisher.asked.clear()


def document(title: str = "Ledger", *, entries: int = 1, days: float | None = 0.5, body: bytes = b"") -> bytes:
    """An RSS document whose entries are so many days old (None: without a time), as a whole answer."""
    moment = (
        f"<pubDate>{format_datetime(datetime.now(UTC) - timedelta(days=days))}</pubDate>" if days is not None else ""
    )
    items = "".join(f"<item><title>Ore {n}</title><guid>{n}</guid>{moment}</item>" for n in range(entries))
    text = f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
    return reply(body=body or text.encode(), Content_Type="application/rss+xml")


def page(*links: str) -> bytes:
    """A page that declares feeds at these paths."""
    declared = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return reply(body=f"<html><head>{declared}</head></html>".encode(), Content_Type="text/html")


def opml(*outlines: str) -> str:
    return f'<?xml version="1.0"?>\n<opml version="2.0"><body>\n{"".join(outlines)}\n</body></opml>'


# check


def test_check_shows_what_each_feed_gave(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {
        "/rss": document(entries=5, days=2),
        "/empty": document(entries=0),
        "/undated": document(days=None),
        "/early": document(days=-20),
        "/temporary": reply(302, Location="/rss"),
    }
    person.configure(*((path, publisher.url(f"/{path}")) for path in ("rss", "empty", "undated", "early", "temporary")))
    ran = person.types("feeds", "check")
    assert (ran.status, ran.err) == (0, "")
    assert ran.row("Feed") == ["Feed", "Status", "Format", "Entries", "Newest", "Stale", "Time"]
    assert ran.row("rss")[:-1] == ["rss", "ok", "RSS 2.0", "5", "2 days ago", "no"]
    assert ran.row("empty")[:-1] == ["empty", "ok", "RSS 2.0", "0"]
    assert ran.row("undated")[:-1] == ["undated", "ok", "RSS 2.0", "1", "undated"]
    assert ran.row("early")[4].startswith("in ")
    assert ran.row("temporary")[1] == "ok"
    assert ran.out.endswith("5 feeds checked, 0 failed, 0 stale\n")


def test_check_says_what_is_wrong_below_the_table(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {
        "/rss": document(),
        "/quiet": document(days=200.1),
        "/old": reply(301, Location="/rss"),
        "/busy": reply(503, Retry_After="120"),
        "/round": reply(301, Location="/round"),
        "/lazy": reply(304),
        "/gone": reply(410),
        "/page": page(),
    }
    failing = ("busy", "round", "lazy", "gone", "page", "missing")
    person.configure(*((path, publisher.url(f"/{path}")) for path in ("quiet", "old", *failing)))
    ran = person.types("feeds", "check")
    assert ran.status == 1
    assert ran.row("quiet")[1:-1] == ["ok", "RSS 2.0", "1", "200 days ago", "yes"]
    assert "quiet: stale: its newest entry is 200 days old, 110 days more than MONAZITE_STALE_AFTER allows\n" in ran.out
    assert ran.row("old")[1] == "ok, moved"
    assert f"old: ok, moved to {publisher.url('/rss')} for good\n" in ran.out
    for path, word, said in (
        ("busy", "throttled 503", "the server is busy (503), asks to wait 120 s"),
        ("round", "redirects", "redirects in a circle"),
        ("lazy", "protocol", 'the answer is "not modified" to a first request'),
        ("gone", "gone", "the feed is gone for good (410)"),
        ("page", "no feed", "the address gives a web page, not a feed"),
        ("missing", "http 404", "the server answers 404 (Not Found)"),
    ):
        assert ran.row(path)[1] == word
        assert f"\n{path}: {said}\n" in ran.out
    assert ran.out.endswith("8 feeds checked, 6 failed, 1 stale\n")


def test_check_of_what_cannot_be_reached(person: Person, publisher: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    publisher.answers["/slow"] = hangs
    monkeypatch.setenv("MONAZITE_FETCH_TIMEOUT", "0.2s")
    person.configure(
        ("slow", publisher.url("/slow")), ("closed", "http://127.0.0.1:1/rss"), ("private", "http://10.0.0.1/rss")
    )
    ran = person.types("feeds", "check")
    assert ran.status == 1
    assert "slow: no full answer within 0.2 s\n" in ran.out
    assert "closed: no connection to 127.0.0.1: Connection refused\n" in ran.out
    assert "private: 10.0.0.1 leads to a private or reserved network (MONAZITE_ALLOW_HOSTS can allow it)\n" in ran.out


def test_check_asks_each_named_feed_once_and_in_its_own_name(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {"/rss": document(), "/other?key=hidden": document()}
    person.configure(("one", publisher.url("/rss")), ("two", publisher.url("/missing")))
    person.yaml.write_text(person.yaml.read_text("utf-8").replace("tier: 2", "tier: 2\n    user_agent: Reader/1", 1))
    ran = person.types("feeds", "check", "one", "one", publisher.url("/other?key=hidden"))
    assert ran.status == 0
    assert ran.row(f"127.0.0.1:{publisher.port}/other")[1] == "ok"
    assert "hidden" not in ran.out
    assert sorted((asked.path, asked.headers["user-agent"][:8]) for asked in publisher.asked) == [
        ("/other?key=hidden", "Monazite"),
        ("/rss", "Reader/1"),
    ]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ledgr", "there is no feed 'ledgr' in feeds.yaml; did you mean 'ledger'?"),
        ("zzz", "there is no feed 'zzz' in feeds.yaml; monazite feeds list --all shows them"),
        ("post.example/rss", "there is no feed 'post.example/rss' in feeds.yaml; an address begins with https://"),
        ("http://[::1/rss", "'http://[::1/rss' is not an http or https address"),
        ("ftp://a.example/x", "is not an http or https address; did you mean 'https://a.example/x'?"),
        ("http://me:secret@a.example/", "the address has a user name in it; write it without what stands before"),
    ],
)
def test_what_check_cannot_look_at(person: Person, word: str, said: str) -> None:
    person.configure(("ledger", "https://ledger.example/rss"))
    told = person.is_told("feeds", "check", word)
    assert said in told
    assert "secret" not in told


# add


def test_add_takes_the_likeliest_feed_that_works(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {
        "/": page("/gone", "/words", "/news", "/more"),
        "/gone": reply(410),
        "/words": page(),
        "/news": document("Harbour Post", entries=3, days=40),
    }
    person.configure(("ledger", "https://ledger.example/rss"))
    ran = person.types("feeds", "add", publisher.url("/"))
    assert (ran.status, ran.err) == (0, "")
    first, *others = ran.out.splitlines()
    assert first == (
        f"feeds.yaml: added harbour-post (RSS 2.0, 3 entries, the newest 40 days ago) {publisher.url('/news')}"
    )
    assert others == [f"  also found: {publisher.url(path)}" for path in ("/gone", "/words", "/more")]
    assert [feed.id for feed in load_catalogue(person.yaml)] == ["ledger", "harbour-post"]


def test_add_tells_why_the_likeliest_does_not_work_where_none_does(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {"/": page("/gone", "/words"), "/gone": reply(410), "/words": page()}
    person.configure()
    told = person.is_told("feeds", "add", publisher.url("/"))
    assert told == f"{publisher.url('/gone')}: the feed is gone for good (410)"


def test_add_of_a_known_feed_names_the_others_of_the_page(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {"/": page("/rss", "/news"), "/rss": document(), "/moved": reply(308, Location="/rss")}
    person.configure(("ledger", publisher.url("/rss/")))
    there = f"{publisher.url('/rss')} is there already, as ledger"
    assert person.is_told("feeds", "add", publisher.url("/")) == f"{there}; also found: {publisher.url('/news')}"
    assert person.is_told("feeds", "add", publisher.url("/moved")) == there


def test_add_keeps_what_a_person_says_of_the_feed(person: Person, publisher: Loopback) -> None:
    publisher.answers["/rss"] = document("稀土新闻")
    person.configure()
    said = (
        "--id=xt",
        "--name=Ores",
        "--publisher=XT",
        "--country=cn",
        "--ownership=state",
        "--language=zh",
        "--tier=1",
    )
    ran = person.types("feeds", "add", publisher.url("/rss"), *said, "--topic=rare-earths")
    assert (ran.status, ran.err) == (0, "")
    publisher.answers["/bare"] = document("稀土新闻")
    assert person.types("feeds", "add", publisher.url("/bare")).status == 0
    told, guessed = load_catalogue(person.yaml)
    assert (told.id, told.name, told.publisher, told.country, told.language) == ("xt", "Ores", "XT", "CN", "zh")
    assert (told.ownership, told.tier, told.topics) == ("state", 1, ("rare-earths",))
    assert (guessed.id, guessed.name, guessed.publisher) == ("127-0-0-1", "稀土新闻", "稀土新闻")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--id", "Bad_Id", "'Bad_Id' is not made of small letters, digits and '-' alone; did you mean 'bad-id'?"),
        ("--name", "two\nlines", "has a line break or an invisible character in it"),
        ("--country", "Pakistan", "is not a two-letter country code such as PK, CN or US"),
        ("--language", "klingon", "'klingon' is not a two-letter language code such as en, zh or ur"),
        ("--ownership", "government", "is not one of"),
        ("--tier", "9", "9 is not in the range"),
        ("--topic", "rare-earth", "'rare-earth' is not a topic; did you mean 'rare-earths'?"),
    ],
)
def test_a_wrong_option_is_told_before_anybody_is_asked(
    person: Person, publisher: Loopback, option: str, value: str, said: str
) -> None:
    person.configure()
    ran = person.types("feeds", "add", publisher.url("/rss"), option, value)
    assert ran.status == 2
    assert said in ran.err
    assert f"Invalid value for '{option}'" in ran.err
    assert publisher.asked == []


def test_an_id_that_is_taken_is_told_before_anybody_is_asked(person: Person, publisher: Loopback) -> None:
    person.configure(("ledger", "https://ledger.example/rss"))
    told = person.is_told("feeds", "add", publisher.url("/rss"), "--id", "ledger")
    assert told == "feeds.yaml: there is a feed 'ledger' already; choose another --id"
    assert publisher.asked == []


def test_add_repeats_no_password(person: Person) -> None:
    person.configure()
    for typed in ("http://me:secret@127.0.0.1/", "me:secret@127.0.0.1/rss"):
        told = person.is_told("feeds", "add", typed)
        assert told == "the address has a user name in it; write it without what stands before the '@'"


# import and export


def test_import_adds_the_good_ones_and_names_the_others(person: Person) -> None:
    person.configure(("ledger", "https://ledger.example/rss"))
    (person.folder / "mine.opml").write_text(
        opml(
            '<outline text="Deep"><outline text="Deeper"><outline text="人民报" xmlUrl="https://rm.example/rss"/></outline>',
            "</outline>",
            '<outline text="Ledger" xmlUrl="http://ledger.example/rss/"/>',
            '<outline text="Twin" xmlUrl="http://rm.example/rss"/>',
            '<outline text="Files" xmlUrl="ftp://files.example/rss"/>',
            '<outline text="Ours" xmlUrl="https://me:secret@ours.example/rss"/>',
            '<outline text="One query" xmlUrl="https://query.example/?rss=one"/>',
            '<outline text="Another" xmlUrl="https://query.example/?rss=two"/>',
            '<outline text="A note"/>',
        ),
        "utf-8",
    )
    ran = person.types("feeds", "import", "mine.opml")
    assert ran.status == 1
    assert ran.out == "feeds.yaml: 3 feeds added, 2 there already, 2 left out\n"
    files, ours = ran.err.splitlines()
    assert files.startswith("monazite: OPML mine.opml: feed 'Files': 'ftp://files.example/rss' is not an http or https")
    assert ours.startswith("monazite: OPML mine.opml: feed 'Ours': the address has a user name in it")
    assert "secret" not in ran.err
    assert [feed.id for feed in load_catalogue(person.yaml)] == ["ledger", "rm-example", "one-query", "another"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "line 1 is not well-formed XML: Document is empty"),
        (opml('<outline text="Ores & more"/>').encode(), "line 3 is not well-formed XML: an '&' stands alone"),
        (b'<?xml version="1.0" encoding="utf-8"?><opml><body t="caf\xe9"/></opml>', "line 1 is not well-formed XML"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "Unsupported encoding: klingon"),
        (b'<!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><opml>&b;</opml>', "has a DOCTYPE"),
        (b"<!doctype html><html></html>", "is a web page; export the list of feeds from the other reader as OPML"),
        (opml('<outline text="A" type="rss"/>').encode(), "the file lists no feed: no outline in it has an xmlUrl"),
    ],
    ids=range(7),
)
def test_an_opml_file_that_is_wrong_is_named(person: Person, body: bytes, said: str) -> None:
    person.configure()
    before = person.yaml.read_bytes()
    (person.folder / "bad.opml").write_bytes(body)
    told = person.is_told("feeds", "import", "bad.opml")
    assert told.startswith("OPML bad.opml: ")
    assert said in told
    assert person.yaml.read_bytes() == before


def test_export_of_all_comes_back_whole(person: Person) -> None:
    assert person.types("feeds", "init").status == 0
    whole = load_catalogue(person.yaml)
    enabled = sum(feed.enabled for feed in whole)
    assert person.types("feeds", "export").out.count("<outline ") == enabled < len(whole)
    (person.folder / "all.opml").write_text(person.types("feeds", "export", "--all").out, "utf-8")
    person.yaml.write_text("feeds: []\n", "utf-8")
    assert person.types("feeds", "import", "all.opml").out == f"feeds.yaml: {len(whole)} feeds added, 0 there already\n"
    assert load_catalogue(person.yaml) == whole


# list, init and wrong files


def test_list_says_how_many_are_not_enabled(person: Person) -> None:
    person.configure(("ledger", "https://ledger.example/rss"), ("post", "https://post.example/rss"))
    with person.yaml.open("a", encoding="utf-8") as file:
        file.write("    enabled: false\n    topics: [rare-earths]\n")
    ran = person.types("feeds", "list")
    assert ran.row("ledger") == ["ledger", "The ledger", "trade", "en", "2"]
    assert "The post" not in ran.out
    assert ran.out.endswith("\n1 feed; 1 more is not enabled, --all shows them\n")
    ran = person.types("feeds", "list", "--all")
    assert ran.row("post") == ["post", "The post", "trade", "en", "2", "rare-earths", "no"]
    assert ran.out.endswith("\n2 feeds\n")


@pytest.mark.parametrize("command", ["list", "check", "export", "add https://a.example/", "import a.opml"])
def test_a_wrong_feeds_yaml_is_told_with_its_line(person: Person, command: str) -> None:
    person.configure(("ledger", "https://ledger.example/rss"), ("post", "https://post.example/rss"))
    person.yaml.write_text(person.yaml.read_text("utf-8") + "    topics: [rare-earth]\n", "utf-8")
    (person.folder / "a.opml").write_text(opml('<outline text="A" xmlUrl="https://a.example/"/>'), "utf-8")
    told = person.is_told("feeds", *command.split())
    assert told == "feeds.yaml:16: topics: 'rare-earth' is not a topic; did you mean 'rare-earths'?"


@pytest.mark.parametrize("command", [["list"], ["check"], ["export"], ["add", "https://a.example/"]])
def test_without_a_feeds_yaml_a_person_is_told_how_to_get_one(person: Person, command: list[str]) -> None:
    assert "there is no such file; 'monazite feeds init' writes one" in person.is_told("feeds", *command)


def test_an_empty_list_is_no_mistake(person: Person) -> None:
    person.configure()
    assert person.types("feeds", "list").out.endswith("0 feeds\n")
    checked = person.types("feeds", "check")
    assert (checked.status, checked.out.splitlines()[-1]) == (0, "0 feeds checked, 0 failed, 0 stale")
    assert "<outline" not in person.types("feeds", "export").out


def test_where_init_cannot_write(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, said in (
        (".", "is not a file"),
        ("nowhere/feeds.yaml", "cannot be written (No such file or directory)"),
    ):
        monkeypatch.setenv("MONAZITE_FEEDS", place)
        told = person.is_told("feeds", "init", "--force")
        assert told.startswith(f"{place}: ")
        assert said in told
    assert list(person.folder.iterdir()) == []


def test_init_replaces_a_file_only_if_asked(person: Person) -> None:
    person.configure(("mine", "https://mine.example/rss"))
    person.yaml.chmod(0o600)
    assert "feeds.yaml is there already; --force replaces it" in person.is_told("feeds", "init")
    assert [feed.id for feed in load_catalogue(person.yaml)] == ["mine"]
    assert person.types("feeds", "init", "--force").status == 0
    assert len(load_catalogue(person.yaml)) > 50
    assert person.yaml.stat().st_mode & 0o777 == 0o600
    assert list(person.folder.iterdir()) == [person.yaml]


# at a terminal


def at_a_terminal(person: Person, columns: int, *arguments: str, interrupt: bool = False) -> tuple[int, str]:
    """Run the program at a terminal of so many columns; if asked, press Ctrl-C while a process of its own parses."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "MONAZITE_ALLOW_HOSTS": "127.0.0.1"}
    command = [sys.executable, "-m", "bot", *arguments]
    with subprocess.Popen(
        command,
        cwd=person.folder,
        env=environment | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # EIO: Linux's way to say that nobody writes any more
            while part := os.read(ours, 65536):
                seen += part
                if interrupt and psutil.Process(process.pid).children():
                    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the parser's process, too
                    interrupt = False
        os.close(ours)
        return process.wait(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


def test_a_narrow_terminal_loses_nothing(person: Person, publisher: Loopback) -> None:
    publisher.answers |= {"/rss": document(entries=7, days=200.1), "/gone": reply(410)}
    person.configure(("a-feed-with-a-long-name", publisher.url("/rss")), ("gone", publisher.url("/gone")))
    status, seen = at_a_terminal(person, 60, "feeds", "check")
    assert status == 1
    table = seen[seen.index(" Feed") : seen.index("a-feed-with-a-long-name: ")].splitlines()
    assert max(map(len, table)) <= 60
    for shown in ("7", "yes", "200", "gone"):
        assert any(shown in line.split() for line in table)
    assert "2 feeds checked, 1 failed, 1 stale" in seen


def test_ctrl_c_ends_quietly(person: Person, publisher: Loopback) -> None:
    async def hangs(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(20)

    publisher.answers |= {"/rss": document(), "/slow": hangs}
    person.configure(("rss", publisher.url("/rss")), ("slow", publisher.url("/slow")))
    status, seen = at_a_terminal(person, 100, "feeds", "check", interrupt=True)
    assert status == 130
    assert "Checking 2 feeds" in seen
    assert "Traceback" not in seen
    assert "checked" not in seen
