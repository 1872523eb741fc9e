"""Who may change what a channel is subscribed to."""

import time

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

MEMBERS, ADMINS = "members", "admins"
_REMEMBERED = 600.0  # seconds


class Managers:
    """``allowed`` holds ``members``, ``admins`` or people's ids. Everybody may change what goes to themselves.

    Whether somebody administers the workspace can be asked with the scope ``users:read`` only; without it nobody does.
    """

    def __init__(self, web: AsyncWebClient, allowed: frozenset[str]) -> None:
        self._web = web
        self._allowed = allowed
        self._admins: dict[str, tuple[float, bool]] = {}

    async def may_manage(self, person: str, channel: str) -> bool:
        """Whether a person may change a channel's subscriptions."""
        if channel.startswith("D") or MEMBERS in self._allowed or person in self._allowed:
            return True
        return ADMINS in self._allowed and await self._is_admin(person)

    async def _is_admin(self, person: str) -> bool:
        asked, known = self._admins.get(person, (float("-inf"), False))
        if time.monotonic() - asked < _REMEMBERED:
            return known
        try:
            user = (await self._web.users_info(user=person)).get("user") or {}
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
            return False
        known = bool(user.get("is_admin") or user.get("is_owner"))
        self._admins[person] = (time.monotonic(), known)
        return known
