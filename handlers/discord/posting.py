"""Posts to Discord: a message a delivery, a thread or a forum post a story, edits, and looks at what is there.

A message's nonce lets Discord drop a second copy within a few minutes. A thread that was made from a message has that
message's id, so nothing about threads has to be remembered; which channels are forums has to.
Threads: https://discord.com/developers/docs/topics/threads
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, TypeVar

import aiohttp
import discord
from discord.http import handle_message_parameters

from bot.delivery import wording
from bot.errors import (
    AmbiguousDeliveryError,
    ChannelGoneError,
    TemporaryDeliveryError,
    UnreadableError,
)
from bot.model import Alert, Channel, Delivery, Digest, FollowUp, Message
from bot.ports import Memory
from handlers.discord.buttons import buttons
from handlers.discord.client import Attempt, NewsClient, ShardedNewsClient, current_attempt
from handlers.discord.refusals import NO_TEXT_CHANNEL, THREAD_EXISTS, UNREADABLE_REFERENCE, refusal
from handlers.discord.render import render_message

_POST_TIMEOUT = 12.0  # seconds; less than whoever calls allows, so that the outcome is named here
_OPEN_FOR: Literal[4320] = 4320  # minutes without a message after which Discord archives a thread
_PAGE = 100  # messages in a look at a channel
_EARLIER = timedelta(minutes=1)  # by which Discord's clock may be behind ours
_HISTORY = "give the bot Read Message History there to have it look"
_Result = TypeVar("_Result")


class Poster:
    """Posts through one client."""

    def __init__(self, client: NewsClient | ShardedNewsClient, memory: Memory) -> None:
        self._client = client
        self._memory = memory
        self._direct: dict[str, str] = {}  # by person: the channel of direct messages

    async def deliver(self, delivery: Delivery, message: Message) -> str:
        """Post a delivery and return the message's id. Raises as ``bot.ports.Platform.post`` tells."""

        async def send() -> str:
            place = await self._place(delivery.channel)
            told = self._told(delivery, message)
            if await self._is_forum(place):
                return await self._into_forum(place, delivery, told, message)
            if delivery.thread is None or not _is_snowflake(delivery.thread):
                try:
                    return await self._send(place, **told)
                except discord.HTTPException as error:
                    if error.code != NO_TEXT_CHANNEL or not await self._looks_like_forum(place):
                        raise
                return await self._into_forum(place, delivery, told, message)
            return await self._follow_up(place, delivery, told, message)

        return await _named(delivery.channel.id, send)

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring a story's first message up to date; its buttons stay."""
        head = delivery.thread
        if head is None or not _is_snowflake(head):
            return

        async def change() -> None:
            place = await self._place(delivery.channel)
            where = head if await self._is_forum(place) else place  # a forum post has its first message's id
            known = self._client.get_partial_messageable(int(where)).get_partial_message(int(head))
            await known.edit(embed=_with_key(render_message(message), ""))

        await _named(delivery.channel.id, change)

    async def find(self, delivery: Delivery) -> str | None:
        """Look for a delivery where it would stand: its message's id, None where it is not there.

        Raises:
            UnreadableError: the bot may not read there, or more was written since than one look shows.
            DeliveryError: Discord cannot be asked now.
        """

        async def look() -> str | None:
            place = await self._place(delivery.channel)
            places = [place]
            if delivery.thread and _is_snowflake(delivery.thread):
                places.append(delivery.thread)  # the id of its thread, or of its forum post
            elif await self._is_forum(place):
                raise UnreadableError(f"the posts of Discord forum {place} cannot be looked through")
            since = discord.utils.time_snowflake((delivery.doubt or delivery.created) - _EARLIER)
            seen = [await self._read(one, since, required=one is place) for one in places]
            mine = [told["id"] for page in seen for told in page if _is_copy(told, delivery.key)]
            return str(mine[0]) if mine else None

        return await _named(delivery.channel.id, look)

    async def _follow_up(self, place: str, delivery: Delivery, told: dict[str, Any], message: Message) -> str:
        """Post into the story's thread, which the first follow-up makes; where there can be none, as a reply."""
        head = str(delivery.thread)
        if await self._has_thread(place, head, message):
            loud = replace(
                delivery, key=f"{delivery.key[:20]}-loud"
            )  # a message of its own, found by a mark of its own
            if delivery.aloud and not await self._was_loud(place, loud):
                await self._reply(place, head, **self._told(loud, message))
            try:
                return await self._send(head, **told)
            except discord.HTTPException as error:
                if error.status not in (403, 404) and error.code not in (50083, 160005):
                    raise
        return await self._reply(place, head, **told)

    async def _was_loud(self, place: str, loud: Delivery) -> bool:
        """Whether an earlier try has shown a denial in the channel already, as far as the bot can tell."""
        if loud.doubt is None:
            return False
        try:
            page = await self._read(place, discord.utils.time_snowflake(loud.doubt - _EARLIER), required=True)
        except UnreadableError:
            return False
        return any(_is_copy(told, loud.key) for told in page)

    async def _has_thread(self, place: str, head: str, message: Message) -> bool:
        """Make a thread under a story's first message, unless there is one; False where that is not possible."""
        name = _name(message, 90)
        try:
            await self._client.http.start_thread_with_message(
                int(place), int(head), name=name, auto_archive_duration=_OPEN_FOR
            )
        except discord.HTTPException as error:
            if error.code == THREAD_EXISTS:
                return True
            if error.status >= 500 or error.status == 429:
                raise
            return False
        return True

    async def _into_forum(self, place: str, delivery: Delivery, told: dict[str, Any], message: Message) -> str:
        """Make a post of a forum, or write under the one that the story has."""
        if delivery.thread and _is_snowflake(delivery.thread):
            return await self._send(delivery.thread, **told)
        first = {key: value for key, value in told.items() if key != "nonce"}  # Discord takes none there
        name = _name(message, 100)
        body = {"name": name, "auto_archive_duration": _OPEN_FOR}
        with handle_message_parameters(channel_payload=body, **first) as parameters:
            made = await self._client.http.start_thread_in_forum(int(place), params=parameters)
        return str(made["id"])

    async def _send(self, place: str, **told: Any) -> str:
        return str((await self._client.get_partial_messageable(int(place)).send(**told)).id)

    async def _reply(self, place: str, head: str, **told: Any) -> str:
        reference = discord.MessageReference(message_id=int(head), channel_id=int(place), fail_if_not_exists=False)
        try:
            return await self._send(place, **told, reference=reference)
        except discord.HTTPException as error:
            if error.code != UNREADABLE_REFERENCE:
                raise
        return await self._send(place, **told)

    def _told(self, delivery: Delivery, message: Message) -> dict[str, Any]:
        told: dict[str, Any] = {"embed": _with_key(render_message(message), delivery.key), "nonce": delivery.key}
        if isinstance(message, Alert | FollowUp) and wording.has_buttons(message):
            told["view"] = buttons(message.story)
        return told

    async def _place(self, channel: Channel) -> str:
        identity = channel.id.removeprefix("@")
        if not _is_snowflake(identity):
            raise ChannelGoneError(f"Discord channel {channel.id!r} cannot exist: its id is not a number")
        if not channel.is_person:
            return identity
        if identity not in self._direct:
            opened = await self._client.http.start_private_message(int(identity))
            self._direct[identity] = str(opened["id"])
        return self._direct[identity]

    async def _is_forum(self, place: str) -> bool:
        return await self._memory.get(f"forum {place}") is not None

    async def _looks_like_forum(self, place: str) -> bool:
        told = await self._client.http.get_channel(int(place))
        if told.get("type") not in (discord.ChannelType.forum.value, discord.ChannelType.media.value):
            return False
        await self._memory.put(f"forum {place}", "")
        return True

    async def _read(self, place: str, since: int, *, required: bool) -> list[Any]:
        try:
            page = await self._client.http.logs_from(int(place), _PAGE, after=since)
        except discord.HTTPException as error:
            if error.status == 404 and not required:  # the thread was never made
                return []
            if error.status in (403, 404):
                raise UnreadableError(f"the bot may not read Discord channel {place}; {_HISTORY}") from error
            raise
        if not page and required and not await self._may_read(place):
            raise UnreadableError(f"the bot may not read Discord channel {place}; {_HISTORY}")
        if len(page) == _PAGE:
            raise UnreadableError(f"Discord channel {place} has had too many messages since to look through")
        return list(page)

    async def _may_read(self, place: str) -> bool:
        """Without the permission Discord shows an empty channel; one message of any time proves that it is given."""
        return bool(await self._client.http.logs_from(int(place), 1))


async def _named(channel: str, work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Do some work for a delivery; what goes wrong becomes an error of ours."""
    attempt = Attempt()
    token = current_attempt.set(attempt)
    try:
        async with asyncio.timeout(_POST_TIMEOUT):
            return await work()
    except discord.HTTPException as error:
        raise refusal(error, channel) from error
    except discord.RateLimited as error:
        raise TemporaryDeliveryError("Discord asks to post more slowly here", error.retry_after) from error
    except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
        what = str(error) or f"no answer within {_POST_TIMEOUT:.0f} s"
        if attempt.sent:
            raise AmbiguousDeliveryError(f"the answer of Discord was lost: {what}") from error
        raise TemporaryDeliveryError(f"Discord cannot be reached: {what}") from error
    finally:
        current_attempt.reset(token)


def _with_key(embed: discord.Embed, key: str) -> discord.Embed:
    """The embed with a mark in its footer by which the delivery is found again."""
    if key:
        embed.set_footer(text=" · ".join(filter(None, (embed.footer.text, _mark(key)))))
    return embed


def _name(message: Message, limit: int) -> str:
    """The name of the thread or forum post that a message begins."""
    if isinstance(message, Alert | FollowUp):
        return wording.thread_name(message, limit)
    return (message.headline if isinstance(message, Digest) else wording.NOTICE)[:limit]


def _mark(key: str) -> str:
    return key[-8:]


def _is_copy(told: Any, key: str) -> bool:
    footers = [(embed.get("footer") or {}).get("text", "") for embed in told.get("embeds", ())]
    return told.get("nonce") == key or any(str(text).endswith(_mark(key)) for text in footers)


def _is_snowflake(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 20
