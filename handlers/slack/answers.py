"""Answers on their way to Slack: through the address that came with a command, else as messages.

An answer's address takes five answers in thirty minutes: https://docs.slack.dev/interactivity/handling-user-interaction
"""

import logging
from collections.abc import Sequence

import aiohttp
from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError

from bot.errors import ChannelGoneError, DeliveryError
from bot.model import Asker, Channel, Reply, Text
from handlers.slack.posting import Poster
from handlers.slack.refusals import code_of
from handlers.slack.render import Post, render_reply
from handlers.slack.text import own_id
from handlers.slack.workspaces import Workspaces

SLACK = "slack"

log = logging.getLogger(__name__)


class Answers:
    """Shows replies to people."""

    def __init__(self, workspaces: Workspaces, poster: Poster) -> None:
        self._workspaces = workspaces
        self._poster = poster

    async def show(self, reply: Reply, respond: AsyncRespond, asker: Asker) -> None:
        """Show a reply to whoever asked, or to the whole channel."""
        await self.show_posts(render_reply(reply), respond, asker, private=reply.private)

    async def show_posts(
        self, posts: Sequence[Post], respond: AsyncRespond, asker: Asker, *, private: bool = False
    ) -> None:
        """As ``show``: by the answer's address as long as it takes any, then by messages."""
        usable = bool(respond.response_url)
        for post in posts:
            usable = usable and await _taken(post, respond, "ephemeral" if private else "in_channel")
            if not usable:
                await self._send(post, asker, private=private)

    async def announce(self, reply: Reply, respond: AsyncRespond, asker: Asker) -> None:
        """Show the reply in the way of an alert. Where that cannot be done, whoever subscribes has to know now."""
        try:
            for post in render_reply(reply):
                await self._poster.post(asker.channel, post)
        except ChannelGoneError as error:
            await self.show(_warned(reply, "here", error), respond, asker)
        except DeliveryError:
            await self.show(reply, respond, asker)

    async def tell(self, channel: Channel, reply: Reply, person: str) -> None:
        """Show a reply in a channel without having been asked there; where that cannot be done, tell the person."""
        try:
            for post in render_reply(reply):
                await self._poster.post(channel, post)
        except DeliveryError as error:
            if channel.is_person:
                log.warning("an answer was not shown: %s", error)
                return
            await self.tell(Channel(SLACK, f"@{person}"), _warned(reply, "there", error), person)

    async def whisper(self, post: Post, asker: Asker, thread: str = "") -> bool:
        """Post what only the asker sees, in a thread if one is named; return whether Slack took it."""
        try:
            web = await self._workspaces.client(asker.channel.id)
            await web.chat_postEphemeral(
                channel=own_id(asker.channel.id),
                user=own_id(asker.user),
                text=post.text,
                blocks=post.blocks,
                thread_ts=thread or None,
                parse="none",
                link_names=False,
            )
        except (SlackApiError, DeliveryError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("an answer was not shown: %s", code_of(error) if isinstance(error, SlackApiError) else error)
            return False
        return True

    async def _send(self, post: Post, asker: Asker, *, private: bool) -> None:
        if private and await self.whisper(post, asker):
            return
        try:
            await self._poster.post(Channel(SLACK, f"@{asker.user}") if private else asker.channel, post)
        except DeliveryError as error:
            log.warning("an answer was not shown: %s", error)


def _warned(reply: Reply, place: str, error: DeliveryError) -> Reply:
    warning = f"But the bot cannot post {place}. {error}. After that, subscribe again."
    return Reply(reply.title, (*reply.parts, Text(warning)), private=True)


async def _taken(post: Post, respond: AsyncRespond, shown: str) -> bool:
    """Whether the answer's address took a message: with its blocks or, where Slack refuses those, as plain text."""
    for blocks in (post.blocks, None):
        try:
            answer = await respond(
                post.text,
                blocks,
                response_type=shown,
                replace_original=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("Slack did not take an answer: %s", error)
            return False
        if answer.status_code == 200:
            return True
        log.warning("Slack did not take an answer: %s %s", answer.status_code, answer.body[:100])
        if answer.status_code in (404, 410):  # used up, or too old
            return False
    return False
