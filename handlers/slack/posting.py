"""Posts to Slack: new messages, edits, and looks at what is there. Each channel gets at most one message a second.

Edits, and looks, are of a tier that may be called fifty times a minute in a workspace.

Methods and their limits: https://docs.slack.dev/apis/web-api/rate-limits
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import AmbiguousDeliveryError, ChannelGoneError, TemporaryDeliveryError, UnreadableError
from bot.model import Channel, Delivery, Message
from handlers.slack.refusals import SPARED, code_of, delivery_error
from handlers.slack.render import Post, render_message
from handlers.slack.text import own_id
from handlers.slack.workspaces import REQUEST_TIMEOUT, Workspaces

_PACE = 1.0  # seconds between two messages to a channel
_TIER = 1.2  # times that, between two calls of a method of tier 3 in a workspace
_PATIENCE = 2.0  # seconds that a delivery waits for its turn; with the request, less than whoever calls ``post`` allows
_EVENT = "monazite_delivery"
_PAGES, _PAGE = 5, 200  # of a channel's history, when a message is looked for
_EARLIER = timedelta(minutes=1)  # by which Slack's clock may be behind ours
_HISTORY = "give the app channels:history, groups:history and im:history, and reinstall it, to have it look"

_Ask = Callable[..., Awaitable[AsyncSlackResponse]]

log = logging.getLogger(__name__)


class Poster:
    """Posts by each workspace's token. ``pace`` is the pause between two messages to a channel, in seconds."""

    def __init__(self, workspaces: Workspaces, *, pace: float = _PACE) -> None:
        self._workspaces = workspaces
        self._pace = pace
        self._next: dict[str, float] = {}  # by channel: when the loop's clock allows the next message
        self._direct: dict[str, str] = {}  # by person: the channel of direct messages

    async def deliver(self, delivery: Delivery, message: Message) -> str:
        """Post a delivery; an update goes into its story's thread. Return the message's timestamp.

        Raises:
            DeliveryError: as ``bot.ports.Platform.post`` tells.
        """
        told: dict[str, Any] = {"metadata": {"event_type": _EVENT, "event_payload": {"key": delivery.key}}}
        if delivery.thread:
            told |= {"thread_ts": delivery.thread, **({"reply_broadcast": True} if delivery.aloud else {})}
        return await self.post(delivery.channel, render_message(message), patience=_PATIENCE, **told)

    async def post(self, channel: Channel, post: Post, *, patience: float = math.inf, **told: Any) -> str:
        """Post to a channel, or to a person directly; return the message's timestamp.

        ``patience`` is for how many seconds the channel's turn may be waited for.
        """
        place = await self._place(channel)
        web = await self._workspaces.client(place)
        told |= {"text": post.text, "blocks": post.blocks, "unfurl_links": False, "unfurl_media": False}
        told |= {"mrkdwn": False, "parse": "none", "link_names": False}
        while True:
            await self._wait_for_turn(place, patience)
            try:
                answer = await _call(place, web.chat_postMessage(channel=own_id(place), **told))
                return str(answer["ts"])
            except _Spared as refused:
                if told.pop(refused.what, None) is None:
                    raise refused.error from None
                if refused.what == "thread_ts":
                    told.pop("reply_broadcast", None)
                log.warning("Slack refused a post (%s); trying it without %s", refused.code, refused.what)

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring a story's first message up to date."""
        if not delivery.thread:
            return
        post, place = render_message(message), delivery.channel.id
        web = await self._workspaces.client(place)
        await self._wait_for_turn(place, _PATIENCE)
        await self._wait_for_tier("edits", place)
        try:
            update = web.chat_update(
                channel=own_id(place),
                ts=delivery.thread,
                text=post.text,
                blocks=post.blocks,
                parse="none",
                link_names=False,
            )
            await _call(place, update)
        except _Spared as refused:
            raise refused.error from None

    async def find(self, delivery: Delivery) -> str | None:
        """Look for a delivery: its timestamp, None where it is not there.

        An update is looked for in its thread, and then beside it, where it is posted if Slack refuses the thread.

        Raises:
            UnreadableError: the app may not read the channel.
            DeliveryError: Slack cannot be asked now.
        """
        place = await self._place(delivery.channel)
        web = await self._workspaces.client(place)
        since = (delivery.doubt or datetime.fromtimestamp(0, delivery.created.tzinfo)) - _EARLIER
        asked: dict[str, Any] = {"channel": place, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE}
        if delivery.thread:
            found = await self._look(delivery.key, web.conversations_replies, asked | {"ts": delivery.thread})
            if found is not None:
                return found
        return await self._look(delivery.key, web.conversations_history, asked)

    async def _look(self, key: str, ask: _Ask, asked: dict[str, Any]) -> str | None:
        place = asked["channel"]
        for _ in range(_PAGES):
            await self._wait_for_tier("looks", place)
            page = await _read(place, ask(include_all_metadata=True, **asked | {"channel": own_id(place)}))
            if page is None:
                return None
            for found in page.get("messages") or ():
                told = (found.get("metadata") or {}).get("event_payload") or {}
                if told.get("key") == key:
                    return str(found["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            asked = asked | {"cursor": cursor}
        raise UnreadableError(f"Slack channel {place} has had too many messages since to look through")

    async def direct(self, person: str) -> str:
        """The channel of direct messages with a person.

        Raises:
            ChannelGoneError: there is none to be had.
            TemporaryDeliveryError: Slack cannot be asked now.
        """
        if person not in self._direct:
            web, own = await self._workspaces.client(person), own_id(person)
            try:
                opened = await web.conversations_open(users=own)
            except SlackApiError as error:
                raise _unsent(delivery_error(error, f"@{person}"), f"@{person}") from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise TemporaryDeliveryError(f"Slack cannot be reached: {error}") from error
            self._direct[person] = person.removesuffix(own) + str(opened["channel"]["id"])
        return self._direct[person]

    async def _place(self, channel: Channel) -> str:
        return await self.direct(channel.id.removeprefix("@")) if channel.is_person else channel.id

    async def _wait_for_tier(self, what: str, place: str) -> None:
        workspace = place.rpartition("/")[0]
        await self._wait_for_turn(f"{workspace} {what}", _PATIENCE, _TIER)

    async def _wait_for_turn(self, place: str, patience: float, times: float = 1.0) -> None:
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next.get(place, 0.0))
        if turn - now > patience:  # no answer of Slack's is in doubt, as there would be if time ran out here
            raise TemporaryDeliveryError(f"other messages go first to Slack ({place.strip()})", turn - now)
        self._next[place] = turn + self._pace * times
        await asyncio.sleep(turn - now)


class _Spared(Exception):  # noqa: N818 - it is caught in this file, and tells what to do without
    """Slack refuses a part of a message that it can do without."""

    def __init__(self, error: Exception, code: str) -> None:
        super().__init__(code)
        self.error, self.code, self.what = error, code, SPARED[code]


async def _call(place: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Wait for a post or an edit; what goes wrong becomes an error of ours."""
    try:
        return await call
    except SlackApiError as error:
        named = delivery_error(error, place)
        if code_of(error) in SPARED:
            raise _Spared(named, code_of(error)) from error
        raise named from error
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
        raise TemporaryDeliveryError(f"Slack cannot be reached: {error}") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        what = str(error) or f"no answer within {REQUEST_TIMEOUT} s"
        raise AmbiguousDeliveryError(f"the answer of Slack was lost: {what}") from error


async def _read(place: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse | None:
    """A page of messages; None where there is no such thread."""
    try:
        return await call
    except SlackApiError as error:
        if code_of(error) == "thread_not_found":
            return None
        if code_of(error) in ("missing_scope", "not_allowed_token_type", "access_denied", "no_permission"):
            raise UnreadableError(f"the app may not read Slack channel {place}; {_HISTORY}") from error
        named = delivery_error(error, place)
        if isinstance(named, ChannelGoneError):
            raise named from error
        raise TemporaryDeliveryError(str(named), getattr(named, "retry_after", None)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TemporaryDeliveryError(f"Slack cannot be reached: {error}") from error


def _unsent(error: Exception, place: str) -> Exception:
    """What goes wrong before a post begins: it was surely not sent."""
    if isinstance(error, TemporaryDeliveryError | ChannelGoneError):
        return error
    if isinstance(error, AmbiguousDeliveryError):
        return TemporaryDeliveryError(str(error))
    return ChannelGoneError(f"Slack has no direct messages for {place}: {error}")
