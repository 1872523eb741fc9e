"""The tables of docs/quality.md: ``python -m tests.quality [FOLDER]``.

First come the headlines and entries of this folder (``lot`` says when an entry was written: nothing was learned from a
lot before it was judged), then the labelled sets in FOLDER (by default ``../shared/data``; docs/quality.md says where
they come from). A set that is not in FOLDER is skipped and reported, and its targets count as not measured. Every set
is turned into the lines that ``monazite eval`` reads.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot.classify import load_topics
from bot.lab.evaluate import evaluate
from bot.lab.filters import FilterSetup
from bot.stories.embed import choose_embedder
from bot.text.tables import print_table

Row = dict[str, Any]

HEADLINES = Path(__file__).with_name("headlines.tsv")
ENTRIES = Path(__file__).with_name("entries.jsonl")
STANCES = Path(__file__).with_name("stances.jsonl")
_TOPICS = {"rare_earth": "rare-earths", "cn_pk_us": "china-pakistan-us"}
_SIZES: dict[str, Callable[[int], Row]] = {
    "inshorts": lambda _: {"words": 65},
    "cnndm": lambda _: {"sentences": 3},
    "bbc": lambda words: {"words": round(0.4 * words)},
    "t17day": lambda _: {"words": 65},
    "usc": lambda words: {"words": round(0.35 * words)},
}
# What each figure should reach: at least, or at most if the number is negative.
_TARGETS = {
    "dev rare-earths all F1": 0.97,
    "dev china-pakistan-us all F1": 0.95,
    "dev china-pakistan-us not borderline F1": 0.96,
    "stream rare-earths all false per 10,000": -1.0,
    "stream china-pakistan-us all false per 10,000": -1.0,
    "stream entries a second": 10_000.0,
    "dev deny precision": 0.9,
    "dev deny recall": 0.7,
    "igrm2026 B3 F1": 0.95,
    "igrm2026 excess alerts per 100": -12.0,
    "igrm2026 swallowed per 100": -2.0,
    "uci B3 F1": 0.86,
    "wikinews B3 F1": 0.88,
    "inshorts ROUGE-2": 22.9,
    "cnndm ROUGE-2": 16.3,
    "bbc ROUGE-2": 69.2,
    "t17day ROUGE-1": 22.0,
    "t17day ROUGE-2": 6.0,
    "usc ROUGE-2": 35.5,
}


def _lines(path: Path) -> list[Row]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.splitlines() if line.strip()]


def headlines() -> list[Row]:
    """The labelled headlines of this folder."""
    lines = HEADLINES.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    return [
        {"id": number, "title": title, "labels": {"china-pakistan-us": label == "1"}}
        for number, (label, title) in enumerate(pairs, 1)
    ]


def _entry(row: Row) -> Row:
    names = ("id", "title", "summary", "body", "url", "lang", "source", "published", "borderline")
    labels = {topic: bool(row["labels"][name]) for name, topic in _TOPICS.items()}
    return {name: row[name] for name in names if row.get(name) is not None} | {"labels": labels}


def _summary(name: str, row: Row) -> Row:
    texts = row.get("docs") or [row["sents"]]
    title = row.get("title") or ""
    if name == "bbc" and texts[0][0].strip() == title.strip():
        texts = [texts[0][1:]]
    words = sum(len(sentence.split()) for text in texts for sentence in text)
    documents = [{"title": title, "text": "\n".join(text)} for text in texts]
    return {
        "id": row["id"],
        "lang": row["lang"],
        "documents": documents,
        "references": row["ref"],
        **_SIZES[name](words),
    }


def sets(folder: Path) -> Iterator[tuple[str, str, list[Row]]]:
    """Name, subject and rows of every set that FOLDER contains; a line on standard error for one that is missing."""
    yield "own headlines", "topics", headlines()
    yield "own entries", "topics", _lines(ENTRIES)
    yield "own entries", "stance", _lines(STANCES)
    on_topic: Callable[[Row], bool] = lambda row: any(row["labels"][name] for name in _TOPICS)  # noqa: E731 - one line
    wanted: list[tuple[str, str, str, Callable[[list[Row]], list[Row]]]] = [
        ("dev", "topics", "topics/dev.jsonl", lambda rows: [_entry(row) for row in rows]),
        ("stream", "topics", "topics/stream_dev.jsonl.gz", lambda rows: [_entry(row) for row in rows]),
        (
            "dev",
            "stance",
            "topics/dev.jsonl",
            lambda rows: [
                _entry(row) | {"stance": "deny" if row["stance"] == "denial" else "report"}
                for row in rows
                if on_topic(row)
            ],
        ),
        *(
            (
                name,
                "stories",
                f"stories/cluster_{name}_dev.jsonl.gz",
                lambda rows: [{**row, "summary": row.get("text") or "", "published": row.get("ts")} for row in rows],
            )
            for name in ("igrm2026", "uci", "wikinews")
        ),
        *((name, "summaries", f"summaries/sum_{name}_dev.jsonl.gz", partial(_summaries, name)) for name in _SIZES),
    ]
    for name, subject, path, convert in wanted:
        if (folder / path).exists():
            yield name, subject, convert(_lines(folder / path))
        else:
            print(f"SKIPPED {subject} on {name}: {folder / path} not found", file=sys.stderr)


def _summaries(name: str, rows: list[Row]) -> list[Row]:
    return [_summary(name, row) for row in rows]


def main(folder: Path) -> None:
    setup = FilterSetup(load_topics(), partial(choose_embedder, "auto"), timedelta(days=10))
    measured = missed = 0
    for name, subject, rows in sets(folder):
        found = evaluate(subject, rows, setup)
        table = []
        for figure, value in found.figures.items():
            target = _TARGETS.get(f"{name} {figure}")
            # ROUGE is given in per cent with one decimal: half of the last digit counts as reached.
            met = target is None or (value <= -target if target < 0 else value >= target - 0.05 * (target > 1))
            measured += target is not None
            missed += not met
            wanted = "" if target is None else f"{'≤' if target < 0 else '≥'} {abs(target):g}"
            table.append((figure, f"{value:.3f}" if value < 2 else f"{value:.1f}", wanted, "" if met else "missed"))
        print(f"{subject} on {name}, {len(rows)} lines")
        print_table(("Figure", "Value", "Target", ""), table, right=("Value", "Target"))
    unmeasured = len(_TARGETS) - measured
    print(
        f"Targets: {measured - missed} met, {missed} missed, {unmeasured} not measured"
        + " (sets skipped)" * (unmeasured > 0)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
