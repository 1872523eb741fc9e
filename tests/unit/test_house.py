"""Rules of the house that a program can check: sizes, words in the documents, and what must not be committed."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands import COMMANDS

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")))
LINES, FUNCTION_LINES = 400, 50
EXCEPTIONS: frozenset[str] = frozenset()  # "path" or "path:function"; should stay empty


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_are_short() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert {name: lines for name, lines in long.items() if lines > LINES and name not in EXCEPTIONS} == {}


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in _functions(path)
    }
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_LINES and name not in EXCEPTIONS} == {}


def _public(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions, and methods of classes, that others may call."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    for body in (tree.body, *(scope.body for scope in classes)):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node


def test_public_functions_have_docstrings() -> None:
    bare = [f"{p.relative_to(ROOT)}:{node.name}" for p in MODULES for node in _public(p) if not ast.get_docstring(node)]
    assert bare == []


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_is_documented(command: str) -> None:
    assert f"`/{command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_committed_files_name_no_registry_and_no_private_path() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    texts = [ROOT / name for name in listed if name and name != "tests/unit/test_house.py"]
    forbidden = re.compile(
        r"files\.python" + r"hosted|py" + r"pi\.org|registry\.npm" + r"js|/ro" + r"ot/|/ho" + r"me/\w+/"
    )
    found = [
        path.name
        for path in texts
        if path.is_file() and forbidden.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def _linked() -> Iterator[tuple[str, Path]]:
    """Every link and picture of the documents that names a file of ours, and where it leads."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\n"):
        page = ROOT / name
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")) if name else ():
            if not re.match(r"[a-z]+:", target):
                yield f"{name}: {target}", page.parent / target.partition("#")[0] if target[0] != "#" else page


def test_every_link_between_documents_leads_somewhere() -> None:
    found = dict(_linked())
    assert len(found) > 10
    assert [name for name, target in found.items() if not target.exists()] == []
