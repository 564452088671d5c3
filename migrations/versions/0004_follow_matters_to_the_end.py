"""follow matters to the end."""

from __future__ import annotations

import json
from datetime import UTC, date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
LIMITS = {
    "save": {"any": "10m"},
    "decide": {"any": "1wd"},
    "submit": {"u1": "15m", "u2": "1h", "any": "4h"},
    "assign": {"u1": "1h", "u2": "2h", "any": "24h"},
    "sign": {"u1": "15m", "u2": "30m", "any": "1wd"},
    "ask_return": {"u4": "2wd", "any": "1wd"},
    "rule_return": {"u1": "4h", "u2": "4h", "any": "1wd"},
    "first_contact": {"u1": "2h", "u2": "24h", "any": "1wd"},
    "pause": {"any": "3wd"},
    "extension": {"any": "10wd"},
    "result": {"u1": "2h", "u2": "24h", "u3": "5wd", "u4": "15wd"},
    "check": {"any": "1wd"},
    "first_tell": {"any": "1wd"},
    "tell_all": {"any": "5wd"},
    "revisit_from": {"u1": "1d", "u2": "1d", "any": "3wd"},
    "revisit_by": {"u1": "2d", "u2": "2d", "any": "5wd"},
    "panel": {"any": "3wd"},
    "unreached": {"any": "10wd"},
    "suspension": {"any": "90d"},
    "reopen": {"any": "30d"},
    "review": {"any": "2wd"},
    "merge": {"any": "30d"},
    "level_up": {"any": "2wd"},
    "notice_list": {"any": "5wd"},
    "acknowledge": {"any": "15m"},
    "incident_phone": {"any": "20m"},
    "incident_written": {"any": "40m"},
    "incident_city": {"any": "2h"},
    "identity": {"any": "2h"},
}
"""The limits that matters had until there were policies."""

branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "matter_policy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("limits", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_matter_policy_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_policy")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_matter_policy_valid_from")),
    )
    op.create_table(
        "matter_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_event_matter_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_matter_event_staff_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_matter_event_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_event")),
        sa.UniqueConstraint("matter_id", "number", name=op.f("uq_matter_event_matter_id_number")),
    )
    with op.batch_alter_table("matter_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_matter_event_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_event_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_event_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "reporter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_reporter_matter_id")),
        sa.ForeignKeyConstraint(["receipt_of_id"], ["matter.id"], name=op.f("fk_reporter_receipt_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporter")),
    )
    with op.batch_alter_table("reporter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reporter_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_reporter_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reporter_receipt_of_id"), ["receipt_of_id"], unique=False)

    op.create_table(
        "supporting_unit",
        sa.Column("matter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_supporting_unit_matter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_supporting_unit_unit_id")),
        sa.PrimaryKeyConstraint("matter_id", "unit_id", name=op.f("pk_supporting_unit")),
    )
    with op.batch_alter_table("supporting_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supporting_unit_unit_id"), ["unit_id"], unique=False)

    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("difficulty", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("redacted", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("conflict", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("conflict_unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("raised_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("earlier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("standing", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("policy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("round", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("level", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_incident", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("lead_unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("yellow_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("is_paused", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("is_provisional", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("stage", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("stage_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("state_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))

    _give_old_matters_their_log()

    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.alter_column("conflict", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("raised_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("standing", existing_type=sa.Text(), nullable=False)
        batch_op.alter_column("version", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("round", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("level", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("is_incident", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("is_paused", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("is_provisional", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("state_since", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("receipt", existing_type=sa.String(length=16), nullable=True)
        batch_op.alter_column("pin_hash", existing_type=sa.String(length=200), nullable=True)
        batch_op.alter_column("kind", existing_type=sa.String(length=32), nullable=True)
        batch_op.alter_column("topic", existing_type=sa.String(length=60), nullable=True)
        batch_op.alter_column(
            "place_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )
        batch_op.alter_column("promised_on", existing_type=sa.Date(), nullable=True)
        batch_op.alter_column("registered_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        batch_op.drop_index(batch_op.f("ix_matter_reporter_fingerprint"))
        batch_op.create_index(batch_op.f("ix_matter_conflict_unit_id"), ["conflict_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_earlier_id"), ["earlier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index("ix_matter_lead_unit_id_state", ["lead_unit_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_policy_id"), ["policy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_matter_raised_by"), ["raised_by"], unique=False)
        batch_op.create_index("ix_matter_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_matter_state_stage_due_at", ["state", "stage_due_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_matter_merged_into_id"), "matter", ["merged_into_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_matter_raised_by"), "staff", ["raised_by"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_matter_policy_id"), "matter_policy", ["policy_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_matter_conflict_unit_id"), "unit", ["conflict_unit_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_matter_earlier_id"), "matter", ["earlier_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_matter_lead_unit_id"), "unit", ["lead_unit_id"], ["id"])
        batch_op.drop_column("reporter_number")
        batch_op.drop_column("reporter_fingerprint")
        batch_op.create_check_constraint(
            batch_op.f("ck_matter_registered_has_all"),
            "state = 'draft' OR (receipt IS NOT NULL AND pin_hash IS NOT NULL AND topic IS NOT NULL"
            " AND kind IS NOT NULL AND place_id IS NOT NULL AND promised_on IS NOT NULL"
            " AND registered_at IS NOT NULL)",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_matter_assigned_has_lead"),
            "state NOT IN ('assigned', 'in_hand', 'return_asked', 'wait_caller', 'result_in')"
            " OR lead_unit_id IS NOT NULL",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_matter_merged_into"), "state <> 'merged' OR merged_into_id IS NOT NULL"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_matter_conflict_names_unit"), "conflict <> 'unit' OR conflict_unit_id IS NOT NULL"
        )


def _give_old_matters_their_log() -> None:
    """Let every matter registered so far begin its log with its registration, and its caller stand apart."""
    bind = op.get_bind()
    matter = sa.table(
        "matter",
        *(
            sa.column(name)
            for name in (
                "id",
                "identity",
                "origin",
                "urgency",
                "reporter_fingerprint",
                "registered_by",
                "conflict",
                "standing",
                "version",
                "round",
                "level",
                "is_incident",
                "is_paused",
                "is_provisional",
                "policy_id",
                "raised_by",
            )
        ),
        sa.column("reporter_number", sa.LargeBinary()),
        sa.column("registered_at", sa.DateTime(timezone=True)),
        sa.column("raised_at", sa.DateTime(timezone=True)),
        sa.column("state_since", sa.DateTime(timezone=True)),
    )
    reporter = sa.table(
        "reporter",
        *(
            sa.column(n)
            for n in ("id", "matter_id", "receipt_of_id", "identity", "origin", "number", "fingerprint")
        ),
        sa.column("joined_at", sa.DateTime(timezone=True)),
    )
    event = sa.table(
        "matter_event",
        *(sa.column(n) for n in ("matter_id", "number", "action", "staff_id")),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    )
    rows = bind.execute(sa.select(matter)).mappings().all()
    if not rows:
        return
    policy = sa.table(
        "matter_policy",
        sa.column("id"),
        sa.column("valid_from", sa.Date()),
        sa.column("limits", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
        sa.column("made_at", sa.DateTime(timezone=True)),
    )
    began = min(row["registered_at"] for row in rows)
    bind.execute(sa.insert(policy).values(valid_from=date(2000, 1, 1), limits=LIMITS, made_at=began))
    policy_id = bind.execute(sa.select(policy.c.id)).scalar_one()
    for row in rows:
        at = row["registered_at"]
        bind.execute(
            sa.insert(reporter).values(
                matter_id=row["id"],
                receipt_of_id=row["id"],
                identity=row["identity"],
                origin=row["origin"],
                number=row["reporter_number"],
                fingerprint=row["reporter_fingerprint"],
                joined_at=at,
            )
        )
        caller = bind.execute(sa.select(reporter.c.id).where(reporter.c.matter_id == row["id"])).scalar_one()
        is_anonymous = row["reporter_number"] is None
        facts = {
            "urgency": row["urgency"],
            "conflict": "none",
            "conflict_unit": None,
            "caller": caller,
            "anonymous": is_anonymous,
            "consent": True,
            "policy": policy_id,
        }
        bind.execute(
            sa.insert(event).values(
                matter_id=row["id"],
                number=1,
                action="register",
                at=at,
                staff_id=row["registered_by"],
                facts=facts,
            )
        )
        moment = (
            (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat().replace("+00:00", "Z")
        )
        standing = {
            "state": "registered",
            "since": moment,
            "raised_at": moment,
            "urgency": row["urgency"],
            "policy": policy_id,
            "registered_at": moment,
            "registered_by": row["registered_by"],
            "round_began_at": moment,
            "callers": [{"id": caller, "is_anonymous": True} if is_anonymous else {"id": caller}],
        }
        bind.execute(
            sa.update(matter)
            .where(matter.c.id == row["id"])
            .values(
                conflict="none",
                standing=json.dumps(standing, separators=(",", ":")),
                version=1,
                round=1,
                level=0,
                is_incident=False,
                is_paused=False,
                is_provisional=False,
                policy_id=policy_id,
                raised_by=row["registered_by"],
                raised_at=at,
                state_since=at,
            )
        )


def _give_numbers_back() -> None:
    """Put the first caller's sealed number back into the matter."""
    op.execute(
        """UPDATE matter SET
           reporter_number = (SELECT r.number FROM reporter r WHERE r.receipt_of_id = matter.id ORDER BY r.id LIMIT 1),
           reporter_fingerprint =
             (SELECT r.fingerprint FROM reporter r WHERE r.receipt_of_id = matter.id ORDER BY r.id LIMIT 1)"""
    )


def downgrade() -> None:
    """Step back."""
    # A draft has no place in the older house: it must be completed or removed before stepping back.
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reporter_fingerprint", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("reporter_number", sa.LargeBinary(), nullable=True))

    _give_numbers_back()

    with op.batch_alter_table("matter", schema=None) as batch_op:
        for name in ("registered_has_all", "assigned_has_lead", "merged_into", "conflict_names_unit"):
            batch_op.drop_constraint(batch_op.f(f"ck_matter_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_matter_lead_unit_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matter_earlier_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matter_conflict_unit_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matter_policy_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matter_raised_by"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matter_merged_into_id"), type_="foreignkey")
        batch_op.drop_index("ix_matter_state_stage_due_at")
        batch_op.drop_index("ix_matter_state_due_at")
        batch_op.drop_index(batch_op.f("ix_matter_raised_by"))
        batch_op.drop_index(batch_op.f("ix_matter_policy_id"))
        batch_op.drop_index(batch_op.f("ix_matter_merged_into_id"))
        batch_op.drop_index("ix_matter_lead_unit_id_state")
        batch_op.drop_index(batch_op.f("ix_matter_ended_at"))
        batch_op.drop_index(batch_op.f("ix_matter_earlier_id"))
        batch_op.drop_index(batch_op.f("ix_matter_due_at"))
        batch_op.drop_index(batch_op.f("ix_matter_conflict_unit_id"))
        batch_op.create_index(
            batch_op.f("ix_matter_reporter_fingerprint"), ["reporter_fingerprint"], unique=False
        )
        batch_op.alter_column("registered_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("promised_on", existing_type=sa.Date(), nullable=False)
        batch_op.alter_column(
            "place_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
        batch_op.alter_column("topic", existing_type=sa.String(length=60), nullable=False)
        batch_op.alter_column("kind", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("pin_hash", existing_type=sa.String(length=200), nullable=False)
        batch_op.alter_column("receipt", existing_type=sa.String(length=16), nullable=False)
        batch_op.drop_column("ended_at")
        batch_op.drop_column("state_since")
        batch_op.drop_column("stage_due_at")
        batch_op.drop_column("stage")
        batch_op.drop_column("is_provisional")
        batch_op.drop_column("is_paused")
        batch_op.drop_column("yellow_at")
        batch_op.drop_column("due_at")
        batch_op.drop_column("lead_unit_id")
        batch_op.drop_column("is_incident")
        batch_op.drop_column("level")
        batch_op.drop_column("round")
        batch_op.drop_column("policy_id")
        batch_op.drop_column("version")
        batch_op.drop_column("standing")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("earlier_id")
        batch_op.drop_column("raised_at")
        batch_op.drop_column("raised_by")
        batch_op.drop_column("conflict_unit_id")
        batch_op.drop_column("conflict")
        batch_op.drop_column("redacted")
        batch_op.drop_column("difficulty")

    with op.batch_alter_table("supporting_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supporting_unit_unit_id"))

    op.drop_table("supporting_unit")
    with op.batch_alter_table("reporter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reporter_receipt_of_id"))
        batch_op.drop_index(batch_op.f("ix_reporter_matter_id"))
        batch_op.drop_index(batch_op.f("ix_reporter_fingerprint"))

    op.drop_table("reporter")
    with op.batch_alter_table("matter_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_matter_event_unit_id"))
        batch_op.drop_index(batch_op.f("ix_matter_event_staff_id"))
        batch_op.drop_index(batch_op.f("ix_matter_event_at"))
        batch_op.drop_index(batch_op.f("ix_matter_event_action"))

    op.drop_table("matter_event")
    op.drop_table("matter_policy")
