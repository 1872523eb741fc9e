"""What Discord's errors mean. Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json"""

import discord

from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    ChannelGoneError,
    DeliveryError,
    TemporaryDeliveryError,
)
from handlers.discord.client import seconds_to_wait

REFUSED = "MONAZITE_DISCORD_TOKEN is refused by Discord; make a new one on the application's Bot page and set it"
UNREADABLE_REFERENCE = 160002  # a reply needs the permission to read the history
NO_TEXT_CHANNEL = 50008  # where a forum answers to a message outside a post
THREAD_EXISTS = 160004
_DELETED_COPY = 10008  # a message with this nonce was posted before and has been deleted
_TOKEN_WAIT = 300.0  # seconds until a post is tried again after the token was refused

# Discord's error codes after which a channel stays closed until somebody there acts.
_GONE = {
    10003: "the channel does not exist (any more)",
    10004: "the bot is no longer in that server",
    50001: "the bot may not see it; give it View Channel",
    50007: "the person accepts no direct messages from the bot",
    NO_TEXT_CHANNEL: "it is not a text channel; subscribe in a text channel, a forum or a thread",
    50013: "the bot lacks a permission there; give it View Channel, Send Messages and Embed Links",
    50024: "it is a kind of channel that takes no messages; subscribe in a text channel or a thread",
    50083: "the thread is archived",
    50278: "the person shares no server with the bot any more",
}


def refusal(error: discord.HTTPException, channel: str) -> DeliveryError:
    """What an HTTP error of a post means; ``error.code`` is Discord's own number, 0 where a proxy answered."""
    said = f"{error.status}, code {error.code}: {' '.join(error.text.split())[:200]}"
    if error.status >= 500:
        return AmbiguousDeliveryError(f"Discord answered {said}")
    if error.status == 429:
        return TemporaryDeliveryError("Discord asks to post more slowly", seconds_to_wait(error.response))
    if error.status == 401:
        return TemporaryDeliveryError(REFUSED, _TOKEN_WAIT)
    forbidden = error.status in (403, 404)
    if forbidden and error.code == 0:
        return TemporaryDeliveryError(f"something in front of Discord refused the post: {said}", _TOKEN_WAIT)
    if error.code in _GONE or (forbidden and error.code != _DELETED_COPY):
        return ChannelGoneError(f"Discord channel {channel}: {_GONE.get(error.code, 'the post is refused')} ({said})")
    return BadMessageError(f"Discord refuses the message: {said}")
