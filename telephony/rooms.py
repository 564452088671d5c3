"""Rooms: where an operator's open leg waits and residents join it; the name is a random word, never a person."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.problems import Refused
from core.terms import Term, Words, coded
from telephony.line import Event, EventKind, RoomRef


class Purpose(Term):
    """What a room is for."""

    SURVEY = "survey", "访问", "Survey"
    HOTLINE = "hotline", "热线", "Hotline"
    DESK = "desk", "事项办理", "Matters desk"


class RoomIsClosed(Refused):
    """The room has ended."""

    words = Words(
        "话机已断开，本次操作没有执行。请重新连接话机后再试。",
        "The telephone is disconnected, so nothing was done. Connect it again and retry.",
    )


class Room(Base):
    """One stretch of an operator's open line, from connecting to hanging up."""

    __tablename__ = "room"
    __table_args__ = (
        sa.Index(
            "uq_room_one_open_per_owner",
            "owner_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closed_after_opened"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(coded(Purpose))
    ends_with_owner: Mapped[bool]
    provider_ref: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    owner: Mapped[Staff] = relationship()

    @property
    def ref(self) -> RoomRef:
        """How the line is told of this room."""
        return RoomRef(self.name, self.provider_ref)

    @property
    def is_open(self) -> bool:
        """Whether legs may still join."""
        return self.closed_at is None


_OPEN_OF = sa.select(Room).where(Room.owner_id == sa.bindparam("owner"), Room.closed_at.is_(None))
_CALLED = (
    sa.select(Room)
    .where(sa.or_(Room.name == sa.bindparam("name"), Room.provider_ref == sa.bindparam("name")))
    .limit(1)
)


def open_room_of(session: Session, owner_id: int) -> Room | None:
    """Return the room that a member of staff has open now."""
    return session.scalars(_OPEN_OF, {"owner": owner_id}).first()


def open_room(session: Session, *, owner: Staff, purpose: Purpose, at: datetime) -> Room:
    """Return the owner's open room for this purpose, opening one (and closing one of another purpose)."""
    room = open_room_of(session, owner.id)
    if room is not None:
        if room.purpose == purpose:
            return room
        close_room(session, room, at=at)
    room = Room(
        name="r" + secrets.token_hex(10),
        owner_id=owner.id,
        purpose=purpose,
        # A survey's room ends with its interviewer; a hotline caller is never cut off by a lost browser.
        ends_with_owner=purpose != Purpose.HOTLINE,
        opened_at=at,
    )
    session.add(room)
    session.flush()
    return room


def close_room(session: Session, room: Room, *, at: datetime) -> None:
    """Note that a room has ended; a second end changes nothing."""
    if room.closed_at is None:
        room.closed_at = max(at, room.opened_at)
        session.flush()


def room_called(session: Session, name: str | None) -> Room | None:
    """Return the room of a name, or of the line's reference to it."""
    return session.scalars(_CALLED, {"name": name}).first() if name else None


def apply_to_room(session: Session, room: Room, event: Event) -> bool:
    """Note what the line reports of a room; say whether anything changed."""
    ref = event.data.get("room_ref")
    if ref and room.provider_ref is None:
        room.provider_ref = str(ref)
    if event.kind != EventKind.ROOM_ENDED or room.closed_at is not None:
        return False
    if ref and room.provider_ref != ref:
        return False  # an earlier stretch of the same room, told late
    close_room(session, room, at=event.at)
    return True
