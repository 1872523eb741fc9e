"""Monazite over the same feeds: ``python -m tests.bench.ours BASE FEEDS FOLDER on|off``; one JSON line a phase."""

import json
import sys
import time
from pathlib import Path

import aiohttp
import psutil
import uvloop

from bot.app import assemble
from bot.operate import logs
from bot.settings import load_settings
from bot.storage import feeds
from tests.bench.meter import Meter, StallMeter

FEED = """  - id: bench-{0}
    name: Bench {0}
    url: {1}/feed/{0}
    language: en
    publisher: Paper {0}
    country: GB
    ownership: independent
    tier: 2
    topics: [rare-earths]
"""


async def main(base: str, number: int, folder: Path, embeddings: str) -> None:
    logs.configure("json", "warning")
    catalogue = folder / "feeds.yaml"
    catalogue.write_text("feeds:\n" + "".join(FEED.format(n, base) for n in range(number)), encoding="utf-8")
    settings = load_settings(
        {
            "MONAZITE_FEEDS": str(catalogue),
            "MONAZITE_DATABASE": str(folder / "ours.db"),
            "MONAZITE_ALLOW_HOSTS": "127.0.0.1",
            "MONAZITE_PER_HOST": "64",  # every feed is on this one host here
            "MONAZITE_EMBEDDINGS": embeddings,
        }
    )
    start = time.process_time()
    async with assemble(settings, chat=False) as program:
        print(json.dumps({"phase": "start", "cpu": round(time.process_time() - start, 3)}), flush=True)
        for phase in ("cold", "unchanged", "changed"):
            if phase == "changed":
                async with aiohttp.ClientSession() as session, session.post(f"{base}/next"):
                    pass
            meter, stalls = Meter(), StallMeter()
            polled = await program.engine.poll_all()
            figures = meter.read() | {"stall": stalls.read(), "polled": len(polled)}
            async with program.database.read() as tx:
                figures["stored"] = sum((await feeds.count_entries(tx)).values())
            children = psutil.Process().children(recursive=True)
            figures["worker"] = round(max((c.memory_info().rss for c in children), default=0) / 2**20, 1)
            print(json.dumps({"phase": phase, **figures}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
