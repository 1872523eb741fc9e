"""Holds posts back when Discord has refused many requests, before it blocks the whole address."""

from collections import deque

# Discord blocks an address after 10,000 requests in ten minutes that were answered with one of these:
# https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
# A 404 is not among them; a run of those is as much a sign that something is wrong.
_REFUSALS = frozenset({401, 403, 404, 429})
WINDOW = 600.0  # seconds
MOST = 1000  # refusals in a window; the rest is left to other programs at the same address


class Caution:
    """Counts refusals. Times are seconds of one clock that never goes back."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._refused: deque[float] = deque(maxlen=most)

    def note(self, status: int, now: float, *, shared: bool = False) -> None:
        """Take note of an answer. A 429 for a limit ``shared`` with other bots does not count."""
        if status in _REFUSALS and not shared:
            self._refused.append(now)

    def wait(self, now: float) -> float:
        """For how many seconds to post nothing; 0 where posts may go on."""
        if len(self._refused) < self._most:
            return 0.0
        return max(0.0, self._refused[0] + WINDOW - now)
