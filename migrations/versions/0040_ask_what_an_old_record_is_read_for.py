"""Ask what an old counselling record is read for, when it is not part of a talk, a wrap-up or a due follow-up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "asked_purpose",
        sa.Column("id", number, nullable=False),
        sa.Column("staff_id", number, nullable=False),
        sa.Column("contact_id", number, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_asked_purpose_staff_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_asked_purpose_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_purpose")),
    )
    op.create_index("ix_asked_purpose_contact_id_staff_id", "asked_purpose", ["contact_id", "staff_id"])


def downgrade() -> None:
    """Step back."""
    op.drop_table("asked_purpose")
