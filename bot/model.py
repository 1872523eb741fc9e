"""The words of the house as frozen values (docs/glossary.md defines each). Nothing here does any work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum


class Ownership(StrEnum):
    """Who stands behind a publisher; a reader weighs a state outlet's word differently from an independent one's."""

    STATE = "state"
    OFFICIAL = "official"
    INDEPENDENT = "independent"
    TRADE = "trade"
    AGGREGATOR = "aggregator"


@dataclass(frozen=True, slots=True)
class Feed:
    """A polled address, as feeds.yaml describes it. Intervals are in seconds; None leaves the cadence's own bound."""

    id: str
    name: str
    url: str
    language: str
    publisher: str
    country: str
    ownership: Ownership
    tier: int
    topics: tuple[str, ...] = ()
    enabled: bool = True
    user_agent: str | None = None
    min_interval: float | None = None
    max_interval: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as parsed: plain text, '' where there is none; an http(s) link; aware UTC datetimes or None.

    ``text`` is the longest of summary and content. ``publisher`` is set only where it is not the feed's (``<source>``).
    """

    feed_id: str
    guid: str
    url: str
    title: str
    text: str
    language: str = ""
    publisher: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What parsing one document gave.

    ``entries`` holds those whose raw bytes were not known; ``total`` counts all. ``raw_hashes``: 8 bytes an entry,
    to be given back at the next poll. ``ttl`` in seconds; ``skip_hours`` in UTC; ``skip_days`` as ISO weekdays (Monday
    is 1). ``quarantined`` counts entries that could not be read. ``unread_dates`` has, by index, the dates of entries
    that are there and cannot be read.
    """

    format: str
    title: str
    language: str
    entries: tuple[Entry, ...]
    total: int
    raw_hashes: bytes
    newest: datetime | None = None
    ttl: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    home_url: str = ""
    malformed: bool = False
    quarantined: int = 0
    unread_dates: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against a match: the rule, where it fired (half-open span in the field), and its weight."""

    rule: str
    text: str
    field: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """Entry × topic. ``score`` is in 0..1; ``matched`` says whether it reaches the topic's threshold."""

    topic: str
    score: float
    matched: bool
    evidence: tuple[Evidence, ...] = ()


class Stance(StrEnum):
    """What an entry does with its story's main assertion."""

    REPORT = "report"
    ASSERT = "assert"
    CONFIRM = "confirm"
    DENY = "deny"


class Relation(StrEnum):
    """How an entry stands to its story."""

    NEW = "new"
    UPDATE = "update"
    COPY = "copy"
    DENIAL = "denial"
    CONFIRMATION = "confirmation"


class Outcome(StrEnum):
    """What became of an entry; ``/why`` tells it."""

    OFF_TOPIC = "off-topic"
    ALERTED = "alerted"  # opened a story, or added to one what subscribers are told
    FOLDED = "folded"  # a copy, or an update that adds nothing to be told
    OLD = "old"  # published too long before it was first seen
    FIRST_POLL = "first-poll"  # stood in the feed already when the feed was first polled
    UNWANTED = "unwanted"  # on topic, but no subscription wants it


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be summarised. A line break ends a sentence."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence of a summary and the index of the document that it stands in."""

    text: str
    document: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A chat destination: the platform's name and the platform's own id of the channel or direct message."""

    platform: str
    id: str

    @property
    def is_person(self) -> bool:
        """Whether the id is ``@`` and a person's id: what goes there goes to that person directly."""
        return self.id.startswith("@")

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Channel × topic. No ``languages`` means every language; ``minimum_score`` 0 the topic's own threshold.

    ``digest`` is the hour of the one message a day, None for alerts at once; nothing is posted in the hours ``quiet``
    (from, until). Both are local to ``zone``, an IANA name. ``aloud`` shows a denial in the channel besides the thread.
    ``by`` is the platform's id of the subscriber.
    """

    channel: Channel
    topic: str
    minimum_score: float = 0.0
    languages: tuple[str, ...] = ()
    digest: time | None = None
    zone: str = "UTC"
    quiet: tuple[time, time] | None = None
    aloud: bool = False
    by: str = field(default="", compare=False)


class Kind(StrEnum):
    """What a delivery is for."""

    ALERT = "alert"  # a new story
    UPDATE = "update"  # new facts, or a side not yet heard, in a story already told
    DENIAL = "denial"
    CONFIRMATION = "confirmation"
    HEAD = "head"  # the first message of a story, edited as the story grows
    DIGEST = "digest"  # one message for many stories
    NOTICE = "notice"  # about the bot itself


class DeliveryState(StrEnum):
    """The life of a delivery: the first four are owed, the others have ended."""

    HELD = "held"  # for the channel's digest, or for the end of its quiet hours
    PENDING = "pending"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    TOLD = "told"  # within a digest
    UNKNOWN = "unknown"  # delivery outcome unknown: needs review
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message owed to one channel. ``key`` (25 characters) is the same at every try."""

    id: int
    key: str
    channel: Channel
    kind: Kind
    story: int
    entry: int
    topics: tuple[str, ...]
    attempts: int
    created: datetime
    thread: str | None = None  # the platform's reference of the story's first message in this channel
    aloud: bool = False  # to be shown in the channel besides the thread
    notice: str = ""  # for a notice: its text
    doubt: datetime | None = None  # since when its outcome is unknown; None where it was surely not posted


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a statement stands: the publisher, its country (by its English name) and ownership, the link, the time."""

    publisher: str
    country: str
    ownership: str
    language: str
    url: str
    title: str
    published: datetime | None
    origin: int  # copies of one wire text share an origin


@dataclass(frozen=True, slots=True)
class QuotedSentence:
    """A sentence shown to people, with the publication it stands in (an index into the message's publications)."""

    text: str
    publication: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of a story's claim ledger: who took which stance, in which sentence, published where."""

    stance: Stance
    speaker: str
    sentence: str
    publication: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A whole story: the message that opens it in a channel, or (``asked``) the answer to a command.

    ``origins`` counts the independent publications. ``repeated`` says that it may have been posted before.
    """

    story: int
    headline: str
    url: str
    topics: tuple[str, ...]
    stance: Stance
    sentences: tuple[QuotedSentence, ...]
    publications: tuple[Publication, ...]
    origins: int
    why: str
    created: datetime
    asked: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What one entry adds to a story: ``kind`` is UPDATE, DENIAL or CONFIRMATION.

    ``claim`` is the headline that ``speaker`` denies, confirms or follows. ``original`` is the headline as printed.
    """

    kind: Kind
    story: int
    headline: str
    url: str
    topics: tuple[str, ...]
    stance: Stance
    sentences: tuple[QuotedSentence, ...]
    publications: tuple[Publication, ...]
    why: str
    created: datetime
    speaker: str = ""
    claim: str = ""
    original: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """Many stories in one message, each in short."""

    headline: str
    stories: tuple[Alert | FollowUp, ...]
    created: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A word about the bot itself."""

    text: str
    repeated: bool = False


Message = Alert | FollowUp | Digest | Notice
"""Platform-neutral content of what is posted: what a person will see."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of a reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A linked text; ``url`` is http(s)."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a reply, each as long as ``columns``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Link, ...], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command. ``private`` asks the platform to show it only to the asker."""

    title: str
    parts: tuple[Text | Link | Table | Alert, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who typed a command and where; ``may_manage`` says whether they may change the channel's subscriptions.

    ``may_edit``: whether they may change what every channel sees. ``advice`` ends the refusal: whom to ask.
    """

    channel: Channel
    user: str
    may_manage: bool = True
    may_edit: bool = True
    advice: str = "ask somebody who manages this channel"


@dataclass(frozen=True, slots=True)
class PollState:
    """What is remembered of a feed between polls. Interval in seconds; ``changes`` an hour, as learned."""

    url: str
    status: str = "new"  # new | active | failing | stale | gone
    etag: str | None = None
    last_modified: str | None = None
    next_poll: datetime | None = None
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_change: datetime | None = None
    newest_entry: datetime | None = None
    interval: float = 0.0
    changes: float = 0.0
    failures: int = 0
    error: str = ""
    raw_hashes: bytes = b""
    ttl: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
