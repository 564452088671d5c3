"""Joint rulings: one office designates the units, someone of the other office confirms by their own sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.people import Unit as Office
from core.problems import Forbidden, Refused
from core.terms import Words
from matters.attributes import Conflict
from matters.flow import MatterAction, Side
from matters.keeping_away import sides_of
from matters.matter import Matter
from matters.moving import SomeoneElse, act, around, standing_of
from matters.notices import NoticeKind, give
from matters.states import MatterState
from matters.steps import Wish, decide
from matters.steps_supervision import needs_ruling

ANSWERS = {
    MatterState.TO_ROUTE: MatterAction.ASSIGN,
    MatterState.RETURN_ASKED: MatterAction.ACCEPT_RETURN,
}
"""What a ruling carries out, by where the matter stands."""


class JointRuling(Base):
    """One office's proposal for the units of a matter, until the other office confirms or declines it."""

    __tablename__ = "joint_ruling"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    matter_version: Mapped[int]
    """The entry of the log that was the last one when it was proposed; a later one ends the proposal."""
    lead_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    supporting: Mapped[list[Any]] = mapped_column(default=list)
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    is_confirmed: Mapped[bool | None]

    asker: Mapped[Staff] = relationship(foreign_keys=[asked_by])
    lead: Mapped[Office] = relationship()


class OtherOffice(Forbidden):
    """A joint ruling takes both offices."""

    words = Words(
        "联合裁定要由另一个督查室的人确认",
        "Someone of the other supervision office must confirm a joint ruling",
    )


def waiting(session: Session, matter: Matter) -> JointRuling | None:
    """Return the proposal for a matter that still holds and waits for the other office."""
    query = sa.select(JointRuling).where(
        JointRuling.matter_id == matter.id,
        JointRuling.decided_at.is_(None),
        JointRuling.matter_version == matter.version,
    )
    return session.scalars(query.order_by(JointRuling.id.desc()).limit(1)).first()


def may_confirm(ruling: JointRuling, matter: Matter, staff: Staff) -> bool:
    """Say whether someone is of the other office; what concerns the centre only the Party's office knows of."""
    if staff.id == ruling.asked_by or Side.SUPERVISION not in sides_of(staff):
        return False
    return matter.conflict is Conflict.CENTRE or staff.unit_id != ruling.asker.unit_id


def _facts(lead: int, supporting: list[int], second: int) -> dict[str, Any]:
    return {"lead": lead, "supporting": supporting, "redacted": True, "ruling": True, "second": second}


def propose(
    session: Session,
    matter: Matter,
    lead: int,
    supporting: list[int],
    *,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> JointRuling:
    """Propose the units to the other office, checked as if it were confirmed; nothing moves yet."""
    if seen is not None and seen != matter.version:
        raise SomeoneElse(state=matter.state)
    standing = standing_of(matter)
    action = ANSWERS.get(standing.state)
    if action is None or not needs_ruling(standing):
        raise Refused(Words("这一件不需要联合裁定", "This one needs no joint ruling"))
    if waiting(session, matter) is not None:
        raise Refused(Words("已有一份裁定待对方确认", "A ruling waits for the other office already"))
    sides = sides_of(by) | {Side.HEAD}
    decide(
        standing,
        Wish(action, at, sides, by.id, by.unit_id, _facts(lead, supporting, 0)),
        around(session, matter, at=at),
    )
    ruling = JointRuling(
        matter_id=matter.id,
        matter_version=matter.version,
        lead_id=lead,
        supporting=supporting,
        asked_by=by.id,
        asked_at=at,
    )
    session.add(ruling)
    session.flush()
    journal.write(session, "joint_ruling.propose", ruling, by=by, at=at, lead=lead, matter=matter.id)
    give(session, matter, NoticeKind.JOINT, Side.SUPERVISION, about=ruling.id, at=at)
    return ruling


def decide_ruling(
    session: Session, matter: Matter, *, is_confirmed: bool, by: Staff, at: datetime
) -> JointRuling:
    """Confirm the other office's proposal, which assigns the matter at once, or decline it."""
    ruling = waiting(session, matter)
    if ruling is None:
        raise Refused(Words("没有待确认的联合裁定", "No joint ruling waits to be confirmed"))
    if not may_confirm(ruling, matter, by):
        raise OtherOffice
    ruling.decided_by, ruling.decided_at, ruling.is_confirmed = by.id, at, is_confirmed
    session.flush()
    journal.write(
        session, "joint_ruling.confirm" if is_confirmed else "joint_ruling.decline", ruling, by=by, at=at
    )
    if is_confirmed:
        # An emergency needs a head: either of the two will do.
        heads = sides_of(by) | (sides_of(ruling.asker) & {Side.HEAD})
        supporting = [int(unit) for unit in ruling.supporting]
        act(
            session,
            matter,
            ANSWERS[matter.state],
            by=by,
            at=at,
            facts=_facts(ruling.lead_id, supporting, ruling.asked_by),
            sides=heads,
        )
    return ruling
