"""Which alerts told again what an earlier alert had told, as people found when they merged the stories."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the mark; no alert has it yet."""
    op.add_column("delivery", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_column("again")
