"""Remember the talk a level was given in, and from when its follow-ups are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("risk_level") as table:
        table.add_column(sa.Column("talk_id", number, nullable=True))
        table.add_column(sa.Column("counts_from", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_risk_level_talk_id"), "contact", ["talk_id"], ["id"])
    op.create_index("ix_risk_level_talk_id", "risk_level", ["talk_id"])


def downgrade() -> None:
    """Step back."""
    op.drop_index("ix_risk_level_talk_id", table_name="risk_level")
    with op.batch_alter_table("risk_level") as table:
        table.drop_constraint(op.f("fk_risk_level_talk_id"), type_="foreignkey")
        table.drop_column("counts_from")
        table.drop_column("talk_id")
