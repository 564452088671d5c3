"""Know when a record was written down whose caller is still to be called, and which alarms ended by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | None = None
depends_on: str | None = None

ANSWERED = "ck_escalation_answered_by_someone"


def upgrade() -> None:
    """Step forward."""
    with op.batch_alter_table("contact") as table:
        table.add_column(sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("escalation") as table:
        table.drop_constraint(op.f(ANSWERED), type_="check")
        table.create_check_constraint(op.f(ANSWERED), "answered_by IS NULL OR answered_at IS NOT NULL")


def downgrade() -> None:
    """Step back."""
    # An alarm that ended by itself is given to who owns its contact, as it was before.
    op.execute(
        "UPDATE escalation SET answered_by = (SELECT owner_id FROM contact WHERE contact.id = contact_id) "
        "WHERE answered_at IS NOT NULL AND answered_by IS NULL"
    )
    with op.batch_alter_table("escalation") as table:
        table.drop_constraint(op.f(ANSWERED), type_="check")
        table.create_check_constraint(op.f(ANSWERED), "(answered_at IS NULL) = (answered_by IS NULL)")
    with op.batch_alter_table("contact") as table:
        table.drop_column("written_at")
