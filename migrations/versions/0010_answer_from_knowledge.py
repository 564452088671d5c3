"""answer from knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _wording() -> list[sa.Column[object]]:
    """Return the columns that an article and each of its editions share."""
    return [
        sa.Column("title_zh", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column(
            "topics",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_unit_id", ID, nullable=False),
        sa.Column("owner_staff_id", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "knowledge_article",
        sa.Column("id", ID, nullable=False),
        *_wording(),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("title_zh <> '' OR title_en <> ''", name=op.f("ck_knowledge_article_has_title")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_knowledge_article_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["staff.id"], name=op.f("fk_knowledge_article_changed_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["owner_staff_id"], ["staff.id"], name=op.f("fk_knowledge_article_owner_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["owner_unit_id"], ["unit.id"], name=op.f("fk_knowledge_article_owner_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_article")),
    )
    for column in ("owner_staff_id", "owner_unit_id", "valid_until"):
        op.create_index(op.f(f"ix_knowledge_article_{column}"), "knowledge_article", [column])
    op.create_table(
        "knowledge_edition",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        *_wording(),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("written_by", ID, nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["knowledge_article.id"],
            name=op.f("fk_knowledge_edition_article_id_knowledge_article"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_staff_id"], ["staff.id"], name=op.f("fk_knowledge_edition_owner_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["owner_unit_id"], ["unit.id"], name=op.f("fk_knowledge_edition_owner_unit_id_unit")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["staff.id"], name=op.f("fk_knowledge_edition_written_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_edition")),
        sa.UniqueConstraint("article_id", "version", name=op.f("uq_knowledge_edition_article_id_version")),
    )


def downgrade() -> None:
    """Step back."""
    op.drop_table("knowledge_edition")
    for column in ("valid_until", "owner_unit_id", "owner_staff_id"):
        op.drop_index(op.f(f"ix_knowledge_article_{column}"), table_name="knowledge_article")
    op.drop_table("knowledge_article")
