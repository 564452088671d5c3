"""ring callers back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "caller_try",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("reporter_id", ID, nullable=False),
        sa.Column("errand", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("call_id", ID, nullable=True),
        sa.Column("text_id", ID, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("result", sa.String(length=32), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_caller_try_call_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_caller_try_matter_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f("fk_caller_try_reporter_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_caller_try_staff_id")),
        sa.ForeignKeyConstraint(["text_id"], ["text_message.id"], name=op.f("fk_caller_try_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_try")),
        sa.UniqueConstraint("call_id", name=op.f("uq_caller_try_call_id")),
        sa.UniqueConstraint("text_id", name=op.f("uq_caller_try_text_id")),
    )
    with op.batch_alter_table("caller_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_caller_try_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index("ix_caller_try_reporter_id_errand", ["reporter_id", "errand"], unique=False)
        batch_op.create_index(batch_op.f("ix_caller_try_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "caller_turn",
        sa.Column("id", ID, nullable=False),
        sa.Column("errand", sa.String(length=32), nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("reporter_id", ID, nullable=False),
        sa.Column("person", sa.LargeBinary(length=16), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("is_promised", sa.Boolean(), nullable=False),
        sa.Column("needs_text", sa.Boolean(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("told_by", ID, nullable=True),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("lease_by", ID, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_caller_turn_lease_is_whole")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_caller_turn_asked_by")),
        sa.ForeignKeyConstraint(["lease_by"], ["staff.id"], name=op.f("fk_caller_turn_lease_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_caller_turn_matter_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f("fk_caller_turn_reporter_id")),
        sa.ForeignKeyConstraint(["told_by"], ["staff.id"], name=op.f("fk_caller_turn_told_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_turn")),
        sa.UniqueConstraint("reporter_id", "errand", name=op.f("uq_caller_turn_reporter_id_errand")),
    )
    with op.batch_alter_table("caller_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_caller_turn_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index("ix_caller_turn_next_at_rank", ["next_at", "rank"], unique=False)
        batch_op.create_index(batch_op.f("ix_caller_turn_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index(
            "uq_caller_turn_one_a_clerk",
            ["lease_by"],
            unique=True,
            sqlite_where=sa.text("lease_by IS NOT NULL"),
            postgresql_where=sa.text("lease_by IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_caller_turn_one_a_person",
            ["person"],
            unique=True,
            sqlite_where=sa.text("lease_by IS NOT NULL"),
            postgresql_where=sa.text("lease_by IS NOT NULL"),
        )

    op.create_table(
        "matter_recall",
        sa.Column("id", ID, nullable=False),
        sa.Column("errand", sa.String(length=32), nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("reporter_id", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("first", sa.String(length=32), nullable=True),
        sa.Column("first_satisfaction", sa.Integer(), nullable=True),
        sa.Column("judgement", sa.String(length=32), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("is_given_up", sa.Boolean(), nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_matter_recall_asked_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_recall_matter_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f("fk_matter_recall_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_recall")),
        sa.UniqueConstraint(
            "matter_id", "errand", "round", name=op.f("uq_matter_recall_matter_id_errand_round")
        ),
    )
    with op.batch_alter_table("matter_recall", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_matter_recall_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_recall_reporter_id"), ["reporter_id"], unique=False)


def downgrade() -> None:
    """Step back."""
    for table in ("matter_recall", "caller_turn", "caller_try"):
        op.drop_table(table)
