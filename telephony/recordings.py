"""Recordings: begun only after a spoken yes, which is a fact of the record itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.terms import Term, code_list, coded
from telephony.calls import Call
from telephony.signals import Event


class RecordingState(Term):
    """How far a recording is; it only ever goes forward."""

    REQUESTED = "requested", "准备录音", "Requested"
    RUNNING = "running", "录音中", "Recording"
    READY = "ready", "已录音", "Ready"
    ABSENT = "absent", "无录音", "Absent"
    DELETING = "deleting", "正在删除", "Being deleted"
    DELETED = "deleted", "已删除", "Deleted"


RECORDING_RANK = {
    RecordingState.REQUESTED: 0,
    RecordingState.RUNNING: 1,
    RecordingState.READY: 2,
    RecordingState.ABSENT: 2,
    RecordingState.DELETING: 3,
    RecordingState.DELETED: 4,
}


class Recording(Base):
    """What was kept of a call's sound; the sound itself stays with the line until it is fetched or deleted."""

    __tablename__ = "recording"
    __table_args__ = (
        sa.CheckConstraint("consent_at <= requested_at", name="consent_comes_first"),
        sa.CheckConstraint(
            f"(state IN {code_list(RecordingState.DELETED)}) = (deleted_at IS NOT NULL)",
            name="deleted_has_time",
        ),
        sa.CheckConstraint(
            f"state NOT IN {code_list(RecordingState.READY)} OR provider_ref IS NOT NULL",
            name="ready_has_ref",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    request_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    state: Mapped[RecordingState] = mapped_column(coded(RecordingState), default=RecordingState.REQUESTED)
    is_paused: Mapped[bool] = mapped_column(default=False)
    consent_at: Mapped[datetime]
    """When the person at the other end said yes."""
    requested_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    duration_s: Mapped[int | None]
    deleted_at: Mapped[datetime | None]
    """When the line said that its sound is gone."""

    call: Mapped[Call] = relationship()


def recording_of(session: Session, event: Event) -> Recording | None:
    """Return the recording an event speaks of, learning its reference from it."""
    ref, key = event.data.get("recording"), event.data.get("request_key")
    query = sa.select(Recording).with_for_update(of=Recording)
    found: Recording | None = None
    if ref:
        found = session.scalars(query.where(Recording.provider_ref == ref)).first()
    if found is None and key:
        found = session.scalars(query.where(Recording.request_key == key)).first()
        if found is not None and ref and found.provider_ref is None:
            found.provider_ref = str(ref)
            session.flush()
    return found


def running_recording(session: Session, call: Call) -> Recording | None:
    """Return the recording of a call that has not ended."""
    open_states = (RecordingState.REQUESTED, RecordingState.RUNNING)
    query = sa.select(Recording).where(Recording.call_id == call.id, Recording.state.in_(open_states))
    return session.scalars(query.order_by(Recording.id.desc())).first()


def note_deleted(recording: Recording, *, at: datetime) -> None:
    """Note that the line has deleted a recording."""
    recording.state, recording.deleted_at = RecordingState.DELETED, recording.deleted_at or at


def apply_to_recording(session: Session, recording: Recording, event: Event) -> bool:
    """Note what the line reports of a recording; the first end wins."""
    state = RecordingState.of(event.data["state"])
    if RECORDING_RANK[state] <= RECORDING_RANK[recording.state]:
        return False
    recording.state = state
    if state == RecordingState.READY:
        recording.ready_at = event.at
        recording.duration_s = event.data.get("duration_s")
    session.flush()
    return True
