"""The commands that run the bot or look at it as a whole."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import click
import structlog

from bot.app import Program, assemble, now, problems_at_start
from bot.errors import BotError, ConfigError, StorageError
from bot.intake.commit import Committed
from bot.operate import logs
from bot.operate.health import leader_check, schema_check
from bot.operate.runtime import end_soon, run_beside, start_loop
from bot.operate.scheduler import lease_of
from bot.settings import Settings, load_settings, read_settings
from bot.storage import upkeep
from bot.storage.database import Database
from bot.storage.tables import HEAD
from bot.text.redact import Redactor
from bot.text.spans import count_of

_FIRST_TRIES = 15.0  # seconds that polling waits for platforms that do not answer
_LAST_MOMENT = 18.0  # seconds after the signal to stop; whoever sent it waits for 20 or so, then kills

log = structlog.get_logger()


def prepare() -> Settings:
    """Read the settings and set up logging. Raises ConfigError with every problem at once."""
    settings = load_settings()
    _set_up_logs(settings)
    return settings


def _prepare_start(*, chat: bool = True) -> Settings:
    """As ``prepare``, for who starts the program: what is wrong with its other files and parts is told with it."""
    reading = read_settings()
    if reading.problems:
        raise ConfigError("\n".join((*reading.problems, *problems_at_start(reading, chat=chat))))
    _set_up_logs(reading.settings)
    return reading.settings


def _set_up_logs(settings: Settings) -> None:
    logs.configure(settings.log_format, settings.log_level, Redactor(settings.secrets))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, for commands that look at what a bot has stored.

    Raises:
        StorageError: there is none, it cannot be used, or has not the schema of this version.
    """
    database = Database(settings.database_url)
    try:
        database.check_made()
        if await database.revision() != HEAD:
            raise StorageError(f"database {database.name} has not the schema of this version: monazite db upgrade")
        yield database
    finally:
        await database.close()


def run_bot() -> None:
    """Run until SIGTERM, SIGINT, or until the person at the console leaves."""
    settings = _prepare_start()

    async def main() -> None:
        async with assemble(settings) as program:
            await serve(program)

    try:
        start_loop(main())
    except BotError as error:  # the last line that the program says, and it may quote a platform
        error.args = (Redactor(settings.secrets)(str(error)),)
        raise


async def serve(program: Program) -> None:
    """Connect the platforms, beat, and serve until a signal comes or a platform's ``run`` returns."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not stopping.is_set():
            end_soon(_LAST_MOMENT)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    connections = program.connections
    parts = [_beat(program), *(connections.serve(name) for name in connections.wanted)]
    if program.watch:
        parts.append(program.watch.run())
    try:
        await run_beside(*parts, stopping.wait())
    finally:
        await connections.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    log.info("stopped")


async def _beat(program: Program) -> None:
    """Beat once every platform was tried: wrong credentials are told before anything is polled."""
    await program.connections.tried(_FIRST_TRIES)
    log.info("started", feeds=len(program.feeds), platforms=list(program.connections), database=program.database.name)
    await program.scheduler.run()


def poll_once(*, everything: bool, quiet: bool) -> None:
    """Poll what is due, or every enabled feed; print a table of what came of it."""
    settings = _prepare_start(chat=False)

    async def main() -> Sequence[Committed]:
        async with assemble(settings, chat=False) as program:
            return await (program.engine.poll_all() if everything else program.engine.poll_once())

    polled = start_loop(main())
    if not quiet and polled:
        from bot.cli.tables import print_polled  # noqa: PLC0415 - rich costs time that --quiet need not pay

        print_polled(polled)
    results = Counter(type(one.poll.fetch).__name__ for one in polled)
    new, owed = sum(one.new for one in polled), sum(one.owed for one in polled)
    click.echo(
        f"{count_of(len(polled), 'feed')} polled: {results['Fetched']} fetched, {results['NotModified']} not modified, "
        f"{results['FetchFailed']} failed; "
        f"{count_of(new, 'new entry', 'new entries')}, {count_of(owed, 'message')} owed"
    )


def check_health() -> None:
    """Exit 0 where the database answers and a leader polls."""
    settings = load_settings()

    async def main() -> None:
        database = Database(settings.database_url)
        try:
            database.check_made()
            check = schema_check(await database.revision(), database.name)
            if check.ok:
                async with database.read() as tx:
                    check = leader_check(await upkeep.leader(tx), now(), lease_of(settings.tick))
        finally:
            await database.close()
        if not check.ok:
            raise StorageError(check.detail)
        click.echo(f"healthy: {check.detail}")

    start_loop(main())


def upgrade_database() -> None:
    """Apply the migrations that are missing."""
    settings = load_settings()

    async def main() -> str:
        database = Database(settings.database_url)
        try:
            return await database.upgrade()
        finally:
            await database.close()

    before = start_loop(main())
    click.echo(
        f"schema {HEAD}: " + ("already up to date" if before == HEAD else f"upgraded from {before or 'nothing'}")
    )
