"""``monazite eval`` and ``monazite learn``: how good the bot is, and weights and thresholds from people's verdicts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bot.app import now
from bot.classify import load_topics
from bot.classify.classifier import adjust
from bot.cli.filtering import set_up
from bot.cli.running import opened, prepare
from bot.errors import ConfigError
from bot.lab.evaluate import evaluate
from bot.lab.filters import FilterSetup
from bot.lab.learn import FEWEST, Lesson, learn
from bot.operate.runtime import start_loop
from bot.settings import Settings
from bot.storage import quality, topics
from bot.storage.database import Database
from bot.storage.quality import Evaluation, Judged
from bot.storage.topics import Learned
from bot.text.tables import print_table


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines. Raises ConfigError with the line that is none."""
    rows = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ConfigError(f"{path}, line {number}: a JSON object is expected")
                    rows.append(row)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}, line {len(rows) + 1}: not JSON: {error}") from None
    return rows


def run_eval(subject: str, path: Path, misses: int, *, keep: bool) -> None:
    """Print how the bot's answers compare with labels; with ``keep`` store the figures for /quality."""
    found = evaluate(subject, read_labelled(path), set_up())
    print_table(found.columns, found.rows, right=found.columns[1:])
    for miss in found.misses[:misses]:
        click.echo(miss)
    if len(found.misses) > misses:
        click.echo(f"{len(found.misses)} answered wrongly; --misses {len(found.misses)} shows them all")
    if not keep:
        return
    settings = prepare()

    async def store() -> None:
        database = Database(settings.database_url)
        try:
            await database.upgrade()
            async with database.write() as tx:
                await quality.keep(tx, Evaluation(subject, now(), found.figures))
        finally:
            await database.close()

    start_loop(store())
    click.echo("Stored: /quality shows it.")


def run_learn(check: Path | None, *, apply: bool, undo: bool) -> None:
    """Show what verdicts say of weights and thresholds; ``apply`` puts the better in force, ``undo`` takes it back."""
    settings = prepare()
    if undo:
        changed = start_loop(_undo(settings))
        click.echo(f"Taken back: {', '.join(changed)}" if changed else "There is nothing to take back.")
        return
    judged, learned = start_loop(_judged(settings))
    built_in = {topic.id: topic.threshold for topic in load_topics(settings=settings.switched_on)}
    before = {one.topic: one.threshold for one in learned if one.topic in built_in}
    lessons = learn(judged, built_in | before)
    if not lessons:
        click.echo(
            f"Too few verdicts to learn from: {FEWEST} on a topic are enough, "
            f"there are {len(judged)} on all since the last change."
        )
        return
    print_table(
        ("Topic", "Verdicts", "Threshold", "Would be", "Useful kept", "Others avoided", "Better"),
        [
            (
                lesson.topic,
                str(lesson.verdicts),
                f"{lesson.before:.3f}",
                f"{lesson.after:.3f}",
                f"{lesson.kept:.0%}",
                f"{lesson.avoided:.0%}",
                "yes" if lesson.better else "no",
            )
            for lesson in lessons
        ],
    )
    for lesson in lessons:
        for rule, change in sorted(lesson.changes.items(), key=lambda pair: pair[1]):
            click.echo(f"{lesson.topic}: {change:+.2f} on “{rule}”")
    better = [lesson for lesson in lessons if lesson.better]
    if check and better:
        better = _unharmed(better, check)
    if apply and better:
        start_loop(_apply(settings, better))
        click.echo(f"In force: {', '.join(lesson.topic for lesson in better)}; monazite learn --undo takes it back.")
    else:
        click.echo("Nothing changed." + (" --apply puts the better ones in force." if better and not apply else ""))


def _unharmed(lessons: Sequence[Lesson], check: Path) -> list[Lesson]:
    """The lessons that do not lower F1 on a labelled file; says so of each."""
    setup, rows = set_up(), read_labelled(check)
    left = []
    for lesson in lessons:
        name = f"{lesson.topic} all F1"
        before, after = (
            evaluate("topics", rows, _with(setup, lesson.topic, at, changes)).figures.get(name, 0.0)
            for at, changes in ((lesson.before, {}), (lesson.after, lesson.changes))
        )
        click.echo(f"{check}: {lesson.topic} F1 {before:.3f} before, {after:.3f} after")
        if after >= before:
            left.append(lesson)
    return left


def _with(setup: FilterSetup, topic: str, threshold: float, changes: Mapping[str, float]) -> FilterSetup:
    found = [replace(adjust(one, changes), threshold=threshold) if one.id == topic else one for one in setup.topics]
    return setup._replace(topics=found)


async def _judged(settings: Settings) -> tuple[list[Judged], list[Learned]]:
    async with opened(settings) as database, database.read() as tx:
        # Alerts before the last change were scored without it.
        judged = await quality.judged(tx, await topics.last_learned(tx))
        return judged, await topics.learned_in_force(tx)


async def _apply(settings: Settings, lessons: Sequence[Lesson]) -> None:
    async with opened(settings) as database, database.write() as tx:
        known = {one.topic: one.changes for one in await topics.learned_in_force(tx)}
        found = [Learned(lesson.topic, lesson.after, _summed(lesson, known)) for lesson in lessons]
        await topics.learn(tx, found, now())


def _summed(lesson: Lesson, known: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The lesson's changes on top of those in force: verdicts were on scores that had these."""
    before = known.get(lesson.topic, {})
    names = {*before, *lesson.changes}
    return {name: round(before.get(name, 0.0) + lesson.changes.get(name, 0.0), 2) for name in names}


async def _undo(settings: Settings) -> list[str]:
    async with opened(settings) as database, database.write() as tx:
        return await topics.unlearn(tx)
