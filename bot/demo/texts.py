"""The demo's newsroom: invented publishers and their texts, read from YAML and checked before anything is served."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError
from bot.model import Ownership, Relation

FOLDER = Path(__file__).parent / "newsroom"
SHOWN = 25  # entries in a feed at a time, the newest first, as most publishers do it

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Sheet = TypeVar("Sheet", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Strict):
    """What a publisher does wrong for a while: a status it answers with, or an answer cut off in the middle."""

    kind: Literal["error", "throttle", "cut"]
    since: Moment
    until: Moment
    status: int = 500
    retry_after: int | None = None


class Publisher(_Strict):
    """An invented publisher: who it is, the form of its feed, and its quirks. ``delay`` is in seconds."""

    key: Slug
    name: str
    language: str
    country: str
    ownership: Ownership
    tier: int
    topics: tuple[str, ...]
    format: Literal["rss", "atom", "rdf", "json", "sitemap", "query"]
    encoding: str = "utf-8"
    markup: bool = False
    gzip: bool = False
    validators: Literal["both", "etag", "date", "none"] = "both"
    delay: float = 0.0
    moved: bool = False
    restless: bool = False
    faults: tuple[Fault, ...] = ()
    second_visit: Literal["same", "new-guids", "new-dates", "new-addresses"] = "same"


class Story(_Strict):
    """A story that ought to alert once, and the topics it belongs to."""

    about: str
    topics: tuple[str, ...]


class Edit(_Strict):
    """A later change of an entry: another headline, text or date, or another address (with another guid)."""

    at: Moment
    title: str | None = None
    text: str | None = None
    published: Moment | None = None
    slug: Slug | None = None
    new_guid: bool = False


class NewsEntry(_Strict):
    """One entry as it was first published. ``text`` is plain, or HTML where ``markup`` says so.

    ``copy_of`` names the entry whose title and text are used where this one has none; ``credit`` is the publisher that
    an aggregator names; ``also_fits`` lists other stories where an attentive reader might file it too.
    """

    slug: Slug
    publisher: str
    published: Moment
    title: str = ""
    text: str = ""
    language: str = ""
    markup: bool = False
    dateline: str = ""
    copy_of: str | None = None
    credit: str = ""
    story: str | None = None
    relation: Relation | None = None
    also_fits: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as its publisher shows it at one moment; ``changed`` is when it last became what it is."""

    slug: str
    guid: str
    title: str
    text: str
    markup: bool
    language: str
    credit: str
    published: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """An entry that belongs to a story, and the relation that the bot should find."""

    slug: str
    publisher: str
    relation: Relation
    published: datetime
    also_fits: tuple[str, ...] = ()


class _PublisherSheet(_Strict):
    publishers: tuple[Publisher, ...]


class _StorySheet(_Strict):
    first: Moment
    last: Moment
    stories: dict[str, Story]


class _EntrySheet(_Strict):
    entries: tuple[NewsEntry, ...]


class Newsroom:
    """All publishers, stories and entries of the demo, and what is visible of them at a moment.

    ``start`` and ``end`` span the replay; entries published before ``start`` are in the feeds from the beginning.
    """

    def __init__(
        self,
        publishers: Iterable[Publisher],
        entries: Iterable[NewsEntry],
        stories: Mapping[str, Story],
        start: datetime,
        end: datetime,
    ) -> None:
        """Check and complete ``entries``. Raises ConfigError, which names the entry and the problem."""
        self.start = start
        self.end = end
        self.publishers = {publisher.key: publisher for publisher in publishers}
        self.stories = dict(stories)
        drafts = tuple(entries)
        _refuse_duplicates(slug for draft in drafts for slug in _slugs(draft))
        self._drafts = {draft.slug: draft for draft in drafts}
        for draft in drafts:
            self._check(draft)
        completed = (self._complete(draft) for draft in drafts)
        self.entries = {entry.slug: entry for entry in sorted(completed, key=lambda entry: entry.published)}
        self._by_slug = {slug: entry for entry in self.entries.values() for slug in _slugs(entry)}

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Newsroom":
        """Read ``publishers.yaml``, ``stories.yaml`` and every other YAML file of ``folder``.

        Raises:
            ConfigError: a file cannot be read, or something in it is wrong; the text says where.
        """
        publishers = _read(folder / "publishers.yaml", _PublisherSheet).publishers
        stories = _read(folder / "stories.yaml", _StorySheet)
        rest = sorted(set(folder.glob("*.yaml")) - {folder / "publishers.yaml", folder / "stories.yaml"})
        entries = [entry for path in rest for entry in _read(path, _EntrySheet).entries]
        return cls(publishers, entries, stories.stories, stories.first, stories.last)

    def entry(self, slug: str) -> NewsEntry | None:
        """Return the entry that has or once had this slug."""
        return self._by_slug.get(slug)

    def visible(self, publisher: str, now: datetime, limit: int = SHOWN) -> tuple[NewsEntry, ...]:
        """Return what ``publisher`` shows at ``now``: the newest ``limit`` entries, the newest first."""
        mine = (entry for entry in self.entries.values() if entry.publisher == publisher and entry.published <= now)
        newest = sorted(mine, key=lambda entry: shown_at(entry, now).published, reverse=True)
        return tuple(newest[:limit])

    def truth(self) -> dict[str, tuple[Expected, ...]]:
        """Return the entries of each story that should alert, in time order; all other entries must not alert."""
        lines: dict[str, list[Expected]] = {key: [] for key in self.stories}
        for entry in self.entries.values():
            if entry.story is not None and entry.relation is not None and entry.published >= self.start:
                line = Expected(entry.slug, entry.publisher, entry.relation, entry.published, entry.also_fits)
                lines[entry.story].append(line)
        return {key: tuple(line) for key, line in lines.items()}

    def silent(self) -> tuple[NewsEntry, ...]:
        """Return the entries published during the replay that must not alert."""
        return tuple(entry for entry in self.entries.values() if entry.story is None and entry.published >= self.start)

    def _check(self, draft: NewsEntry) -> None:
        problem = ""
        if draft.publisher not in self.publishers:
            problem = f"there is no publisher {draft.publisher!r} in publishers.yaml"
        elif draft.copy_of is not None and draft.copy_of not in self._drafts:
            problem = f"copy_of names {draft.copy_of!r}, which is not the slug of an entry"
        elif draft.copy_of is None and not (draft.title and draft.text):
            problem = "title and text are required without copy_of"
        elif unknown := {draft.story, *draft.also_fits} - {None} - self.stories.keys():
            problem = f"there is no story {', '.join(map(repr, unknown))} in stories.yaml"
        elif (draft.story is None) != (draft.relation is None):
            problem = "give both story and relation, or neither"
        elif any(edit.at < draft.published for edit in draft.edits):
            problem = "an edit comes before the entry was published"
        elif draft.published > self.end:
            problem = "it is published after the replay's end"
        if problem:
            raise ConfigError(f"newsroom entry {draft.slug!r}: {problem}")

    def _complete(self, draft: NewsEntry, seen: tuple[str, ...] = ()) -> NewsEntry:
        language = draft.language or self.publishers[draft.publisher].language
        if draft.copy_of is None:
            return draft.model_copy(update={"language": language})
        if draft.slug in seen:
            raise ConfigError(f"newsroom entry {draft.slug!r}: it is a copy of itself, through {', '.join(seen)}")
        original = self._complete(self._drafts[draft.copy_of], (*seen, draft.slug))
        aggregated = self.publishers[draft.publisher].ownership is Ownership.AGGREGATOR
        credit = draft.credit or (self.publishers[original.publisher].name if aggregated else "")
        text, markup = (draft.text, draft.markup) if draft.text else (original.text, original.markup)
        relation = Relation.DENIAL if original.relation is Relation.DENIAL else Relation.COPY
        return draft.model_copy(
            update={
                "language": language,
                "title": draft.title or original.title,
                "text": f"{draft.dateline} {text}" if draft.dateline else text,
                "markup": markup,
                "credit": credit,
                "story": draft.story or original.story,
                "relation": draft.relation or (relation if original.story else None),
                "also_fits": draft.also_fits or original.also_fits,
            }
        )


def shown_at(entry: NewsEntry, now: datetime) -> Shown:
    """Return ``entry`` as shown at ``now``, with the edits made until then."""
    slug, guid_slug, title, text = entry.slug, entry.slug, entry.title, entry.text
    published = changed = entry.published
    for edit in entry.edits:
        if edit.at > now:
            break
        slug, title, text = edit.slug or slug, edit.title or title, edit.text or text
        guid_slug = slug if edit.new_guid else guid_slug
        published, changed = edit.published or published, edit.at
    guid = f"tag:{entry.publisher}.example,2025:{guid_slug}"
    return Shown(slug, guid, title, text, entry.markup, entry.language, entry.credit, published, changed)


def _slugs(entry: NewsEntry) -> Iterator[str]:
    yield entry.slug
    yield from (edit.slug for edit in entry.edits if edit.slug is not None)


def _refuse_duplicates(slugs: Iterable[str]) -> None:
    twice = [slug for slug, count in Counter(slugs).items() if count > 1]
    if twice:
        raise ConfigError(f"newsroom entry {twice[0]!r}: the slug is used twice; each entry needs its own")


def _read(path: Path, sheet: type[Sheet]) -> Sheet:
    """Read one YAML file into ``sheet``. libyaml's loader, where PyYAML has it, is some ten times as fast."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506 - both are PyYAML's safe loaders
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not YAML in UTF-8: {' '.join(str(error).split())}") from error
    try:
        return sheet.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where or 'the file'}: {first['msg']}") from error
