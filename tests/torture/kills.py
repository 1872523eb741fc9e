"""The bot is killed at every point that matters, again and again: nothing may be lost, and nothing told twice."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.postgres import new_database, server
from tests.torture import Result
from tests.torture._place import Offers, Place, Toll
from tests.torture._victim import POINTS

_ALWAYS = 10 * 86400.0  # seconds


async def kill(place: Place, times: int) -> Toll:
    """Kill the bot ``times`` times at each point, in an order of the place's own; then let it come to an end."""
    points = [point for point in POINTS for _ in range(times)]
    place.rng.shuffle(points)
    for point in points:
        place.print_news(place.rng.randint(1, 4))
        await place.live_and_die(point, place.rng.randint(1, 3) if "poll" not in point else 1)
    await place.settle()
    return await place.count()


async def torture(times: int = 13) -> list[Result]:
    """On both databases, with a platform that drops copies, one that lets the bot look, and one that does neither."""
    results = []
    for kind in ("SQLite", "PostgreSQL"):
        for name, offers, share in (
            ("copies dropped", Offers(drops=_ALWAYS), 1),
            ("can be read back", Offers(readable=True), 2),
            ("neither", Offers(), 2),
        ):
            async with AsyncExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monazite-")))
                url = address = f"sqlite+aiosqlite:///{folder / 'monazite.db'}"
                if kind == "PostgreSQL":
                    uri = stack.enter_context(server())
                    url, address = await new_database(uri)
                else:
                    address = str(folder / "monazite.db")
                place = await stack.enter_async_context(Place(folder, url, address, offers))
                toll = await kill(place, -(-times // share))
                results.append(judge(f"kills on {kind}, {name}", toll, certain=name != "neither"))
    return results


def judge(name: str, toll: Toll, *, certain: bool) -> Result:
    """``certain`` is what a platform must be for nothing to be told twice."""
    if certain:
        return Result(name, str(toll), "0 lost, 0 twice", toll.lost == 0 == toll.twice)
    figure = (
        f"{toll}, after {toll.ambiguous} ambiguous outcomes, {toll.unmarked} copies that do not say so; "
        f"the bot counts {toll.doubts} messages as doubtful, {toll.doubled} have copies"
    )
    counted = toll.twice <= toll.ambiguous and toll.doubled <= toll.doubts
    met = toll.lost == 0 == toll.unmarked and counted
    return Result(name, figure, "0 lost, no more twice than ambiguous, each counted and marked", met)
