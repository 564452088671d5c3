"""Look at a glance: what an operator has in hand, took today and is rung for is found without their past."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | None = None
depends_on: str | None = None

STILL_OPEN = sa.text("answer IS NULL")


def upgrade() -> None:
    """Step forward."""
    op.create_index("ix_contact_taken_by_state", "contact", ["taken_by", "state"])
    op.create_index("ix_contact_taken_by_taken_at", "contact", ["taken_by", "taken_at"])
    op.drop_index("ix_contact_taken_by", "contact")
    op.create_index(
        "ix_offer_open_staff_id", "offer", ["staff_id"], postgresql_where=STILL_OPEN, sqlite_where=STILL_OPEN
    )


def downgrade() -> None:
    """Step back."""
    op.drop_index("ix_offer_open_staff_id", "offer")
    op.create_index("ix_contact_taken_by", "contact", ["taken_by"])
    op.drop_index("ix_contact_taken_by_taken_at", "contact")
    op.drop_index("ix_contact_taken_by_state", "contact")
