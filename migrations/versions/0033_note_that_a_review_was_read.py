"""Note that a review was read: the operator whose case it was sees what another said of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.add_column("key_review", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("key_review") as table:
        table.drop_column("read_at")
