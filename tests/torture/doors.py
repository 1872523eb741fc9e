"""What comes in through the doors: addresses of private networks, and texts that would act where they are shown."""

import io
import random
import unicodedata
from dataclasses import replace
from typing import Any

from rich.console import Console

from bot.feeds.fetch.fetcher import Fetcher, FetchLimits
from bot.feeds.fetch.results import Fetched, FetchRequest
from bot.model import Kind, Message, Notice, Publication, QuotedSentence
from bot.text.clean import clean_text, one_line
from bot.text.urls import clean_url
from handlers.console import render as console
from handlers.discord import render as discord
from handlers.slack import render as slack
from tests.integration.test_guard import HOSTS
from tests.loopback import loopback, reply
from tests.samples import MORNING, alert, digest, follow_up
from tests.torture import Result
from tests.unit.test_discord_render import is_tame
from tests.unit.test_slack_render import check

_PIECES = (
    "<!here>", "<!channel>", "<@U123>", "<#C123>", "<https://evil.example|click>", "@everyone", "@here", "<@123>",
    "<@&123>", "<#123>", "[win](https://evil.example)", "[x](javascript:alert(1))", "||spoiler||", "```code```",
    "# big", "> quote", "\x1b[31mred", "\x1b]8;;https://evil.example\x07", "\x9b31m", "\x07", "\x00", "\r\n",
    "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\ud800", "\udfff", "&#999999;", "&lt;!here&gt;", "نایاب",
    "稀土", "💎", "a" * 300, "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://u:p@h.example/",
    "http://[::1", "\\", "*", "_", "~", "`", " ", "word",
)  # fmt: skip


def hostile_text(rng: random.Random) -> str:
    """A few pieces of what would act somewhere, and of what would not."""
    return "".join(rng.choice(_PIECES) for _ in range(rng.randint(1, 8)))


def _message(rng: random.Random, *, read: bool) -> Message:
    """A message whose every text is hostile: as it is once a feed was ``read``, or as no feed ever gets it."""

    def tidy(text: str) -> str:
        return one_line(clean_text(text), 400) if read else text

    said = [tidy(hostile_text(rng)) for _ in range(12)]
    links = [(clean_url(hostile_text(rng)) or "") if read else hostile_text(rng) for _ in range(2)]
    place = Publication(said[0], said[1][:3], said[2][:9], "en", links[0], said[3], MORNING, 1)
    shown: dict[str, Any] = {
        "headline": said[4], "url": links[1], "sentences": (QuotedSentence(said[5], 0), QuotedSentence(said[6], 1)),
        "why": said[7], "publications": (place, replace(place, publisher=said[8])), "topics": ("rare-earths",),
    }  # fmt: skip
    kind = rng.choice([kind for kind in Kind if kind != Kind.HEAD])
    match kind:
        case Kind.ALERT:
            return alert(origins=1, **shown)
        case Kind.NOTICE:
            return Notice(said[5])
        case Kind.DIGEST:
            return digest(said[4], alert(origins=1, **shown), alert(origins=1, **shown))
        case _:
            return follow_up(kind, speaker=said[9], claim=said[10], original=said[11], **shown)


def is_quiet(text: str) -> bool:
    """Whether a terminal, or a reader's eye, is led nowhere: no control but the line break, nothing that turns text."""
    return not any(
        unicodedata.category(character) in ("Cc", "Cs") or character in "\u202a\u202b\u202c\u202d\u202e\u200b\ufeff"
        for character in text
        if character != "\n"
    )


def act(message: Message, *, read: bool) -> str:
    """What in a message would act on a platform; '' where nothing does. A terminal is shown what was ``read`` only."""
    out = io.StringIO()
    if read:
        Console(file=out, width=120, color_system=None).print(console.render_message(message, links=False))
    if not is_quiet(out.getvalue()):
        return f"the terminal: {sorted({ascii(c) for c in out.getvalue() if not is_quiet(c)})}"
    try:
        check(slack.render_message(message))
    except AssertionError as error:
        return f"Slack: {error}"
    embed = discord.render_message(message)
    shown = [str(embed.description or "")]
    shown += [str(field.value) for field in embed.fields]
    if not all(is_tame(text) for text in shown):
        return "Discord"
    return "" if (embed.url or "https://").startswith(("http://", "https://")) else "Discord's link"


async def reach(hosts: list[str]) -> tuple[int, int]:
    """Ask for a private address in every spelling, directly and by a redirect: the tries, and the connections."""
    limits = FetchLimits(timeout=3, connect_timeout=1)
    tries = 0
    async with loopback() as private, loopback("127.0.0.3") as outside:
        private.answers["/rss"] = reply(body=b"<rss/>")
        spelt = [f"http://{host}:{private.port}/rss" for host in hosts]
        spelt += [f"{scheme}://127.0.0.1:{private.port}/rss" for scheme in ("file", "gopher", "ftp", "dict", "HTTP")]
        async with Fetcher(limits, user_agent="torture", allow_hosts=frozenset({"127.0.0.3"})) as fetcher:
            for number, url in enumerate(spelt):
                outside.answers[f"/{number}"] = reply(302, Location=url.encode("ascii", "ignore").decode())
                for asked in (url, outside.url(f"/{number}", host="127.0.0.3")):
                    tries += 1
                    assert not isinstance(await fetcher.fetch(FetchRequest(asked)), Fetched)
        return tries, private.connections


async def torture(cases: int = 10_000, seed: int = 1) -> list[Result]:
    """Addresses, then texts on all three platforms."""
    tries, connections = await reach(HOSTS)
    rng = random.Random(seed)
    both = [(True, False)[number % 2] for number in range(cases)]
    acted = [found for read in both if (found := act(_message(rng, read=read), read=read))]
    first = f", such as {acted[0][:200]}" if acted else ""
    return [
        Result("private addresses", f"{tries} tries, {connections} connections", "0 connections", connections == 0),
        Result("hostile texts", f"{cases:,} cases, {len(acted)} that act{first}", "0", not acted),
    ]
