"""Posting to Discord: one delivery is one message, whose nonce lets Discord drop a second copy."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import aiohttp
import discord
from discord.backoff import ExponentialBackoff

from bot.commands import Commands
from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    BotError,
    ChannelGoneError,
    ConfigError,
    DeliveryError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Delivery, Message
from handlers.discord.buttons import WITH_BUTTONS, buttons
from handlers.discord.client import Attempt, NewsClient, current_attempt, seconds_to_wait
from handlers.discord.render import render_message

_POST_TIMEOUT = 12.0  # seconds; less than whoever calls allows, so that the outcome is named here
_TOKEN_WAIT = 300.0  # seconds until a post is tried again after the token was refused
_REFUSED = "MONAZITE_DISCORD_TOKEN is refused by Discord; make a new one on the application's Bot page and set it"
_UNREADABLE_REFERENCE = 160002  # a reply needs the permission to read the history
_DELETED_COPY = 10008  # a message with this nonce was posted before and has been deleted

# Discord's error codes after which a channel stays closed until somebody there acts.
_GONE = {
    10003: "the channel does not exist (any more)",
    10004: "the bot is no longer in that server",
    50001: "the bot may not see it; give it View Channel",
    50007: "the person accepts no direct messages from the bot",
    50008: "it is not a text channel; subscribe in a text channel or a thread",
    50013: "the bot lacks a permission there; give it View Channel, Send Messages and Embed Links",
    50024: "it is a kind of channel that takes no messages; subscribe in a text channel or a thread",
    50083: "the thread is archived",
    50278: "the person shares no server with the bot any more",
}


class DiscordPlatform:
    """Discord through one bot account. Only ``post`` is used by deliveries; commands arrive while ``run`` serves."""

    name = "discord"
    drops_copies_for = timedelta(seconds=120)

    def __init__(self, commands: Commands, token: str, base_url: str = "") -> None:
        self._token = token
        self._client = NewsClient(commands, base_url)

    async def start(self) -> None:
        """Log in, and bring the slash commands up to date. Messages can be posted from then on.

        Raises:
            ConfigError: the token is wrong.
            BotError: Discord cannot be reached, or does not answer as it should.
        """
        try:
            await self._client.login(self._token)
        except discord.LoginFailure:
            raise ConfigError(_REFUSED) from None
        except discord.HTTPException as error:
            raise BotError(f"Discord answered {error.status} at the login; try again later") from error
        except discord.RateLimited as error:
            raise BotError(f"Discord asks to wait {error.retry_after:.0f} s before the next login") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BotError(f"Discord cannot be reached ({error}); check the network, then start again") from error

    async def run(self) -> None:
        """Serve commands until cancelled. Lost connections are taken up again for as long as it takes.

        Raises:
            ConfigError: the token has become invalid.
            BotError: Discord will not have this connection again.
        """
        backoff = ExponentialBackoff()
        while not self._client.is_closed():
            try:
                await self._client.connect()
            except discord.ConnectionClosed as error:
                if error.code == 4004:  # authentication failed
                    raise ConfigError(_REFUSED) from None
                raise BotError(f"Discord closed the gateway connection for good (code {error.code})") from error
            except AttributeError:
                # discord.py 2.7 reads the state of the last connection to take it up again; at the first there is none.
                if self._client.ws is not None:
                    raise
                await asyncio.sleep(min(60.0, backoff.delay()))

    async def stop(self) -> None:
        """Close the gateway and the REST connections."""
        await self._client.close()

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post one embed and return the message's id; an update is a reply to the story's first message.

        Raises:
            TemporaryDeliveryError: refused for now, or Discord was not reached.
            AmbiguousDeliveryError: sent, but no good answer came.
            BadMessageError: Discord refuses this content.
            ChannelGoneError: nothing can be posted to the channel until somebody there acts.
        """
        channel = delivery.channel.id
        if not _is_snowflake(channel):
            raise ChannelGoneError(f"Discord channel {channel!r} cannot exist: its id is not a number")
        attempt = Attempt()
        token = current_attempt.set(attempt)
        try:
            async with asyncio.timeout(_POST_TIMEOUT):
                return await self._send(delivery, message)
        except discord.HTTPException as error:
            raise _refusal(error, channel) from error
        except discord.RateLimited as error:
            raise TemporaryDeliveryError("Discord asks to post more slowly here", error.retry_after) from error
        except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
            what = str(error) or f"no answer within {_POST_TIMEOUT:.0f} s"
            if attempt.sent:
                raise AmbiguousDeliveryError(f"the answer of Discord was lost: {what}") from error
            raise TemporaryDeliveryError(f"Discord cannot be reached: {what}") from error
        finally:
            current_attempt.reset(token)

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring the story's first message up to date. Raises as ``post`` does."""
        channel = delivery.channel.id
        if not _is_snowflake(channel) or delivery.thread is None or not _is_snowflake(delivery.thread):
            return
        head = self._client.get_partial_messageable(int(channel)).get_partial_message(int(delivery.thread))
        try:
            async with asyncio.timeout(_POST_TIMEOUT):
                await head.edit(embed=render_message(message))
        except discord.HTTPException as error:
            raise _refusal(error, channel) from error
        except discord.RateLimited as error:
            raise TemporaryDeliveryError("Discord asks to post more slowly here", error.retry_after) from error
        except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
            raise TemporaryDeliveryError(f"Discord cannot be reached: {error}") from error

    async def find(self, delivery: Delivery) -> str | None:
        """Not looked up yet: after the two minutes in which Discord drops copies nobody can tell."""
        raise UnreadableError("the bot does not read back what it posted to Discord")

    async def _send(self, delivery: Delivery, message: Message) -> str:
        channel = self._client.get_partial_messageable(int(delivery.channel.id))
        told: dict[str, Any] = {"embed": render_message(message), "nonce": delivery.key}
        if message.kind in WITH_BUTTONS:
            told["view"] = buttons(message.story)
        if delivery.thread is None or not _is_snowflake(delivery.thread):
            return str((await channel.send(**told)).id)
        head = discord.MessageReference(
            message_id=int(delivery.thread), channel_id=channel.id, fail_if_not_exists=False
        )
        try:
            return str((await channel.send(**told, reference=head)).id)
        except discord.HTTPException as error:
            if error.code != _UNREADABLE_REFERENCE:
                raise
        return str((await channel.send(**told)).id)


def _is_snowflake(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 20


def _refusal(error: discord.HTTPException, channel: str) -> DeliveryError:
    """What an HTTP error of a post means; ``error.code`` is Discord's own number, 0 where a proxy answered."""
    said = f"{error.status}, code {error.code}: {' '.join(error.text.split())[:200]}"
    if error.status >= 500:
        return AmbiguousDeliveryError(f"Discord answered {said}")
    if error.status == 429:
        return TemporaryDeliveryError("Discord asks to post more slowly", seconds_to_wait(error.response))
    if error.status == 401:
        return TemporaryDeliveryError(_REFUSED, _TOKEN_WAIT)
    forbidden = error.status in (403, 404)
    if forbidden and error.code == 0:
        return TemporaryDeliveryError(f"something in front of Discord refused the post: {said}", _TOKEN_WAIT)
    if error.code in _GONE or (forbidden and error.code != _DELETED_COPY):
        return ChannelGoneError(f"Discord channel {channel}: {_GONE.get(error.code, 'the post is refused')} ({said})")
    return BadMessageError(f"Discord refuses the message: {said}")
