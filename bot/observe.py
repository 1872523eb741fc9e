"""Metrics: polls, entries, deliveries, how long messages took, and event-loop lag; and the names that link log lines.

Each program has its own registry. Labels are names from the code, never addresses, channels or texts.
"""

import hashlib
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.model import Delivery, Outcome, PollState

_WAITS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)  # seconds
_LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)  # seconds


class Meters:
    """Counters and histograms of one program. ``failing`` maps each kind of work that fails now to the reason."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.failing: dict[str, str] = {}
        self._polls = Counter("monazite_polls", "Polls by outcome.", ["outcome"], registry=self.registry)
        self._entries = Counter("monazite_entries", "New entries by outcome.", ["outcome"], registry=self.registry)
        self._unread = Counter(
            "monazite_unread_dates", "Dates of entries that no reader knows.", registry=self.registry
        )
        self._deliveries = Counter(
            "monazite_deliveries",
            "Delivery attempts by outcome.",
            ["platform", "kind", "outcome"],
            registry=self.registry,
        )
        self._from_published = Histogram(
            "monazite_published_to_sent_seconds",
            "From the publisher's time to the posted message.",
            ["platform"],
            buckets=_WAITS,
            registry=self.registry,
        )
        self._from_seen = Histogram(
            "monazite_seen_to_sent_seconds",
            "From the commit of an entry to the posted message.",
            ["platform"],
            buckets=_WAITS,
            registry=self.registry,
        )
        self._lag = Histogram(
            "monazite_loop_lag_seconds",
            "How late the event loop wakes a task.",
            buckets=_LAGS,
            registry=self.registry,
        )

    def polled(self, outcome: str) -> None:
        """Count a poll: ``fetched``, ``not-modified``, or the kind of failure."""
        self._polls.labels(outcome).inc()

    def unread(self, dates: int) -> None:
        """Count dates that are there and cannot be read."""
        self._unread.inc(dates)

    def entered(self, outcome: Outcome) -> None:
        """Count a new entry."""
        self._entries.labels(outcome.value).inc()

    def tried(self, delivery: Delivery, outcome: str) -> None:
        """Count one attempt of a delivery."""
        self._deliveries.labels(delivery.channel.platform, delivery.kind.value, outcome).inc()

    def took(self, delivery: Delivery, published: datetime | None, seen: datetime, now: datetime) -> None:
        """Record how long a posted message took. A publisher's time in the future counts as 0 seconds."""
        self._from_seen.labels(delivery.channel.platform).observe(max(0.0, (now - seen).total_seconds()))
        if published is not None:
            self._from_published.labels(delivery.channel.platform).observe(max(0.0, (now - published).total_seconds()))

    def lagged(self, seconds: float) -> None:
        """Record how late the event loop woke a task, in seconds."""
        self._lag.observe(max(0.0, seconds))

    def failed(self, work: str, reason: str) -> None:
        """Record that a kind of work fails now."""
        self.failing[work] = reason

    def done(self, work: str) -> None:
        """Record that a kind of work succeeded."""
        self.failing.pop(work, None)


def trace_of(entry_id: int) -> str:
    """Return the trace of an entry, which every log line about it contains: ``e`` and its number."""
    return f"e{entry_id}"


def poll_name(feed_id: str, before: PollState) -> str:
    """Return the name that every log line about one poll contains: 8 characters, made of the feed and its last poll.

    A poll that is repeated after a crash has the same name again.
    """
    last = before.last_poll.isoformat() if before.last_poll else ""
    return hashlib.blake2b(f"{feed_id} {last}".encode(), digest_size=4).hexdigest()
