"""Ask a colleague about a caller; remember who was told of listening, and how far the carrier's list was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | None = None
depends_on: str | None = None

_OPEN = sa.text("closed_at IS NULL")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    op.add_column("contact", sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("help_line", sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "consult",
        sa.Column("id", _id(), nullable=False),
        sa.Column("contact_id", _id(), nullable=False),
        sa.Column("asked_by", _id(), nullable=False),
        sa.Column("colleague_id", _id(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('asked', 'coming', 'speaking')) = (closed_at IS NULL)",
            name=op.f("ck_consult_closed_has_time"),
        ),
        sa.CheckConstraint("asked_by <> colleague_id", name=op.f("ck_consult_two_people")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consult_contact_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_consult_asked_by")),
        sa.ForeignKeyConstraint(["colleague_id"], ["staff.id"], name=op.f("fk_consult_colleague_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consult")),
    )
    op.create_index("ix_consult_contact_id", "consult", ["contact_id"])
    op.create_index("ix_consult_due_at", "consult", ["due_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    for name, column in (
        ("uq_consult_one_open_per_contact", "contact_id"),
        ("uq_consult_one_open_per_colleague", "colleague_id"),
    ):
        op.create_index(name, "consult", [column], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    """Step back."""
    op.drop_table("consult")
    op.drop_column("help_line", "reconciled_at")
    op.drop_column("contact", "noticed_at")
