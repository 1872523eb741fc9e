"""The loop that a first version of such a bot has: GET each feed, parse all of it, INSERT OR IGNORE every entry.

Run as ``python -m tests.bench.naive BASE FEEDS FOLDER``; prints one JSON line a phase.
"""

import json
import sqlite3
import sys
from pathlib import Path

import feedparser
import httpx

from tests.bench.meter import Meter


def refresh(client: httpx.Client, database: sqlite3.Connection, urls: list[str]) -> None:
    for url in urls:
        parsed = feedparser.parse(client.get(url).content)
        for entry in parsed.entries:
            row = (entry.get("id") or entry.get("link"), entry.get("title"), entry.get("link"), entry.get("summary"))
            database.execute("insert or ignore into entry values (?, ?, ?, ?)", row)
        database.commit()


def main(base: str, feeds: int, folder: Path) -> None:
    urls = [f"{base}/feed/{number}" for number in range(feeds)]
    database = sqlite3.connect(folder / "naive.db")
    database.execute("create table entry (id text primary key, title text, link text, summary text)")
    with httpx.Client(timeout=20) as client:
        for phase in ("cold", "unchanged", "changed"):
            if phase == "changed":
                client.post(f"{base}/next")
            meter = Meter()
            refresh(client, database, urls)
            (stored,) = database.execute("select count(*) from entry").fetchone()
            print(json.dumps({"phase": phase, "stored": stored, **meter.read()}), flush=True)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
