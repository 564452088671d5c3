"""Keep what risk is made of: screenings, levels, dangers, safety plans, follow-ups, questionnaires, escalations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "risk_scale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["adopted_by"], ["staff.id"], name=op.f("fk_risk_scale_adopted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_scale")),
    )
    op.create_table(
        "danger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_acting", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(over_at IS NULL) = (over_by IS NULL)", name=op.f("ck_danger_over_by_someone")),
        sa.ForeignKeyConstraint(["began_by"], ["staff.id"], name=op.f("fk_danger_began_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_danger_contact_id")),
        sa.ForeignKeyConstraint(["over_by"], ["staff.id"], name=op.f("fk_danger_over_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger")),
    )
    with op.batch_alter_table("danger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_danger_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index("ix_danger_over_at_began_at", ["over_at", "began_at"], unique=False)
        batch_op.create_index(
            "uq_danger_open",
            ["contact_id"],
            unique=True,
            postgresql_where=sa.text("over_at IS NULL"),
            sqlite_where=sa.text("over_at IS NULL"),
        )

    op.create_table(
        "escalation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raised_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_escalation_answered_by_someone")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["staff.id"], name=op.f("fk_escalation_answered_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_escalation_contact_id")),
        sa.ForeignKeyConstraint(["first_id"], ["staff.id"], name=op.f("fk_escalation_first_id")),
        sa.ForeignKeyConstraint(["raised_by"], ["staff.id"], name=op.f("fk_escalation_raised_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("key", name=op.f("uq_escalation_key")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index("ix_escalation_answered_at_next_at", ["answered_at", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('due', 'held')) = (closed_at IS NULL)", name=op.f("ck_follow_up_closed_has_time")
        ),
        sa.CheckConstraint(
            "(state IN ('held')) = (held_by IS NOT NULL)", name=op.f("ck_follow_up_held_has_holder")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_follow_up_contact_id")),
        sa.ForeignKeyConstraint(["held_by"], ["staff.id"], name=op.f("fk_follow_up_held_by")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_follow_up_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_follow_up_state_next_at", ["state", "next_at"], unique=False)
        batch_op.create_index(
            "uq_follow_up_held_by",
            ["held_by"],
            unique=True,
            postgresql_where=sa.text("held_by IS NOT NULL"),
            sqlite_where=sa.text("held_by IS NOT NULL"),
        )

    op.create_table(
        "follow_up_wish",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.LargeBinary(), nullable=False),
        sa.Column("safe_word", sa.LargeBinary(), nullable=True),
        sa.Column("others", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_follow_up_wish_changed_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_follow_up_wish_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_wish")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_follow_up_wish_contact_id")),
    )
    op.create_table(
        "risk_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "agreed_by IS NULL OR agreed_by <> given_by", name=op.f("ck_risk_level_two_people")
        ),
        sa.ForeignKeyConstraint(["agreed_by"], ["staff.id"], name=op.f("fk_risk_level_agreed_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_risk_level_contact_id")),
        sa.ForeignKeyConstraint(["given_by"], ["staff.id"], name=op.f("fk_risk_level_given_by")),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_risk_level_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_level")),
    )
    with op.batch_alter_table("risk_level", schema=None) as batch_op:
        batch_op.create_index("ix_risk_level_contact_id_given_at", ["contact_id", "given_at"], unique=False)
        batch_op.create_index("ix_risk_level_level_given_at", ["level", "given_at"], unique=False)

    op.create_table(
        "risk_lowering",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wanted", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_agreed", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (is_agreed IS NULL)",
            name=op.f("ck_risk_lowering_decided_by_someone"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_risk_lowering_two_people")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_risk_lowering_asked_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_risk_lowering_contact_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_risk_lowering_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_lowering")),
    )
    with op.batch_alter_table("risk_lowering", schema=None) as batch_op:
        batch_op.create_index(
            "uq_risk_lowering_open",
            ["contact_id"],
            unique=True,
            postgresql_where=sa.text("decided_at IS NULL"),
            sqlite_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "safety_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_safety_plan_contact_id")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_safety_plan_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_plan")),
        sa.UniqueConstraint("contact_id", "version", name=op.f("uq_safety_plan_contact_id_version")),
    )
    op.create_table(
        "scale_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_scale_sheet_changed_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_scale_sheet_contact_id")),
        sa.ForeignKeyConstraint(["scale_id"], ["risk_scale.id"], name=op.f("fk_scale_sheet_scale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale_sheet")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_scale_sheet_contact_id")),
    )
    op.create_table(
        "screening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wording", sa.String(length=40), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("grade", sa.String(length=32), nullable=True),
        sa.Column("is_finished", sa.Boolean(), nullable=False),
        sa.Column("begun_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["begun_by"], ["staff.id"], name=op.f("fk_screening_begun_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_screening_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_screening_contact_id")),
    )
    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screening_begun_at"), ["begun_at"], unique=False)

    op.create_table(
        "assessment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("instrument_code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("coding", sa.String(length=10), nullable=False),
        sa.Column("rater", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("begun_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("total", sa.LargeBinary(), nullable=True),
        sa.Column("band", sa.String(length=30), nullable=True),
        sa.Column("is_flagged", sa.Boolean(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(rater = 'operator') = (begun_by IS NOT NULL)", name=op.f("ck_assessment_operators_are_named")
        ),
        sa.CheckConstraint(
            "(rater = 'operator') = (contact_id IS NOT NULL)",
            name=op.f("ck_assessment_operators_rate_contacts"),
        ),
        sa.ForeignKeyConstraint(["begun_by"], ["staff.id"], name=op.f("fk_assessment_begun_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_assessment_contact_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_assessment_escalation_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_assessment_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("token", name=op.f("uq_assessment_token")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_assessment_instrument_finished_at", ["instrument_code", "finished_at"], unique=False
        )

    op.create_table(
        "danger_stamp",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("danger_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_danger_stamp_by")),
        sa.ForeignKeyConstraint(["danger_id"], ["danger.id"], name=op.f("fk_danger_stamp_danger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger_stamp")),
        sa.UniqueConstraint("danger_id", "step", name=op.f("uq_danger_stamp_danger_id_step")),
    )
    op.create_table(
        "escalation_turn",
        sa.Column("escalation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_turn_escalation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_escalation_turn_staff_id")),
        sa.PrimaryKeyConstraint("escalation_id", "turn", name=op.f("pk_escalation_turn")),
    )
    with op.batch_alter_table("escalation_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_turn_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "follow_up_try",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("follow_up_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_follow_up_try_by")),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name=op.f("fk_follow_up_try_follow_up_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_try")),
    )
    with op.batch_alter_table("follow_up_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_try_follow_up_id"), ["follow_up_id"], unique=False)


def downgrade() -> None:
    """Step back."""
    with op.batch_alter_table("follow_up_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_try_follow_up_id"))

    op.drop_table("follow_up_try")
    with op.batch_alter_table("escalation_turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_turn_staff_id"))

    op.drop_table("escalation_turn")
    op.drop_table("danger_stamp")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_instrument_finished_at")
        batch_op.drop_index(batch_op.f("ix_assessment_contact_id"))

    op.drop_table("assessment")
    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_screening_begun_at"))

    op.drop_table("screening")
    op.drop_table("scale_sheet")
    op.drop_table("safety_plan")
    with op.batch_alter_table("risk_lowering", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_risk_lowering_open",
            postgresql_where=sa.text("decided_at IS NULL"),
            sqlite_where=sa.text("decided_at IS NULL"),
        )

    op.drop_table("risk_lowering")
    with op.batch_alter_table("risk_level", schema=None) as batch_op:
        batch_op.drop_index("ix_risk_level_level_given_at")
        batch_op.drop_index("ix_risk_level_contact_id_given_at")

    op.drop_table("risk_level")
    op.drop_table("follow_up_wish")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_follow_up_held_by",
            postgresql_where=sa.text("held_by IS NOT NULL"),
            sqlite_where=sa.text("held_by IS NOT NULL"),
        )
        batch_op.drop_index("ix_follow_up_state_next_at")
        batch_op.drop_index(batch_op.f("ix_follow_up_owner_id"))
        batch_op.drop_index(batch_op.f("ix_follow_up_due_at"))
        batch_op.drop_index(batch_op.f("ix_follow_up_contact_id"))

    op.drop_table("follow_up")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_contact_id"))
        batch_op.drop_index("ix_escalation_answered_at_next_at")

    op.drop_table("escalation")
    with op.batch_alter_table("danger", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_danger_open",
            postgresql_where=sa.text("over_at IS NULL"),
            sqlite_where=sa.text("over_at IS NULL"),
        )
        batch_op.drop_index("ix_danger_over_at_began_at")
        batch_op.drop_index(batch_op.f("ix_danger_contact_id"))

    op.drop_table("danger")
    op.drop_table("risk_scale")
