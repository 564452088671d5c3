"""Keep the signs that residents of a place were told how to answer, beside each weight set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "coaching_sign",
        sa.Column("weight_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sign", sa.String(length=32), nullable=False),
        sa.Column("domain", sa.String(length=60), nullable=False),
        sa.Column("p", sa.Float(precision=53), nullable=True),
        sa.Column("is_above", sa.Boolean(), nullable=False),
        sa.Column("estimate", sa.Float(precision=53), nullable=True),
        sa.Column("standard_error", sa.Float(precision=53), nullable=True),
        sa.Column("low", sa.Float(precision=53), nullable=True),
        sa.Column("high", sa.Float(precision=53), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("effective_n", sa.Float(precision=53), nullable=True),
        sa.Column("deff", sa.Float(precision=53), nullable=True),
        sa.Column("df", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["weight_set_id"], ["weight_set.id"], name=op.f("fk_coaching_sign_weight_set_id")
        ),
        sa.PrimaryKeyConstraint("weight_set_id", "sign", "domain", name=op.f("pk_coaching_sign")),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("coaching_sign")
