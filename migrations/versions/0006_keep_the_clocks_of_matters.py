"""keep the clocks of matters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

INDEXES = (
    ("due_at", "yellow_at"),
    ("is_incident", "ended_at"),
    ("ended_at", "level"),
    ("ended_at", "registered_at"),
    ("ended_at", "due_at"),
)
"""What the boards ask for, one index a question."""


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "calendar_day",
        sa.Column("day_on", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.Column("notice", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day_on", name=op.f("pk_calendar_day")),
    )
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_day_year"), ["year"], unique=False)

    op.create_table(
        "joint_ruling",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supporting", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_joint_ruling_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_joint_ruling_decided_by")),
        sa.ForeignKeyConstraint(["lead_id"], ["unit.id"], name=op.f("fk_joint_ruling_lead_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_joint_ruling_matter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_ruling")),
    )
    with op.batch_alter_table("joint_ruling", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_joint_ruling_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "matter_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("side", sa.String(length=32), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (side IS NULL)", name=op.f("ck_matter_notice_one_recipient")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["staff.id"], name=op.f("fk_matter_notice_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_notice_matter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_matter_notice_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_matter_notice_key")),
    )
    with op.batch_alter_table("matter_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_matter_notice_given_at"), ["given_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_notice_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_notice_retry_at"), ["retry_at"], unique=False)
        batch_op.create_index("ix_matter_notice_side_seen_at", ["side", "seen_at"], unique=False)
        batch_op.create_index("ix_matter_notice_unit_id_seen_at", ["unit_id", "seen_at"], unique=False)

    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("is_extension_asked", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.create_index(
            batch_op.f("ix_matter_is_extension_asked"), ["is_extension_asked"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_matter_next_step_at"), ["next_step_at"], unique=False)
        batch_op.drop_index(batch_op.f("ix_matter_due_at"))
        batch_op.drop_index(batch_op.f("ix_matter_ended_at"))
        for columns in INDEXES:
            batch_op.create_index(f"ix_matter_{'_'.join(columns)}", list(columns), unique=False)
    # The sweep works out what the clock has to do next wherever that moment has passed.
    op.execute("UPDATE matter SET next_step_at = state_since WHERE ended_at IS NULL AND state <> 'draft'")


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("matter", schema=None) as batch_op:
        for columns in INDEXES:
            batch_op.drop_index(f"ix_matter_{'_'.join(columns)}")
        batch_op.create_index(batch_op.f("ix_matter_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_due_at"), ["due_at"], unique=False)
        batch_op.drop_index(batch_op.f("ix_matter_next_step_at"))
        batch_op.drop_index(batch_op.f("ix_matter_is_extension_asked"))
        batch_op.drop_column("is_extension_asked")
        batch_op.drop_column("next_step_at")

    with op.batch_alter_table("matter_notice", schema=None) as batch_op:
        batch_op.drop_index("ix_matter_notice_unit_id_seen_at")
        batch_op.drop_index("ix_matter_notice_side_seen_at")
        batch_op.drop_index(batch_op.f("ix_matter_notice_retry_at"))
        batch_op.drop_index(batch_op.f("ix_matter_notice_matter_id"))
        batch_op.drop_index(batch_op.f("ix_matter_notice_given_at"))

    op.drop_table("matter_notice")
    with op.batch_alter_table("joint_ruling", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_joint_ruling_matter_id"))

    op.drop_table("joint_ruling")
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_day_year"))

    op.drop_table("calendar_day")
