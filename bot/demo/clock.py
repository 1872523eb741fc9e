"""The replay's time: several days of news pass in under a minute."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


class ReplayClock:
    """Maps real time to the replay's time; call it for the present as an aware UTC datetime.

    From ``begin`` on, time runs evenly from ``start`` to ``end`` within ``seconds`` of real time, then on from ``end``
    as real time does. A clock made with ``held=True`` stays at ``start`` until ``begin`` is called, so that every feed
    can be visited once before the news starts; otherwise it begins at once.

    ``start`` and ``end`` are aware; ``start == end`` or ``seconds == 0`` is a replay that is over as it begins.
    ``monotonic`` returns real seconds. Raises ValueError if ``end`` is before ``start`` or ``seconds`` is negative.
    """

    def __init__(
        self,
        start: datetime,
        end: datetime,
        seconds: float = 35.0,
        *,
        held: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if end < start or seconds < 0:
            raise ValueError(f"a replay cannot run from {start} to {end} in {seconds} seconds")
        self.start = start
        self.end = end
        self.seconds = seconds if end > start else 0.0
        self._monotonic = monotonic
        self._began: float | None = None if held else monotonic()

    def begin(self) -> None:
        """Let a held clock run; does nothing to one that runs already."""
        if self._began is None:
            self._began = self._monotonic()

    def __call__(self) -> datetime:
        """Return the replay's present."""
        if self._began is None:
            return self.start
        passed = self._monotonic() - self._began
        if passed < self.seconds:
            return self.start + (self.end - self.start) * (passed / self.seconds)
        return self.end + timedelta(seconds=passed - self.seconds)

    @property
    def finished(self) -> bool:
        """Whether the replay has reached its end."""
        return self._began is not None and self() >= self.end
