"""Events: everything the line reports, kept once under its own key, applied, and told to whoever listens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id, plainly
from core.terms import coded
from telephony.calls import Call, apply_to_call, call_of
from telephony.recordings import apply_to_recording, recording_of
from telephony.rooms import apply_to_room, room_called
from telephony.signals import Event, EventKind
from telephony.texts import apply_to_text, text_of

log = logging.getLogger("tingmin.telephony")

TRIED_FOR = timedelta(days=1)
TOLD_ANYWAY = frozenset({
    EventKind.WAIT_ENTERED, EventKind.WAIT_LEFT, EventKind.INPUT, EventKind.JOINED, EventKind.LEFT,
})  # fmt: skip
"""News even when it comes too late to change the leg: who was in a room has talked there."""
Listener = Callable[[Session, Event, Call | None], object]
_listeners: dict[EventKind, list[Listener]] = {}
_answered: list[Callable[[Session, Event, Call | None], object]] = []


class LineEvent(Base):
    """One report of the line, exactly once; `data` holds codes and counts, never a number."""

    __tablename__ = "line_event"
    __table_args__ = (
        sa.Index("ix_line_event_unheard", "id", sqlite_where=sa.text("heard_at IS NULL"),
                 postgresql_where=sa.text("heard_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    kind: Mapped[EventKind] = mapped_column(coded(EventKind))
    provider: Mapped[str] = mapped_column(sa.String(20))
    leg: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    room: Mapped[str | None] = mapped_column(sa.String(64))
    order: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    heard_at: Mapped[datetime | None]
    """When it was applied and every listener had heard it; empty ones are tried again by the reconciler."""

    def as_event(self) -> Event:
        """Return the report as the line gave it."""
        return Event(
            self.key, self.at, self.provider, self.kind, self.leg, self.room, self.order, dict(self.data)
        )


def listen(kind: EventKind, listener: Listener) -> None:
    """Hear of every event of a kind that changed something; runs in the event's own transaction."""
    heard = _listeners.setdefault(kind, [])
    if listener not in heard:
        heard.append(listener)


def stop_listening(listener: Listener) -> None:
    """Take a listener away again."""
    for heard in _listeners.values():
        if listener in heard:
            heard.remove(listener)


def on_taken(function: Callable[[Session, Event, Call | None], object]) -> None:
    """Let the outbox see every applied event: a report is also the answer to a request."""
    if function not in _answered:
        _answered.append(function)


def take_in(session: Session, events: Iterable[Event], *, at: datetime, guarded: bool = True) -> list[Event]:
    """Keep, apply and tell what is new among the events; return the new ones.

    Guarded, a listener's failure keeps the event for another try; else it is the caller's to handle.
    """
    new = []
    for event in events:
        row_id = _keep(session, event, at=at)
        if row_id is not None:
            new.append(event)
            if not _hear(session, event, guarded=guarded):
                _mark(session, row_id, None)
    return new


_UNHEARD = (
    sa.select(LineEvent)
    .where(LineEvent.heard_at.is_(None), LineEvent.received_at > sa.bindparam("from"))
    .order_by(LineEvent.received_at.desc())
    .limit(sa.bindparam("most"))
)
_UNHEARD_OF = (
    sa.select(LineEvent)
    .where(LineEvent.leg == sa.bindparam("leg"), LineEvent.heard_at.is_(None))
    .order_by(LineEvent.id)
)


def take_again(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Apply events that came before their leg was known, or whose listener failed; return how many now did."""
    return _hear_all(session, session.scalars(_UNHEARD, {"from": at - TRIED_FOR, "most": limit}).all(), at)


def take_up(session: Session, call: Call, *, at: datetime) -> int:
    """Apply what the line reported of a leg before we knew that it is this call's."""
    return _hear_all(session, session.scalars(_UNHEARD_OF, {"leg": call.provider_ref}).all(), at)


def _hear_all(session: Session, rows: Sequence[LineEvent], at: datetime) -> int:
    heard = 0
    for row in rows:
        if _hear(session, row.as_event(), guarded=True):
            _mark(session, row.id, at)
            heard += 1
    return heard


def _mark(session: Session, row_id: int, heard_at: datetime | None) -> None:
    session.execute(sa.update(LineEvent).where(LineEvent.id == row_id).values(heard_at=heard_at))


def _insertion(make: Any) -> sa.Executable:
    """Build the insertion once: building it anew took longer than running it."""
    statement = make(LineEvent.__table__).on_conflict_do_nothing(index_elements=["key"])
    built: sa.Executable = statement.returning(LineEvent.__table__.c.id)
    return built


_INSERT = {"postgresql": _insertion(postgresql.insert), "sqlite": _insertion(sqlite.insert)}


def _keep(session: Session, event: Event, *, at: datetime) -> int | None:
    values = {
        "key": event.key,
        "at": event.at,
        "received_at": at,
        "kind": event.kind,
        "provider": event.provider,
        "leg": event.leg,
        "room": event.room,
        "order": event.order,
        "data": dict(event.data),
        "heard_at": at,
    }
    connection = plainly(session)
    row_id: int | None = connection.execute(_INSERT[connection.dialect.name], values).scalar_one_or_none()
    return row_id


def _hear(session: Session, event: Event, *, guarded: bool) -> bool:
    """Apply one event and tell it; say whether that was possible."""
    if not guarded:
        return _apply_and_tell(session, event)
    try:
        with session.begin_nested():
            return _apply_and_tell(session, event)
    except Exception:
        session.expire_all()  # a call's facts are written beside the unit of work, which can't take them back
        log.exception("a %s was kept but could not be handled; it will be tried again", event.kind.value)
        return False


def _apply_and_tell(session: Session, event: Event) -> bool:
    known, call, changed, learned = _apply(session, event)
    if not known:
        return False
    if learned:
        for function in _answered:
            function(session, event, call)
    if changed:
        for listener in list(_listeners.get(event.kind, ())):
            listener(session, event, call)
    return True


def _apply(session: Session, event: Event) -> tuple[bool, Call | None, bool, bool]:
    """Return whether the event's record is known, its call, whether anything changed, and was new to us."""
    if event.kind == EventKind.RECORDING:
        recording = recording_of(session, event)
        if recording is None:
            return False, None, False, False
        return True, recording.call, apply_to_recording(session, recording, event), True
    if event.kind == EventKind.TEXT:
        text = text_of(session, event)
        return text is not None, None, text is not None and apply_to_text(session, text, event), True
    room = room_called(session, event.room)
    room_changed = apply_to_room(session, room, event) if room is not None else False
    if event.kind == EventKind.ROOM_ENDED:
        return room is not None, None, room_changed, False
    call, learned = call_of(session, event)
    if call is None:
        return False, None, False, False
    told = event.kind in TOLD_ANYWAY
    changed = apply_to_call(session, call, event, room)
    return True, call, changed or room_changed or told, learned
