"""What people do in Slack, carried in, and the answers out: commands, buttons, forms, App Home and mentions."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands import ACTIONS, Commands
from bot.errors import BotError, ChannelGoneError, CommandError, DeliveryError
from bot.model import Asker, Channel, Reply, Subscription, Text
from bot.ports import Memory
from handlers.slack import home, modal
from handlers.slack.managers import Managers
from handlers.slack.posting import Poster
from handlers.slack.refusals import code_of
from handlers.slack.render import BUTTON, render_reply

_ANY_COMMAND = re.compile("^/")
_OWN_COMMAND = "/monazite"
_OWN_STATUS = "Slack has a /status of its own; the bot's is /monazite status. /monazite stands before any command."
_LAST_ANSWERS = 5.0  # seconds that answers under way get when the platform stops
_FORM_WAIT = 2.0  # seconds that a form waits for its answer; Slack gives three
_REMEMBERED = timedelta(hours=6)  # Slack sends an event again for about an hour
_SLACK = "slack"

Body = Mapping[str, Any]

log = logging.getLogger(__name__)


class Listeners:
    """Everything that Slack may send. ``listen`` hangs it into an app."""

    def __init__(
        self, commands: Commands, web: AsyncWebClient, poster: Poster, memory: Memory, managers: Managers
    ) -> None:
        self._commands = commands
        self._web = web
        self._poster = poster
        self._memory = memory
        self._managers = managers
        self._answering: set[asyncio.Task[Any]] = set()

    def listen(self, app: AsyncApp) -> None:
        """Hang every listener into an app."""
        app.command(_ANY_COMMAND)(self._command)
        app.action(re.compile(f"^{BUTTON}"))(self._press)
        app.action(re.compile(f"^{home.BUTTON}"))(self._press_at_home)
        app.view(modal.CALLBACK)(self._submit)
        app.event("app_home_opened")(self._open_home)
        app.event("app_mention")(self._mentioned)
        app.error(self._fail)

    async def stop(self) -> None:
        """Let answers that are under way end, for at most five seconds."""
        if self._answering:
            _, late = await asyncio.wait(self._answering, timeout=_LAST_ANSWERS)
            for task in late:
                task.cancel()

    async def _command(self, ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        """Acknowledge within Slack's three seconds, carry the command out, and show the reply."""
        await ack()
        self._hold()
        typed = _typed(command)
        name, _, rest = typed.lstrip("/").partition(" ")
        asker = await self._asker(command["user_id"], command["channel_id"])
        if name.lower() == "subscribe" and not rest.strip() and asker.may_manage:
            await self._show_form(command["trigger_id"], asker.channel.id)  # what opens a form is good for 3 seconds
            return
        if await self._came_before(command.get("trigger_id")):
            return
        reply = await self._run(typed, asker)
        if name.lower() == "help":
            reply = replace(reply, parts=(*reply.parts, Text(_OWN_STATUS)))
        if name.lower() == "subscribe" and not reply.private:
            await self._announce(asker.channel, reply, respond)
        else:
            await _show(reply, respond)

    async def _press(self, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond) -> None:
        """Carry out the command that a button stands for; only whoever pressed it sees the answer."""
        await ack()
        self._hold()
        name, story = str(action["action_id"]).removeprefix(BUTTON), str(action.get("value", ""))
        wanted = next((known for known in ACTIONS if known.name == name), None)
        if wanted is None or not story.isdecimal():  # of a version that had another button
            return
        if await self._came_before(body.get("trigger_id")):
            return
        asker = await self._asker(body["user"]["id"], body["channel"]["id"])
        reply = await self._run(wanted.command(int(story)), asker)
        await _show(replace(reply, private=True), respond)

    async def _submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Subscribe as a form says. What is wrong is shown in the form; what takes too long is told afterwards."""
        self._hold()
        person, channel = str(body["user"]["id"]), modal.channel_of(view)
        asker = await self._asker(person, channel)
        task = asyncio.ensure_future(self._commands.run(modal.command_of(view), asker))
        await asyncio.wait([task], timeout=_FORM_WAIT)
        if not task.done():
            await ack()
        try:
            reply = await task
        except CommandError as error:
            await self._refuse(ack, view, error, person)
            return
        except BotError as error:
            await self._refuse(ack, view, CommandError(f"That cannot be done now: {error}"), person)
            return
        await ack()
        await self._tell_channel(Channel(_SLACK, channel), reply, person)
        await self._publish_home(person)

    async def _refuse(self, ack: AsyncAck, view: dict[str, Any], error: CommandError, person: str) -> None:
        if ack.response is None:
            await ack(response_action="errors", errors=modal.complaint(view, error.field, str(error)))
        else:
            await self._tell_channel(Channel(_SLACK, f"@{person}"), _private(str(error)), person)

    async def _press_at_home(self, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        self._hold()
        person, name = str(body["user"]["id"]), str(action["action_id"])
        if name == home.ADD:
            await self._show_form(body["trigger_id"], await self._poster.direct(person))
            return
        channel, topic = home.wanted(str(action["value"]))
        found = await self._commands.subscribed(_SLACK, channel=channel)
        current = next((one for one in found if one.topic == topic), None)
        if name == home.CHANGE and current:
            await self._show_form(body["trigger_id"], channel, current)
            return
        if name == home.END and current:
            await self._run(f"/unsubscribe {topic}", await self._asker(person, channel))
        await self._publish_home(person)

    async def _open_home(self, ack: AsyncAck, event: dict[str, Any]) -> None:
        await ack()
        self._hold()
        if event.get("tab") == "home":
            await self._publish_home(str(event["user"]))

    async def _mentioned(self, ack: AsyncAck, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Answer a mention with help, in a thread under it."""
        await ack()
        self._hold()
        if await self._came_before(body.get("event_id")):
            return
        place = Channel(_SLACK, str(event["channel"]))
        reply = await self._run("/help", Asker(place, str(event.get("user", ""))))
        try:
            await self._poster.post(place, render_reply(reply)[0], thread_ts=str(event.get("thread_ts") or event["ts"]))
        except DeliveryError as error:
            log.warning("a mention was not answered: %s", error)

    async def _run(self, typed: str, asker: Asker) -> Reply:
        try:
            return await self._commands.run(typed, asker)
        except CommandError as error:
            return _private(str(error))
        except BotError as error:
            log.error("%s failed: %s", typed.split(maxsplit=1)[0], error)
            return _private(f"That cannot be answered now: {error}")

    async def _asker(self, person: str, channel: str) -> Asker:
        return Asker(Channel(_SLACK, channel), person, await self._managers.may_manage(person, channel))

    async def _came_before(self, event: str | None) -> bool:
        """Whether this came before: Slack sends again what it thinks was not heard, also after a restart of ours."""
        return bool(event) and not await self._memory.add(f"event {event}", lasts=_REMEMBERED)

    async def _show_form(self, trigger: str, channel: str, current: Subscription | None = None) -> None:
        view = modal.subscribe_view(self._commands.topics, channel, current)
        try:
            await self._web.views_open(trigger_id=trigger, view=view)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a form was not shown: %s", code_of(error) if isinstance(error, SlackApiError) else error)

    async def _publish_home(self, person: str) -> None:
        try:
            direct = await self._poster.direct(person)
            found = await self._commands.subscribed(_SLACK, channel=direct, user=person)
            health = await self._run("/status", Asker(Channel(_SLACK, direct), person))
            own = [one for one in found if one.channel.id == direct]
            made = [one for one in found if one.channel.id != direct]
            await self._web.views_publish(user_id=person, view=home.home_view(self._commands.topics, own, made, health))
        except (SlackApiError, DeliveryError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("App Home was not shown: %s", code_of(error) if isinstance(error, SlackApiError) else error)

    async def _tell_channel(self, channel: Channel, reply: Reply, person: str) -> None:
        """Show a reply in a channel; where that cannot be done, tell the person directly."""
        try:
            for post in render_reply(reply):
                await self._poster.post(channel, post)
        except DeliveryError as error:
            if channel.is_person:
                log.warning("an answer was not shown: %s", error)
                return
            warning = Text(f"But the bot cannot post there. {error}. After that, subscribe again.")
            told = Reply(reply.title, (*reply.parts, warning))
            await self._tell_channel(Channel(_SLACK, f"@{person}"), told, person)

    async def _announce(self, channel: Channel, reply: Reply, respond: AsyncRespond) -> None:
        """Show the reply in the way of an alert. Where that cannot be done, whoever subscribes has to know now."""
        try:
            for post in render_reply(reply):
                await self._poster.post(channel, post)
        except ChannelGoneError as error:
            warning = f"But the bot cannot post here. {error}. After that, subscribe again."
            await _show(Reply(reply.title, (*reply.parts, Text(warning)), private=True), respond)
        except DeliveryError:
            await _show(reply, respond)

    async def _fail(self, error: Exception, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Log a bug with its traceback and tell the asker so in one line."""
        log.error("%s failed", body.get("command") or body.get("type"), exc_info=error)
        if body.get("response_url"):
            await _show(_private("That failed; it is logged."), respond)

    def _hold(self) -> None:
        """Keep the present task until it ends, because the library keeps no hold of it."""
        task = asyncio.current_task()
        if task:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)


def _typed(command: dict[str, Any]) -> str:
    """The text of a command as the console would get it: ``/monazite`` stands before any command, and alone for help.

    Slack escapes three characters in what people type, and may set addresses in angle brackets.
    """
    name, text = str(command["command"]), str(command.get("text") or "").strip()
    text = re.sub(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>", r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return (text or "help") if name.startswith(_OWN_COMMAND) else f"{name} {text}"


def _private(text: str) -> Reply:
    return Reply("", (Text(text),), private=True)


async def _show(reply: Reply, respond: AsyncRespond) -> None:
    """Answer through the command's own address; as plain text where Slack does not take the blocks."""
    shown = "ephemeral" if reply.private else "in_channel"
    try:
        for post in render_reply(reply):
            for blocks in (post.blocks, None):
                answer = await respond(
                    post.text,
                    blocks,
                    response_type=shown,
                    replace_original=False,
                    unfurl_links=False,
                    unfurl_media=False,
                )
                if answer.status_code == 200:
                    break
                log.warning("Slack did not take an answer: %s %s", answer.status_code, answer.body[:100])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("Slack did not take an answer: %s", error)
