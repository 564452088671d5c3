"""Call who is followed up: the contact of its own that a follow-up call is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("follow_up") as table:
        table.add_column(sa.Column("talk_id", kind, nullable=True))
        table.create_foreign_key(op.f("fk_follow_up_talk_id"), "contact", ["talk_id"], ["id"])
        table.create_unique_constraint(op.f("uq_follow_up_talk_id"), ["talk_id"])


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("follow_up") as table:
        table.drop_constraint(op.f("uq_follow_up_talk_id"), type_="unique")
        table.drop_constraint(op.f("fk_follow_up_talk_id"), type_="foreignkey")
        table.drop_column("talk_id")
