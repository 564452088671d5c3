"""Ring the duty telephones, count the carrier's days, and note what the line was asked to delete."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "duty_ring",
        sa.Column("id", key, nullable=False),
        sa.Column("distress_id", key, nullable=True),
        sa.Column("escalation_id", key, nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("staff_id", key, nullable=False),
        sa.Column("call_id", key, nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(distress_id IS NULL) <> (escalation_id IS NULL)", name=op.f("ck_duty_ring_one_cause")
        ),
        sa.CheckConstraint("turn >= 1 AND place >= 1", name=op.f("ck_duty_ring_counted_from_one")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_duty_ring_call_id")),
        sa.ForeignKeyConstraint(["distress_id"], ["distress.id"], name=op.f("fk_duty_ring_distress_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_duty_ring_escalation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_duty_ring_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_ring")),
        sa.UniqueConstraint("call_id", name=op.f("uq_duty_ring_call_id")),
        sa.UniqueConstraint("distress_id", "turn", name=op.f("uq_duty_ring_distress_id_turn")),
        sa.UniqueConstraint("escalation_id", "turn", name=op.f("uq_duty_ring_escalation_id_turn")),
    )
    op.create_index(op.f("ix_duty_ring_staff_id"), "duty_ring", ["staff_id"])
    op.create_table(
        "carrier_day",
        sa.Column("id", key, nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("recorded BETWEEN 0 AND reported", name=op.f("ck_carrier_day_records_of_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_day")),
        sa.UniqueConstraint("line", "day_on", name=op.f("uq_carrier_day_line_day_on")),
    )
    with op.batch_alter_table("recording") as table:
        table.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(
            op.f("ck_recording_deleted_has_time"), "(state IN ('deleted')) = (deleted_at IS NOT NULL)"
        )
    with op.batch_alter_table("retention_run") as table:
        kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
        table.add_column(sa.Column("awaited", kind, server_default="[]", nullable=False))
    with op.batch_alter_table("retention_run") as table:
        table.alter_column("awaited", server_default=None)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("retention_run") as table:
        table.drop_column("awaited")
    with op.batch_alter_table("recording") as table:
        table.drop_constraint(op.f("ck_recording_deleted_has_time"), type_="check")
        table.drop_column("deleted_at")
    op.drop_table("carrier_day")
    op.drop_index(op.f("ix_duty_ring_staff_id"), table_name="duty_ring")
    op.drop_table("duty_ring")
