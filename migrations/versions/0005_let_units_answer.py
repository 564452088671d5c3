"""let units answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "matter_attachment",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("stored_as", sa.String(length=32), nullable=False),
        sa.Column("added_by", ID, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["staff.id"], name=op.f("fk_matter_attachment_added_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_attachment_matter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_matter_attachment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_attachment")),
        sa.UniqueConstraint("matter_id", "number", name=op.f("uq_matter_attachment_matter_id_number")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_matter_attachment_stored_as")),
    )
    op.create_index(op.f("ix_matter_attachment_unit_id"), "matter_attachment", ["unit_id"])

    op.create_table(
        "matter_relay",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", ID, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_by", ID, nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_relay_matter_id")),
        sa.ForeignKeyConstraint(["passed_by"], ["staff.id"], name=op.f("fk_matter_relay_passed_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_matter_relay_unit_id")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_matter_relay_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_relay")),
    )
    for column in ("matter_id", "unit_id", "passed_at"):
        op.create_index(op.f(f"ix_matter_relay_{column}"), "matter_relay", [column])

    op.create_table(
        "bridge_call",
        sa.Column("id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("reporter_id", ID, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_bridge_call_call_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_bridge_call_matter_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f("fk_bridge_call_reporter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_bridge_call_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridge_call")),
        sa.UniqueConstraint("call_id", name=op.f("uq_bridge_call_call_id")),
    )
    for column in ("matter_id", "unit_id", "reporter_id"):
        op.create_index(op.f(f"ix_bridge_call_{column}"), "bridge_call", [column])


def downgrade() -> None:
    """Step back."""
    for table in ("bridge_call", "matter_relay", "matter_attachment"):
        op.drop_table(table)
