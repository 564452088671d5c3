"""Assigning: the supervision office names the units and approves the copy that they will read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from matters.flow import MatterAction
from matters.joint_rulings import JointRuling, propose
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.redaction import redacted
from matters.reporters import reporters_of
from matters.states import MatterState
from matters.steps_supervision import needs_ruling

LONGEST = 4000


def names_of(session: Session, matter: Matter) -> list[str]:
    """Return the names that must never stand in a copy."""
    return [reporter.name for reporter in reporters_of(session, matter) if reporter.name]


def proposed_copy(session: Session, matter: Matter) -> str:
    """Return the copy for units: the one approved before, else what was said without what tells who said it."""
    return matter.redacted or redacted(matter.narrative, names_of(session, matter))


def approve_copy(session: Session, matter: Matter, text: str, *, is_approved: bool) -> None:
    """Keep the copy that units will read; whatever still tells who someone is is masked all the same."""
    told = text.strip()
    wrong: dict[str, Words] = {}
    if not told:
        wrong["copy"] = Words("给承办单位看的内容不能空着", "The copy for units can't be empty")
    elif len(told) > LONGEST:
        wrong["copy"] = Words("最多 4000 字", "At most 4,000 characters")
    if not is_approved:
        wrong["redacted"] = Words("请先核对并确认脱敏后的内容", "Check the redacted copy and approve it")
    if wrong:
        raise Invalid(fields=wrong)
    matter.redacted = redacted(told, names_of(session, matter))
    session.flush()


def assign(
    session: Session,
    matter: Matter,
    *,
    lead: int | None,
    supporting: list[int],
    copy: str,
    is_approved: bool,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> JointRuling | None:
    """Assign a matter, or accept its return by giving it to another unit; a joint ruling is proposed instead."""
    if lead is None:
        raise Invalid(fields={"lead": Words("请选择主办单位", "Choose the lead unit")})
    approve_copy(session, matter, copy, is_approved=is_approved)
    if needs_ruling(standing_of(matter)):
        return propose(session, matter, lead, supporting, by=by, at=at, seen=seen)
    is_return = matter.state is MatterState.RETURN_ASKED
    act(
        session,
        matter,
        MatterAction.ACCEPT_RETURN if is_return else MatterAction.ASSIGN,
        by=by,
        at=at,
        facts={"lead": lead, "supporting": supporting, "redacted": True},
        seen=seen,
    )
    return None
