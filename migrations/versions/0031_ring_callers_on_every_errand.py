"""Ring callers on every errand, write down what they are promised, and keep imported PINs until they are fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    promise = "caller_promise"
    op.create_table(
        promise,
        sa.Column("id", number, nullable=False),
        sa.Column("reporter_id", number, nullable=False),
        sa.Column("deed", sa.String(length=32), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("unit_id", number, nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", number, nullable=True),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f(f"fk_{promise}_reporter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f(f"fk_{promise}_unit_id")),
        sa.ForeignKeyConstraint(["told_by"], ["staff.id"], name=op.f(f"fk_{promise}_told_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{promise}")),
    )
    op.create_index("ix_caller_promise_reporter_id", promise, ["reporter_id"])
    op.create_index("ix_caller_promise_promised_on", promise, ["promised_on"])
    # What was read out when these were registered is known; to whom: whoever asks under that receipt.
    op.execute(
        "INSERT INTO caller_promise (reporter_id, deed, promised_on, told_at, told_by) "
        "SELECT r.id, 'answer', m.promised_on, m.registered_at, m.registered_by FROM reporter r "
        "JOIN matter m ON m.id = r.receipt_of_id WHERE m.promised_on IS NOT NULL AND m.registered_at IS NOT NULL"
    )
    with op.batch_alter_table("caller_try") as table:
        table.add_column(sa.Column("words", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("matter_relay") as table:
        table.add_column(sa.Column("is_given_up", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("matter_relay") as table:
        table.alter_column("is_given_up", server_default=None)
    with op.batch_alter_table("matter_import_row") as table:
        table.add_column(sa.Column("pin", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("matter_import_row") as table:
        table.drop_column("pin")
    with op.batch_alter_table("matter_relay") as table:
        table.drop_column("is_given_up")
    with op.batch_alter_table("caller_try") as table:
        table.drop_column("words")
    op.drop_table("caller_promise")
