"""Room drafts: what somebody is typing into the counselling room's forms, sealed, theirs alone, gone once it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Missing
from core.terms import Words
from hotline.asked_purposes import PurposeWanted
from hotline.contacts import Contact
from hotline.handovers import may_read
from hotline.read_log import ReadPurpose, note_read
from hotline.sealed import SealedJson
from hotline.shifts import shift_numbered
from hotline.sight import in_sight, known_to

KEPT_FOR = timedelta(days=14)
LONGEST = 30_000
MOST = 20
_PLACE = re.compile(r"(?P<of>[0-9a-f]{20}|handover):(?P<name>[a-z_]{1,30}|[0-9]{1,12})")
Typed = Mapping[str, list[str]]


class RoomDraft(Base):
    """One form as somebody last typed it; `place` says which form, of which contact or shift."""

    __tablename__ = "counselling_draft"
    __table_args__ = (sa.UniqueConstraint("staff_id", "place"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    place: Mapped[str] = mapped_column(sa.String(60))
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    kept_at: Mapped[datetime] = mapped_column(index=True)


def keep(session: Session, place: str, typed: Typed, *, by: Staff, at: datetime) -> None:
    """Keep a form as it stands; an emptied one is forgotten, and so is what nobody sent for two weeks."""
    contact = _whose(session, place, by, at)
    if sum(len(name) + sum(map(len, values)) for name, values in typed.items()) > LONGEST:
        raise Invalid(Words("内容太长，草稿没有保存", "Too long; the draft was not kept"))
    session.execute(sa.delete(RoomDraft).where(RoomDraft.kept_at < at - KEPT_FOR))
    if not any("".join(values).strip() for values in typed.values()):
        forget(session, place, by=by)
        return
    told = {name: list(values) for name, values in typed.items()}
    found = _draft(session, place, by)
    if found is None:
        about = contact.id if contact is not None else None
        row = RoomDraft(staff_id=by.id, place=place, contact_id=about, content=told, kept_at=at)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another window of theirs began it in the same moment
            found = _draft(session, place, by)
    if found is not None:
        found.content, found.kept_at = told, at
    session.flush()


def kept(session: Session, places: Sequence[str], *, by: Staff, at: datetime) -> dict[str, dict[str, Any]]:
    """Give somebody their own drafts back, and note that they read them; what isn't theirs any more is left out."""
    told = {}
    for place in places[:MOST]:
        found = _draft(session, place, by)
        if found is not None:
            try:
                contact, purpose = _place(session, place, by, at)
            except (
                Missing,
                PurposeWanted,
            ):  # the one isn't theirs any more, the other comes back once it is said what for
                continue
            name = journal.record_name(found)
            fields = sorted(found.content)
            note_read(session, by=by, contact=contact, purpose=purpose, record=name, fields=fields, at=at)
            told[place] = dict(found.content)
    return told


def forget(session: Session, place: str, *, by: Staff) -> None:
    """Drop a draft: its form was sent, or is empty."""
    session.execute(sa.delete(RoomDraft).where(RoomDraft.staff_id == by.id, RoomDraft.place == place))


def _draft(session: Session, place: str, by: Staff) -> RoomDraft | None:
    query = sa.select(RoomDraft).where(RoomDraft.staff_id == by.id, RoomDraft.place == place)
    return session.scalars(query.with_for_update()).first()


def _whose(session: Session, place: str, by: Staff, at: datetime) -> Contact | None:
    """Return whose form somebody writes, none of a handover; Missing for whoever may not know of it."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Missing
    if found["of"] != "handover":
        return known_to(session, found["of"], by=by, at=at)
    if not found["name"].isdigit() or not may_read(by, shift_numbered(session, int(found["name"])).line):
        raise Missing
    return None


def _place(session: Session, place: str, by: Staff, at: datetime) -> tuple[Contact | None, ReadPurpose]:
    """Return whose form it is and what it is opened for."""
    contact = _whose(session, place, by, at)
    if contact is None:
        return None, ReadPurpose.DUTY
    return in_sight(session, contact.token, by=by, at=at)
