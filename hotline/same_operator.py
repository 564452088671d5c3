"""The same operator: whom a caller would like to talk to again, noted with their consent and for a while."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from hotline.caller_plans import planned_operator
from hotline.callers import Caller
from hotline.contacts import Contact
from hotline.lines import lines_served_by
from hotline.shifts import shift_of

LASTS = timedelta(days=90)
"""A wish ends by itself; said again in a later talk, it begins anew."""


class SameOperatorWish(Base):
    """A caller's wish to be answered by one operator, where that person is on shift."""

    __tablename__ = "same_operator_wish"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    caller_id: Mapped[int] = mapped_column(sa.ForeignKey("caller.id"), unique=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    """The talk in which they said so."""
    noted_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    staff: Mapped[Staff] = relationship()

    @property
    def ends_on(self) -> date:
        """The last day of it, on the wall."""
        return clock.local(self.ends_at).date()


class NotRecognised(Refused):
    """The next call could not be told from anybody's."""

    words = Words(
        "来电号码未显示，下次来电认不出，没有记录。可以给来电人一个接续码",
        "The number is withheld, so the next call can't be recognised; nothing was noted. Give the caller a code",
    )


def wish_of(session: Session, caller_id: int | None, *, at: datetime) -> SameOperatorWish | None:
    """Return the wish of a caller that still holds."""
    query = sa.select(SameOperatorWish).where(
        SameOperatorWish.caller_id == caller_id, SameOperatorWish.ends_at > at
    )
    return session.scalars(query).first()


def note(
    session: Session, contact: Contact, *, wishes: bool, consents: bool, by: Staff, at: datetime
) -> None:
    """Note that the caller would like the same operator again, or take it back."""
    if contact.caller is None or contact.caller.is_withheld:
        raise NotRecognised
    session.refresh(contact.caller, with_for_update=True)  # a second click waits for the first
    session.execute(sa.delete(SameOperatorWish).where(SameOperatorWish.caller_id == contact.caller_id))
    if not wishes:
        return
    if not consents:
        words = Words("请先征得来电人同意", "Ask the caller's consent first")
        raise Invalid(Words("还没有记录", "Nothing was noted yet"), fields={"consents": words})
    session.add(
        SameOperatorWish(
            caller_id=contact.caller.id,
            staff_id=by.id,
            contact_id=contact.id,
            noted_at=at,
            ends_at=at + LASTS,
        )
    )
    session.flush()


def preferred_for(session: Session, caller: Caller, *, at: datetime) -> int | None:
    """Return who answers a caller best, when that person has a seat in the present shift of the line.

    What a lead agreed with them comes before what they wished; a withheld number is nobody's.
    """
    if caller.is_withheld:
        return None
    planned, wish = planned_operator(session, caller.id, at=at), wish_of(session, caller.id, at=at)
    for staff_id in (planned, wish.staff_id if wish else None):
        staff = session.get(Staff, staff_id) if staff_id is not None else None
        if staff is not None and staff.is_active and caller.line in lines_served_by(staff):
            shift = shift_of(session, staff, at)
            if shift is not None and shift.line is caller.line:
                return staff.id
    return None


def forget_ended(session: Session, *, at: datetime) -> int:
    """Delete the wishes whose time is over; return how many."""
    done = session.execute(sa.delete(SameOperatorWish).where(SameOperatorWish.ends_at <= at))
    return int(done.rowcount)  # type: ignore[attr-defined]
