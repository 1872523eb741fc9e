"""How well the filters do on labelled JSON lines: topics, stance, stories and summaries.

Each line has the fields that the filter reads (see ``bot.lab.filters``) and a label that a person gave:

    topics     labels      object: true or false for each topic; ``borderline`` true if people would disagree
    stance     stance      string: report, assert, confirm or deny
    stories    story       string or number: the same for all entries of one story
    summaries  references  list of strings: summaries that people wrote
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bot.errors import ConfigError
from bot.lab.filters import FILTERS, BadLineError, FilterSetup, Row
from bot.model import Stance
from bot.text.tokens import fold

_WORD = re.compile(r"\w+")
_STANCES = tuple(stance.value for stance in Stance)

Pair = tuple[bool, bool]
"""The label, and what the filter found."""


class Report(NamedTuple):
    """A table for people, the same figures by name, and the lines on which filter and label differ."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: Mapping[str, float]
    misses: tuple[str, ...]


class Agreement(NamedTuple):
    """Precision, recall and F1 (0..1) with the counts behind them."""

    precision: float
    recall: float
    f1: float
    right: int
    wrong: int
    missed: int


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Compare labels with what was found; a figure without anything to count is 0."""
    counts = Counter(pairs)
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return Agreement(precision, recall, f1, right, wrong, missed)


def evaluate(subject: str, rows: Sequence[Row], setup: FilterSetup) -> Report:
    """Evaluate ``topics``, ``stance``, ``stories`` or ``summaries``.

    Raises:
        ConfigError: the file is empty, or a line has no label or is refused by the filter; the text names the line.
    """
    if not rows:
        raise ConfigError("the file has no labelled lines")
    return SUBJECTS[subject](rows, setup)


def _topics(rows: Sequence[Row], setup: FilterSetup) -> Report:
    outputs, rate = _outputs("classify", rows, setup, ("labels",))
    table, figures, misses = [], {"entries a second": rate}, []
    for topic in [topic.id for topic in setup.topics]:
        judged = [
            (row, output, (bool(row["labels"][topic]), bool(output["topics"][topic]["match"])))
            for row, output in zip(rows, outputs, strict=True)
            if topic in row["labels"]
        ]
        slices = {
            "all": judged,
            "English": [one for one in judged if one[1]["lang"] == "en"],
            "other languages": [one for one in judged if one[1]["lang"] != "en"],
            "not borderline": [one for one in judged if not one[0].get("borderline")],
        }
        for name, chosen in slices.items():
            if chosen:
                found = agreement(pair for _, _, pair in chosen)
                false = 1e4 * found.wrong / len(chosen)
                table.append((topic, name, str(len(chosen)), *_shown(found), f"{false:.1f}"))
                figures |= {f"{topic} {name} F1": found.f1, f"{topic} {name} false per 10,000": false}
        misses += [f"{topic} {_sign(pair)} {_title(row)}" for row, _, pair in judged if pair[0] != pair[1]]
    if not table:
        raise ConfigError(f"no line has a label for one of the topics {', '.join(topic.id for topic in setup.topics)}")
    columns = ("Topic", "Of", "Entries", "Precision", "Recall", "F1", "False per 10,000")
    return Report(columns, tuple(table), figures, tuple(misses))


def _stance(rows: Sequence[Row], setup: FilterSetup) -> Report:
    outputs, rate = _outputs("classify", rows, setup, ("stance",))
    table, figures, misses = [], {"entries a second": rate}, []
    labelled = {row["stance"] for row in rows}
    for stance in ("deny", "confirm"):
        if stance not in labelled:
            continue  # precision and recall of something that no line has would read as 0
        pairs = [
            (row["stance"] == stance, output["stance"] == stance) for row, output in zip(rows, outputs, strict=True)
        ]
        found = agreement(pairs)
        table.append((stance, str(sum(right for right, _ in pairs)), *_shown(found)))
        figures |= {f"{stance} precision": found.precision, f"{stance} recall": found.recall}
        misses += [f"{stance} {_sign(p)} {_title(row)}" for row, p in zip(rows, pairs, strict=True) if p[0] != p[1]]
    if not table:
        raise ConfigError("no line has the stance deny or confirm")
    return Report(("Stance", "Entries", "Precision", "Recall", "F1"), tuple(table), figures, tuple(misses))


def _stories(rows: Sequence[Row], setup: FilterSetup) -> Report:
    outputs, rate = _outputs("stories", rows, setup, ("story",))
    right, given = [str(row["story"]) for row in rows], [output["story"] for output in outputs]
    precision, recall, f1 = b_cubed(right, given)
    opened = Counter(story for story, output in zip(right, outputs, strict=True) if output["relation"] == "new")
    known = set(right)
    excess = 100 * sum(opened[story] - 1 for story in known if opened[story] > 1) / len(known)
    swallowed = 100 * sum(not opened[story] for story in known) / len(known)
    figures = {
        "B3 precision": precision, "B3 recall": recall, "B3 F1": f1,
        "excess alerts per 100": excess, "swallowed per 100": swallowed, "entries a second": rate,
    }  # fmt: skip
    misses = [
        f"swallowed {_title(row)}"
        for row, output, story in zip(rows, outputs, right, strict=True)
        if not opened[story] and output["relation"] != "copy"
    ]
    row = (str(len(rows)), str(len(known)), str(len(set(given))), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}",
           f"{excess:.1f}", f"{swallowed:.1f}", f"{rate:.0f}")  # fmt: skip
    columns = (
        "Entries",
        "Stories",
        "Found",
        "B³ P",
        "B³ R",
        "B³ F1",
        "Excess per 100",
        "Swallowed per 100",
        "A second",
    )
    return Report(columns, (row,), figures, tuple(misses))


def _summaries(rows: Sequence[Row], setup: FilterSetup) -> Report:
    outputs, rate = _outputs("summarise", rows, setup, ("references",))
    best = {1: 0.0, 2: 0.0}
    for row, output in zip(rows, outputs, strict=True):
        text = " ".join(sentence["text"] for sentence in output["summary"])
        for size in best:
            best[size] += max((rouge(reference, text, size) for reference in row["references"]), default=0.0)
    one, two = (100 * total / len(rows) for total in best.values())
    figures = {"ROUGE-1": one, "ROUGE-2": two, "milliseconds each": 1000 / rate if rate else 0.0}
    table = ((str(len(rows)), f"{one:.1f}", f"{two:.1f}", f"{figures['milliseconds each']:.1f}"),)
    return Report(("Summaries", "ROUGE-1", "ROUGE-2", "Milliseconds each"), table, figures, ())


SUBJECTS: Mapping[str, Callable[[Sequence[Row], FilterSetup], Report]] = {
    "topics": _topics,
    "stance": _stance,
    "stories": _stories,
    "summaries": _summaries,
}


def b_cubed(right: Sequence[str], given: Sequence[str]) -> tuple[float, float, float]:
    """B³ precision, recall and F1 of one grouping against another (Bagga and Baldwin 1998)."""
    true, found, both = Counter(right), Counter(given), Counter(zip(right, given, strict=True))
    precision = sum(n * n / found[story] for (_, story), n in both.items()) / len(right)
    recall = sum(n * n / true[story] for (story, _), n in both.items()) / len(right)
    return precision, recall, 2 * precision * recall / (precision + recall)


def rouge(reference: str, text: str, size: int) -> float:
    """ROUGE-N F1, 0..1 (Lin 2004): shared sequences of ``size`` words, without stemming."""
    one, other = (_sequences(_WORD.findall(fold(part)), size) for part in (reference, text))
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def _sequences(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def _outputs(
    name: str, rows: Sequence[Row], setup: FilterSetup, needed: Sequence[str]
) -> tuple[list[dict[str, Any]], float]:
    """The filter's output for every row, and how many rows it read per second of processor time."""
    chosen = FILTERS[name](setup)
    outputs = []
    begin = time.process_time()
    for number, row in enumerate(rows, 1):
        for key in needed:
            if complaint := _wrong_label(row, key):
                raise ConfigError(f"line {number}: {complaint}")
        try:
            outputs.append(chosen.answer(row))
        except BadLineError as error:
            raise ConfigError(f"line {number}: {error}") from None
    spent = time.process_time() - begin
    return outputs, len(rows) / spent if spent else 0.0


def _wrong_label(row: Row, key: str) -> str:
    """What is wrong with a line's label; '' if nothing is."""
    if key not in row:
        return f"{key} is missing: every labelled line needs it"
    given = row[key]
    if key == "labels" and not (isinstance(given, dict) and all(value in (True, False) for value in given.values())):
        return "labels must be an object with true or false for each topic"
    if key == "stance" and given not in _STANCES:
        return f"stance must be one of {', '.join(_STANCES)}"
    if key == "references" and not (isinstance(given, list) and all(isinstance(text, str) for text in given)):
        return "references must be a list of strings"
    return ""


def _shown(found: Agreement) -> tuple[str, str, str]:
    return f"{found.precision:.3f}", f"{found.recall:.3f}", f"{found.f1:.3f}"


def _sign(pair: Pair) -> str:
    return "missed:" if pair[0] else "wrong: "


def _title(row: Row) -> str:
    return f"{row['id']} {str(row.get('title') or row.get('summary') or '')[:120]}"
