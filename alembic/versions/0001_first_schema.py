"""The first schema: feeds, entries, stories, subscriptions and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    _feeds()
    _stories()
    _outbox()


def _feeds() -> None:
    op.create_table(
        "feed_state",
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("configured_url", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("next_poll", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_poll", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_change", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newest_entry", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interval", sa.Float(), nullable=False),
        sa.Column("changes", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("raw_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("ttl", sa.Float(), nullable=True),
        sa.Column("skip_hours", sa.Text(), nullable=False),
        sa.Column("skip_days", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_state"),
    )
    op.create_index("ix_feed_state_next_poll", "feed_state", ["next_poll"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
    )
    op.create_index("ix_entry_address", "entry", ["address"], unique=False)
    op.create_index("ix_entry_feed_id", "entry", ["feed_id"], unique=False)
    op.create_index("ix_entry_seen", "entry", ["seen"], unique=False)
    op.create_table(
        "entry_key",
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_entry_key_entry_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", "key", name="pk_entry_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_key_entry_id", "entry_key", ["entry_id"], unique=False)
    op.create_table(
        "match",
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_match_entry_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "topic", name="pk_match"),
    )
    op.create_index("ix_match_topic_entry_id", "match", ["topic", "entry_id"], unique=False)


def _stories() -> None:
    op.create_table(
        "story",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
    )
    op.create_index("ix_story_updated", "story", ["updated"], unique=False)
    op.create_table(
        "story_entry",
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("of", ID, nullable=True),
        sa.Column("origin", ID, nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_story_entry_entry_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_story_entry_story_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_story_entry"),
    )
    op.create_index("ix_story_entry_story_id", "story_entry", ["story_id"], unique=False)


def _outbox() -> None:
    op.create_table(
        "channel",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("paused", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "channel_id", name="pk_channel"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("minimum_score", sa.Float(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint("platform", "channel_id", "topic", name="uq_subscription_platform_channel_id_topic"),
    )
    op.create_index("ix_subscription_topic", "subscription", ["topic"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint(
            "platform", "channel_id", "story_id", "entry_id", name="uq_delivery_platform_channel_id_story_id_entry_id"
        ),
    )
    op.create_index("ix_delivery_state_next_try", "delivery", ["state", "next_try"], unique=False)
    op.create_index("ix_delivery_story_id", "delivery", ["story_id"], unique=False)
    op.create_index(
        "uq_delivery_alert",
        "delivery",
        ["platform", "channel_id", "story_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'alert'"),
        postgresql_where=sa.text("kind = 'alert'"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def downgrade() -> None:
    """Drop every table."""
    for name in (
        "lease",
        "delivery",
        "subscription",
        "channel",
        "story_entry",
        "story",
        "match",
        "entry_key",
        "entry",
        "feed_state",
    ):
        op.drop_table(name)
