"""Sample values that several tests share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.commands import Commands
from bot.model import Alert, Digest, FollowUp, Kind, Publication, QuotedSentence, Stance

if TYPE_CHECKING:
    from bot.commands.corrections import StoryEditor
    from bot.commands.service import Service
    from bot.commands.topics import TopicWorkshop
    from bot.commands.verdicts import Review

MORNING = datetime(2025, 10, 3, 9, 30, tzinfo=UTC)


def commands_of(stand_in: object) -> Commands:
    """The real commands before something that answers as the service and the workshop would."""
    return Commands(
        cast("Service", stand_in),
        cast("TopicWorkshop", stand_in),
        cast("Review", stand_in),
        cast("StoryEditor", stand_in),
    )


class Kept:
    """A platform's memory that ends with the test; nothing in it runs out."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def put(self, key: str, value: str, lasts: timedelta | None = None) -> None:
        self.kept[key] = value

    async def add(self, key: str, value: str = "", lasts: timedelta | None = None) -> bool:
        new = key not in self.kept
        self.kept.setdefault(key, value)
        return new

    async def drop(self, key: str) -> None:
        self.kept.pop(key, None)


def publication(
    number: int, *, country: str = "Pakistan", language: str = "en", origin: int | None = None
) -> Publication:
    return Publication(
        publisher=f"Paper {number}",
        country=country,
        ownership="independent",
        language=language,
        url=f"https://paper{number}.example/story/{number}",
        title=f"Headline of paper {number}",
        published=MORNING,
        origin=number if origin is None else origin,
    )


_PUBLICATIONS = (publication(1), publication(2, origin=1), publication(3, country="United States"))
_SENTENCES = (QuotedSentence("Two tonnes of ore left the port.", 0), QuotedSentence("The firm confirmed it.", 2))
_ALERT = Alert(
    story=12,
    headline="Ore samples leave Karachi for Missouri",
    url="https://paper1.example/story/1",
    topics=("rare-earths", "china-pakistan-us"),
    stance=Stance.REPORT,
    sentences=_SENTENCES,
    publications=_PUBLICATIONS,
    origins=2,
    why="rare-earths matches (0.93): +3.0 ore “rare earth”",
    created=MORNING,
)
_FOLLOW_UP = FollowUp(
    kind=Kind.UPDATE,
    story=12,
    headline=_ALERT.headline,
    url=_ALERT.url,
    topics=_ALERT.topics,
    stance=Stance.REPORT,
    sentences=_SENTENCES,
    publications=_PUBLICATIONS,
    why=_ALERT.why,
    created=MORNING,
)


def alert(**changes: Any) -> Alert:
    """An alert, with some fields changed."""
    return replace(_ALERT, **changes)


def follow_up(kind: Kind = Kind.UPDATE, **changes: Any) -> FollowUp:
    """A follow-up of a kind, with some fields changed."""
    return replace(_FOLLOW_UP, kind=kind, **changes)


def digest(headline: str, *stories: Alert | FollowUp, repeated: bool = False) -> Digest:
    """A digest of stories."""
    return Digest(headline, stories, MORNING, repeated)
