"""The picture of the rooms in docs/architecture.md, drawn from the imports: ``python -m tests.pictures.house``.

Rooms stand in the order of the layers in .importlinter. An arrow says that a room imports another one. Left out, so
that the picture can be read: arrows that follow from others (A → C where A → B → C), and arrows to the foundation, the
rows at the bottom that every room may import. The layout is Sugiyama's (1981) in its simplest form: a long arrow gets a
bend in each row that it crosses, and each row is sorted by the mean place of its neighbours.
"""

import ast
import configparser
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import grimp

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs/house.svg"
_FOUNDATION = "ports"  # arrows into its row, and into the rows below it, are left out
_WIDTH, _BOX, _ROW, _MARGIN = 1000, (206, 52), 84, 20  # pixels; of a row: its distance from the next
_BEND = 26  # pixels that an arrow takes of a row that it crosses
_CAPTION = 32  # characters that fit into a line of a box
_SWEEPS = 12  # more change nothing

Arrow = tuple[str, str]

_STYLE = """
.paper { fill: #ffffff } .room { fill: #eef4fb; stroke: #6f93b8 } .base { fill: #f3f3f0; stroke: #a5a59b }
.name { font: 600 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #16324f }
.says { font: 10.5px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #3d4d5c }
.arrow { fill: none; stroke: #7d8fa3; stroke-width: 1.4 } .tip { fill: #7d8fa3 }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117 } .room { fill: #172536; stroke: #4b74a0 } .base { fill: #1d1f22; stroke: #62656b }
  .name { fill: #dbe9f8 } .says { fill: #a9b8c6 } .arrow { stroke: #6c8096 } .tip { fill: #6c8096 }
}
"""


class _Node(NamedTuple):
    """A room, or a bend: the point where an arrow crosses a row."""

    name: str
    arrow: Arrow | None = None

    @property
    def width(self) -> int:
        return _BOX[0] + 24 if self.arrow is None else _BEND


class _Layout(NamedTuple):
    """Rows of nodes from top to bottom, and the middle of each node in pixels from the left."""

    rows: Sequence[Sequence[_Node]]
    middles: Mapping[_Node, float]


def rooms() -> dict[str, str]:
    """Every room in the code, with the first sentence of its docstring. ``handlers`` is one room."""
    packages = {path.parent.name: path for path in ROOT.glob("bot/*/__init__.py")}
    modules = {path.stem: path for path in ROOT.glob("bot/*.py") if path.stem != "__init__"}
    found = packages | modules | {"handlers": ROOT / "handlers/__init__.py"}
    return {name: _first_sentence(path) for name, path in sorted(found.items())}


def _first_sentence(path: Path) -> str:
    says = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r"\.(?:\s|$)|\n\n| \(", says, maxsplit=1)[0].replace("\n", " ").replace("``", "")


def layers(known: Iterable[str]) -> list[list[str]]:
    """The rows of .importlinter from top to bottom, as far as the rooms exist; ``handlers`` below ``app``."""
    file = configparser.ConfigParser()
    file.read(ROOT / ".importlinter", encoding="utf-8")
    lines = file["importlinter:contract:layers"]["layers"].strip().split("\n")
    rows = [[name for name in re.findall(r"\w+", line) if name in known] for line in lines]
    below_app = next(number for number, row in enumerate(rows) if "app" in row) + 1
    rows[below_app].insert(0, "handlers")
    return [row for row in rows if row]


def imports(known: Iterable[str]) -> set[Arrow]:
    """Which room imports which, from the import graph of the code."""
    graph = grimp.build_graph("bot", "handlers", cache_dir=None)
    known = set(known)
    pairs = {
        (_room(importer), _room(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {(one, other) for one, other in pairs if one != other and {one, other} <= known}


def _room(module: str) -> str:
    package, *inner = module.split(".")
    return inner[0] if package == "bot" and inner else package


def drawn(arrows: Iterable[Arrow], rows: Sequence[Sequence[str]]) -> list[Arrow]:
    """The arrows that the picture shows: neither to the foundation, nor such as follow from others."""
    base = next(number for number, row in enumerate(rows) if _FOUNDATION in row)
    below = {name for row in rows[base:] for name in row}
    kept = {(one, other) for one, other in arrows if other not in below}
    targets: dict[str, set[str]] = {}
    for one, other in kept:
        targets.setdefault(one, set()).add(other)

    def reached(name: str) -> set[str]:
        return targets.get(name, set()).union(*(reached(other) for other in targets.get(name, ())))

    return sorted(
        (one, other) for one, other in kept if not any(other in reached(way) for way in targets[one] - {other})
    )


def _chains(arrows: Sequence[Arrow], rows: Sequence[Sequence[str]]) -> tuple[list[list[_Node]], list[list[_Node]]]:
    """The rows with the bends of long arrows, and the nodes that each arrow passes."""
    height = {name: number for number, row in enumerate(rows) for name in row}
    nodes = [[_Node(name) for name in row] for row in rows]
    chains = []
    for one, other in arrows:
        bends = [(number, _Node(str(number), (one, other))) for number in range(height[one] + 1, height[other])]
        for number, bend in bends:
            nodes[number].append(bend)
        chains.append([_Node(one), *(bend for _, bend in bends), _Node(other)])
    return nodes, chains


def _place(rows: Sequence[Sequence[_Node]]) -> dict[_Node, float]:
    """The middle of each node: each row centred, its nodes side by side."""
    middles = {}
    for row in rows:
        left = (_WIDTH - sum(node.width for node in row)) / 2
        for node in row:
            middles[node] = left + node.width / 2
            left += node.width
    return middles


def _arrange(rows: list[list[_Node]], chains: Sequence[Sequence[_Node]]) -> _Layout:
    """Sort each row by the mean place of its neighbours above, then below, some times over."""
    above: dict[_Node, list[_Node]] = {}
    below: dict[_Node, list[_Node]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        neighbours, order = (above, range(len(rows))) if sweep % 2 else (below, range(len(rows) - 1, -1, -1))
        for number in order:
            middles = _place(rows)
            means = {node: fmean(middles[one] for one in neighbours.get(node, [node])) for node in rows[number]}
            rows[number].sort(key=means.__getitem__)
    return _Layout(rows, _place(rows))


def _line(chain: Sequence[_Node], layout: _Layout) -> str:
    """An arrow as a curve from the bottom of a box to the top of another one, upright wherever it crosses a row."""
    height = {node: number for number, row in enumerate(layout.rows) for node in row}
    x, y = layout.middles[chain[0]], _top(height[chain[0]]) + _BOX[1]
    path = f"M{x:.0f} {y}"
    for node in chain[1:]:
        to, top = layout.middles[node], _top(height[node])
        end = top - 5 if node is chain[-1] else top
        middle = (y + end) / 2
        path += f" C{x:.0f} {middle:.0f} {to:.0f} {middle:.0f} {to:.0f} {end}"
        x, y = to, top + _BOX[1]
        if node is not chain[-1]:
            path += f" V{y}"
    return f'<path class="arrow" marker-end="url(#tip)" d="{path}"/>'


def _top(row: int) -> int:
    return _MARGIN + row * _ROW


def _box(name: str, says: str, middle: float, top: int, kind: str) -> str:
    left = middle - _BOX[0] / 2
    lines = textwrap.wrap(says, _CAPTION, max_lines=2, placeholder=" …")
    shown = "".join(
        f'<text class="says" x="{left + 9:.0f}" y="{top + 32 + 13 * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect class="{kind}" x="{left:.0f}" y="{top}" width="{_BOX[0]}" height="{_BOX[1]}" rx="6"/>'
        f'<text class="name" x="{left + 9:.0f}" y="{top + 18}">{name}</text>\n{shown}'
    )


def draw() -> str:
    """The picture as SVG; the same for the same code."""
    says = rooms()
    rows = layers(says)
    arrows = drawn(imports(says), rows)
    nodes, chains = _chains(arrows, rows)
    layout = _arrange(nodes, chains)
    base = next(number for number, row in enumerate(rows) if _FOUNDATION in row)
    lines = [_line(chain, layout) for chain in chains]
    boxes = [
        _box(node.name, says[node.name], layout.middles[node], _top(number), "base" if number >= base else "room")
        for number, row in enumerate(layout.rows)
        for node in row
        if node.arrow is None
    ]
    height = _top(len(rows)) - (_ROW - _BOX[1]) + _MARGIN
    note = (
        f'<text class="says" x="{_MARGIN}" y="{_top(base + 1) + 18}">Every room above may import the grey ones.</text>'
    )
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>The rooms of Monazite and their imports, which all point downwards</title>",
            f"<style>{_STYLE}</style>",
            f'<defs>{tip}<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
            f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
            *lines,
            *boxes,
            note,
            "</svg>\n",
        )
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
