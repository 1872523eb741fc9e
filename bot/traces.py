"""Words by which one finds in the logs what belongs together: made of what is stored, and stored nowhere."""

import hashlib

from bot.model import PollState


def trace_of(entry_id: int) -> str:
    """What every line about an entry holds, from its commit to the messages that tell it: ``e`` and its number."""
    return f"e{entry_id}"


def poll_name(feed_id: str, before: PollState) -> str:
    """What every line about one poll of a feed holds: 8 characters, made of the feed and the time of the poll before.

    A poll that a crash undid has the same name when it is made again.
    """
    last = before.last_poll.isoformat() if before.last_poll else ""
    return hashlib.blake2b(f"{feed_id} {last}".encode(), digest_size=4).hexdigest()
