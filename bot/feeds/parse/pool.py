"""Parse documents in a process of their own, which is killed when one of them takes too long.

The worker is a bare interpreter at the end of two pipes, run by the event loop itself. It starts with the first
document, knows none of the bot's secrets (its environment is empty), and imports only what parsing needs. Parsing is
pure, so that documents which were under way when a worker died are simply asked again, one by one: only the one that
kills the worker by itself has failed.
"""

import asyncio
import marshal
import os
import sys
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from bot.errors import ParseError
from bot.feeds.parse import LENGTH_SIZE, REFUSED, ROW
from bot.feeds.parse.values import parsed_feed
from bot.model import ParsedFeed

_START = (
    "import sys; memory, seconds, *sys.path = sys.argv[1:];"
    "from bot.feeds.parse.worker import main; main(int(memory), float(seconds))"
)
_MAX_BATCH = 16
_MAX_BATCH_BYTES = 512 << 10
_CHUNK = 128 << 10
_BATCH_SECONDS = 2.5
"""What a batch may take: its documents are small and take milliseconds, so that one which hangs is soon found out."""
_PATIENCE = 0.3
"""Seconds that a batch may take before another worker is started: a start costs as much as thirty documents."""
_GRACE = 5.0
"""Seconds after its deadline at which a worker that nobody killed ends by itself."""


class ParseLimitError(ParseError):
    """Parsing was stopped: it took too long or too much memory, or it brought the worker down."""


class _Job:
    """One document that waits for its answer. ``alone`` keeps it out of batches."""

    __slots__ = ("alone", "answer", "body", "crashes", "header")

    def __init__(self, body: bytes, header: tuple[object, ...]) -> None:
        self.body = body
        self.header = header
        self.alone = len(body) > _MAX_BATCH_BYTES // 4
        self.crashes = 0
        self.answer: asyncio.Future[tuple[int, object]] = asyncio.get_running_loop().create_future()

    def settle(self, result: tuple[int, object] | ParseError) -> None:
        """Give the answer to whoever still waits for it."""
        if self.answer.done():
            return
        if isinstance(result, ParseError):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)

    def abandon(self, error: BaseException) -> None:
        """Let whoever waits know that nobody is left to answer."""
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        elif not self.answer.done():
            self.answer.set_exception(error)


class ParserPool:
    """Parses documents in worker processes; to be used as an async context manager, on one event loop.

    Args:
        workers: At most so many processes. The first starts with the first document, another when all are held up.
        timeout: Seconds that a document may take before its worker is killed.
        memory_limit: Bytes of private memory that a worker may hold, where the system can limit that (Linux).
    """

    def __init__(self, *, workers: int = 2, timeout: float = 10.0, memory_limit: int = 384 << 20) -> None:
        self._most = workers
        self._timeout = timeout
        self._memory_limit = memory_limit
        self._waiting: deque[_Job] = deque()
        self._arrival = asyncio.Event()
        self._runners: set[asyncio.Task[None]] = set()
        self._workers: list[_Worker] = []
        self._idle = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the workers at once; whoever still waits for an answer is cancelled."""
        self._closed = True
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        for job in self._waiting:
            job.answer.cancel()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the worker processes that are running now."""
        return tuple(worker.process_id for worker in self._workers if worker.process_id is not None)

    async def parse(
        self,
        body: bytes,
        *,
        feed_id: str,
        content_type: str = "",
        base_url: str = "",
        language: str = "",
        known: bytes = b"",
        max_entries: int = 1000,
        max_text: int = 20_000,
        now: datetime | None = None,
    ) -> ParsedFeed:
        """Do what ``bot.feeds.parse.in_process.parse`` does, in a worker.

        Raises:
            ParseLimitError: It took too long or too much memory, or the worker died of it.
            ParseError: The document is no feed.
        """
        if self._closed:
            raise RuntimeError("the parser pool is closed")
        stamp = now.timestamp() if now else None
        job = _Job(body, (len(body), content_type, base_url, known, max_entries, max_text, stamp, language))
        self._waiting.append(job)
        self._arrival.set()
        self._reinforce()
        kind, value = await job.answer
        if kind == ROW:
            return parsed_feed(value, feed_id, language)  # type: ignore[arg-type]  # a row crosses the pipe as it was
        if kind == REFUSED:
            raise ParseError(str(value))
        raise ParseLimitError(f"parsing needed more than {self._memory_limit >> 20} MB of memory")

    def _reinforce(self) -> None:
        """Start a worker, if documents wait, nobody is free, and whoever is busy has been so for long."""
        held_up = not self._idle and all(worker.late for worker in self._workers)
        if self._waiting and held_up and len(self._workers) < self._most:
            worker = _Worker(self._memory_limit, self._timeout)
            self._workers.append(worker)
            runner = asyncio.create_task(self._run(worker), name="parser")
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    async def _run(self, worker: "_Worker") -> None:
        """Look after one worker: hand it batches, replace it when it is gone."""
        try:
            while True:
                batch = self._take()
                if batch:
                    try:
                        await self._ask(worker, batch)
                    except BaseException as error:
                        for job in batch:
                            job.abandon(error)
                        raise
                else:
                    self._arrival.clear()
                    self._idle += 1
                    try:
                        await self._arrival.wait()
                    finally:
                        self._idle -= 1
        finally:
            self._workers.remove(worker)
            await worker.end()

    def _take(self) -> list[_Job]:
        """The next document, with the small ones behind it as long as they are few."""
        batch: list[_Job] = []
        size = 0
        while self._waiting and len(batch) < _MAX_BATCH:
            job = self._waiting[0]
            if batch and (job.alone or batch[0].alone or size + len(job.body) > _MAX_BATCH_BYTES):
                break
            self._waiting.popleft()
            if not job.answer.done():  # else its asker was cancelled meanwhile
                batch.append(job)
                size += len(job.body)
        return batch

    async def _ask(self, worker: "_Worker", batch: list[_Job]) -> None:
        """Have a batch read. Of a batch that fails, each document is asked again alone."""
        seconds = self._timeout if len(batch) == 1 else min(self._timeout, _BATCH_SECONDS)
        alarm = asyncio.get_running_loop().call_later(_PATIENCE, self._notice_delay, worker)
        try:
            async with asyncio.timeout(seconds):
                answers = await worker.ask(batch)
        except TimeoutError:
            await worker.end()
            self._give_up(batch, f"parsing took longer than {self._timeout:g} s", crashed=False)
            return
        except (OSError, EOFError, ValueError) as error:  # the pipe broke, ended, or brought what is no answer
            status = await worker.end()
            self._give_up(batch, f"the parser process ended (status {status}): {error}", crashed=True)
            return
        finally:
            alarm.cancel()
            worker.late = False
        for job, answer in zip(batch, answers, strict=True):
            job.settle(answer)
            await asyncio.sleep(0)  # making the values of a long answer must not hold up the loop

    def _notice_delay(self, worker: "_Worker") -> None:
        worker.late = True
        self._reinforce()

    def _give_up(self, batch: list[_Job], reason: str, *, crashed: bool) -> None:
        """Fail a document that failed alone, and a second time if the worker crashed: something else may end it too."""
        alone = len(batch) == 1
        for job in reversed(batch):
            job.crashes += crashed
            if alone and (not crashed or job.crashes > 1):
                job.settle(ParseLimitError(reason))
            else:
                job.alone = True
                self._waiting.appendleft(job)


class _Worker:
    """One worker process, started when it is first asked. ``late`` says that it has been at its batch for long."""

    def __init__(self, memory_limit: int, timeout: float) -> None:
        self.late = False
        self._arguments = (str(memory_limit), str(timeout + _GRACE))
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process_id(self) -> int | None:
        """The id of the process, or None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def ask(self, batch: Sequence[_Job]) -> list[tuple[int, object]]:
        """Send documents and return their answers. Raises OSError or EOFError where the worker is gone."""
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None  # noqa: S101 - asked for below
        assert process.stdout is not None  # noqa: S101
        packed = marshal.dumps([job.header for job in batch])
        process.stdin.write(len(packed).to_bytes(LENGTH_SIZE, "big") + packed)
        for job in batch:
            for start in range(0, len(job.body), _CHUNK):
                process.stdin.write(job.body[start : start + _CHUNK])
                await process.stdin.drain()
                await asyncio.sleep(0)  # drain() does not let others run while the worker keeps up
        size = int.from_bytes(await process.stdout.readexactly(LENGTH_SIZE), "big")
        answers: list[tuple[int, object]]
        answers, retires = marshal.loads(await process.stdout.readexactly(size))  # noqa: S302 - our own worker's
        if retires:
            await self.end()
        return answers

    async def end(self) -> int | None:
        """Kill the process, if there is one, and return its status."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        return await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a bare interpreter (no site module, no environment) that imports what we would, from where we would."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", "-c", _START, *self._arguments, *_import_path()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={} if os.name == "posix" else None,
            limit=1 << 20,
            start_new_session=True,  # Ctrl-C of a terminal goes to its whole group; the bot decides when a worker ends
        )


def _import_path() -> list[str]:
    return [str(Path(__file__).parents[3]), *(str(Path(entry).absolute()) for entry in sys.path)]
