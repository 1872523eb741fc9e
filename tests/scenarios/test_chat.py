"""The program as a process on Slack and on Discord: an alert, what follows it, a restart, a stop."""

import asyncio
import signal

from tests import loopback_gateway, loopback_slack
from tests.loopback import Loopback
from tests.loopback_discord import LoopbackDiscord
from tests.loopback_slack import LoopbackSlack, refused
from tests.scenarios.conftest import COPY, DENIAL, FOLLOWING, OLD, ORE, Bot, document, publish, until

OUTAGE = 20.0  # seconds


async def test_slack_from_the_alert_to_the_denial(on_slack: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    on_slack.follow(publisher.url("/post"))
    publisher.answers["/post"] = document(OLD)
    await on_slack.start()
    await slack.connected()
    await slack.type("/subscribe", "rare-earths denials=channel")
    await until(lambda: slack.messages)
    await publish(publisher, OLD, ORE)
    await until(lambda: len(slack.messages) == 2)
    head = slack.messages[1]
    assert "Pakistan ships first rare earth samples to US firm" in head["text"]
    assert "thread_ts" not in head
    assert "🔵 report" in head["text"]
    await publish(publisher, OLD, FOLLOWING, path="/post")
    await until(lambda: len(slack.messages) == 3)
    update = slack.messages[2]
    assert (update["thread_ts"], update.get("reply_broadcast")) == (head["ts"], None)
    assert update["text"].startswith("UPDATE")
    await publish(publisher, OLD, FOLLOWING, COPY, path="/post")  # a copy is counted, and nothing else
    await publish(publisher, OLD, ORE, DENIAL)
    await until(lambda: len(slack.messages) == 4)
    denial = slack.messages[3]
    assert (denial["thread_ts"], denial["reply_broadcast"]) == (head["ts"], True)
    assert denial["text"].startswith("DENIAL")
    await until(lambda: "4 entries of 3 independent origins" in head["text"])
    assert "🔴 denied" in head["text"]
    why = await (await slack.press("story-why", "1")).answer()
    assert why["response_type"] == "ephemeral"
    assert await on_slack.end(signal.SIGTERM) == 0
    await on_slack.start()  # a restart tells nothing again
    await slack.connected(2)
    assert "Feeds" in (await (await slack.type("/monazite", "status")).answer())["text"]
    assert len(slack.messages) == 4
    assert await on_slack.end(signal.SIGTERM) == 0
    assert not any(secret in on_slack.errors for secret in (loopback_slack.BOT_TOKEN, loopback_slack.APP_TOKEN))


async def test_slack_goes_away_and_comes_back(on_slack: Bot, slack: LoopbackSlack, publisher: Loopback) -> None:
    await on_slack.start()
    await slack.connected()
    await slack.type("/subscribe", "rare-earths")
    await until(lambda: slack.messages)
    await slack.ask_to_reconnect()
    await slack.connected(2)
    await slack.break_off()
    await slack.connected(3)
    await slack.close()
    await publish(publisher, OLD, ORE)
    await asyncio.sleep(OUTAGE)
    await slack.open()
    await until(lambda: len(slack.messages) == 2)
    assert await on_slack.end(signal.SIGTERM) == 0


async def test_an_archived_channel_is_told_to_whoever_subscribed(
    on_slack: Bot, slack: LoopbackSlack, publisher: Loopback
) -> None:
    await on_slack.start()
    await slack.connected()
    await slack.type("/subscribe", "rare-earths")
    await until(lambda: slack.messages)
    slack.will("chat.postMessage", refused("is_archived"))
    await publish(publisher, OLD, ORE)
    await until(lambda: len(slack.messages) == 2)
    notice = slack.messages[1]
    assert notice["channel"] == f"D-{loopback_slack.PERSON}"
    assert "it is archived" in notice["text"]
    assert await on_slack.end(signal.SIGTERM) == 0


async def test_discord_from_the_alert_to_the_denial(
    on_discord: Bot, discord: LoopbackDiscord, publisher: Loopback
) -> None:
    on_discord.follow(publisher.url("/post"))
    publisher.answers["/post"] = document(OLD)
    await on_discord.start()
    await discord.served()
    await discord.ask("subscribe", options=[{"name": "topic", "type": 3, "value": "rare-earths"}])
    channel = discord.messages.setdefault(loopback_gateway.CHANNEL, [])
    before = len(channel)
    await publish(publisher, OLD, ORE)
    await until(lambda: len(channel) > before)
    head = channel[-1]
    assert head["embeds"][0]["title"] == "Pakistan ships first rare earth samples to US firm"
    await publish(publisher, OLD, FOLLOWING, path="/post")
    await until(lambda: head["id"] in discord.messages)
    [update] = discord.messages[head["id"]]
    assert update["embeds"][0]["author"]["name"].startswith("UPDATE")
    await publish(publisher, OLD, FOLLOWING, COPY, path="/post")  # a copy is counted, and nothing else
    await publish(publisher, OLD, ORE, DENIAL)
    await until(lambda: len(discord.messages[head["id"]]) == 2)
    denial = discord.messages[head["id"]][1]
    assert denial["embeds"][0]["author"]["name"].startswith("DENIAL")
    await until(lambda: "4 entries of 3 independent origins" in head["embeds"][0]["fields"][0]["name"])
    assert head["embeds"][0]["author"]["name"].endswith("denied")
    assert head["embeds"][0]["color"] == denial["embeds"][0]["color"]
    assert head["components"]
    assert await on_discord.end(signal.SIGTERM) == 0
    await on_discord.start()
    await discord.served(identified=2)
    pressed = await discord.press("story:why:1")  # a button of the program before
    assert "rare-earths matches" in pressed.text
    assert len(discord.posts) == 3  # the restart told nothing again
    assert await on_discord.end(signal.SIGTERM) == 0
    assert loopback_gateway.TOKEN not in on_discord.errors
