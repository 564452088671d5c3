"""Keep the imprint of a bulletin: who issued it, to which offices it went, and the advice given with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.add_column("bulletin", sa.Column("imprint", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("bulletin") as table:
        table.drop_column("imprint")
