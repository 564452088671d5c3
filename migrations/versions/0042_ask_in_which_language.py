"""Ask callers in which language they would like to talk, and know who speaks it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | None = None
depends_on: str | None = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "spoken_language",
        sa.Column("id", _id(), nullable=False),
        sa.Column("zh", sa.String(length=20), nullable=False),
        sa.Column("en", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoken_language")),
        sa.UniqueConstraint("zh", name=op.f("uq_spoken_language_zh")),
    )
    with op.batch_alter_table("help_line") as table:
        table.add_column(sa.Column("languages", _json(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("language_wait_s", sa.Integer(), nullable=False, server_default="60"))
        table.create_check_constraint(op.f("ck_help_line_language_wait"), "language_wait_s BETWEEN 0 AND 600")
    with op.batch_alter_table("help_line") as table:
        table.alter_column("languages", server_default=None)
        table.alter_column("language_wait_s", server_default=None)
    with op.batch_alter_table("seat") as table:
        table.add_column(sa.Column("speaks", _json(), nullable=False, server_default="[]"))
    with op.batch_alter_table("seat") as table:
        table.alter_column("speaks", server_default=None)
    # Nobody could choose until now: every contact said "zh", which is what no language says from now on.
    with op.batch_alter_table("contact") as table:
        table.drop_column("language")
        table.add_column(sa.Column("language_id", _id(), nullable=True))
        table.create_foreign_key(op.f("fk_contact_language_id"), "spoken_language", ["language_id"], ["id"])


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("contact") as table:
        table.drop_constraint(op.f("fk_contact_language_id"), type_="foreignkey")
        table.drop_column("language_id")
        table.add_column(sa.Column("language", sa.String(length=2), nullable=False, server_default="zh"))
    with op.batch_alter_table("contact") as table:
        table.alter_column("language", server_default=None)
    with op.batch_alter_table("seat") as table:
        table.drop_column("speaks")
    with op.batch_alter_table("help_line") as table:
        table.drop_constraint(op.f("ck_help_line_language_wait"), type_="check")
        table.drop_column("language_wait_s")
        table.drop_column("languages")
    op.drop_table("spoken_language")
