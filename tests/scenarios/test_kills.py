"""The short form of the torture: one kill at each point, on a file, with a platform that lets the bot look."""

from pathlib import Path

import pytest

from tests.torture._place import Offers, Place
from tests.torture._victim import POINTS
from tests.torture.kills import judge, kill


@pytest.mark.parametrize("offers", [Offers(readable=True), Offers()], ids=["readable", "neither"])
async def test_a_kill_at_any_point_loses_nothing(tmp_path: Path, offers: Offers) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'monazite.db'}"
    async with Place(tmp_path, url, str(tmp_path / "monazite.db"), offers) as place:
        toll = await kill(place, 1)
    assert set(toll.kills) == set(POINTS)
    assert toll.stories >= len(POINTS)
    assert judge("kills", toll, certain=offers.readable).met, toll
