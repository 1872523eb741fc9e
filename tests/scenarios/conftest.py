"""The program as a process, with a feed file of its own and a loopback publisher."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests import loopback_gateway, loopback_slack
from tests.loopback import Loopback, loopback, reply
from tests.loopback_discord import LoopbackDiscord
from tests.loopback_slack import LoopbackSlack

FEED = """feeds:
  - id: ledger
    name: Ledger
    url: {url}
    language: en
    publisher: The Ledger
    country: PK
    ownership: independent
    tier: 1
"""
AMERICAN = """  - id: post
    name: Post
    url: {url}
    language: en
    publisher: The Post
    country: US
    ownership: independent
    tier: 1
"""
ENTRY = "<item><title>{title}</title><link>https://ledger.example/{slug}</link><guid>{slug}</guid><description>{text}</description></item>"
OLD = ENTRY.format(title="Mango harvest begins in Multan", slug="mango", text="Growers expect a good year.")
ORE = ENTRY.format(
    title="Pakistan ships first rare earth samples to US firm",
    slug="ore",
    text="Pakistan has sent its first samples of rare earth ore to a company in Missouri. The firm paid for them.",
)
QUOTAS = ENTRY.format(
    title="China cuts rare earth export quotas for the second half",
    slug="quotas",
    text="China's commerce ministry cut export quotas for rare earths. Magnet makers warned of shortages.",
)

COPY = ENTRY.format(
    title="Pakistan ships first rare earth samples to US firm",
    slug="ore-again",
    text="Pakistan has sent its first samples of rare earth ore to a company in Missouri. The firm paid for them.",
)
DENIAL = ENTRY.format(
    title="China denies report that Pakistan shipped rare earth samples to US firm",
    slug="denial",
    text="Foreign ministry spokesperson Lin Jian called the report on rare earth samples from Pakistan fabricated.",
)

FOLLOWING = ENTRY.format(
    title="Rare earth samples that Pakistan shipped reach US firm in Missouri",
    slug="arrived",
    text="Engineers opened 40 crates on Tuesday. Tests of the ore take 14 days, its managers said.",
)


def document(*entries: str) -> bytes:
    """An RSS document with these entries, as a whole HTTP answer."""
    body = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>Ledger</title>" + "".join(entries) + "</channel></rss>"
    )
    return reply(body=body.encode(), Content_Type="application/rss+xml")


class Bot:
    """Monazite in a folder of its own: started, stopped and killed as an operator would."""

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "feeds.yaml").write_text(FEED.format(url=url), encoding="utf-8")
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
            "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
            "MONAZITE_TICK": "0.1",
            "MONAZITE_MIN_INTERVAL": "0.2s",
            "MONAZITE_MAX_INTERVAL": "0.3s",
            "MONAZITE_EMBEDDINGS": "off",
        }
        self.output = ""
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None

    def follow(self, url: str) -> None:
        """Poll a second feed: an American paper's."""
        with (self.folder / "feeds.yaml").open("a", encoding="utf-8") as listed:
            listed.write(AMERICAN.format(url=url))

    async def start(self) -> None:
        """Start ``monazite run`` with a pipe for standard input and output."""
        self._process = await self.spawn("run")
        self._reader = asyncio.ensure_future(self._read(self._process))

    async def spawn(self, *arguments: str) -> Process:
        """Start the program with any arguments."""
        command = (sys.executable, "-m", "bot", *arguments)
        return await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=self.environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )

    async def once(self, *arguments: str, typed: bytes = b"") -> tuple[int, str, str]:
        """Run a command to its end; return its exit status, output and errors."""
        process = await self.spawn(*arguments)
        out, err = await process.communicate(typed)
        return process.returncode or 0, out.decode(), err.decode()

    async def type(self, line: str) -> None:
        """Type a line at the program's standard input."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def until(self, text: str, times: int = 1) -> None:
        """Wait until the output holds a text so many times."""
        async with asyncio.timeout(30):
            while self.output.count(text) < times:
                await asyncio.sleep(0.02)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit status."""
        assert self._process is not None
        assert self._reader is not None
        self._process.send_signal(number)
        status = await self._process.wait()
        await self._reader
        return status

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        drain = asyncio.ensure_future(process.stderr.read())
        while line := await process.stdout.readline():
            self.output += line.decode()
        self.errors = (await drain).decode()

    @property
    def pid(self) -> int:
        """The number of the program that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether a program was started and has not ended."""
        return self._process is not None and self._process.returncode is None


@pytest.fixture
async def publisher() -> AsyncIterator[Loopback]:
    """A publisher whose feed is at /rss."""
    async with loopback() as state:
        state.answers["/rss"] = document(OLD)
        yield state


@pytest.fixture
async def bot(tmp_path: Path, publisher: Loopback) -> AsyncIterator[Bot]:
    """The program, not started yet; killed at the end if the test left it running."""
    made = Bot(tmp_path, publisher.url("/rss"))
    yield made
    if made.running:
        await made.end(signal.SIGKILL)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as server:
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as server:
        yield server


@pytest.fixture
def on_slack(bot: Bot, slack: LoopbackSlack, tmp_path: Path) -> Bot:
    token = tmp_path / "token"
    token.write_text(loopback_slack.BOT_TOKEN)
    bot.environment |= {
        "MONAZITE_SLACK_BOT_TOKEN_FILE": str(token),
        "MONAZITE_SLACK_APP_TOKEN": loopback_slack.APP_TOKEN,
        "MONAZITE_SLACK_BASE_URL": slack.base_url,
    }
    return bot


@pytest.fixture
def on_discord(bot: Bot, discord: LoopbackDiscord) -> Bot:
    bot.environment |= {
        "MONAZITE_DISCORD_TOKEN": loopback_gateway.TOKEN,
        "MONAZITE_DISCORD_BASE_URL": discord.base_url,
    }
    return bot


async def publish(publisher: Loopback, *entries: str, path: str = "/rss") -> None:
    """Have a feed hold these entries, once it was polled: what a first poll finds is not told."""
    await until(lambda: {"/rss", path} <= {asked.path for asked in publisher.asked})
    publisher.answers[path] = document(*entries)


async def until(condition: Callable[[], object]) -> None:
    """Wait until a function gives something true."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)
