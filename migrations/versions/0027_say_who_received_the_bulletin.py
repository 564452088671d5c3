"""Say who received the bulletin: the distribution list, its messages, and the scope of special reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | None = None
depends_on: str | None = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "bulletin_recipient",
        sa.Column("id", _id(), nullable=False),
        sa.Column("staff_id", _id(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("mail", sa.LargeBinary(), nullable=True),
        sa.Column("kinds", _json(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("remind_after", sa.Integer(), nullable=False),
        sa.Column("made_by", _id(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", _id(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(staff_id IS NULL) = (name IS NOT NULL)", name=op.f("ck_bulletin_recipient_outsider_has_name")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR (number IS NULL AND mail IS NULL)",
            name=op.f("ck_bulletin_recipient_ended_has_no_contact"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_bulletin_recipient_staff_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_bulletin_recipient_made_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_bulletin_recipient_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_recipient")),
    )
    op.create_index("ix_bulletin_recipient_staff_id", "bulletin_recipient", ["staff_id"])
    op.create_table(
        "bulletin_delivery",
        sa.Column("id", _id(), nullable=False),
        sa.Column("bulletin_id", _id(), nullable=False),
        sa.Column("recipient_id", _id(), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("text_id", _id(), nullable=True),
        sa.Column("mail_key", sa.String(length=40), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting')) = (settled_at IS NULL)", name=op.f("ck_bulletin_delivery_settled_has_time")
        ),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_bulletin_delivery_bulletin_id")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["bulletin_recipient.id"], name=op.f("fk_bulletin_delivery_recipient_id")
        ),
        sa.ForeignKeyConstraint(["text_id"], ["text_message.id"], name=op.f("fk_bulletin_delivery_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_delivery")),
        sa.UniqueConstraint(
            "bulletin_id", "recipient_id", "occasion", "way",
            name=op.f("uq_bulletin_delivery_bulletin_id_recipient_id_occasion_way"),
        ),
    )  # fmt: skip
    op.create_index("ix_bulletin_delivery_recipient_id", "bulletin_delivery", ["recipient_id"])
    op.create_index("ix_bulletin_delivery_state_due_at", "bulletin_delivery", ["state", "due_at"])
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topics", _json(), nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("place_id", _id(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_bulletin_place_id"), "place", ["place_id"], ["id"])
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.alter_column("topics", server_default=None)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_bulletin_place_id"), type_="foreignkey")
        batch_op.drop_column("place_id")
        batch_op.drop_column("topics")
    op.drop_table("bulletin_delivery")
    op.drop_table("bulletin_recipient")
