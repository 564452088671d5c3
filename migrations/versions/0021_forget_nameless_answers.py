"""Forget nameless answers: a sheet keeps no number, and says when its answers were forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    with op.batch_alter_table("assessment") as table:
        table.drop_column("number")
        table.add_column(sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("assessment") as table:
        table.drop_column("emptied_at")
        table.add_column(sa.Column("number", sa.LargeBinary(), nullable=True))
