"""What a message is made of, read once in one transaction: entries of its stories, texts of pages, reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.classify import reason
from bot.errors import CommandError
from bot.model import Delivery, Kind, Relation
from bot.pages.article import is_teaser
from bot.storage import articles, digests, stories
from bot.storage.digests import Bundled
from bot.storage.statements import Transaction
from bot.storage.stories import FiledRow

_PAGES = 3
"""Pages fetched for one message. Chosen by hand: an alert waits for them, and three texts are enough to summarise."""
_WEIGHTS = (
    Kind.ALERT,
    Kind.DENIAL,
    Kind.CONFIRMATION,
    Kind.UPDATE,
)  # what tells a story in a digest, most telling first


@dataclass(frozen=True, slots=True)
class StoryRead:
    """A story as it was read. The texts of ``rows`` are the longer of the feed's and the page's.

    ``pages`` are the entries whose page is stored. ``why`` says why ``entry`` matched.
    """

    owed: Delivery
    rows: tuple[FiledRow, ...]
    pages: frozenset[int]
    why: str

    @property
    def row(self) -> FiledRow:
        """The row of the entry that is owed."""
        return next(row for row in self.rows if row.filing.entry_id == self.owed.entry)

    @property
    def teasers(self) -> dict[int, str]:
        """The addresses of the pages that would help to tell this, by entry: of entries whose text only teases."""
        own = [self.row]
        others = [row for row in self.rows if row.filing.relation != Relation.COPY and row is not own[0]]
        wanted = own if self.owed.kind != Kind.ALERT else [*own, *others]
        missing = {
            row.filing.entry_id: row.stored.entry.url
            for row in wanted
            if row.filing.entry_id not in self.pages
            and row.stored.entry.url
            and is_teaser(row.stored.entry.text, row.stored.entry.title)
        }
        return dict(list(missing.items())[:_PAGES])

    def with_pages(self, texts: Mapping[int, str]) -> "StoryRead":
        """Return the story with the texts of further pages, by entry."""
        rows = tuple(_with_text(row, texts.get(row.filing.entry_id, "")) for row in self.rows)
        return replace(self, rows=rows, pages=self.pages | texts.keys())


@dataclass(frozen=True, slots=True)
class Material:
    """All that one delivery tells: no story for a notice, one for an alert or follow-up, any number for a digest."""

    owed: Delivery
    stories: tuple[StoryRead, ...] = ()


async def read(tx: Transaction, owed: Delivery) -> Material:
    """Read what a delivery tells.

    Raises:
        CommandError: what it was about is no longer stored.
    """
    if owed.kind == Kind.NOTICE:
        return Material(owed)
    if owed.kind != Kind.DIGEST:
        found = await _story(tx, owed)
        if found is None:  # pruned by hand while the message waited
            raise CommandError(f"story {owed.story} is no longer stored")
        return Material(owed, (found,))
    heaviest: dict[int, Bundled] = {}
    for one in await digests.bundled(tx, owed.id):
        known = heaviest.get(one.story)
        if known is None or _WEIGHTS.index(one.kind) <= _WEIGHTS.index(known.kind):
            heaviest[one.story] = one
    parts = [
        await _story(tx, replace(owed, kind=one.kind, story=one.story, entry=one.entry, topics=one.topics))
        for one in heaviest.values()
    ]
    if not any(parts):
        raise CommandError("none of its stories is stored any more")
    return Material(owed, tuple(part for part in parts if part))


async def rows_of(tx: Transaction, story_id: int) -> tuple[tuple[FiledRow, ...], frozenset[int]]:
    """Return the entries of a story with the longer of their texts, and those whose page is stored."""
    rows = await stories.filed(tx, story_ids=[story_id])
    pages = await articles.texts(tx, [row.filing.entry_id for row in rows])
    return tuple(_with_text(row, pages.get(row.filing.entry_id, "")) for row in rows), frozenset(pages)


async def why(tx: Transaction, entry_id: int) -> str:
    """Return why an entry matched its topics, in one line."""
    return "; ".join(reason(match) for match in await stories.matches_of(tx, entry_id))


async def _story(tx: Transaction, owed: Delivery) -> StoryRead | None:
    rows, pages = await rows_of(tx, owed.story)
    if all(row.filing.entry_id != owed.entry for row in rows):
        return None
    return StoryRead(owed, rows, pages, await why(tx, owed.entry))


def _with_text(row: FiledRow, text: str) -> FiledRow:
    entry = row.stored.entry
    if len(text) <= len(entry.text):
        return row
    return row._replace(stored=row.stored._replace(entry=replace(entry, text=text)))
