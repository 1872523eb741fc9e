"""The picture of an alert in the README, drawn from what the demo stored: ``python -m tests.pictures.console``."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bot.delivery import material
from bot.delivery.compose import Composer
from bot.delivery.summaries import Summaries
from bot.feeds.catalogue.file import load_catalogue
from bot.model import Channel, Delivery, Kind, Message
from bot.storage import stories
from bot.storage.database import Database
from bot.summarise.extractive import ExtractiveSummariser
from handlers.console.render import render_message

_DEMO = Path("var/demo")
_PICTURE = Path("docs/alert.svg")
_COLUMNS = 104
# A page of its own: the library's would fetch its font from the network.
_PAGE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
  <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


async def _messages() -> list[Message]:
    """The demo's largest story as an alert, and the first denial in it."""
    builder = Composer(
        {feed.id: feed for feed in load_catalogue(_DEMO / "feeds.yaml")}, Summaries(ExtractiveSummariser())
    )
    database = Database(f"sqlite+aiosqlite:///{_DEMO / 'monazite.db'}")
    async with database.read() as tx:
        found = await stories.recent(tx, None, datetime(2000, 1, 1, tzinfo=UTC), 50)
        story, _ = max(found, key=lambda row: row[1])
        rows = await stories.filed(tx, story_ids=[story.id])
        denial = next(row.filing.entry_id for row in rows if row.filing.relation == "denial")
        topics = tuple(sorted({topic for row in rows for topic in row.topics}))
        owed = [
            Delivery(1, "", Channel("console", "desk"), kind, story.id, entry, topics, 0, story.opened)
            for kind, entry in ((Kind.ALERT, rows[0].filing.entry_id), (Kind.DENIAL, denial))
        ]
        messages = [await builder.compose(await material.read(tx, one)) for one in owed]
    await database.close()
    return messages


def main() -> None:
    """Draw the picture; exit with one line where no demo has run yet."""
    if not (_DEMO / "monazite.db").exists():
        sys.exit("no demo has run here yet: make demo")
    with open("/dev/null", "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - the console prints as it records
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        for message in asyncio.run(_messages()):
            console.print(render_message(message, links=True))
        _PICTURE.write_text(
            console.export_svg(title="Monazite", code_format=_PAGE, unique_id="alert"), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
