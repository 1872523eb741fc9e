"""What people do and the handlers answer, on a model of Discord that knows members, roles and permissions."""

import warnings
from datetime import time

with warnings.catch_warnings():  # discord.py imports a sound module that later Pythons no longer have
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    import simcord

    from handlers.discord.client import NewsClient
    from tests.integration.test_discord import StandIn

from bot.model import Asker, Channel, Subscription
from tests.samples import Kept, commands_of


def client(service: StandIn) -> NewsClient:
    return NewsClient(commands_of(service), Kept(), "")


async def test_somebody_who_manages_the_server_subscribes_a_channel() -> None:
    service = StandIn()
    async with simcord.run(client(service)) as env:
        guild = env.create_guild()
        channel = guild.create_text_channel("news")
        managers = guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
        ann = guild.add_member(env.create_user("ann"), roles=[managers])
        result = await ann.slash(channel, "subscribe", topic="rare-earths", digest="08:00")
    assert not result.ephemeral  # the channel sees what it is subscribed to
    here = Channel("discord", str(channel.id))
    assert service.asked == [
        (Subscription(here, "rare-earths", digest=time(8)), Asker(here, str(ann.id), may_manage=True))
    ]


async def test_a_member_asks_and_is_answered() -> None:
    service = StandIn()
    async with simcord.run(client(service)) as env:
        guild = env.create_guild()
        channel = guild.create_text_channel("news")
        ben = guild.add_member(env.create_user("ben"))
        told = await ben.slash(channel, "summary", topic="rare-earths")
        helped = await ben.slash(channel, "help")
        suggested = await ben.autocomplete(channel, "summary", "topic", "Pak")
    assert told.response is not None
    assert told.response.embeds[0].title == "What happened"
    assert (told.ephemeral, helped.ephemeral) == (False, True)
    assert [choice["value"] for choice in suggested] == ["china-pakistan-us"]
