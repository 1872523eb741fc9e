"""The schema, for SQLite and PostgreSQL alike. Times are aware UTC; our ids are integers, others' are text."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

HEAD = "0005"
"""The newest migration; a test holds it against the ``alembic`` folder, so that a start need not import Alembic."""


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite has no time zones, so there the zone is taken off and put back on."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Store UTC; a naive time is a bug of ours and fails here."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back aware UTC."""
        if value is None:
            return None
        result: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return result


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only a column of type INTEGER


def _unique_where(name: str, rule: str, *columns: str) -> Index:
    """A rule of uniqueness for some of a channel's deliveries on a story."""
    where = text(rule)
    return Index(
        name, "platform", "channel_id", "story_id", *columns, unique=True, sqlite_where=where, postgresql_where=where
    )


feed_state = Table(
    "feed_state",
    metadata,
    Column("feed_id", Text, primary_key=True),
    Column("configured_url", Text, nullable=False),  # as in feeds.yaml when this row was made
    Column("url", Text, nullable=False),  # where it is polled: differs after a permanent redirect
    Column("status", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("next_poll", Utc, index=True),
    Column("last_poll", Utc),
    Column("last_success", Utc),
    Column("last_change", Utc),
    Column("newest_entry", Utc),
    Column("interval", Float, nullable=False),
    Column("changes", Float, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("raw_hashes", LargeBinary, nullable=False),
    Column("ttl", Float),
    Column("skip_hours", Text, nullable=False),
    Column("skip_days", Text, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # counted by whoever leads
    Column("feed_id", Text, nullable=False, index=True),
    Column("guid", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("address", Text, nullable=False, index=True),  # canonical form of url: finds it by any spelling
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("published", Utc),
    Column("seen", Utc, nullable=False, index=True),
    Column("outcome", Text, nullable=False),  # bot.model.Outcome: what became of it
)

entry_key = Table(
    "entry_key",
    metadata,
    Column("feed_id", Text, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("entry_id", Id, ForeignKey("entry.id", ondelete="CASCADE"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

match = Table(
    "match",
    metadata,
    Column("entry_id", Id, ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("topic", Text, primary_key=True),
    Column("score", Float, nullable=False),
    Column("evidence", JSON, nullable=False),
    Index("ix_match_topic_entry_id", "topic", "entry_id"),
)

story = Table(
    "story",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # counted by whoever leads: people type these numbers
    Column("headline", Text, nullable=False),
    Column("opened", Utc, nullable=False),
    Column("updated", Utc, nullable=False, index=True),
)

story_entry = Table(
    "story_entry",
    metadata,
    Column("entry_id", Id, ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("relation", Text, nullable=False),
    Column("of", Id),  # the entry that this one copies, denies or confirms
    Column("origin", Id, nullable=False),  # the first of the copies that this one belongs to
    Column("stance", Text, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("vector", LargeBinary),  # float32, unit length
)

channel = Table(
    "channel",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("paused", Text, nullable=False),  # why nothing is posted there, '' while all is well
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", Utc),
    Column("fence", Integer, nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("topic", Text, nullable=False, index=True),
    Column("minimum_score", Float, nullable=False),
    Column("languages", Text, nullable=False),
    Column("created", Utc, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("digest", Text),  # HH:MM of the daily digest; null for alerts at once
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("quiet", Text),  # HH:MM-HH:MM
    Column("aloud", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("platform", "channel_id", "topic"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("story_id", Id, nullable=False, index=True),
    Column("entry_id", Id, nullable=False),
    Column("topics", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Utc, nullable=False),
    Column("created", Utc, nullable=False),
    Column("sent", Utc),
    Column("reference", Text),  # the platform's own name of the posted message
    Column("error", Text, nullable=False),
    Column("aloud", Boolean, nullable=False, server_default=false()),
    Column("notice", Text),
    Column("doubt", Utc),  # since when it is perhaps posted; null where it surely is not
    Column("digest_id", Id, index=True),  # the digest that tells it
    Column("again", Boolean, nullable=False, server_default=false()),  # an alert on what an alert had told already
    Index("ix_delivery_state_next_try", "state", "next_try"),
    # One alert a story and channel; one message an entry and channel. The second rule also folds a crash's repeat.
    _unique_where("uq_delivery_alert", "kind = 'alert'"),
    _unique_where("uq_delivery_event", "kind in ('alert', 'update', 'denial', 'confirmation')", "entry_id"),
    # Copies that arrive before a story's first message was edited need one edit together.
    _unique_where("uq_delivery_head", "kind = 'head' and state = 'pending'"),
)

memory = Table(
    "memory",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("until", Utc),  # null: for ever
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Utc, nullable=False),
)

own_topic = Table(
    "own_topic",
    metadata,
    Column("id", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("live", Boolean, nullable=False),  # a draft is shown with its backtest, and alerts on nothing
    Column("created", Utc, nullable=False),
    Column("created_by", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("story_id", Id, primary_key=True, autoincrement=False),
    Column("useful", Boolean, nullable=False),
    Column("created", Utc, nullable=False),
)

article = Table(
    "article",
    metadata,
    Column("entry_id", Id, ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

muted = Table(
    "muted",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("story_id", Id, primary_key=True, autoincrement=False),
)

edition = Table(
    "edition",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),  # grows whenever people change what the name stands for
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("subject", Text, primary_key=True),  # topics, stories, summaries, stance
    Column("created", Utc, nullable=False),
    Column("figures", JSON, nullable=False),
)

learned = Table(
    "learned",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("threshold", Float, nullable=False),  # in force until the next row of this topic, as are the changes
    Column("changes", JSON, nullable=False),  # by rule: what is added to its weight
    Column("created", Utc, nullable=False),
)
