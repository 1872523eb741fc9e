"""Secrets that are worth nothing, in every setting that holds one: the program succeeds and fails, and tells none."""

import asyncio
import base64
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from pathlib import Path
from urllib.parse import quote

from tests.loopback import loopback
from tests.scenarios.conftest import FEED, ORE, document
from tests.torture import Result

_WORTHLESS = "canary/of+no=worth"
_TOKENS = {
    "MONAZITE_SLACK_BOT_TOKEN": f"xoxb-{_WORTHLESS}-1",
    "MONAZITE_SLACK_APP_TOKEN": f"xapp-{_WORTHLESS}-2",
    "MONAZITE_SLACK_SIGNING_SECRET": f"{_WORTHLESS}-3",
    "MONAZITE_SLACK_CLIENT_SECRET": f"{_WORTHLESS}-4",
    "MONAZITE_DISCORD_TOKEN": f"{_WORTHLESS}-5",
    "MONAZITE_LLM_KEY": f"{_WORTHLESS}-6",
}
_LOST = f"postgresql+asyncpg://owner:{quote(_WORTHLESS, safe='')}@127.0.0.1:1/none"
_TRACES = (_WORTHLESS, quote(_WORTHLESS, safe=""), base64.b64encode(_WORTHLESS.encode()).decode().rstrip("="))
_RUNS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("run",), {"MONAZITE_PLATFORMS": "console"}),
    (("run",), {"MONAZITE_PLATFORMS": "slack"}),
    (("run",), {"MONAZITE_PLATFORMS": "discord"}),
    (("run",), {"MONAZITE_DATABASE": _LOST}),
    (("health",), {}),
    (("health",), {"MONAZITE_DATABASE": _LOST}),
    (("feeds", "check"), {}),
    (("outbox", "list"), {}),
    (("outbox", "list"), {"MONAZITE_DATABASE": _LOST}),
    (("health",), {"MONAZITE_DATABASE": f"nonsense://owner:{_WORTHLESS}@nowhere"}),
    (("run",), {"MONAZITE_TICK": "soon", "MONAZITE_LLM_KEYS": _WORTHLESS}),
    (("run",), {"MONAZITE_FEEDS": "absent.yaml"}),
)


async def torture(runs: int = len(_RUNS), seconds: float = 5.0) -> list[Result]:
    """Each command in one folder; what it prints, logs and stores is looked through."""
    told, silent = [], 0
    with tempfile.TemporaryDirectory(prefix="monazite-") as name:
        folder = Path(name)
        async with loopback() as server:
            server.answers["/rss"] = document(ORE)
            (folder / "feeds.yaml").write_text(FEED.format(url=server.url("/rss")))
            for arguments, settings in _RUNS[:runs]:
                given = {
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(Path(__file__).parents[2]),
                    "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
                    "MONAZITE_EMBEDDINGS": "off",
                    "MONAZITE_SLACK_BASE_URL": server.url("/"),  # which refuses every token
                    "MONAZITE_DISCORD_BASE_URL": server.url("/"),
                }
                printed = await _printed(folder, arguments, given | _TOKENS | settings, seconds)
                silent += not printed
                if any(trace.encode() in printed for trace in _TRACES):
                    told.append(" ".join(arguments) + " with " + ", ".join(settings))
        told += _stored(folder)
    figure = f"{runs} runs ({silent} printed nothing), {len(told)} that tell one" + "".join(f"; {one}" for one in told)
    return [Result("canary secrets", figure, "0 in any output", not told and not silent)]


def _stored(folder: Path) -> list[str]:
    kept = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in kept if any(trace.encode() in path.read_bytes() for trace in _TRACES)]


async def _printed(folder: Path, arguments: tuple[str, ...], environment: dict[str, str], seconds: float) -> bytes:
    """What a command prints until it ends, or for so many seconds after its first words."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, cwd=folder, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    assert running.stdout is not None
    async with asyncio.timeout(60):
        first = await running.stdout.readline()
        ending = asyncio.get_running_loop().call_later(seconds, _end, running)
        rest = await running.stdout.read()
        await running.wait()
    ending.cancel()
    return first + rest


def _end(running: Process) -> None:
    if running.returncode is None:
        running.terminate()
