"""The help of every command, as it stands in a terminal of 80 columns."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from bot.cli import program


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        command.list_commands(click.Context(command))  # imports those of a lazy group
        for name, below in command.commands.items():
            yield from _commands(below, (*path, name))


COMMANDS = dict(_commands(program))


def help_of(path: tuple[str, ...]) -> str:
    """The text, its lines as they are broken in a narrow terminal."""
    done = CliRunner(env={"COLUMNS": "80"}).invoke(program, [*path, "--help"])
    assert done.exit_code == 0
    return done.output


def test_every_command_is_looked_at() -> None:
    assert {("run",), ("outbox", "list"), ("feeds", "check"), ("classify",)} < COMMANDS.keys()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_whole_in_80_columns(path: tuple[str, ...]) -> None:
    text, command = help_of(path), COMMANDS[path]
    assert max(map(len, text.splitlines())) <= 80
    below = command.commands.values() if isinstance(command, click.Group) else ()
    said = [(one.help or "").partition("\n\n")[0] for one in (command, *below)]
    said += [one.help or "" for one in command.params if isinstance(one, click.Option)]
    assert [one for one in said if " ".join(one.split()) not in " ".join(text.split())] == []


def test_the_help_imports_no_library_that_only_commands_need() -> None:
    code = (
        "import sys; sys.argv = ['monazite', '--help']; from bot.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *text, modules = done.stdout.splitlines()
    assert "  feeds      List, check, add, import and export feeds." in text
    heavy = {"aiohttp", "alembic", "babel", "discord", "feedparser", "lxml", "numpy", "pydantic", "rich", "slack_sdk"}
    assert heavy.isdisjoint(ast.literal_eval(modules))
    assert "sqlalchemy" not in ast.literal_eval(modules)
