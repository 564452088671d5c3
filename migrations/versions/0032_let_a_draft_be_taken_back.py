"""Let a draft be taken back by its caller, and be about a unit that nobody has named yet."""

from __future__ import annotations

from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | None = None
depends_on: str | None = None

_WHOLE = (
    "(receipt IS NOT NULL AND pin_hash IS NOT NULL AND topic IS NOT NULL"
    " AND kind IS NOT NULL AND place_id IS NOT NULL AND promised_on IS NOT NULL"
    " AND registered_at IS NOT NULL)"
)
_NAMED = "conflict <> 'unit' OR conflict_unit_id IS NOT NULL"


def _check(whole: str, named: str) -> None:
    with op.batch_alter_table("matter", schema=None) as batch_op:
        for name, condition in (("registered_has_all", whole), ("conflict_names_unit", named)):
            batch_op.drop_constraint(batch_op.f(f"ck_matter_{name}"), type_="check")
            batch_op.create_check_constraint(batch_op.f(f"ck_matter_{name}"), condition)


def upgrade() -> None:
    """Step forward."""
    _check(
        f"(state IN ('draft', 'withdrawn') AND receipt IS NULL) OR {_WHOLE}",
        f"{_NAMED} OR receipt IS NULL",
    )


def downgrade() -> None:
    """Step back; what was taken back as a draft is a draft again, and a unit nobody named is a person of one."""
    op.execute("UPDATE matter SET state = 'draft' WHERE state = 'withdrawn' AND receipt IS NULL")
    op.execute("UPDATE matter SET conflict = 'staff' WHERE conflict = 'unit' AND conflict_unit_id IS NULL")
    _check(f"state = 'draft' OR {_WHOLE}", _NAMED)
