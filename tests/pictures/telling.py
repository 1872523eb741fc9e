"""What the pictures in docs/slack.md and docs/discord.md show, as the product's own renderers send it."""

import warnings
from datetime import time
from typing import Any

from bot.model import Alert, Channel, FollowUp, Reply, Subscription, Table
from handlers.slack.home import home_view
from handlers.slack.modal import subscribe_view
from handlers.slack.render import render_message
from tests.pictures.story import tell

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord import buttons, forms
    from handlers.discord.render import render_message as render_embed

_TOPICS = {"rare-earths": "Rare earths", "china-pakistan-us": "China, Pakistan and the United States"}
_STATUS = Reply(
    "Status",
    (
        Table(
            ("What", "How it is"),
            (
                ("Feeds", "102 (102 active)"),
                ("Entries", "4210 stored, 388 in the last 24 hours"),
                ("Stories", "96 from 301 entries, 184 copies folded"),
                ("Messages", "212 sent, 0 waiting, 0 dead"),
                ("Oldest waiting", "none"),
                ("Scheduler", "led by desk-4711"),
                ("Running for", "9 days"),
                ("Platform slack", "connected"),
            ),
        ),
    ),
)
_DESK, _DIRECT = Channel("slack", "C1"), Channel("slack", "D1")
_DAILY = Subscription(
    _DESK, "rare-earths", 0.7, ("en", "ur", "zh"), time(8), "Asia/Karachi", (time(22), time(7)), aloud=True, by="U1"
)


def _slack(*told: Alert | FollowUp) -> list[dict[str, Any]]:
    return [{"blocks": render_message(one).blocks, "at": one.created.isoformat()} for one in told]


def _discord(*told: Alert | FollowUp) -> list[dict[str, Any]]:
    return [
        {
            "embeds": [render_embed(one).to_dict()],
            "components": buttons.buttons(one.story).to_components(),
            "at": one.created.isoformat(),
        }
        for one in told
    ]


def bodies() -> dict[str, dict[str, Any]]:
    """What each picture shows, by its name: the platform, and its messages, thread or form as they are sent."""
    alert, grown, denial = tell()
    home = home_view(_TOPICS, (Subscription(_DIRECT, "china-pakistan-us", by="U1"),), (_DAILY,), _STATUS, "D1")
    return {
        "slack-alert": {"platform": "slack", "messages": _slack(alert)},
        "slack-denial": {"platform": "slack", "messages": _slack(grown), "replies": _slack(denial)},
        "slack-form": {"platform": "slack", "view": subscribe_view(_TOPICS, "C1")},
        "slack-home": {"platform": "slack", "view": home},
        "discord-alert": {"platform": "discord", "messages": _discord(alert)},
        "discord-denial": {"platform": "discord", "messages": _discord(grown), "replies": _discord(denial)},
        "discord-form": {"platform": "discord", "modal": forms.form(forms.Filled("rare-earths")).to_dict()},
    }
