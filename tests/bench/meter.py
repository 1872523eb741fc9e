"""Processor time and memory of this process and its children, and how long the event loop stood still."""

import asyncio
import time

import psutil

_BEAT = 0.002  # seconds


class Meter:
    """Begins to measure when it is made. Processor time is user and system time, in seconds."""

    def __init__(self) -> None:
        self._start = _processor_time()
        self._wall = time.perf_counter()

    def read(self) -> dict[str, float]:
        """What was used since the start; memory is the peak of this process so far, in MB."""
        used, wall = _processor_time() - self._start, time.perf_counter() - self._wall
        return {"cpu": round(used, 3), "wall": round(wall, 3), "memory": _peak_memory()}


class StallMeter:
    """Measures how much later than asked a short sleep ends: the time for which the event loop did something else."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._task = asyncio.ensure_future(self._beat())

    async def _beat(self) -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(_BEAT)
            self._late.append(time.perf_counter() - asked - _BEAT)

    def read(self) -> float:
        """Stop, and return the 99th percentile in milliseconds."""
        self._task.cancel()
        ordered = sorted(self._late)
        return round(1000 * ordered[int(len(ordered) * 0.99)], 1) if ordered else 0.0


def _processor_time() -> float:
    me = psutil.Process()
    times = [me.cpu_times()]
    for child in me.children(recursive=True):
        try:
            times.append(child.cpu_times())
        except psutil.NoSuchProcess:
            continue
    own = times[0]
    ended = own.children_user + own.children_system
    return ended + sum(t.user + t.system for t in times)


def _peak_memory() -> float:
    for line in open("/proc/self/status", encoding="ascii"):  # noqa: PTH123, SIM115 - one line of a file of the kernel
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
