"""What Slack's errors mean. Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors"""

from collections.abc import Awaitable

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import (
    AmbiguousDeliveryError,
    BadMessageError,
    BotError,
    ChannelGoneError,
    ConfigError,
    DeliveryError,
    TemporaryDeliveryError,
)

# What a message can do without where Slack refuses it for that: then it is posted again, without.
SPARED = {
    "invalid_blocks": "blocks",
    "invalid_blocks_format": "blocks",
    "msg_blocks_too_long": "blocks",
    "cannot_reply_to_message": "thread_ts",
    "thread_not_found": "thread_ts",
    "restricted_action_thread_locked": "thread_ts",
    "restricted_action_non_threadable_channel": "thread_ts",
}
_SLOWER = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_LATER = frozenset({"service_unavailable", "request_timeout", "team_added_to_org", "external_channel_migrating"})
_PERHAPS = frozenset({"internal_error", "fatal_error"})  # by Slack's word, part of the call may have succeeded
_OF_TOKEN = frozenset(
    {"account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed", "not_allowed_token_type"}
    | {"org_login_required"}
)
_REINSTALL = "Slack refuses MONAZITE_SLACK_BOT_TOKEN; reinstall the app, set its new token and start the bot again"
_RESTRICTED = "the workspace does not let the bot post there; ask an administrator"
_GONE = {
    "channel_not_found": "it does not exist, or is private and the bot is not in it; /invite the bot there",
    "not_in_channel": "the bot is not in it; /invite the bot there",
    "is_archived": "it is archived",
    "is_inactive": "it is frozen",
    "messages_tab_disabled": "the app takes no direct messages; switch its Messages Tab on",
    "restricted_action": _RESTRICTED,
    "restricted_action_read_only_channel": _RESTRICTED,
    "restricted_action_thread_only_channel": "it takes replies in threads only",
    "ekm_access_denied": _RESTRICTED,
    "team_access_not_granted": _RESTRICTED,
    "access_denied": _RESTRICTED,
    "no_permission": _RESTRICTED,
    "missing_scope": "the app lacks the scope chat:write; add it and reinstall the app",
    **dict.fromkeys(_OF_TOKEN, _REINSTALL),
}
_PROXY_WAIT = 300.0  # seconds
_HINTS = {
    "MONAZITE_SLACK_BOT_TOKEN": "it is the Bot User OAuth Token (xoxb-…) of OAuth & Permissions",
    "MONAZITE_SLACK_APP_TOKEN": "it is an App-Level Token (xapp-…) with connections:write, of Basic Information",
}


async def checked(setting: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Wait for a call that shows whether the token of ``setting`` is good.

    Raises:
        ConfigError: Slack refuses the token.
        BotError: Slack cannot be reached, or does not answer as it should.
    """
    try:
        return await call
    except SlackApiError as error:
        code, status = code_of(error), _status(error)
        if not code or status != 200 or code in _SLOWER | _LATER | _PERHAPS:
            raise BotError(f"Slack answered {status} {code}".rstrip() + " to the connection; try again later") from None
        raise ConfigError(f"{setting} is refused by Slack ({code}); {_HINTS[setting]}") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        what = str(error) or "no answer"
        raise BotError(f"Slack cannot be reached ({what}); check the network, then start again") from error


def code_of(error: SlackApiError) -> str:
    """Slack's name for what went wrong; '' where the answer is not Slack's."""
    content = getattr(error.response, "data", None)
    return str(content.get("error") or "") if isinstance(content, dict) else ""


def delivery_error(error: SlackApiError, channel: str) -> DeliveryError:
    """What the refusal of a post means for its delivery."""
    code, status = code_of(error), _status(error)
    said = f"Slack answered {status} {code}" if code else f"something in front of Slack answered {status}"
    if status == 429 or code in _SLOWER:
        return TemporaryDeliveryError("Slack asks to post more slowly", _seconds_to_wait(error))
    if status >= 500 or code in _PERHAPS or (status < 400 and not code):
        return AmbiguousDeliveryError(said)
    if code in _LATER or not code:
        return TemporaryDeliveryError(said, None if code else _PROXY_WAIT)
    workspace = channel.removeprefix("@").rpartition("/")[0]
    if workspace and is_of_token(code):
        return ChannelGoneError(f"{uninstalled(workspace)} ({code})")
    if code in _GONE:
        return ChannelGoneError(f"Slack channel {channel}: {_GONE[code]} ({code})")
    return BadMessageError(f"Slack refuses the message: {code}")


def is_of_token(code: str) -> bool:
    """Whether an error says that a token is good for nothing (any more)."""
    return code in _OF_TOKEN


def uninstalled(workspace: str) -> str:
    """What is said of a workspace that has removed the app."""
    return f"{workspace_named(workspace)} the app is not installed there any more; install it again"


def workspace_named(workspace: str) -> str:
    """How every complaint about a workspace begins."""
    return f"Slack workspace {workspace}:"


def _status(error: SlackApiError) -> int:
    # Where the body is no JSON, the library gives aiohttp's response in place of its own.
    response = error.response
    return int(response.status if isinstance(response, aiohttp.ClientResponse) else response.status_code)


def _seconds_to_wait(error: SlackApiError) -> float | None:
    try:
        return max(0.0, float(error.response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
