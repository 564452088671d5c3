"""open the vault, let residents write, and exchange matters with others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_partner_created_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["staff.id"], name=op.f("fk_partner_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
    )
    op.create_table(
        "exchange_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_exchange_answer_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_answer")),
        sa.UniqueConstraint("partner_id", "key_hash", name=op.f("uq_exchange_answer_partner_id_key_hash")),
    )
    with op.batch_alter_table("exchange_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_answer_answered_at"), ["answered_at"], unique=False)

    op.create_table(
        "matter_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("consent_known", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_matter_import_job_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["staff.id"], name=op.f("fk_matter_import_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_import")),
    )
    with op.batch_alter_table("matter_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_matter_import_uploaded_at"), ["uploaded_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_import_uploaded_by"), ["uploaded_by"], unique=False)

    op.create_table(
        "caller_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_caller_note_matter_id")),
        sa.ForeignKeyConstraint(["receipt_of_id"], ["matter.id"], name=op.f("fk_caller_note_receipt_of_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_caller_note_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_note")),
    )
    with op.batch_alter_table("caller_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_caller_note_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_caller_note_taken_at"), ["taken_at"], unique=False)

    op.create_table(
        "matter_import_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=True),
        sa.Column("errors", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["matter_import.id"], name=op.f("fk_matter_import_row_import_id")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_import_row_matter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_import_row")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_matter_import_row_import_id_number")),
    )
    op.create_table(
        "outside_reference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_outside_reference_matter_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_outside_reference_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_reference")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_outside_reference_source_reference")),
    )
    with op.batch_alter_table("outside_reference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_reference_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(
            "ix_outside_reference_partner_id_matter_id", ["partner_id", "matter_id"], unique=False
        )

    op.create_table(
        "identity_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.String(length=32), nullable=True),
        sa.Column("remark", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "first_by IS NULL OR first_by <> asked_by", name=op.f("ck_identity_request_first_is_another")
        ),
        sa.CheckConstraint(
            "second_by IS NULL OR (first_by IS NOT NULL AND second_by <> first_by AND second_by <> asked_by)",
            name=op.f("ck_identity_request_two_others"),
        ),
        sa.CheckConstraint(
            "until IS NULL OR second_by IS NOT NULL", name=op.f("ck_identity_request_open_by_two")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_identity_request_asked_by")),
        sa.ForeignKeyConstraint(["first_by"], ["staff.id"], name=op.f("fk_identity_request_first_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_identity_request_matter_id")),
        sa.ForeignKeyConstraint(["refused_by"], ["staff.id"], name=op.f("fk_identity_request_refused_by")),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["reporter.id"], name=op.f("fk_identity_request_reporter_id")
        ),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name=op.f("fk_identity_request_reviewed_by")),
        sa.ForeignKeyConstraint(["second_by"], ["staff.id"], name=op.f("fk_identity_request_second_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_request")),
    )
    with op.batch_alter_table("identity_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_request_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_request_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_request_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_request_reporter_id"), ["reporter_id"], unique=False)

    op.create_table(
        "identity_look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["identity_request.id"], name=op.f("fk_identity_look_request_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_identity_look_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_look")),
    )
    with op.batch_alter_table("identity_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_look_looked_at"), ["looked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_look_request_id"), ["request_id"], unique=False)


def downgrade() -> None:
    """Step back."""

    with op.batch_alter_table("identity_look", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_look_request_id"))
        batch_op.drop_index(batch_op.f("ix_identity_look_looked_at"))

    op.drop_table("identity_look")
    with op.batch_alter_table("identity_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_request_reporter_id"))
        batch_op.drop_index(batch_op.f("ix_identity_request_matter_id"))
        batch_op.drop_index(batch_op.f("ix_identity_request_asked_by"))
        batch_op.drop_index(batch_op.f("ix_identity_request_asked_at"))

    op.drop_table("identity_request")
    with op.batch_alter_table("outside_reference", schema=None) as batch_op:
        batch_op.drop_index("ix_outside_reference_partner_id_matter_id")
        batch_op.drop_index(batch_op.f("ix_outside_reference_matter_id"))

    op.drop_table("outside_reference")
    op.drop_table("matter_import_row")
    with op.batch_alter_table("caller_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_caller_note_taken_at"))
        batch_op.drop_index(batch_op.f("ix_caller_note_matter_id"))

    op.drop_table("caller_note")
    with op.batch_alter_table("matter_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_matter_import_uploaded_by"))
        batch_op.drop_index(batch_op.f("ix_matter_import_uploaded_at"))

    op.drop_table("matter_import")
    with op.batch_alter_table("exchange_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_answer_answered_at"))

    op.drop_table("exchange_answer")
    op.drop_table("partner")
