"""Know where a unit is reached when nobody looks at what was assigned to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("duty_number", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Step back; the numbers are forgotten."""
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_column("duty_number")
