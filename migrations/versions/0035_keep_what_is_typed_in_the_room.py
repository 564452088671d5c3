"""Keep what is typed in the counselling room: sealed drafts of its forms, and words that came too late for a record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "counselling_draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_counselling_draft_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_counselling_draft_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_draft")),
        sa.UniqueConstraint("staff_id", "place", name=op.f("uq_counselling_draft_staff_id_place")),
    )
    op.create_index(op.f("ix_counselling_draft_contact_id"), "counselling_draft", ["contact_id"])
    op.create_index(op.f("ix_counselling_draft_kept_at"), "counselling_draft", ["kept_at"])
    op.create_table(
        "counselling_late_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_counselling_late_note_by_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_counselling_late_note_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_late_note")),
        sa.UniqueConstraint("contact_id", "token", name=op.f("uq_counselling_late_note_contact_id_token")),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("counselling_late_note")
    op.drop_index(op.f("ix_counselling_draft_kept_at"), table_name="counselling_draft")
    op.drop_index(op.f("ix_counselling_draft_contact_id"), table_name="counselling_draft")
    op.drop_table("counselling_draft")
