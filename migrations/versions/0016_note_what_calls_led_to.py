"""Note what calls on the citizen line led to: the form being typed, the matters, the result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "citizen_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("draft_number", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_citizen_record_changed_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_citizen_record_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_record")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_citizen_record_contact_id")),
    )
    op.create_table(
        "contact_matter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("led_to", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_contact_matter_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_matter_contact_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_contact_matter_matter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_matter")),
    )
    with op.batch_alter_table("contact_matter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_matter_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_matter_matter_id"), ["matter_id"], unique=False)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("contact_matter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_matter_matter_id"))
        batch_op.drop_index(batch_op.f("ix_contact_matter_contact_id"))
    op.drop_table("contact_matter")
    op.drop_table("citizen_record")
