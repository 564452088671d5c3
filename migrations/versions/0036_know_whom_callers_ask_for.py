"""Know whom callers ask for, and what a lead agreed with somebody who calls often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | None = None
depends_on: str | None = None


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    """Step forward."""
    wish, plan = "same_operator_wish", "caller_plan"
    op.create_table(
        wish,
        _id("id"),
        _id("caller_id"),
        _id("staff_id"),
        _id("contact_id"),
        _moment("noted_at"),
        _moment("ends_at"),
        _key(wish, "caller_id", "caller"),
        _key(wish, "staff_id", "staff"),
        _key(wish, "contact_id", "contact"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{wish}")),
        sa.UniqueConstraint("caller_id", name=op.f(f"uq_{wish}_caller_id")),
    )
    op.create_index(f"ix_{wish}_contact_id", wish, ["contact_id"])
    op.create_table(
        plan,
        _id("id"),
        _id("caller_id"),
        _id("contact_id"),
        _id("operator_id", nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("care", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        _id("set_by"),
        _moment("set_at"),
        _moment("ends_at"),
        _id("ended_by", nullable=True),
        _moment("ended_at", nullable=True),
        _key(plan, "caller_id", "caller"),
        _key(plan, "contact_id", "contact"),
        _key(plan, "operator_id", "staff"),
        _key(plan, "set_by", "staff"),
        _key(plan, "ended_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{plan}")),
    )
    op.create_index(f"ix_{plan}_caller_id", plan, ["caller_id"])
    op.create_index(f"ix_{plan}_contact_id", plan, ["contact_id"])


def downgrade() -> None:
    """Step back."""
    op.drop_table("caller_plan")
    op.drop_table("same_operator_wish")
