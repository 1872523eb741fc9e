"""The documents follow the code: the picture of the rooms, and every name that docs/architecture.md mentions."""

import importlib.util
import re
from collections.abc import Iterator

from tests.pictures import house

ROOT = house.ROOT


def _rooms_and_arrows(picture: str) -> list[str]:
    return [line for line in picture.split("\n") if line.startswith(("<rect", "<path"))]


def test_the_picture_of_the_house_is_up_to_date() -> None:
    shown, drawn = (_rooms_and_arrows(text) for text in (house.PICTURE.read_text(encoding="utf-8"), house.draw()))
    assert shown == drawn, "run: python -m tests.pictures.house"


def test_every_room_stands_in_a_layer_and_every_import_points_downwards() -> None:
    rows = house.layers(house.rooms())
    height = {name: number for number, row in enumerate(rows) for name in row}
    assert set(height) == set(house.rooms())
    assert [(one, other) for one, other in house.imports(height) if height[one] >= height[other]] == []


def _pages() -> Iterator[tuple[str, str]]:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        yield page.name, page.read_text(encoding="utf-8")


def test_every_file_that_a_document_names_exists() -> None:
    paths = re.compile(r"`[^`\n]*?\b((?:bot|handlers|tests|docs|alembic)/[\w./-]+)")
    named = [(page, path.rstrip("./")) for page, text in _pages() for path in paths.findall(text)]
    assert len(named) > 10
    assert [(page, path) for page, path in named if not (ROOT / path).exists()] == []


def test_every_module_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(bot\.[a-z_.]+)`", text))
    assert len(named) > 15
    assert sorted(name for name in named if importlib.util.find_spec(name) is None) == []


def test_every_class_and_function_of_the_walk_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = text.partition("## One entry")[2].partition("\n## ")[0]
    code = "\n".join(
        path.read_text(encoding="utf-8") for room in ("bot", "handlers") for path in ROOT.glob(f"{room}/**/*.py")
    )
    names = {name for dotted in re.findall(r"`([A-Za-z_.]+)`", walk) for name in dotted.split(".")[-1:]}
    assert len(names) > 15
    assert sorted(name for name in names if not re.search(rf"\b(?:class|def) {name}\b", code)) == []
