"""Policies: the versions of the limits; a matter keeps the one it was born under."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from matters.attributes import Urgency
from matters.limits import ANY, FIRST_LIMITS, Limit, Policy, Span

BEGINNING = date(2000, 1, 1)


class MatterPolicy(Base):
    """One version of the limits with the day it holds from."""

    __tablename__ = "matter_policy"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    limits: Mapped[dict[str, Any]]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]

    @property
    def policy(self) -> Policy:
        """The limits as the rules read them."""
        return Policy(self.id, self.valid_from, self.limits)


def policy_on(session: Session, on: date, *, at: datetime) -> Policy:
    """Return the limits that hold on a day; the first version is written when there is none."""
    query = (
        sa.select(MatterPolicy)
        .where(MatterPolicy.valid_from <= on)
        .order_by(MatterPolicy.valid_from.desc())
        .limit(1)
    )
    found = session.scalars(query).first()
    if found is None:
        found = MatterPolicy(valid_from=BEGINNING, limits=_plain(FIRST_LIMITS), made_at=at)
        session.add(found)
        session.flush()
    return found.policy


def policy_of(session: Session, policy_id: int | None, *, at: datetime) -> Policy:
    """Return the limits that a matter was born under."""
    found = session.get(MatterPolicy, policy_id) if policy_id else None
    return found.policy if found else policy_on(session, clock.today(at), at=at)


def announce(
    session: Session,
    limits: dict[str, dict[str, str]],
    *,
    valid_from: date,
    today: date,
    by: Staff,
    at: datetime,
) -> MatterPolicy:
    """Write a new version of the limits that holds from a day to come; matters already born keep theirs."""
    if valid_from <= today:
        raise Refused(Words("新时限只能从明天或以后起用", "New limits hold from tomorrow or later"))
    if session.scalars(sa.select(MatterPolicy).where(MatterPolicy.valid_from == valid_from)).first():
        raise Refused(Words("这一天已有一版时限", "There are limits from this day already"))
    wrong: dict[str, Words] = {}
    for limit in Limit:
        row = limits.get(limit.value, {})
        missing = [u for u in Urgency if u.value not in row] if ANY not in row else []
        try:
            for text in row.values():
                Span.of(text)
        except (ValueError, TypeError):
            missing = list(Urgency)
        if missing:
            wrong[limit.value] = Words("请写成 15m、4h、90d 或 5wd", "Write 15m, 4h, 90d or 5wd")
    if wrong:
        raise Invalid(Words("时限没有保存", "The limits were not saved"), fields=wrong)
    known = {limit.value: dict(limits[limit.value]) for limit in Limit}
    record = MatterPolicy(valid_from=valid_from, limits=known, made_by=by.id, made_at=at)
    session.add(record)
    session.flush()
    journal.write(session, "matter_policy.announce", record, by=by, at=at, valid_from=valid_from.isoformat())
    return record


def _plain(limits: Any) -> dict[str, Any]:
    return {str(limit): dict(row) for limit, row in limits.items()}
