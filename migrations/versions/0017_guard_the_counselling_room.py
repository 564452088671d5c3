"""Guard the counselling room: hand-offs, openings, codes, reviews, holds, and what was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "retention_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", sa.String(length=32), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept", sa.String(length=32), nullable=False),
        sa.Column("years", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_retention_rule_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("kept", name=op.f("uq_retention_rule_kept")),
    )
    op.create_table(
        "continuity_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("story", sa.LargeBinary(), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_continuity_code_contact_id")),
        sa.ForeignKeyConstraint(["given_by"], ["staff.id"], name=op.f("fk_continuity_code_given_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_continuity_code")),
        sa.UniqueConstraint("code_index", name=op.f("uq_continuity_code_code_index")),
    )
    with op.batch_alter_table("continuity_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_continuity_code_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "hand_off",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("handed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_hand_off_contact_id")),
        sa.ForeignKeyConstraint(["handed_by"], ["staff.id"], name=op.f("fk_hand_off_handed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_off")),
        sa.UniqueConstraint("form_key", name=op.f("uq_hand_off_form_key")),
    )
    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_off_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "key_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("reviewed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_key_review_contact_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name=op.f("fk_key_review_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_review")),
    )
    with op.batch_alter_table("key_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_review_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lift_asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lifted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "agreed_by IS NULL OR agreed_by <> asked_by", name=op.f("ck_legal_hold_two_set_it")
        ),
        sa.CheckConstraint(
            "lifted_by IS NULL OR lifted_by <> lift_asked_by", name=op.f("ck_legal_hold_two_lift_it")
        ),
        sa.ForeignKeyConstraint(["agreed_by"], ["staff.id"], name=op.f("fk_legal_hold_agreed_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_legal_hold_asked_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_legal_hold_contact_id")),
        sa.ForeignKeyConstraint(["lift_asked_by"], ["staff.id"], name=op.f("fk_legal_hold_lift_asked_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_legal_hold_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_hold_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "number_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("reviewed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_right", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('open', 'reviewed') OR expires_at IS NOT NULL",
            name=op.f("ck_number_opening_open_ends"),
        ),
        sa.CheckConstraint(
            "agreed_by IS NULL OR agreed_by <> asked_by OR is_alone",
            name=op.f("ck_number_opening_two_people"),
        ),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> asked_by", name=op.f("ck_number_opening_another_reviews")
        ),
        sa.ForeignKeyConstraint(["agreed_by"], ["staff.id"], name=op.f("fk_number_opening_agreed_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_number_opening_asked_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_number_opening_contact_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name=op.f("fk_number_opening_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_opening")),
    )
    with op.batch_alter_table("number_opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_number_opening_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_number_opening_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "continuity_use",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["continuity_code.id"], name=op.f("fk_continuity_use_code_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_continuity_use_contact_id")),
        sa.ForeignKeyConstraint(["used_by"], ["staff.id"], name=op.f("fk_continuity_use_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_continuity_use")),
        sa.UniqueConstraint("contact_id", "code_id", name=op.f("uq_continuity_use_contact_id_code_id")),
    )
    with op.batch_alter_table("continuity_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_continuity_use_code_id"), ["code_id"], unique=False)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("continuity_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_continuity_use_code_id"))

    op.drop_table("continuity_use")
    with op.batch_alter_table("number_opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_number_opening_contact_id"))
        batch_op.drop_index(batch_op.f("ix_number_opening_asked_by"))

    op.drop_table("number_opening")
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_hold_contact_id"))

    op.drop_table("legal_hold")
    with op.batch_alter_table("key_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_review_contact_id"))

    op.drop_table("key_review")
    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_off_contact_id"))

    op.drop_table("hand_off")
    with op.batch_alter_table("continuity_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_continuity_code_contact_id"))

    op.drop_table("continuity_code")
    op.drop_table("retention_rule")
    op.drop_table("retention_run")
