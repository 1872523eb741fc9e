"""The command line. Each command imports what it needs when it runs, so that a filter starts in a moment."""

import signal
import sys
from importlib import import_module
from pathlib import Path

import click

from bot.errors import BotError
from bot.text.durations import read_span


class LazyGroup(click.Group):
    """A group whose commands are imported when one of them is run or listed; ``module`` has them in ``commands``."""

    def __init__(self, name: str, module: str, *, help: str) -> None:  # noqa: A002 - click's own name for it
        super().__init__(name, help=help)
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Import the commands and list their names."""
        self.commands = import_module(self._module).commands
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the commands and return one of them; None if there is none with this name."""
        self.commands = import_module(self._module).commands
        return super().get_command(ctx, cmd_name)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="monazite")
def program() -> None:
    """News alerts on rare earths and the China–Pakistan–US triangle for Slack, Discord and the terminal."""


@program.command()
def run() -> None:
    """Run the bot until it is stopped.

    It polls, classifies, groups, alerts, and answers commands.
    """
    from bot.cli.running import run_bot  # noqa: PLC0415

    run_bot()


@program.command()
@click.option("--once", is_flag=True, required=True, help="Poll, then exit (the only way this command works).")
@click.option("--all", "everything", is_flag=True, help="Poll every enabled feed, due or not.")
@click.option("--quiet", is_flag=True, help="Print only the totals.")
def poll(once: bool, everything: bool, quiet: bool) -> None:
    """Refresh every due feed once and print what came of it."""
    from bot.cli.running import poll_once  # noqa: PLC0415

    poll_once(everything=everything, quiet=quiet)


@program.command()
def health() -> None:
    """Say whether the bot is at work.

    Exits 0 if the database answers and somebody is polling, else 1 with the reason.
    """
    from bot.cli.running import check_health  # noqa: PLC0415

    check_health()


@program.command()
@click.option("--seconds", type=click.FloatRange(5, 600), default=35.0, show_default=True, help="Length of the replay.")
@click.option("--fresh", is_flag=True, help="Forget the earlier demo first.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its database.",
)
def demo(seconds: float, fresh: bool, folder: Path) -> None:
    """Replay two weeks of news and watch the bot at work.

    The publishers are on this machine; nothing leaves it.
    """
    from bot.demo.show import show  # noqa: PLC0415

    sys.exit(show(seconds=seconds, fresh=fresh, folder=folder))


@program.command()
@click.option("--since", default="7d", show_default=True, help="How far back, such as 24h, 7d or 4w.")
@click.option(
    "--topics",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of topic files; the built-in ones otherwise.",
)
def replay(since: str, folder: Path | None) -> None:
    """Show what changed topics would have made of stored entries."""
    from bot.cli.replaying import replay as run  # noqa: PLC0415

    span = read_span(since)
    if span is None:
        raise click.BadParameter(f"{since!r} is not a duration such as 24h, 7d or 4w", param_hint="--since")
    run(span, folder)


@program.command(name="eval")
@click.argument("subject", type=click.Choice(["topics", "stance", "stories", "summaries"]))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--misses", default=10, show_default=True, help="How many wrong answers to print.")
@click.option("--keep", is_flag=True, help="Store the figures, for /quality.")
def evaluate(subject: str, path: Path, misses: int, keep: bool) -> None:
    """Compare the bot's answers with labelled JSON lines."""
    from bot.cli.judging import run_eval  # noqa: PLC0415

    run_eval(subject, path, misses, keep=keep)


@program.command()
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled JSON lines on which no change may do worse.",
)
@click.option("--apply", is_flag=True, help="Put what is better in force.")
@click.option("--undo", is_flag=True, help="Take back what was applied last.")
def learn(check: Path | None, apply: bool, undo: bool) -> None:
    """Learn from what people said of alerts.

    Weights and thresholds are estimated; nothing changes without --apply.
    """
    from bot.cli.judging import run_learn  # noqa: PLC0415

    run_learn(check, apply=apply, undo=undo)


program.add_command(LazyGroup("feeds", "bot.cli.feeds", help="List, check, add, import and export feeds."))


@program.group()
def outbox() -> None:
    """Look at messages that were not posted."""


@outbox.command(name="list")
def list_outbox() -> None:
    """Show what is owed or dead."""
    from bot.cli.outboxing import run_list  # noqa: PLC0415

    run_list()


@outbox.command(name="replay")
@click.argument("ids", type=int, nargs=-1, metavar="[DELIVERY]...")
def replay_outbox(ids: tuple[int, ...]) -> None:
    """Try dead deliveries again: those named, or all."""
    from bot.cli.outboxing import run_replay  # noqa: PLC0415

    run_replay(ids)


@outbox.command(name="drop")
@click.argument("ids", type=int, nargs=-1, metavar="[DELIVERY]...")
def drop_outbox(ids: tuple[int, ...]) -> None:
    """Give deliveries up: those named, or all that are dead."""
    from bot.cli.outboxing import run_drop  # noqa: PLC0415

    run_drop(ids)


@program.group()
def discord() -> None:
    """Set up Discord."""


@discord.command()
def invite() -> None:
    """Print the link that invites the bot to a server.

    It asks for the permissions that the bot needs and no other.
    """
    from bot.app import invitation  # noqa: PLC0415
    from bot.cli.running import prepare  # noqa: PLC0415

    click.echo(invitation(prepare(), "discord"))


@program.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database's schema up to date.

    Every start does so as well.
    """
    from bot.cli.running import upgrade_database  # noqa: PLC0415

    upgrade_database()


@db.command()
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def backup(target: Path) -> None:
    """Copy the database into a new file (SQLite).

    The bot may run meanwhile.
    """
    from bot.cli.keeping import run_backup  # noqa: PLC0415

    run_backup(target)


@db.command()
@click.argument("copy", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(copy: Path) -> None:
    """Put a copy in the database's place (SQLite).

    The bot must not run meanwhile. The old database is kept.
    """
    from bot.cli.keeping import run_restore  # noqa: PLC0415

    run_restore(copy)


@db.command()
def check() -> None:
    """Look through the database for what is wrong.

    Its schema, its soundness, and rows that name nothing; exits 1 with what is wrong.
    """
    from bot.cli.keeping import run_check  # noqa: PLC0415

    run_check()


def _filter(name: str, help_text: str) -> None:
    @program.command(name=name, help=help_text)
    def command() -> None:
        from bot.cli.filtering import set_up  # noqa: PLC0415
        from bot.lab.filters import run_filter  # noqa: PLC0415

        def write(line: str) -> None:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

        sys.exit(run_filter(name, set_up(), sys.stdin.buffer, write, lambda line: click.echo(line, err=True)))


_filter("classify", "Read entries as JSON lines; write topics and stance.\n\nEach topic comes with its evidence.")
_filter("stories", "Read entries as JSON lines; write the story of each.\n\nThe entries come in the order of time.")
_filter("summarise", "Read documents as JSON lines; write summaries.\n\nEach sentence comes with its source.")


def _one_line(error: click.ClickException) -> str:
    """Return what click complains of, and which help to read."""
    text = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return text
    command = context.command_path.replace(context.find_root().command_path, "monazite", 1)
    return f"{text.removesuffix('.')}; see '{command} --help'"


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error, never a traceback."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that leaves, as in `| head`, ends us quietly
    try:
        program.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()  # a group without a command lists its commands
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"monazite: {_one_line(error)}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BotError as error:
        from bot.text.clean import clean_text  # noqa: PLC0415

        # What is complained of may come from anywhere, and must not act on the terminal.
        sys.exit("\n".join(f"monazite: {clean_text(line)}" for line in str(error).splitlines()))
