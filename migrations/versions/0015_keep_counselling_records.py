"""Keep counselling records: what was written down of a contact, sealed whole, and every change by its token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "counselling_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("begun_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_counselling_record_version")),
        sa.ForeignKeyConstraint(["begun_by"], ["staff.id"], name=op.f("fk_counselling_record_begun_by")),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_counselling_record_changed_by")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_counselling_record_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_record")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_counselling_record_contact_id")),
    )
    with op.batch_alter_table("counselling_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_counselling_record_begun_by"), ["begun_by"], unique=False)

    op.create_table(
        "counselling_record_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_counselling_record_change_by_id")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["counselling_record.id"], name=op.f("fk_counselling_record_change_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counselling_record_change")),
        sa.UniqueConstraint("record_id", "token", name=op.f("uq_counselling_record_change_record_id_token")),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("counselling_record_change")
    with op.batch_alter_table("counselling_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_counselling_record_begun_by"))
    op.drop_table("counselling_record")
