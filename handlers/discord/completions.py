"""What Discord suggests while somebody types an option."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import discord
from discord.app_commands import Choice

from bot.commands import Commands

_WINDOWS = ("6h", "24h", "3d", "7d", "30d")
_HOURS = tuple(f"{hour:02}:00" for hour in (6, 7, 8, 9, 12, 16, 17, 18, 20, 22))
_QUIET = ("22:00-07:00", "20:00-08:00", "00:00-06:00")
_ZONES = (
    "UTC", "Asia/Karachi", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Tokyo", "Asia/Dubai", "Europe/London",
    "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles", "Australia/Sydney",
)  # fmt: skip
_CHOICES = 25  # Discord's limit; 100 characters each

Asked = discord.Interaction[Any]
Complete = Callable[[Asked, str], Coroutine[Any, Any, list[Choice[Any]]]]


def completions(commands: Commands) -> Mapping[str, Complete]:
    """The suggestions by the name of the option; whatever else is typed is taken as well."""

    async def topics(interaction: Asked, typed: str) -> list[Choice[Any]]:
        own = ["all"] if interaction.command and interaction.command.name == "unsubscribe" else []
        return _chosen({name: name for name in [*commands.topics, *own]}, typed)

    async def stories(_interaction: Asked, typed: str) -> list[Choice[Any]]:
        found = await commands.stories()
        return _chosen({f"{number} · {headline}": str(number) for number, headline in found.items()}, typed)

    async def numbers(interaction: Asked, typed: str) -> list[Choice[Any]]:
        return [Choice(name=one.name, value=int(one.value)) for one in await stories(interaction, typed)]

    async def feeds(_interaction: Asked, typed: str) -> list[Choice[Any]]:
        return _chosen({f"{name} ({feed})": feed for feed, name in commands.feeds.items()}, typed)

    def fixed(words: tuple[str, ...]) -> Complete:
        async def suggest(_interaction: Asked, typed: str) -> list[Choice[Any]]:
            return _chosen({word: word for word in words}, typed)

        return suggest

    return {
        "topic": topics,
        "number": numbers,
        "into": numbers,
        "what": stories,
        "feed": feeds,
        "window": fixed(_WINDOWS),
        "digest": fixed(_HOURS),
        "quiet": fixed(_QUIET),
        "zone": fixed(_ZONES),
    }


def _chosen(known: Mapping[str, str], typed: str) -> list[Choice[Any]]:
    found = {name: value for name, value in known.items() if typed.lower() in name.lower()}
    return [Choice(name=name[:100], value=value[:100]) for name, value in list(found.items())[:_CHOICES]]
