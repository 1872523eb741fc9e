"""``python -m tests.torture [SUBJECT]…``: one line a target; exit status 1 where one is missed."""

import asyncio
import pkgutil
import sys
import time
from collections.abc import Callable, Coroutine
from importlib import import_module

import tests.torture as package
from bot.operate import logs
from tests.torture import Result

Subject = Callable[[], Coroutine[None, None, list[Result]]]


def subjects() -> dict[str, Subject]:
    """The subjects by name."""
    names = [found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")]
    modules = {name: import_module(f"{package.__name__}.{name}") for name in names}
    return {name: module.torture for name, module in modules.items() if hasattr(module, "torture")}


def main(wanted: list[str]) -> int:
    """Run the subjects named, or all; return the exit status."""
    known = subjects()
    if unknown := [name for name in wanted if name not in known]:
        print(f"there is no subject {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    logs.configure("console", "critical")
    missed = 0
    for name in wanted or known:
        began = time.monotonic()
        results = asyncio.run(known[name]())
        for result in results:
            verdict = "met" if result.met else "MISSED"
            print(f"{verdict:7}{result.name}: {result.figure} (target: {result.target})", flush=True)
            missed += not result.met
        print(f"       {name} took {time.monotonic() - began:.0f} s", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
