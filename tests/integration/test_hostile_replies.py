"""What commands answer about entries whose every text is hostile: nothing in it acts, on no platform."""

import io
import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.model import Asker, Channel, Reply
from bot.text.clean import clean_text, one_line
from handlers.console import render as console
from handlers.slack import render as slack
from tests.desk import ENTRIES, open_desk
from tests.torture.doors import hostile_text, is_quiet
from tests.unit.test_discord_render import is_tame
from tests.unit.test_slack_render import check

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord import render as discord

ASKER = Asker(Channel("console", "desk"), "ann")
TYPED = ("/why 1", "/why https://ledger.example/ore", "/sources 1", "/sources", "/story 1", "/recent", "/summary 30d")


def urls(element: dict[str, Any]) -> Iterator[str]:
    if "url" in element:
        yield str(element["url"])
    for inner in element.get("elements", ()):
        yield from urls(inner)


def act_on_console(reply: Reply) -> list[str]:
    """What is left of the terminal's output that would act, with the links and colours that are ours taken out."""
    out = io.StringIO()
    Console(file=out, width=120, force_terminal=True, color_system="standard").print(
        console.render_reply(reply, links=True)
    )
    linked = r"\x1b\]8;[^;\x1b]*;([^\x1b]*)\x1b\\"
    wrong = [url for url in re.findall(linked, out.getvalue()) if url and not url.startswith(("http://", "https://"))]
    left = re.sub(r"\x1b\[[0-9;]*m", "", re.sub(linked, "", out.getvalue()))
    return wrong + ([] if is_quiet(left) else [ascii(left)])


def act_on_slack(reply: Reply) -> list[str]:
    wrong = []
    for post in slack.render_reply(reply):
        check(post)
        wrong += re.findall(r"<[!@#]\S*", post.text)
        wrong += [url for block in post.blocks for url in urls(block) if not url.startswith(("http://", "https://"))]
    return wrong


def act_on_discord(reply: Reply) -> list[str]:
    embeds = [embed for batch in discord.render_reply(reply) for embed in batch]
    texts = [str(embed.description or "") for embed in embeds]
    texts += [str(field.value) for embed in embeds for field in embed.fields]
    wrong = [text for text in texts if not is_tame(text)]
    return wrong + [embed.url for embed in embeds if embed.url and not embed.url.startswith(("http://", "https://"))]


@pytest.mark.parametrize("seed", range(12))
async def test_no_answer_about_hostile_entries_acts(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)

    def said(begin: str) -> str:  # as the parser gives it
        return one_line(clean_text(f"{hostile_text(rng)} {begin} {hostile_text(rng)}"), 6000)

    entries = [
        replace(entry, title=said(entry.title), text=said(entry.text), publisher=said("Paper")) for entry in ENTRIES
    ]
    entries[1] = replace(
        entries[1], url=rng.choice(("javascript:alert(1)", "data:text/html,x", "https://u:p@h.example/"))
    )
    async with open_desk(tmp_path, entries) as desk:
        for typed in TYPED:
            reply = await desk.commands.run(typed, ASKER)
            for platform in (act_on_console, act_on_slack, act_on_discord):
                assert (typed, platform.__name__, platform(reply)) == (typed, platform.__name__, [])
