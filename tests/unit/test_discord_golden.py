"""What Discord is sent, byte by byte: tests/golden/discord. After a change that is meant, write the files anew:

    MONAZITE_GOLDEN=write .venv/bin/python -m pytest tests/unit/test_discord_golden.py

and read the difference before committing it.
"""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.wording import has_buttons
from bot.model import Alert, FollowUp, Kind, Link, Message, Notice, QuotedSentence, Reply, Stance, Table, Text
from tests.samples import alert, digest, follow_up, publication

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord.buttons import buttons
    from handlers.discord.render import render_message, render_reply

GOLDEN = Path(__file__).parent.parent / "golden" / "discord"
URDU = "پاکستان نے نایاب معدنیات بھیج دیں"
DENIAL = follow_up(
    Kind.DENIAL,
    stance=Stance.DENY,
    headline="Ministry denies the shipment",
    speaker="Ministry",
    claim="Ore samples leave Karachi",
)
MESSAGES: dict[str, Message] = {
    "alert": alert(),
    "head-grown": alert(stance=Stance.DENY, publications=tuple(map(publication, range(9))), origins=4),
    "denial": DENIAL,
    "confirmation": follow_up(Kind.CONFIRMATION, stance=Stance.CONFIRM, claim="Ore leaves Karachi"),
    "update": follow_up(Kind.UPDATE, claim="Ore leaves Karachi"),
    "right-to-left": alert(headline=URDU, sentences=(QuotedSentence(URDU, 0),), why=f"“{URDU}”"),
    "told-in-english": follow_up(Kind.DENIAL, stance=Stance.DENY, original=URDU),
    "digest": digest("2 stories", alert(), alert(story=13, stance=Stance.DENY)),
    "notice": Notice("The channel is archived.\nSubscribe again in another one."),
    "perhaps-repeated": alert(repeated=True),
    "markup": alert(headline="[win](https://evil.example) @everyone **now**", why="<@1> ||hidden|| `code`"),
}
REPLY = Reply(
    "Latest",
    (Text("In order."), Table(("Story", "Headline"), (("7", "Kiln fails"), ("8", Link("Ore", "https://a.example/"))))),
)


def sent(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"embeds": [render_message(message).to_dict()]}
    if isinstance(message, Alert | FollowUp) and has_buttons(message):
        body["components"] = buttons(message.story).to_components()
    return body


def agree(name: str, body: object) -> None:
    text = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("MONAZITE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_message_is_sent_as_before(name: str) -> None:
    agree(name, sent(MESSAGES[name]))


def test_a_reply_is_sent_as_before() -> None:
    agree("reply", [[embed.to_dict() for embed in embeds] for embeds in render_reply(REPLY)])


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {*MESSAGES, "reply"}
