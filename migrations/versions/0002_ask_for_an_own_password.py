"""ask for an own password after a first one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward: whoever is here already keeps their password."""
    op.add_column(
        "staff", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Step back."""
    op.drop_column("staff", "must_change_password")
