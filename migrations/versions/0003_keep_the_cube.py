"""keep the cube."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward; what was interviewed before is counted by the sweep, or by `flask survey rebuild-cube`."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "cube_cell",
        sa.Column("wave_id", number, nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("stratum_id", number, nullable=False),
        sa.Column("sex_age", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("education", sa.String(length=40), nullable=False),
        sa.Column("answers", sa.String(length=120), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Float(precision=53), nullable=False),
        sa.Column("square", sa.Float(precision=53), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_cube_cell_never_below_nobody")),
        sa.ForeignKeyConstraint(["stratum_id"], ["stratum.id"], name=op.f("fk_cube_cell_stratum_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_cube_cell_wave_id")),
        sa.PrimaryKeyConstraint(
            "wave_id",
            "released_on",
            "stratum_id",
            "sex_age",
            "area",
            "education",
            "answers",
            name=op.f("pk_cube_cell"),
        ),
    )


def downgrade() -> None:
    """Step back: the interviews hold everything, so nothing is lost."""
    op.drop_table("cube_cell")
