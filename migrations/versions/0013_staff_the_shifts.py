"""Staff the shifts: shifts and duties, handovers, key calls, calls for help, and the forecasts that were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "kept_forecast",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_kept_forecast_hour")),
        sa.CheckConstraint("low <= high AND expected >= 0", name=op.f("ck_kept_forecast_interval")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_forecast")),
        sa.UniqueConstraint("line", "day_on", "hour", name=op.f("uq_kept_forecast_line_day_on_hour")),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supervisor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key_call_limit", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(published_at IS NULL) = (published_by IS NULL)", name=op.f("ck_shift_publisher_has_time")
        ),
        sa.CheckConstraint("ends_at > begins_at", name=op.f("ck_shift_ends_after_it_begins")),
        sa.CheckConstraint("key_call_limit BETWEEN 1 AND 20", name=op.f("ck_shift_key_call_limit")),
        sa.CheckConstraint(
            "published_at IS NULL OR supervisor_id IS NOT NULL", name=op.f("ck_shift_published_is_on_call")
        ),
        sa.CheckConstraint("seats BETWEEN 1 AND 500", name=op.f("ck_shift_seats")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_shift_created_by")),
        sa.ForeignKeyConstraint(["lead_id"], ["staff.id"], name=op.f("fk_shift_lead_id")),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name=op.f("fk_shift_published_by")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["staff.id"], name=op.f("fk_shift_supervisor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("line", "begins_at", name=op.f("uq_shift_line_begins_at")),
    )
    op.create_index(op.f("ix_shift_lead_id"), "shift", ["lead_id"], unique=False)
    op.create_index("ix_shift_line_ends_at", "shift", ["line", "ends_at"], unique=False)
    op.create_index(op.f("ix_shift_supervisor_id"), "shift", ["supervisor_id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seat_no", sa.Integer(), nullable=False),
        sa.CheckConstraint("seat_no >= 1", name=op.f("ck_duty_seat_no")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_duty_shift_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_duty_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        sa.UniqueConstraint("shift_id", "seat_no", name=op.f("uq_duty_shift_id_seat_no")),
        sa.UniqueConstraint("shift_id", "staff_id", name=op.f("uq_duty_shift_id_staff_id")),
    )
    op.create_index(op.f("ix_duty_staff_id"), "duty", ["staff_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("written_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(note IS NULL) <> (sealed_note IS NULL)", name=op.f("ck_handover_one_note")),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL)", name=op.f("ck_handover_signer_has_time")
        ),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> written_by", name=op.f("ck_handover_signed_by_another")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_handover_shift_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["staff.id"], name=op.f("fk_handover_signed_by")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_handover_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("shift_id", name=op.f("uq_handover_shift_id")),
    )
    op.create_table(
        "distress",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("about_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("climbs_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (climbs_at IS NOT NULL)", name=op.f("ck_distress_open_climbs")
        ),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL)", name=op.f("ck_distress_taker_has_time")
        ),
        sa.ForeignKeyConstraint(["about_id"], ["staff.id"], name=op.f("fk_distress_about_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_distress_contact_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_distress_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distress")),
    )
    op.create_index(op.f("ix_distress_about_id"), "distress", ["about_id"], unique=False)
    op.create_index("ix_distress_climbs_at", "distress", ["climbs_at"], unique=False)
    op.create_index(op.f("ix_distress_contact_id"), "distress", ["contact_id"], unique=False)
    op.create_index("ix_distress_raised_at", "distress", ["raised_at"], unique=False)
    op.create_table(
        "key_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("debriefed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("debriefed_with", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(debriefed_at IS NULL) = (debriefed_with IS NULL)",
            name=op.f("ck_key_call_debriefed_with_someone"),
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL)", name=op.f("ck_key_call_releaser_has_time")
        ),
        sa.CheckConstraint(
            "debriefed_with IS NULL OR debriefed_with <> staff_id", name=op.f("ck_key_call_with_another")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_key_call_contact_id")),
        sa.ForeignKeyConstraint(["debriefed_with"], ["staff.id"], name=op.f("fk_key_call_debriefed_with")),
        sa.ForeignKeyConstraint(["released_by"], ["staff.id"], name=op.f("fk_key_call_released_by")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_key_call_shift_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_key_call_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_call")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_key_call_contact_id")),
    )
    op.create_index(op.f("ix_key_call_shift_id"), "key_call", ["shift_id"], unique=False)
    op.create_index("ix_key_call_staff_id_at", "key_call", ["staff_id", "at"], unique=False)
    op.create_table(
        "distress_told",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distress_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["distress_id"], ["distress.id"], name=op.f("fk_distress_told_distress_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_distress_told_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distress_told")),
        sa.UniqueConstraint("distress_id", "staff_id", name=op.f("uq_distress_told_distress_id_staff_id")),
    )
    op.create_index(op.f("ix_distress_told_staff_id"), "distress_told", ["staff_id"], unique=False)


def downgrade() -> None:
    """Step back."""
    op.drop_index(op.f("ix_distress_told_staff_id"), table_name="distress_told")
    op.drop_table("distress_told")
    op.drop_index("ix_key_call_staff_id_at", table_name="key_call")
    op.drop_index(op.f("ix_key_call_shift_id"), table_name="key_call")
    op.drop_table("key_call")
    op.drop_index("ix_distress_raised_at", table_name="distress")
    op.drop_index(op.f("ix_distress_contact_id"), table_name="distress")
    op.drop_index("ix_distress_climbs_at", table_name="distress")
    op.drop_index(op.f("ix_distress_about_id"), table_name="distress")
    op.drop_table("distress")
    op.drop_table("handover")
    op.drop_index(op.f("ix_duty_staff_id"), table_name="duty")
    op.drop_table("duty")
    op.drop_index(op.f("ix_shift_supervisor_id"), table_name="shift")
    op.drop_index("ix_shift_line_ends_at", table_name="shift")
    op.drop_index(op.f("ix_shift_lead_id"), table_name="shift")
    op.drop_table("shift")
    op.drop_table("kept_forecast")
