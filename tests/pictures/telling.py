"""The story of the pictures in docs/slack.md and docs/discord.md, as the product's own renderers send it."""

import warnings
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.model import Channel, Kind, Message, Publication, QuotedSentence, Reply, Stance, Subscription, Table
from handlers.slack.home import home_view
from handlers.slack.modal import subscribe_view
from handlers.slack.render import render_message

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    from handlers.discord import buttons, forms
    from handlers.discord.render import render_message as render_embed

_NINE = datetime(2025, 10, 3, 9, 30, tzinfo=UTC)
_CLAIM = "Pakistan ships first rare earth samples to US firm"
_TOPICS = {"rare-earths": "Rare earths", "china-pakistan-us": "China, Pakistan and the United States"}
_WHY = "rare-earths matches (0.93): +3.0 action “ships” near “rare earth”; china-pakistan-us matches (0.81)"


def _publication(publisher: str, country: str, language: str, *, hours: float, origin: int, owned: str) -> Publication:
    host = publisher.lower().replace(" ", "-")
    address = f"https://{host}.example/2025/10/03/samples"
    return Publication(publisher, country, owned, language, address, "", _NINE + timedelta(hours=hours), origin)


_COURIER = _publication("Indus Courier", "Pakistan", "en", hours=-1, origin=1, owned="independent")
_MORNING = _publication("Roznama Subh", "Pakistan", "ur", hours=-0.5, origin=2, owned="independent")
_RIDGE = _publication("Ridge Metals Weekly", "United States", "en", hours=-0.2, origin=3, owned="independent")
_COPY = _publication("Harbour Post", "Pakistan", "en", hours=0.5, origin=1, owned="independent")
_RIVER = _publication("Great River Daily", "China", "zh", hours=6, origin=4, owned="state")

_SENTENCES = (
    QuotedSentence("Two tonnes of antimony and rare earth concentrate left Karachi for Missouri on Thursday.", 0),
    QuotedSentence("کمپنی نے نمونے ملنے کی تصدیق کر دی ہے۔", 1),
    QuotedSentence("The buyer plans a refinery in Pakistan under an agreement signed in September.", 2),
)


def _alert(**changes: object) -> Message:
    values: dict[str, object] = {
        "kind": Kind.ALERT,
        "story": 12,
        "headline": _CLAIM,
        "url": _COURIER.url,
        "topics": tuple(_TOPICS),
        "stance": Stance.REPORT,
        "sentences": _SENTENCES,
        "publications": (_COURIER, _MORNING, _RIDGE),
        "origins": 3,
        "why": _WHY,
        "created": _NINE,
    }
    return Message(**(values | changes))  # type: ignore[arg-type] # every value above has its field's type


ALERT = _alert()
GROWN = _alert(stance=Stance.DENY, publications=(_COURIER, _MORNING, _RIDGE, _COPY, _RIVER), origins=4)
DENIAL = _alert(
    kind=Kind.DENIAL,
    stance=Stance.DENY,
    headline=f"China's foreign ministry denies: “{_CLAIM}”",  # as the bot words it, with the claim in it
    original="外交部：巴基斯坦向美企交付稀土样品的报道纯属捏造",
    url=_RIVER.url,
    speaker="China's foreign ministry",
    sentences=(QuotedSentence("发言人周五表示，有关报道纯属捏造，与事实不符。", 0),),
    publications=(_RIVER,),
    origins=1,
    why="rare-earths matches (0.90): +3.0 “稀土” near “巴基斯坦”",
    created=_NINE + timedelta(hours=6),
)
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


def _slack(*told: Message) -> list[dict[str, Any]]:
    return [{"blocks": render_message(one).blocks, "at": one.created.isoformat()} for one in told]


def _discord(*told: Message) -> list[dict[str, Any]]:
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
    home = home_view(_TOPICS, (Subscription(_DIRECT, "china-pakistan-us", by="U1"),), (_DAILY,), _STATUS, "D1")
    return {
        "slack-alert": {"platform": "slack", "messages": _slack(ALERT)},
        "slack-denial": {"platform": "slack", "messages": _slack(GROWN), "replies": _slack(DENIAL)},
        "slack-form": {"platform": "slack", "view": subscribe_view(_TOPICS, "C1")},
        "slack-home": {"platform": "slack", "view": home},
        "discord-alert": {"platform": "discord", "messages": _discord(ALERT)},
        "discord-denial": {"platform": "discord", "messages": _discord(GROWN), "replies": _discord(DENIAL)},
        "discord-form": {"platform": "discord", "modal": forms.form(forms.Filled("rare-earths")).to_dict()},
    }
