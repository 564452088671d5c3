"""Appraise by published schemes: versions of the scheme, frozen rounds, and the appeals against their figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | None = None
depends_on: str | None = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _staff(table: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([n], ["staff.id"], name=op.f(f"fk_{table}_{n}")) for n in names]


def upgrade() -> None:
    """Step forward."""
    scheme, done, appeal = "appraisal_scheme", "appraisal_round", "appraisal_appeal"
    op.create_table(
        scheme,
        sa.Column("id", _id(), nullable=False),
        sa.Column("appraised", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("indicators", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("made_by", _id(), nullable=True),
        _moment("made_at"),
        sa.Column("published_by", _id(), nullable=True),
        _moment("published_at", nullable=True),
        sa.CheckConstraint(
            "(state IN ('published')) = (published_at IS NOT NULL)",
            name=op.f(f"ck_{scheme}_published_has_time"),
        ),
        *_staff(scheme, "made_by", "published_by"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{scheme}")),
        sa.UniqueConstraint("appraised", "version", name=op.f(f"uq_{scheme}_appraised_version")),
    )
    op.create_index("ix_appraisal_scheme_appraised_valid_from", scheme, ["appraised", "valid_from"])
    op.create_table(
        done,
        sa.Column("id", _id(), nullable=False),
        sa.Column("scheme_id", _id(), nullable=False),
        sa.Column("appraised", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("replaces_id", _id(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        _moment("as_of"),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", _id(), nullable=True),
        _moment("made_at"),
        sa.Column("published_by", _id(), nullable=True),
        _moment("published_at", nullable=True),
        _moment("appeal_until", nullable=True),
        sa.Column("settled_by", _id(), nullable=True),
        _moment("settled_at", nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('preliminary', 'final', 'corrected') OR (published_at IS NOT NULL AND appeal_until IS NOT NULL)",
            name=op.f(f"ck_{done}_published_has_time"),
        ),
        sa.CheckConstraint(
            "(state = 'final') = (settled_at IS NOT NULL)", name=op.f(f"ck_{done}_final_has_time")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["appraisal_scheme.id"], name=op.f(f"fk_{done}_scheme_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["appraisal_round.id"], name=op.f(f"fk_{done}_replaces_id")),
        *_staff(done, "made_by", "published_by", "settled_by"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{done}")),
        sa.UniqueConstraint(
            "appraised",
            "kind",
            "starts_on",
            "edition",
            name=op.f(f"uq_{done}_appraised_kind_starts_on_edition"),
        ),
    )
    op.create_index("ix_appraisal_round_scheme_id", done, ["scheme_id"])
    op.create_index("ix_appraisal_round_replaces_id", done, ["replaces_id"])
    op.create_index("ix_appraisal_round_state_appraised", done, ["state", "appraised"])
    op.create_table(
        appeal,
        sa.Column("id", _id(), nullable=False),
        sa.Column("round_id", _id(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=32), nullable=False),
        sa.Column("grounds", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("filed_by", _id(), nullable=False),
        _moment("filed_at"),
        sa.Column("finding", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", _id(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.Column("numerator", sa.Float(precision=53), nullable=True),
        sa.Column("denominator", sa.Float(precision=53), nullable=True),
        sa.CheckConstraint(
            "(state = 'filed') = (decided_at IS NULL)", name=op.f(f"ck_{appeal}_decided_has_time")
        ),
        sa.CheckConstraint(
            "(state IN ('upheld')) = (numerator IS NOT NULL)", name=op.f(f"ck_{appeal}_upheld_names_counts")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["appraisal_round.id"], name=op.f(f"fk_{appeal}_round_id")),
        *_staff(appeal, "filed_by", "decided_by"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{appeal}")),
    )
    op.create_index("ix_appraisal_appeal_round_id_subject_id", appeal, ["round_id", "subject_id"])
    op.create_index("ix_appraisal_appeal_state", appeal, ["state"])


def downgrade() -> None:
    """Step back."""
    op.drop_table("appraisal_appeal")
    op.drop_table("appraisal_round")
    op.drop_table("appraisal_scheme")
