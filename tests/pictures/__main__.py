"""``make pictures``: the pictures of docs/slack.md and docs/discord.md, drawn by the components of two npm packages.

It needs node, npm, Chromium (``CHROMIUM`` names another than the one on the path) and, the first time, a registry.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.pictures.telling import bodies

_HERE = Path(__file__).parent
_MADE = Path("var/pictures")
_PICTURES = Path("docs")
_PROGRAM = ("package.json", "draw.mjs", "page.jsx", "page.css")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def _program(*names: str) -> str:
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        sys.exit(f"{' or '.join(names)} is not installed: the pictures need node, npm and Chromium")
    return found


def main() -> None:
    """Draw every picture; exit with one line that says what is missing or which step failed."""
    node, npm = _program("node"), _program("npm")
    chosen = os.environ.get("CHROMIUM")
    chromium = _program(chosen) if chosen else _program(*_CHROMIUM)
    _MADE.mkdir(parents=True, exist_ok=True)
    for name in _PROGRAM:
        shutil.copy(_HERE / name, _MADE / name)
    told = _MADE / "bodies.json"
    told.write_text(json.dumps(bodies(), ensure_ascii=False), encoding="utf-8")
    install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    draw = [node, "draw.mjs", told.name, str(_PICTURES.resolve()), chromium]
    for step in (install, draw):
        if subprocess.run(step, cwd=_MADE, check=False).returncode:
            sys.exit(f"the pictures were not all drawn: {Path(step[0]).name} {step[1]} failed, see above")


if __name__ == "__main__":
    main()
