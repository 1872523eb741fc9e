"""What people do in Slack, carried in, and the answers out: commands, buttons, forms, App Home and mentions."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck, AsyncBoltContext, AsyncRespond
from slack_sdk.errors import SlackApiError

from bot.commands import ACTIONS, Commands
from bot.errors import BotError, CommandError, DeliveryError
from bot.model import Asker, Channel, Reply, Subscription, Text
from bot.ports import Memory
from handlers.slack import home, listing, modal
from handlers.slack.answers import SLACK, Answers
from handlers.slack.managers import Managers
from handlers.slack.posting import Poster
from handlers.slack.refusals import code_of
from handlers.slack.render import BUTTON, Post, render_reply
from handlers.slack.text import own_id
from handlers.slack.workspaces import Workspaces

_ANY_COMMAND = re.compile("^/")
_OWN_COMMAND = "/monazite"
_OWN_STATUS = "Slack has a /status of its own; the bot's is /monazite status. /monazite stands before any command."
_LAST_ANSWERS = 5.0  # seconds that answers under way get when the platform stops
_FORM_WAIT = 2.0  # seconds that a form waits for its answer; Slack gives three
_REMEMBERED = timedelta(hours=6)  # Slack sends an event again for about an hour
_LATE = "The form could not be shown in time. Try again, or type: /subscribe TOPIC digest=08:00 …"
_ENDED = "That subscription has ended already."

Body = Mapping[str, Any]

log = logging.getLogger(__name__)


class Listeners:
    """Everything that Slack may send. ``listen`` hangs it into an app."""

    def __init__(
        self, commands: Commands, workspaces: Workspaces, poster: Poster, memory: Memory, managers: Managers
    ) -> None:
        self._commands = commands
        self._workspaces = workspaces
        self._poster = poster
        self._memory = memory
        self._managers = managers
        self._answers = Answers(workspaces, poster)
        self._answering: set[asyncio.Task[Any]] = set()

    def listen(self, app: AsyncApp) -> None:
        """Hang every listener into an app."""
        app.command(_ANY_COMMAND)(self._command)
        app.action(re.compile(f"^{BUTTON}"))(self._press)
        app.action(re.compile(f"^{listing.BUTTON}"))(self._press_subscription)
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

    async def _command(
        self, ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond, context: AsyncBoltContext
    ) -> None:
        """Acknowledge within Slack's three seconds, carry the command out, and show the reply."""
        await ack()
        self._hold()
        typed = _typed(command)
        name, _, rest = typed.lstrip("/").lower().partition(" ")
        named = partial(self._workspaces.named, context)
        asker = await self._asker(named(command["user_id"]), named(command["channel_id"]))
        if name == "subscribe" and not rest.strip():
            refusal = "" if asker.may_manage else f"You may not change this channel's subscriptions; {asker.advice}."
            if refusal or not await self._show_form(command["trigger_id"], asker.channel.id):
                await self._answers.show(_private(refusal or _LATE), respond, asker)
            return
        if await self._came_before(command.get("trigger_id")):
            return
        reply = await self._run(typed, asker)
        if name == "help":
            reply = replace(reply, parts=(*reply.parts, Text(_OWN_STATUS)))
        if name == "subscriptions" and not reply.private:
            await self._answers.show_posts([await self._subscriptions(reply, asker)], respond, asker)
        elif name == "subscribe" and not reply.private:
            await self._answers.announce(reply, respond, asker)
        else:
            await self._answers.show(reply, respond, asker)
        if name in ("subscribe", "unsubscribe") and not reply.private:
            await self._publish_home(asker.user)

    async def _subscriptions(self, reply: Reply, asker: Asker) -> Post:
        """The answer to ``/subscriptions``, with buttons."""
        found = await self._commands.subscribed(SLACK, channel=asker.channel.id)
        said = render_reply(reply)[0].text
        return listing.subscriptions_post(self._commands.topics, found, asker.channel.id, said)

    async def _press(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        action: dict[str, Any],
        respond: AsyncRespond,
        context: AsyncBoltContext,
    ) -> None:
        """Carry out the command that a button stands for; only whoever pressed it sees the answer."""
        await ack()
        self._hold()
        name, story = str(action["action_id"]).removeprefix(BUTTON), str(action.get("value", ""))
        wanted = next((known for known in ACTIONS if known.name == name), None)
        if wanted is None or not story.isdecimal():  # of a version that had another button
            return
        if await self._came_before(body.get("trigger_id")):
            return
        named = partial(self._workspaces.named, context)
        asker = await self._asker(named(body["user"]["id"]), named(body["channel"]["id"]))
        reply = await self._run(wanted.command(int(story)), asker)
        await self._answers.show(replace(reply, private=True), respond, asker)

    async def _submit(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Subscribe as a form says. What is wrong is shown in the form; what takes too long is told afterwards."""
        self._hold()
        person, channel = self._workspaces.named(context, str(body["user"]["id"])), modal.channel_of(view)
        task = asyncio.ensure_future(self._subscribe(body.get("trigger_id"), person, channel, modal.command_of(view)))
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
        if reply is not None:
            await self._answers.tell(Channel(SLACK, channel), reply, person)
            await self._publish_home(person)

    async def _subscribe(self, trigger: str | None, person: str, channel: str, typed: str) -> Reply | None:
        """Carry a form out; None where that was done before. One that was refused may come again: it is told why."""
        if await self._came_before(trigger):
            return None
        try:
            return await self._commands.run(typed, await self._asker(person, channel))
        except BotError:
            await self._memory.drop(_remembered(trigger))
            raise

    async def _refuse(self, ack: AsyncAck, view: dict[str, Any], error: CommandError, person: str) -> None:
        if ack.response is None:
            await ack(response_action="errors", errors=modal.complaint(view, error.field, str(error)))
        else:
            await self._answers.tell(Channel(SLACK, f"@{person}"), _private(str(error)), person)

    async def _press_subscription(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        action: dict[str, Any],
        respond: AsyncRespond,
        context: AsyncBoltContext,
    ) -> None:
        """Change, end or add a subscription by a button of App Home or of the answer to ``/subscriptions``."""
        await ack()
        self._hold()
        name, trigger = str(action["action_id"]), str(body["trigger_id"])
        if await self._came_before(trigger):
            return
        person = self._workspaces.named(context, str(body["user"]["id"]))
        channel, topic = listing.meant(str(action.get("value") or ""))
        reply, current = _private(_ENDED), await self._subscription(channel, topic)
        if name == listing.ADD or (name == listing.CHANGE and current):  # three seconds from the press to the form
            shown = bool(channel) and await self._show_form(trigger, channel, current)
            reply = _private("" if shown else _LATE)
        elif name == listing.END and current:
            reply = await self._run(f"/unsubscribe {topic}", await self._asker(person, channel))
        await self._told(reply, respond, Asker(Channel(SLACK, channel), person))
        if name == listing.END or (name == listing.CHANGE and not current):
            await self._publish_home(person)

    async def _subscription(self, channel: str, topic: str) -> Subscription | None:
        found = await self._commands.subscribed(SLACK, channel=channel) if topic else ()
        return next((one for one in found if one.topic == topic), None)

    async def _told(self, reply: Reply, respond: AsyncRespond, asker: Asker) -> None:
        """Tell what came of a button: where it was pressed or, in App Home, in the channel or to the person."""
        if not reply.title and not any(part.text for part in reply.parts if isinstance(part, Text)):
            return
        if respond.response_url:
            await self._answers.show(reply, respond, asker)
        else:
            place = Channel(SLACK, f"@{asker.user}") if reply.private else asker.channel
            await self._answers.tell(place, reply, asker.user)

    async def _open_home(self, ack: AsyncAck, event: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        self._hold()
        if event.get("tab") == "home":
            await self._publish_home(self._workspaces.named(context, str(event["user"])))

    async def _mentioned(
        self, ack: AsyncAck, body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Answer a mention with help: in a thread under it or, within a thread, only for whoever mentioned the bot."""
        await ack()
        self._hold()
        if event.get("bot_id") or await self._came_before(body.get("event_id")):
            return  # two bots that answer each other would not end
        named = partial(self._workspaces.named, context)
        asker = Asker(Channel(SLACK, named(str(event["channel"]))), named(str(event.get("user", ""))))
        post, thread = render_reply(await self._run("/help", asker))[0], event.get("thread_ts")
        if thread and await self._answers.whisper(post, asker, str(thread)):
            return
        try:
            await self._poster.post(asker.channel, post, thread_ts=str(thread or event["ts"]))
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
        """Who asks; what every channel gets to see is changed by those who may change any channel's subscriptions."""
        refusal = await self._managers.refusal(person, channel)
        shared = refusal or await self._managers.refusal(person, "")
        asker = Asker(Channel(SLACK, channel), person, may_manage=not refusal, may_edit=not shared)
        return replace(asker, advice=shared) if shared else asker

    async def _came_before(self, event: str | None) -> bool:
        """Whether this came before: Slack sends again what it thinks was not heard, also after a restart of ours."""
        return bool(event) and not await self._memory.add(_remembered(event), lasts=_REMEMBERED)

    async def _show_form(self, trigger: str, channel: str, current: Subscription | None = None) -> bool:
        """Open the form, which has to be done within three seconds; return whether it is shown."""
        view = modal.subscribe_view(self._commands.topics, channel, current)
        try:
            web = await self._workspaces.client(channel)
            await web.views_open(trigger_id=trigger, view=view)
        except (SlackApiError, DeliveryError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a form was not shown: %s", code_of(error) if isinstance(error, SlackApiError) else error)
            return False
        return True

    async def _publish_home(self, person: str) -> None:
        """Show App Home as it is now; what cannot be had is left out."""
        try:
            direct = await self._poster.direct(person)
        except DeliveryError:
            direct = ""
        found: tuple[Subscription, ...] = ()
        try:
            found = await self._commands.subscribed(SLACK, channel=direct, user=person)
            health = await self._run("/status", Asker(Channel(SLACK, direct), person))
        except BotError as error:
            health = _private(f"That cannot be answered now: {error}")
        own = [one for one in found if one.channel.id == direct]
        made = [one for one in found if one.channel.id != direct]
        view = home.home_view(self._commands.topics, own, made, health, direct)
        try:
            web = await self._workspaces.client(person)
            await web.views_publish(user_id=own_id(person), view=view)
        except (SlackApiError, DeliveryError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("App Home was not shown: %s", code_of(error) if isinstance(error, SlackApiError) else error)

    async def _fail(
        self, error: Exception, body: dict[str, Any], respond: AsyncRespond, context: AsyncBoltContext
    ) -> None:
        """Log what went wrong, a bug with its traceback, and tell whoever asked in one line."""
        said = "That failed; it is logged."
        if isinstance(error, BotError):
            said = f"That cannot be answered now: {error}"
            log.error("%s failed: %s", body.get("command") or body.get("type"), error)
        else:
            log.error("%s failed", body.get("command") or body.get("type"), exc_info=error)
        place = str(body.get("channel_id") or (body.get("channel") or {}).get("id") or "")
        person = str(body.get("user_id") or (body.get("user") or {}).get("id") or "")
        if person:
            named = partial(self._workspaces.named, context)
            await self._told(_private(said), respond, Asker(Channel(SLACK, named(place)), named(person)))

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


def _remembered(event: str | None) -> str:
    return f"event {event}"


def _private(text: str) -> Reply:
    return Reply("", (Text(text),), private=True)
