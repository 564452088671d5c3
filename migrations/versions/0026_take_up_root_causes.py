"""Take up root causes: what piles up, what was done about it, and the counts that measure it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | None = None
depends_on: str | None = None

_OPEN = sa.text("state IN ('open')")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "root_cause",
        sa.Column("id", _id(), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("zone", sa.String(length=32), nullable=False),
        sa.Column("place_id", _id(), nullable=False),
        sa.Column("townships", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(precision=53), nullable=False),
        sa.Column("p", sa.Float(precision=53), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("opened_by", _id(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remedied_on", sa.Date(), nullable=True),
        sa.Column("remedy", sa.String(length=2000), nullable=False),
        sa.Column("unit_id", _id(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("elsewhere_before", sa.Integer(), nullable=False),
        sa.Column("elsewhere_after", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'open' OR (remedied_on IS NOT NULL AND unit_id IS NOT NULL AND remedy <> '')",
            name=op.f("ck_root_cause_remedied_has_remedy"),
        ),
        sa.CheckConstraint(
            "(state = 'measured') = (measured_at IS NOT NULL)", name=op.f("ck_root_cause_measured_has_time")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_root_cause_place_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_root_cause_opened_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_root_cause_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root_cause")),
    )
    op.create_index("ix_root_cause_place_id", "root_cause", ["place_id"])
    op.create_index("ix_root_cause_unit_id", "root_cause", ["unit_id"])
    op.create_index("ix_root_cause_state_remedied_on", "root_cause", ["state", "remedied_on"])
    op.create_index(
        "uq_root_cause_one_open",
        "root_cause",
        ["topic", "place_id", "zone"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("root_cause")
