"""Note who reads: the chain of readings of counselling records, and its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "counselling_read_end",
        sa.Column("id", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_counselling_read_end_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_read_end")),
    )
    op.create_table(
        "counselling_read",
        sa.Column("id", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("record", sa.String(length=60), nullable=False),
        sa.Column("fields", sa.String(length=400), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_counselling_read_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_counselling_read_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_read")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_counselling_read_prev_hash")),
        sa.UniqueConstraint("seq", name=op.f("uq_counselling_read_seq")),
    )
    op.create_index(op.f("ix_counselling_read_staff_id"), "counselling_read", ["staff_id"])
    op.create_index(op.f("ix_counselling_read_contact_id"), "counselling_read", ["contact_id"])


def downgrade() -> None:
    """Step back."""
    op.drop_table("counselling_read")
    op.drop_table("counselling_read_end")
