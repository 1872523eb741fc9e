"""What happened, counted where it happened: polls, entries, deliveries, how long they took, and what waits.

The registry is our own and belongs to one program; labels are names of the house, never addresses, channels or texts.
"""

import hashlib
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.model import Delivery, Outcome, PollState

_WAITS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)  # seconds
_LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)  # seconds


class Meters:
    """Counters and histograms of one program. ``failing`` says which of its work fails now, and why."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.failing: dict[str, str] = {}
        self._polls = Counter("monazite_polls", "Polls by outcome.", ["outcome"], registry=self.registry)
        self._entries = Counter("monazite_entries", "New entries by outcome.", ["outcome"], registry=self.registry)
        self._deliveries = Counter(
            "monazite_deliveries",
            "Tries of deliveries by outcome.",
            ["platform", "kind", "outcome"],
            registry=self.registry,
        )
        self._from_published = Histogram(
            "monazite_published_to_sent_seconds",
            "From the time that the publisher gives to the message.",
            ["platform"],
            buckets=_WAITS,
            registry=self.registry,
        )
        self._from_seen = Histogram(
            "monazite_seen_to_sent_seconds",
            "From the commit of an entry to the message.",
            ["platform"],
            buckets=_WAITS,
            registry=self.registry,
        )
        self._lag = Histogram(
            "monazite_loop_lag_seconds",
            "How much later than asked for the event loop wakes a task.",
            buckets=_LAGS,
            registry=self.registry,
        )

    def polled(self, outcome: str) -> None:
        """Count a poll: ``fetched``, ``not-modified``, or the kind of failure."""
        self._polls.labels(outcome).inc()

    def entered(self, outcome: Outcome) -> None:
        """Count a new entry."""
        self._entries.labels(outcome.value).inc()

    def tried(self, delivery: Delivery, outcome: str) -> None:
        """Count a try of a delivery."""
        self._deliveries.labels(delivery.channel.platform, delivery.kind.value, outcome).inc()

    def took(self, delivery: Delivery, published: datetime | None, seen: datetime, now: datetime) -> None:
        """Note how long the news took that was just posted. A publisher's clock may be ahead of ours."""
        self._from_seen.labels(delivery.channel.platform).observe(max(0.0, (now - seen).total_seconds()))
        if published is not None:
            self._from_published.labels(delivery.channel.platform).observe(max(0.0, (now - published).total_seconds()))

    def lagged(self, seconds: float) -> None:
        """Note by how much the event loop was late."""
        self._lag.observe(max(0.0, seconds))

    def failed(self, work: str, reason: str) -> None:
        """Note that a kind of work fails now."""
        self.failing[work] = reason

    def done(self, work: str) -> None:
        """Note that a kind of work went well."""
        self.failing.pop(work, None)


def trace_of(entry_id: int) -> str:
    """What every line about an entry holds, from its commit to the messages that tell it: ``e`` and its number."""
    return f"e{entry_id}"


def poll_name(feed_id: str, before: PollState) -> str:
    """What every line about one poll of a feed holds: 8 characters, made of the feed and the time of the poll before.

    A poll that a crash undid has the same name when it is made again.
    """
    last = before.last_poll.isoformat() if before.last_poll else ""
    return hashlib.blake2b(f"{feed_id} {last}".encode(), digest_size=4).hexdigest()
