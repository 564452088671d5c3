"""Matters: what a resident raised, with a receipt number so that it can be followed to the end."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.people import Unit
from core.places import Place
from core.secrets import SealedText
from core.terms import code_list, coded
from matters.attributes import ClockColour, Conflict, Difficulty, IdentityClass, MatterKind, Origin, Urgency
from matters.clocks import colour
from matters.states import MatterState

S = MatterState
_WHO_MAY_KNOW = ("conflict", "conflict_unit_id")
"""In the indices of the boards, so that counting a queue reads no wide row at all."""


class Matter(Base):
    """One issue followed to the end.

    `standing` is what its log amounts to and the only truth beside the log; the columns that repeat parts of it
    are for lists and are written by the mover alone (matters.moving).
    """

    __tablename__ = "matter"
    __table_args__ = (
        sa.CheckConstraint(
            f"(state IN {code_list(S.DRAFT, S.WITHDRAWN)} AND receipt IS NULL) OR (receipt IS NOT NULL AND pin_hash IS NOT NULL AND topic IS NOT NULL"
            " AND kind IS NOT NULL AND place_id IS NOT NULL AND promised_on IS NOT NULL"
            " AND registered_at IS NOT NULL)",
            name="registered_has_all",
        ),
        sa.CheckConstraint(
            f"state NOT IN {code_list(S.ASSIGNED, S.IN_HAND, S.RETURN_ASKED, S.WAIT_CALLER, S.RESULT_IN)}"
            " OR lead_unit_id IS NOT NULL",
            name="assigned_has_lead",
        ),
        sa.CheckConstraint(f"state <> '{S.MERGED.value}' OR merged_into_id IS NOT NULL", name="merged_into"),
        sa.CheckConstraint(
            "conflict <> 'unit' OR conflict_unit_id IS NOT NULL OR receipt IS NULL",
            name="conflict_names_unit",
        ),
        sa.Index("ix_matter_state_due_at_conflict", "state", "due_at", *_WHO_MAY_KNOW),
        sa.Index("ix_matter_lead_unit_id_state", "lead_unit_id", "state"),
        sa.Index("ix_matter_state_stage_due_at", "state", "stage_due_at"),
        sa.Index("ix_matter_due_at_yellow_at_conflict", "due_at", "yellow_at", *_WHO_MAY_KNOW),
        sa.Index("ix_matter_conflict_state", "conflict", "state"),
        sa.Index("ix_matter_is_incident_ended_at", "is_incident", "ended_at"),
        sa.Index("ix_matter_ended_at_level", "ended_at", "level"),
        sa.Index("ix_matter_ended_at_registered_at", "ended_at", "registered_at"),
        sa.Index("ix_matter_ended_at_due_at", "ended_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    receipt: Mapped[str | None] = mapped_column(sa.String(16), unique=True)
    """yymm-serial-check digit, as it is read aloud: 2611-0482-7; a draft has none yet."""
    pin_hash: Mapped[str | None] = mapped_column(sa.String(200))
    kind: Mapped[MatterKind | None] = mapped_column(coded(MatterKind))
    topic: Mapped[str | None] = mapped_column(sa.String(60))
    """A code of the topic list (matters.topics)."""
    urgency: Mapped[Urgency] = mapped_column(coded(Urgency), default=Urgency.U3)
    difficulty: Mapped[Difficulty | None] = mapped_column(coded(Difficulty))
    identity: Mapped[IdentityClass] = mapped_column(coded(IdentityClass), default=IdentityClass.PROTECTED)
    """The most careful class among its callers."""
    origin: Mapped[Origin] = mapped_column(coded(Origin))
    narrative: Mapped[str] = mapped_column(SealedText("note"))
    redacted: Mapped[str | None] = mapped_column(SealedText("note"))
    """The copy that units read: without names and numbers, approved by whoever assigned it."""
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    spot: Mapped[str] = mapped_column(sa.String(200), default="")
    """The spot within the place: a village, a road, a corner."""
    conflict: Mapped[Conflict] = mapped_column(coded(Conflict), default=Conflict.NONE)
    conflict_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    promised_on: Mapped[date | None]
    raised_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    raised_at: Mapped[datetime]
    registered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    registered_at: Mapped[datetime | None] = mapped_column(index=True)
    earlier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    """The closed matter that this one takes up again."""
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter.id"), index=True)

    state: Mapped[MatterState] = mapped_column(coded(MatterState), default=MatterState.DRAFT)
    standing: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=0)
    """Entries in the log; whoever acts says which one they saw."""
    policy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter_policy.id"), index=True)
    round: Mapped[int] = mapped_column(default=1)
    level: Mapped[int] = mapped_column(default=0)
    is_incident: Mapped[bool] = mapped_column(default=False)
    lead_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    due_at: Mapped[datetime | None]
    yellow_at: Mapped[datetime | None]
    is_paused: Mapped[bool] = mapped_column(default=False)
    is_provisional: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[str | None] = mapped_column(sa.String(20))
    stage_due_at: Mapped[datetime | None]
    next_step_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the clock itself does the next thing to it (matters.ticks)."""
    is_extension_asked: Mapped[bool] = mapped_column(default=False, index=True)
    """More time was asked for, and nobody has decided."""
    state_since: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    place: Mapped[Place | None] = relationship()
    lead_unit: Mapped[Unit | None] = relationship(foreign_keys=[lead_unit_id])
    conflict_unit: Mapped[Unit | None] = relationship(foreign_keys=[conflict_unit_id])
    merged_into: Mapped[Matter | None] = relationship(remote_side=[id], foreign_keys=[merged_into_id])

    def colour(self, at: datetime) -> ClockColour:
        """Say the colour of its clock at a moment."""
        return colour(self.due_at, self.yellow_at, at, is_paused=self.is_paused)


class SupportingUnit(Base):
    """A supporting unit of a matter, for lists; the truth is in the standing."""

    __tablename__ = "supporting_unit"

    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), primary_key=True, index=True)
    is_open: Mapped[bool] = mapped_column(default=True)
