"""Plans for frequent callers: what a shift lead agreed with somebody, so that each talk is held alike and with care."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Refused
from core.secrets import SealedText
from core.terms import Words
from hotline.contacts import Contact
from hotline.sealed import PURPOSE

SHORTEST_TALK, LONGEST_TALK = 10, 180
LONGEST_CARE, LONGEST_REASON = 200, 300
LONGEST = timedelta(days=180)
"""A plan is looked at anew after half a year at the latest."""


class CallerPlan(Base):
    """One plan; it hangs on a caller, is never listed, and blocks nobody."""

    __tablename__ = "caller_plan"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    caller_id: Mapped[int] = mapped_column(sa.ForeignKey("caller.id"), index=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    """The talk from whose page it was set."""
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Who answers them where they are on shift."""
    minutes: Mapped[int | None]
    """The length of a talk that was agreed with the caller; nothing ends by itself."""
    care: Mapped[str] = mapped_column(SealedText(PURPOSE))
    """One sentence to whoever takes the call."""
    reason: Mapped[str] = mapped_column(SealedText(PURPOSE))
    set_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    set_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    operator: Mapped[Staff | None] = relationship(foreign_keys=operator_id)
    setter: Mapped[Staff] = relationship(foreign_keys=set_by)

    @property
    def ends_on(self) -> date:
        """The last day of it, on the wall."""
        return clock.local(self.ends_at).date()


class NobodyKnown(Refused):
    """A withheld number is nobody's."""

    words = Words(
        "来电号码未显示，下次来电认不出，没有订接听约定",
        "The number is withheld, so the next call can't be recognised; no plan was set",
    )


def _holding(caller_id: int | None, at: datetime) -> sa.Select[CallerPlan]:
    query = sa.select(CallerPlan).where(
        CallerPlan.caller_id == caller_id, CallerPlan.ended_at.is_(None), CallerPlan.ends_at > at
    )
    return query.order_by(CallerPlan.id.desc()).limit(1)


def plan_of(session: Session, caller_id: int | None, *, at: datetime) -> CallerPlan | None:
    """Return the plan for a caller that holds now; whoever shows it notes the reading."""
    return session.scalars(_holding(caller_id, at)).first()


def planned_operator(session: Session, caller_id: int, *, at: datetime) -> int | None:
    """Return who answers a caller by their plan, without opening what it says."""
    return session.scalars(_holding(caller_id, at).with_only_columns(CallerPlan.operator_id)).first()


def set_plan(
    session: Session,
    contact: Contact,
    *,
    operator: Staff | None,
    minutes: int | None,
    care: str,
    reason: str,
    ends_at: datetime | None,
    by: Staff,
    at: datetime,
) -> CallerPlan:
    """Set the plan for the caller of a talk, in place of the one before; only a shift lead does."""
    if not by.may(Permission.COUNSEL_LEAD):
        raise Forbidden
    if contact.caller is None or contact.caller.is_withheld:
        raise NobodyKnown
    care, reason = care.strip(), reason.strip()
    wrong: dict[str, Words] = {}
    for name, text, longest in (("care", care, LONGEST_CARE), ("reason", reason, LONGEST_REASON)):
        if not 4 <= len(text) <= longest:
            wrong[name] = Words("请写 4–{n} 字", "4 to {n} characters, please").filled(n=longest)
    if minutes is not None and not SHORTEST_TALK <= minutes <= LONGEST_TALK:
        wrong["minutes"] = Words("{a}–{b} 分钟", "{a} to {b} minutes").filled(a=SHORTEST_TALK, b=LONGEST_TALK)
    if ends_at is None or not at < ends_at <= at + LONGEST:
        wrong["ends_on"] = Words("请填半年以内的日期", "Give a day within half a year")
    if operator is not None and not operator.may(Permission.COUNSEL):
        wrong["operator"] = Words("请选择心理热线的接线员", "Choose somebody who answers this line")
    if wrong or ends_at is None:
        raise Invalid(Words("还没有保存", "Nothing was kept yet"), fields=wrong)
    before = plan_of(session, contact.caller_id, at=at)
    if before is not None:
        end_plan(session, before, by=by, at=at)
    plan = CallerPlan(
        caller_id=contact.caller.id, contact_id=contact.id, operator_id=operator.id if operator else None,
        minutes=minutes, care=care, reason=reason, set_by=by.id, set_at=at, ends_at=ends_at,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    return plan


def end_plan(session: Session, plan: CallerPlan, *, by: Staff, at: datetime) -> None:
    """End a plan before its day."""
    if not by.may(Permission.COUNSEL_LEAD):
        raise Forbidden
    if plan.ended_at is None:
        plan.ended_at, plan.ended_by = at, by.id
        session.flush()
