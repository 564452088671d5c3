"""count boards by index."""

from __future__ import annotations

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None

WHO_MAY_KNOW = ["conflict", "conflict_unit_id"]


def upgrade() -> None:
    """Step forward."""
    op.create_index("ix_matter_state_due_at_conflict", "matter", ["state", "due_at", *WHO_MAY_KNOW])
    op.create_index("ix_matter_due_at_yellow_at_conflict", "matter", ["due_at", "yellow_at", *WHO_MAY_KNOW])
    op.create_index("ix_matter_conflict_state", "matter", ["conflict", "state"])
    op.drop_index("ix_matter_state_due_at", "matter")
    op.drop_index("ix_matter_due_at_yellow_at", "matter")


def downgrade() -> None:
    """Step back."""
    op.create_index("ix_matter_state_due_at", "matter", ["state", "due_at"])
    op.create_index("ix_matter_due_at_yellow_at", "matter", ["due_at", "yellow_at"])
    op.drop_index("ix_matter_conflict_state", "matter")
    op.drop_index("ix_matter_due_at_yellow_at_conflict", "matter")
    op.drop_index("ix_matter_state_due_at_conflict", "matter")
