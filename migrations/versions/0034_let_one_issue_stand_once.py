"""Let one issue stand once: two workers can't draft the same issue, or the same corrected edition, at the same time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | None = None
depends_on: str | None = None

STANDING = sa.text("state NOT IN ('discarded', 'withdrawn', 'corrected')")


def upgrade() -> None:
    """Step forward."""
    op.create_index(
        "uq_bulletin_one_standing",
        "bulletin",
        ["kind", "year", "number", "edition"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def downgrade() -> None:
    """Step back."""
    op.drop_index("uq_bulletin_one_standing", table_name="bulletin")
