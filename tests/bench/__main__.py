"""Runs the naive loop and Monazite over the same loopback feeds in one go, and prints figures and ratios."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

AIMS = {"cold": 6, "unchanged": 30, "changed": 15}


@contextmanager
def newsstand(feeds: int, entries: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.newsstand", "0", str(feeds), str(entries)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def run(module: str, feeds: int, entries: int, *options: str) -> dict[str, dict[str, float]]:
    with newsstand(feeds, entries) as base, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"tests.bench.{module}", base, str(feeds), folder, *options]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {row["phase"]: row for row in map(json.loads, output.splitlines())}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3, help="the ratios printed are those of the median run")
    parser.add_argument("--embeddings", choices=("on", "off"), default="off", help="with the model of the nlp extra")
    asked = parser.parse_args()
    size = (asked.feeds, asked.entries)
    pairs = [(run("naive", *size), run("ours", *size, asked.embeddings)) for _ in range(asked.runs)]
    print(f"{asked.feeds} feeds of {asked.entries} entries; processor seconds of the process and its children\n")
    print(f"{'phase':10} {'naive':>8} {'Monazite':>9} {'ratio':>7} {'aim':>5}   stall p99   memory   worker   stored")
    for phase, aim in AIMS.items():
        pairs.sort(key=lambda pair: pair[0][phase]["cpu"] / pair[1][phase]["cpu"])
        naive, ours = (side[phase] for side in pairs[len(pairs) // 2])
        assert naive["stored"] == ours["stored"], f"{phase}: {naive['stored']} entries against {ours['stored']}"
        print(
            f"{phase:10} {naive['cpu']:7.2f}s {ours['cpu']:8.3f}s {naive['cpu'] / ours['cpu']:6.1f}x {aim:4}x"
            f" {ours['stall']:8.1f} ms {ours['memory']:5.0f} MB {ours['worker']:5.0f} MB {ours['stored']:8.0f}"
        )


if __name__ == "__main__":
    main()
