"""Digests and quiet hours of subscriptions, doubt and bundles in the outbox, and what platforms keep."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
_EVENTS = "kind in ('alert', 'update', 'denial', 'confirmation')"
_UNTOUCHED_HEAD = "kind = 'head' and state = 'pending'"
_PLACE = ("platform", "channel_id", "story_id")


def upgrade() -> None:
    """Add columns with what was the case before, and let rules of uniqueness hold for news alone."""
    for column in (
        sa.Column("digest", sa.Text()),
        sa.Column("zone", sa.Text(), nullable=False, server_default="UTC"),
        sa.Column("quiet", sa.Text()),
        sa.Column("aloud", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("subscription", column)
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_constraint("uq_delivery_platform_channel_id_story_id_entry_id")
        delivery.add_column(sa.Column("aloud", sa.Boolean(), nullable=False, server_default=sa.false()))
        delivery.add_column(sa.Column("notice", sa.Text()))
        delivery.add_column(sa.Column("doubt", TIME))
        delivery.add_column(sa.Column("digest_id", ID))
    for name, columns, rule in (
        ("uq_delivery_event", (*_PLACE, "entry_id"), _EVENTS),
        ("uq_delivery_head", _PLACE, _UNTOUCHED_HEAD),
    ):
        where = sa.text(rule)
        op.create_index(name, "delivery", columns, unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_delivery_digest_id", "delivery", ["digest_id"])
    op.create_table(
        "memory",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("until", TIME),
        sa.PrimaryKeyConstraint("platform", "key"),
    )


def downgrade() -> None:
    """Take all of it back."""
    op.drop_table("memory")
    op.execute("delete from delivery where kind in ('head', 'digest', 'notice')")
    for name in ("ix_delivery_digest_id", "uq_delivery_head", "uq_delivery_event"):
        op.drop_index(name, "delivery")
    with op.batch_alter_table("delivery") as delivery:
        for column in ("digest_id", "doubt", "notice", "aloud"):
            delivery.drop_column(column)
        delivery.create_unique_constraint("uq_delivery_platform_channel_id_story_id_entry_id", [*_PLACE, "entry_id"])
    with op.batch_alter_table("subscription") as subscription:
        for column in ("aloud", "quiet", "zone", "digest"):
            subscription.drop_column(column)
