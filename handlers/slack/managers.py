"""Who may change what a channel is subscribed to."""

import asyncio
import time

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.errors import DeliveryError
from handlers.slack.refusals import code_of
from handlers.slack.text import own_id
from handlers.slack.workspaces import Workspaces

MEMBERS, ADMINS = "members", "admins"
_REMEMBERED = 600.0  # seconds
_PATIENCE = 1.5  # seconds; a form has to be shown, or answered, within three
_LISTED = "MONAZITE_SLACK_MANAGERS names who may"
_ADMINISTRATORS = "administrators of the workspace may, and whom MONAZITE_SLACK_MANAGERS names"
_BLIND = (
    "without the scope users:read the app cannot see who administers the workspace, "
    "so only whom MONAZITE_SLACK_MANAGERS names may"
)
_SILENT = "Slack does not say now who administers the workspace, so try again in a minute"


class Managers:
    """``allowed`` holds ``members``, ``admins`` or people's ids. Everybody may change what goes to themselves.

    Whether somebody administers the workspace can be asked with the scope ``users:read`` only; without it nobody does.
    """

    def __init__(self, workspaces: Workspaces, allowed: frozenset[str]) -> None:
        self._workspaces = workspaces
        self._allowed = allowed
        self._known: dict[str, tuple[float, str]] = {}  # by person: until when, and what ``_ask`` gave

    async def refusal(self, person: str, channel: str) -> str:
        """Why a person may not change a channel's subscriptions, in the second half of a sentence; '' if they may.

        It is known within two seconds.
        """
        if own_id(channel).startswith("D") or MEMBERS in self._allowed or person in self._allowed:
            return ""
        if ADMINS not in self._allowed:
            return _LISTED
        until, known = self._known.get(person, (0.0, ""))
        if time.monotonic() >= until:
            known = await self._ask(person)
            if known != _SILENT:
                self._known[person] = (time.monotonic() + _REMEMBERED, known)
        return known

    async def _ask(self, person: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                web = await self._workspaces.client(person)
                user = (await web.users_info(user=own_id(person))).get("user") or {}
        except SlackApiError as error:
            return _BLIND if code_of(error) == "missing_scope" else _SILENT
        except (DeliveryError, aiohttp.ClientError, TimeoutError, OSError):
            return _SILENT
        return "" if user.get("is_admin") or user.get("is_owner") else _ADMINISTRATORS
