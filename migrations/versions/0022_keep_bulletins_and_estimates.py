"""Keep bulletins and estimates: definitions, frozen figures, issues with their readers, advice, and outlines of places."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "place_shape",
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_shape_place_id")),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_place_shape")),
    )
    op.create_table(
        "bulletin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("corrects_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("comments", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("corrections", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('issued', 'corrected', 'withdrawn')) = (issued_at IS NOT NULL)",
            name=op.f("ck_bulletin_issued_has_time"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR reason <> ''", name=op.f("ck_bulletin_withdrawn_has_reason")
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'issued', 'corrected') OR approved_at IS NOT NULL",
            name=op.f("ck_bulletin_approved_has_time"),
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_bulletin_approved_by")),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_bulletin_checked_by")),
        sa.ForeignKeyConstraint(["corrects_id"], ["bulletin.id"], name=op.f("fk_bulletin_corrects_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["staff.id"], name=op.f("fk_bulletin_issued_by")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_bulletin_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
    )
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulletin_corrects_id"), ["corrects_id"], unique=False)
        batch_op.create_index("ix_bulletin_kind_ends_on", ["kind", "ends_on"], unique=False)
        batch_op.create_index("ix_bulletin_state_issued_at", ["state", "issued_at"], unique=False)

    op.create_table(
        "index_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_index_definition_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_definition")),
        sa.UniqueConstraint("version", name=op.f("uq_index_definition_version")),
    )
    op.create_table(
        "advice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bulletin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=600), nullable=False),
        sa.Column("effect", sa.String(length=600), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("is_instruction", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=600), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name=op.f("ck_advice_over_has_time")
        ),
        sa.CheckConstraint(
            "state NOT IN ('done', 'dropped') OR outcome <> ''", name=op.f("ck_advice_over_has_outcome")
        ),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_advice_bulletin_id")),
        sa.ForeignKeyConstraint(["given_by"], ["staff.id"], name=op.f("fk_advice_given_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_advice_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice")),
    )
    with op.batch_alter_table("advice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advice_bulletin_id"), ["bulletin_id"], unique=False)
        batch_op.create_index("ix_advice_state_due_on", ["state", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "bulletin_reader",
        sa.Column("bulletin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletin.id"], name=op.f("fk_bulletin_reader_bulletin_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_bulletin_reader_staff_id")),
        sa.PrimaryKeyConstraint("bulletin_id", "staff_id", name=op.f("pk_bulletin_reader")),
    )
    with op.batch_alter_table("bulletin_reader", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulletin_reader_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "estimate_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weight_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(length=40), nullable=False),
        sa.Column("covariances", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["weight_set_id"], ["weight_set.id"], name=op.f("fk_estimate_set_weight_set_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_set")),
        sa.UniqueConstraint(
            "weight_set_id",
            "definition_version",
            name=op.f("uq_estimate_set_weight_set_id_definition_version"),
        ),
    )
    op.create_table(
        "index_estimate",
        sa.Column("estimate_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("index", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("domain", sa.String(length=60), nullable=False),
        sa.Column("estimate", sa.Float(precision=53), nullable=True),
        sa.Column("standard_error", sa.Float(precision=53), nullable=True),
        sa.Column("low", sa.Float(precision=53), nullable=True),
        sa.Column("high", sa.Float(precision=53), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("effective_n", sa.Float(precision=53), nullable=True),
        sa.Column("deff", sa.Float(precision=53), nullable=True),
        sa.Column("df", sa.Float(precision=53), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("withheld", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["estimate_set_id"], ["estimate_set.id"], name=op.f("fk_index_estimate_estimate_set_id")
        ),
        sa.PrimaryKeyConstraint(
            "estimate_set_id", "index", "measure", "by", "domain", name=op.f("pk_index_estimate")
        ),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("index_estimate")
    op.drop_table("estimate_set")
    with op.batch_alter_table("bulletin_reader", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bulletin_reader_staff_id"))

    op.drop_table("bulletin_reader")
    with op.batch_alter_table("advice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_advice_unit_id"))
        batch_op.drop_index("ix_advice_state_due_on")
        batch_op.drop_index(batch_op.f("ix_advice_bulletin_id"))

    op.drop_table("advice")
    op.drop_table("index_definition")
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_state_issued_at")
        batch_op.drop_index("ix_bulletin_kind_ends_on")
        batch_op.drop_index(batch_op.f("ix_bulletin_corrects_id"))

    op.drop_table("bulletin")
    op.drop_table("place_shape")
