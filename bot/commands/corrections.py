"""Stories corrected by people: two that are one put together, one that is two taken apart."""

from bot.errors import CommandError
from bot.model import Asker, Reply, Text
from bot.storage import editing, stories
from bot.storage.database import Database
from bot.text.spans import count_of


class StoryEditor:
    """Merges and splits stories for those who may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def merge(self, one: int, into: int, asker: Asker) -> Reply:
        """Put story ``one`` into another. Raises CommandError where the asker may not, or one of them is not there."""
        _check(asker)
        if one == into:
            raise CommandError("A story cannot be merged into itself.")
        async with self._database.write() as tx:
            for number in (one, into):
                if not await stories.filed(tx, story_ids=[number]):
                    raise CommandError(f"There is no story {number}. /recent lists the latest ones.")
            moved = await editing.merge(tx, one, into)
        text = (
            f"{count_of(moved, 'entry', 'entries')} of story {one} moved; story {one} is gone. What follows goes there."
        )
        return Reply(f"Merged into story {into}", (Text(text),))

    async def split(self, entry_id: int, asker: Asker) -> Reply:
        """Take an entry and what answers it out of its story. Raises CommandError where that cannot be."""
        _check(asker)
        async with self._database.write() as tx:
            rows = await stories.filed(tx, entry_ids=[entry_id])
            if not rows:
                raise CommandError(f"No story has an entry {entry_id}. /why NUMBER lists the entries of a story.")
            left = rows[0].filing.story_id
            if len(await stories.filed(tx, story_ids=[left])) == 1:
                raise CommandError(f"Story {left} has no other entry; there is nothing to split.")
            number, moved = await editing.split(tx, entry_id)
        text = f"{count_of(moved, 'entry', 'entries')} left story {left}. What follows on it goes to story {number}."
        return Reply(f"Split off as story {number}", (Text(text),))


def _check(asker: Asker) -> None:
    if not (asker.may_manage and asker.may_edit):
        raise CommandError(f"You may not change stories here; {asker.advice}.")
