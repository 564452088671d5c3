"""route by rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "route_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_route_rule_changed_by")),
        sa.ForeignKeyConstraint(["lead_id"], ["unit.id"], name=op.f("fk_route_rule_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_rule")),
        sa.UniqueConstraint("topic", name=op.f("uq_route_rule_topic")),
    )
    op.create_index(op.f("ix_route_rule_lead_id"), "route_rule", ["lead_id"])
    op.create_table(
        "route_support",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["route_rule.id"], name=op.f("fk_route_support_rule_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_route_support_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_support")),
        sa.UniqueConstraint("rule_id", "unit_id", name=op.f("uq_route_support_rule_id_unit_id")),
    )
    op.create_index(op.f("ix_route_support_unit_id"), "route_support", ["unit_id"])
    op.create_table(
        "matter_likeness",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("numbers", sa.Integer(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["matter_event.id"], name=op.f("fk_matter_likeness_event_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_likeness_matter_id")),
        sa.ForeignKeyConstraint(["other_id"], ["matter.id"], name=op.f("fk_matter_likeness_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_likeness")),
        sa.UniqueConstraint("event_id", name=op.f("uq_matter_likeness_event_id")),
    )
    for column in ("kind", "matter_id", "other_id"):
        op.create_index(op.f(f"ix_matter_likeness_{column}"), "matter_likeness", [column])


def downgrade() -> None:
    """Step back."""
    for table in ("matter_likeness", "route_support", "route_rule"):
        op.drop_table(table)
