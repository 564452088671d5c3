"""ask for the purpose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "stated_purpose",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_stated_purpose_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_purpose")),
    )
    with op.batch_alter_table("stated_purpose", schema=None) as batch_op:
        batch_op.create_index("ix_stated_purpose_in_force", ["staff_id", "record", "until"], unique=False)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("stated_purpose", schema=None) as batch_op:
        batch_op.drop_index("ix_stated_purpose_in_force")
    op.drop_table("stated_purpose")
