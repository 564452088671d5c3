"""Calls: one leg each, written down before it is dialled, moved only forward by what the line reports."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from core import secrets
from core.db import Base, Id, plainly
from core.people import Staff
from core.phone import masked
from core.secrets import SealedText
from core.terms import Term, code_list, coded
from telephony.line import RANK, Answerer, Cause, Event, EventKind, LegState
from telephony.rooms import Room


class Direction(Term):
    """Who began a call."""

    OUTBOUND = "outbound", "呼出", "Outbound"
    INBOUND = "inbound", "呼入", "Inbound"
    BROWSER = "browser", "话机接入", "From a browser"


class Party(Term):
    """Who is at the end of a leg."""

    RESIDENT = "resident", "居民", "Resident"
    OPERATOR = "operator", "话务人员", "Operator"
    SUPERVISOR = "supervisor", "督导", "Supervisor"


class Call(Base):
    """One leg on the line."""

    __tablename__ = "call"
    __table_args__ = (
        sa.CheckConstraint(
            f"(state IN {code_list(LegState.ENDED)}) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
        sa.CheckConstraint(
            f"(state IN {code_list(LegState.ENDED)}) = (cause IS NOT NULL)", name="ended_has_cause"
        ),
        sa.CheckConstraint(
            f"state NOT IN {code_list(LegState.CONNECTED)} OR connected_at IS NOT NULL",
            name="connected_has_time",
        ),
        sa.CheckConstraint("(number IS NULL) = (number_index IS NULL)", name="number_is_indexed"),
        sa.CheckConstraint("duration_s IS NULL OR duration_s >= 0", name="duration_not_negative"),
        sa.Index("ix_call_state_checked_at", "state", "checked_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    direction: Mapped[Direction] = mapped_column(coded(Direction))
    party: Mapped[Party] = mapped_column(coded(Party))
    number: Mapped[str | None] = mapped_column(SealedText("number"))
    number_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), index=True)
    state: Mapped[LegState] = mapped_column(coded(LegState), default=LegState.QUEUED)
    cause: Mapped[Cause | None] = mapped_column(coded(Cause))
    network_code: Mapped[int | None]
    """The network's own last word, where it gave one: 404 no such number, 480 switched off, 603 declined."""
    answerer: Mapped[Answerer | None] = mapped_column(coded(Answerer))
    created_at: Mapped[datetime]
    ring_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duration_s: Mapped[int | None]
    in_room: Mapped[bool] = mapped_column(default=False)
    is_held: Mapped[bool] = mapped_column(default=False)
    is_muted: Mapped[bool] = mapped_column(default=False)
    is_coaching: Mapped[bool] = mapped_column(default=False)
    room_order: Mapped[int] = mapped_column(default=-1)
    """The line's count at the last report of this leg's place in its room: an older one changes nothing."""
    checked_at: Mapped[datetime]
    """When the line was last heard about this leg; the reconciler asks after the silent ones."""

    room: Mapped[Room | None] = relationship()
    staff: Mapped[Staff | None] = relationship()

    @property
    def is_ended(self) -> bool:
        """Whether the leg is over."""
        return self.state == LegState.ENDED

    @property
    def was_connected(self) -> bool:
        """Whether anyone ever picked up."""
        return self.connected_at is not None

    @property
    def masked_number(self) -> str:
        """The number as it may be shown to anybody at work on the call."""
        return masked(self.number) if self.number else ""


def index_of(number: str | None) -> bytes | None:
    """Return the fingerprint by which calls to one number find each other."""
    return secrets.keyring().blind_index(number) if number else None


# Built once: these run for every report of the line, and building them took longer than running them.
_BY_REF = sa.select(Call).where(Call.provider_ref == sa.bindparam("ref"))
_BY_EITHER = (
    sa.select(Call)
    .where(sa.or_(Call.provider_ref == sa.bindparam("ref"), Call.request_key == sa.bindparam("own_key")))
    .order_by(Call.id)
    .with_for_update(of=Call)
)


def call_with_ref(session: Session, leg: str | None) -> Call | None:
    """Return the call of a leg."""
    return session.scalars(_BY_REF, {"ref": leg}).first() if leg else None


def call_of(session: Session, event: Event) -> tuple[Call | None, bool]:
    """Return the call an event speaks of, locked for the reducer, and whether its leg was learned just now."""
    key = event.data.get("request_key")
    found = session.scalars(_BY_EITHER, {"ref": event.leg, "own_key": key}).all()
    if event.leg is not None:
        for call in found:
            if call.provider_ref == event.leg:
                return call, False
    keyed = next((call for call in found if key is not None and call.request_key == key), None)
    if keyed is None or event.leg is None:
        return keyed, True
    if keyed.provider_ref is not None:
        return None, False  # another leg under our key: never ours to touch
    _write(session, keyed, {"provider_ref": event.leg})
    return keyed, True


def live_legs(session: Session, room: Room, *parties: Party) -> list[Call]:
    """Return the legs of a room that are not over."""
    query = sa.select(Call).where(Call.room_id == room.id, Call.state != LegState.ENDED).order_by(Call.id)
    if parties:
        query = query.where(Call.party.in_(parties))
    return list(session.scalars(query))


TELLING = frozenset({
    "state", "cause", "answerer", "ring_at", "connected_at", "duration_s",
    "in_room", "is_held", "is_muted", "is_coaching",
})  # fmt: skip
"""The facts of a leg whose change the listeners hear of."""


def note_moved(call: Call, room: Room) -> None:
    """Note which room a leg is to be in; what its former room still tells of it counts no more."""
    if call.room_id != room.id:
        call.room_id, call.room_order = room.id, -1
        call.in_room = call.is_held = call.is_muted = False


def apply_to_call(session: Session, call: Call, event: Event, room: Room | None = None) -> bool:
    """Note what the line reports of a leg, in whatever order it comes; say whether anything changed."""
    told: dict[str, Any] = {"checked_at": max(call.checked_at, event.at)}
    is_elsewhere = room is not None and call.room_id not in (None, room.id)
    if room is not None and call.room_id is None:
        told["room_id"] = room.id
    if event.kind == EventKind.LEG:
        told |= _of_state(call, event)
    elif event.kind == EventKind.ANSWERER and call.answerer is None:
        told["answerer"] = Answerer.of(event.data["answerer"])
    elif event.kind in (EventKind.JOINED, EventKind.LEFT, EventKind.HELD) and not is_elsewhere:
        told |= _of_place(call, event)  # what a room tells of a leg that was moved on is past
    new = {name: value for name, value in told.items() if value != getattr(call, name)}
    _write(session, call, new)
    return not TELLING.isdisjoint(new)


def _write(session: Session, call: Call, facts: dict[str, Any]) -> None:
    """Write new facts of a locked call, with one statement: the unit of work takes far longer.

    Whoever rolls back to a savepoint inside a session must expire what it read: see `events`.
    """
    if facts:
        plainly(session).execute(_update_of(*sorted(facts)), {"call_id": call.id, **facts})
        for name, value in facts.items():
            set_committed_value(call, name, value)


@cache
def _update_of(*names: str) -> sa.Update:
    """Build the statement that writes these facts, once."""
    table = Base.metadata.tables[Call.__tablename__]
    written: dict[str, sa.BindParameter[Any]] = {name: sa.bindparam(name) for name in names}
    return sa.update(table).where(table.c.id == sa.bindparam("call_id")).values(written)


def _earliest(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _higher(one: LegState, other: LegState) -> LegState:
    return other if RANK[other] > RANK[one] else one


def _of_state(call: Call, event: Event) -> dict[str, Any]:
    state = LegState.of(event.data["state"])
    told: dict[str, Any] = {"state": _higher(call.state, state)}
    if state == LegState.RINGING:
        told["ring_at"] = _earliest(call.ring_at, event.at)
    elif state == LegState.CONNECTED:
        told["connected_at"] = _earliest(call.connected_at, event.at)
    elif state == LegState.ENDED and not call.is_ended:  # the first end wins
        told["ended_at"] = event.at
        told["cause"] = Cause.of(event.data["cause"])
        told["network_code"] = event.data.get("network_code")
        told["duration_s"] = event.data.get("duration_s")
        told["in_room"] = False
    return told


def _of_place(call: Call, event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if event.kind == EventKind.JOINED:
        told["connected_at"] = _earliest(call.connected_at, event.at)
        told["state"] = _higher(call.state, LegState.CONNECTED)
    if event.kind == EventKind.LEFT and call.direction == Direction.BROWSER and not call.is_ended:
        # A browser's leg has nothing to do outside its room: leaving it is its end.
        told |= {"state": LegState.ENDED, "cause": Cause.NORMAL, "ended_at": event.at}
    order = event.order if event.order is not None else call.room_order + 1
    if order > call.room_order:
        told["room_order"] = order
        told["in_room"] = event.kind != EventKind.LEFT and not call.is_ended
        for fact in ("held", "muted", "coaching"):
            told[f"is_{fact}"] = bool(event.data.get(fact, False))
    return told
