"""Answer the lines: help lines, callers, contacts, seats, offers, call-backs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "caller",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("number_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(number IS NULL) = (number_index IS NULL)", name=op.f("ck_caller_number_is_indexed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller")),
        sa.UniqueConstraint("line", "number_index", name=op.f("uq_caller_line_number_index")),
    )
    op.create_table(
        "help_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("duty_phones", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("longest_wait_s", sa.Integer(), nullable=False),
        sa.Column("answer_within_s", sa.Integer(), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer_within_s BETWEEN 5 AND 120", name=op.f("ck_help_line_answer_within")),
        sa.CheckConstraint("longest_wait_s BETWEEN 60 AND 7200", name=op.f("ck_help_line_longest_wait")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_help_line_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_line")),
        sa.UniqueConstraint("kind", name=op.f("uq_help_line_kind")),
        sa.UniqueConstraint("number", name=op.f("uq_help_line_number")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("caller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("preferred_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("talking_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrap_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("way_out", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("is_listened_in", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('done')) = (closed_at IS NOT NULL)", name=op.f("ck_contact_done_has_time")
        ),
        sa.CheckConstraint(
            "state NOT IN ('taken', 'talking', 'wrapping') OR taken_by IS NOT NULL",
            name=op.f("ck_contact_taken_has_taker"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('talking') OR talking_at IS NOT NULL", name=op.f("ck_contact_talking_has_time")
        ),
        sa.CheckConstraint(
            "state NOT IN ('waiting') OR waiting_from IS NOT NULL", name=op.f("ck_contact_waiting_has_start")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_contact_call_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_contact_caller_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_contact_owner_id")),
        sa.ForeignKeyConstraint(["preferred_by"], ["staff.id"], name=op.f("fk_contact_preferred_by")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_contact_room_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_contact_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("call_id", name=op.f("uq_contact_call_id")),
        sa.UniqueConstraint("token", name=op.f("uq_contact_token")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_caller_id"), ["caller_id"], unique=False)
        batch_op.create_index("ix_contact_line_rung_at", ["line", "rung_at"], unique=False)
        batch_op.create_index("ix_contact_line_state", ["line", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_taken_by"), ["taken_by"], unique=False)

    op.create_table(
        "call_back",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('due', 'held')) = (closed_at IS NULL)", name=op.f("ck_call_back_closed_has_time")
        ),
        sa.CheckConstraint(
            "(state IN ('held')) = (held_by IS NOT NULL)", name=op.f("ck_call_back_held_has_holder")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_call_back_contact_id")),
        sa.ForeignKeyConstraint(["held_by"], ["staff.id"], name=op.f("fk_call_back_held_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_call_back_contact_id")),
    )
    with op.batch_alter_table("call_back", schema=None) as batch_op:
        batch_op.create_index("ix_call_back_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "contact_leg",
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_contact_leg_call_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_leg_contact_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_contact_leg")),
    )
    with op.batch_alter_table("contact_leg", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_leg_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_offer_answer_has_time")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_offer_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_offer_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_offer_open_until",
            ["until"],
            unique=False,
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_offer_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(
            "uq_offer_one_open",
            ["contact_id", "staff_id"],
            unique=True,
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )

    op.create_table(
        "seat",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("serves", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'talking' OR contact_id IS NOT NULL", name=op.f("ck_seat_talking_has_contact")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_seat_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_seat_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_seat_staff_id")),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("seat")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_offer_one_open",
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_offer_staff_id"))
        batch_op.drop_index(
            "ix_offer_open_until",
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_offer_contact_id"))

    op.drop_table("offer")
    with op.batch_alter_table("contact_leg", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_leg_contact_id"))

    op.drop_table("contact_leg")
    with op.batch_alter_table("call_back", schema=None) as batch_op:
        batch_op.drop_index("ix_call_back_state_due_at")

    op.drop_table("call_back")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_taken_by"))
        batch_op.drop_index(batch_op.f("ix_contact_owner_id"))
        batch_op.drop_index("ix_contact_line_state")
        batch_op.drop_index("ix_contact_line_rung_at")
        batch_op.drop_index(batch_op.f("ix_contact_caller_id"))

    op.drop_table("contact")
    op.drop_table("help_line")
    op.drop_table("caller")
