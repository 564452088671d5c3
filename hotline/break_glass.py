"""Break-glass: a counselling caller's number is seen with a reason and a second person, for a quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Missing, Refused
from core.terms import Term, Words, code_list, coded
from hotline.contacts import Contact
from hotline.dangers import open_danger
from hotline.read_log import ReadPurpose, note_read

OPEN_FOR = timedelta(minutes=15)
ASKED_FOR = timedelta(minutes=30)
REVIEW_WITHIN = timedelta(hours=24)


class OpeningReason(Term):
    """Why a number must be seen."""

    RESCUE = "rescue", "生命危险，需告知 110/120", "Danger to life: to be told to 110 or 120"
    LOST = "lost", "危机通话中断，系统回拨不通", "A crisis call broke off and the button can't reach them"
    LAW = "law", "依法调取，手续齐全", "A lawful demand in writing"


class OpeningState(Term):
    """Where an opening stands."""

    ASKED = "asked", "等待第二人同意", "Waiting for a second person"
    OPEN = "open", "已同意", "Agreed"
    REFUSED = "refused", "未同意", "Not agreed"
    REVIEWED = "reviewed", "已复核", "Reviewed"


class OpeningAction(Term):
    """What is done with it."""

    AGREE = "agree", "同意", "Agree"
    REFUSE = "refuse", "不同意", "Refuse"
    REVIEW = "review", "复核", "Review"


S, A = OpeningState, OpeningAction
OPENING_FLOW = Flow(
    "number_opening",
    Words("破例查看号码", "Opening of a number"),
    S.ASKED,
    {(S.ASKED, A.AGREE): S.OPEN, (S.ASKED, A.REFUSE): S.REFUSED, (S.OPEN, A.REVIEW): S.REVIEWED},
)


class NumberOpening(Base):
    """One number opened, or asked for, with who agreed and who looked at it afterwards."""

    __tablename__ = "number_opening"
    __table_args__ = (
        sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> asked_by OR is_alone", name="two_people"),
        sa.CheckConstraint("reviewed_by IS NULL OR reviewed_by <> asked_by", name="another_reviews"),
        sa.CheckConstraint(
            f"state NOT IN {code_list(S.OPEN, S.REVIEWED)} OR expires_at IS NOT NULL", name="open_ends"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    reason: Mapped[OpeningReason] = mapped_column(coded(OpeningReason))
    state: Mapped[OpeningState] = mapped_column(coded(OpeningState), default=S.ASKED)
    is_alone: Mapped[bool] = mapped_column(default=False)
    """Opened by one person inside an imminent event."""
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    asked_at: Mapped[datetime]
    agreed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    agreed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    seen: Mapped[int] = mapped_column(default=0)
    """How often it was looked at."""
    reviewed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    reviewed_at: Mapped[datetime | None]
    was_right: Mapped[bool | None]

    contact: Mapped[Contact] = relationship()
    asker: Mapped[Staff] = relationship(foreign_keys=asked_by)

    def is_open(self, at: datetime) -> bool:
        """Whether the number may be looked at now."""
        return self.state is S.OPEN and self.expires_at is not None and at < self.expires_at

    def review_due_at(self) -> datetime:
        """Until when another person has to look at it."""
        return (self.agreed_at or self.asked_at) + REVIEW_WITHIN


class NoNumber(Refused):
    """There is nothing to open."""

    words = Words("来电人没有显示号码，没有可看的", "The caller withheld the number; there is nothing to see")


class NotTwo(Refused):
    """One person can't be both."""

    words = Words("要另一个人来做，没有改动", "Another person has to do this; nothing was changed")


def ask(
    session: Session, contact: Contact, reason: OpeningReason, *, by: Staff, at: datetime
) -> NumberOpening:
    """Ask to see a number; inside an imminent event it is open at once, and another person looks at it later."""
    if contact.caller is None or contact.caller.is_withheld:
        raise NoNumber
    is_alone = reason is OpeningReason.RESCUE and open_danger(session, contact) is not None
    row = NumberOpening(contact_id=contact.id, reason=reason, asked_by=by.id, asked_at=at, is_alone=is_alone)
    session.add(row)
    session.flush()
    journal.write(session, "number_opening.ask", row, by=by, at=at, reason=reason.value, alone=is_alone)
    if is_alone:
        _open(session, row, by=by, at=at)
    return row


def _open(session: Session, row: NumberOpening, *, by: Staff, at: datetime) -> None:
    row.agreed_by, row.agreed_at, row.expires_at = by.id, at, at + OPEN_FOR
    OPENING_FLOW.move(session, row, A.AGREE, by=by, at=at)


def agree(session: Session, row: NumberOpening, *, by: Staff, at: datetime) -> None:
    """Let another person's asking through, for a quarter of an hour."""
    _second(row, by)
    if at > row.asked_at + ASKED_FOR:
        raise Refused(
            Words(
                "申请已过半小时，没有打开。请重新申请",
                "Asked more than half an hour ago; nothing was opened. Ask again",
            )
        )
    _open(session, row, by=by, at=at)


def refuse(session: Session, row: NumberOpening, *, by: Staff, at: datetime) -> None:
    """Say no."""
    _second(row, by)
    OPENING_FLOW.move(session, row, A.REFUSE, by=by, at=at)


def review(session: Session, row: NumberOpening, *, was_right: bool, by: Staff, at: datetime) -> None:
    """Look at an opening afterwards and say whether it was right."""
    _second(row, by, reviews=True)
    row.reviewed_by, row.reviewed_at, row.was_right = by.id, at, was_right
    OPENING_FLOW.move(session, row, A.REVIEW, by=by, at=at, right=was_right)


def _second(row: NumberOpening, by: Staff, *, reviews: bool = False) -> None:
    may = by.may(Permission.COUNSEL_LEAD) or (reviews and by.may(Permission.COUNSEL_REVIEW))
    if not may:
        raise Forbidden
    if row.asked_by == by.id:
        raise NotTwo


def number_of(session: Session, row: NumberOpening, *, by: Staff, at: datetime) -> str:
    """Return the number for whoever asked, while it is open; every look is in the read log."""
    if row.asked_by != by.id:
        raise Missing
    caller = row.contact.caller
    if not row.is_open(at) or caller is None or caller.number is None:
        raise Refused(Words("查看时间已过，号码不再显示", "The time is over; the number is no longer shown"))
    row.seen += 1
    note_read(
        session,
        by=by,
        contact=row.contact,
        purpose=ReadPurpose.BREAK_GLASS,
        record="caller",
        fields=("number",),
        at=at,
    )
    return caller.number


def opening(session: Session, opening_id: int, *, locks: bool = True) -> NumberOpening:
    """Return an opening, locked for whoever decides."""
    query = sa.select(NumberOpening).where(NumberOpening.id == opening_id)
    row = session.scalars(query.with_for_update(of=NumberOpening) if locks else query).first()
    if row is None:
        raise Missing
    return row


def of_contact(session: Session, contact: Contact, *, by: Staff) -> Sequence[NumberOpening]:
    """Return what somebody asked for of a contact, newest first."""
    query = sa.select(NumberOpening).where(
        NumberOpening.contact_id == contact.id, NumberOpening.asked_by == by.id
    )
    return session.scalars(query.order_by(NumberOpening.id.desc())).all()


def waiting(session: Session, *, at: datetime) -> Sequence[NumberOpening]:
    """Return what waits for a second person."""
    query = sa.select(NumberOpening).where(
        NumberOpening.state == S.ASKED, NumberOpening.asked_at >= at - ASKED_FOR
    )
    return session.scalars(query.order_by(NumberOpening.asked_at)).all()


def unreviewed(session: Session) -> Sequence[NumberOpening]:
    """Return what nobody has looked at yet, oldest first."""
    query = sa.select(NumberOpening).where(NumberOpening.state == S.OPEN)
    return session.scalars(query.order_by(NumberOpening.asked_at)).all()


def to_review(session: Session, *, at: datetime) -> list[tuple[NumberOpening, bool]]:
    """Return what nobody has looked at yet, and whether a day went by."""
    return [(row, at > row.review_due_at()) for row in unreviewed(session)]
