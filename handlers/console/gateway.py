"""The console as a chat platform: alerts are printed; commands are typed at a prompt or come through a pipe."""

import asyncio
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TextIO

from rich.console import Console

from bot.commands import COMMANDS, Commands
from bot.errors import CommandError, UnreadableError
from bot.model import Asker, Channel, Delivery, Message, Reply
from bot.ports import Memory, Platform
from handlers.console.render import render_message, render_reply

NAME = "console"
CHANNEL = Channel(NAME, "terminal")
_PLAIN_WIDTH = 110
_LEAVE = frozenset({"exit", "quit", "/exit", "/quit"})


def requires(_options: Mapping[str, str]) -> Sequence[str]:
    """None."""
    return ()


def mistakes(_options: Mapping[str, str]) -> Sequence[str]:
    """None: it needs no options."""
    return ()


def connect(commands: Commands, options: Mapping[str, str], memory: Memory) -> Platform:
    """Make the console platform; it needs no options."""
    return ConsolePlatform(commands, sys.stdout)


class ConsolePlatform:
    """One channel: whoever sits at the terminal. In a pipe it prints plain text without colours or escapes."""

    name = NAME
    drops_copies_for = timedelta(0)
    listening = True

    def __init__(self, commands: Commands, out: TextIO) -> None:
        self._commands = commands
        self._out = out
        self._terminal = out.isatty()
        self._asker = Asker(CHANNEL, "terminal")

    async def start(self) -> None:
        """Nothing has to be connected."""

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Print the message; its reference is the delivery's number."""
        self.show(render_message(message, links=self._terminal))
        return f"delivery-{delivery.id}"

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Nothing: what is printed stays as it was."""

    async def find(self, delivery: Delivery) -> str | None:
        """A terminal cannot be read back. Raises UnreadableError."""
        raise UnreadableError("a terminal cannot be read back")

    async def run(self) -> None:
        """Answer commands until the person leaves; without a terminal, until the pipe ends and then for ever."""
        if self._terminal and sys.stdin.isatty():
            await self._prompt()
            return
        lines = _piped_lines(asyncio.get_running_loop())
        while line := await lines.get():
            if line.strip():
                await self.answer(line)
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Nothing has to be disconnected."""

    async def answer(self, typed: str) -> None:
        """Carry out one command and print the reply, or one line that says why not."""
        try:
            reply = await self._commands.run(typed.strip(), self._asker)
        except CommandError as error:
            reply = Reply(str(error))
        self.show(render_reply(reply, links=self._terminal))

    def show(self, renderable: object) -> None:
        """Print to the terminal or, in plain text, to the pipe."""
        # A prompt or a progress bar replaces standard output while it is shown, so that print and bar keep apart;
        # the console would see through it, hence the text is made first and written then.
        out = sys.stdout if self._out is sys.__stdout__ else self._out
        console = Console(
            file=self._out,
            force_terminal=self._terminal,
            width=None if self._terminal else _PLAIN_WIDTH,
            color_system="auto" if self._terminal else None,
            highlight=False,
            emoji=False,
            markup=False,
        )
        with console.capture() as printed:
            console.print(renderable)
        out.write(printed.get())
        out.flush()

    async def _prompt(self) -> None:
        from prompt_toolkit import PromptSession  # noqa: PLC0415 - 0.2 s that only a person at a terminal has to pay
        from prompt_toolkit.completion import WordCompleter  # noqa: PLC0415
        from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

        words = ["/" + command.name for command in COMMANDS] + list(self._commands.topics)
        session: PromptSession[str] = PromptSession(
            "monazite> ", completer=WordCompleter(words, sentence=True), complete_while_typing=False
        )
        with patch_stdout(raw=True):
            while True:
                try:
                    typed = await session.prompt_async()
                except (EOFError, KeyboardInterrupt):
                    return
                if typed.strip() in _LEAVE:
                    return
                if typed.strip():
                    await self.answer(typed)


def _piped_lines(loop: asyncio.AbstractEventLoop) -> asyncio.Queue[str]:
    """Lines of standard input, '' at its end. A daemon thread reads them: a read cannot be cancelled at the end."""
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    return lines
