"""``monazite outbox`` as an operator types it."""

from bot.model import Channel, Kind
from bot.storage import outbox
from bot.storage.database import Database
from bot.storage.outbox import Owed
from tests.samples import MORNING
from tests.scenarios.conftest import Bot


async def test_what_was_not_posted_is_listed_tried_again_and_given_up(bot: Bot) -> None:
    status, _, err = await bot.once("outbox", "list")
    assert (status, err.count("\n")) == (1, 1)
    assert "there is no database" in err
    await bot.once("poll", "--once")
    status, out, _ = await bot.once("outbox", "list")
    assert (status, out.strip().splitlines()[-1]) == (0, "0 deliveries not sent")
    database = Database(f"sqlite+aiosqlite:///{bot.folder / 'monazite.db'}")
    async with database.write() as tx:
        await outbox.owe(tx, [Owed(Channel("slack", "C1"), Kind.ALERT, 7, 1, ())], MORNING)
    await database.close()
    status, out, _ = await bot.once("outbox", "list")
    assert "slack" in out
    assert "1 delivery not sent" in out
    assert "1 delivery given up" in (await bot.once("outbox", "drop", "1"))[1]
    assert "1 delivery will be tried again" in (await bot.once("outbox", "replay"))[1]
    assert "0 deliveries given up" in (await bot.once("outbox", "drop"))[1]
