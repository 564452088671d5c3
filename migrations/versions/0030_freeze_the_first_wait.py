"""Freeze the first wait: how the first waiting ended stands, whatever follows, and who writes a record keeps it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | None = None
depends_on: str | None = None

_SECONDS = {
    "sqlite": "round((julianday({until}) - julianday({since})) * 86400.0, 3)",
    "postgresql": "round(extract(epoch FROM ({until}) - ({since}))::numeric, 3)::float8",
}
_FILL = """
UPDATE contact SET left_by = way_out,
    first_wait_s = CASE WHEN {seconds} > 0 THEN {seconds} ELSE 0 END
WHERE way_out IS NOT NULL
"""


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Step forward."""
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("written_by", _id(), nullable=True))
        batch_op.add_column(sa.Column("left_by", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("first_wait_s", sa.Float(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_contact_written_by"), "staff", ["written_by"], ["id"])
    begun = "coalesce(waiting_from, rung_at)"
    answered = "CASE WHEN way_out = 'answered' THEN talking_at END"
    seconds = _SECONDS[op.get_bind().dialect.name].format(
        since=begun, until=f"coalesce({answered}, ended_at, {begun})"
    )
    op.execute(sa.text(_FILL.format(seconds=seconds.replace(":", "\\:"))))


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_contact_written_by"), type_="foreignkey")
        batch_op.drop_column("first_wait_s")
        batch_op.drop_column("left_by")
        batch_op.drop_column("written_by")
