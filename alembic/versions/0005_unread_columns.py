"""Drop the columns that nothing reads: an entry's author and update time, and how sure the filing of it was."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Drop them; both databases do so without copying the table (SQLite since 3.35)."""
    op.drop_column("entry", "author")
    op.drop_column("entry", "updated")
    op.drop_column("story_entry", "score")


def downgrade() -> None:
    """Add them again, empty."""
    op.add_column("entry", sa.Column("author", sa.Text(), nullable=False, server_default=""))
    op.add_column("entry", sa.Column("updated", sa.DateTime(timezone=True)))
    op.add_column("story_entry", sa.Column("score", sa.Float(), nullable=False, server_default="0"))
