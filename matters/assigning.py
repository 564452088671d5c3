"""Assigning: the supervision office names the units and approves the copy that they will read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from matters.flow import MatterAction
from matters.joint_rulings import JointRuling, propose
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.redaction import addresses, redacted
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


@dataclass(frozen=True)
class Kept:
    """The addresses that an approver was asked about, and those that are the place of the problem."""

    asked: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()


def addresses_in(session: Session, matter: Matter, text: str) -> list[str]:
    """Return what reads like an address in a copy and nobody has let be."""
    names = names_of(session, matter)
    known = addresses(matter.redacted or "", names)
    return [each for each in addresses(text.strip(), names) if each not in known]


def approve_copy(
    session: Session,
    matter: Matter,
    text: str,
    *,
    is_approved: bool,
    by: Staff,
    at: datetime,
    kept: Kept = Kept(),
) -> None:
    """Keep the copy that units will read; whatever still tells who someone is is masked all the same.

    What reads like an address is asked about, and stays only where the approver says it is the problem's place.
    """
    told = text.strip()
    wrong: dict[str, Words] = {}
    if not told:
        wrong["copy"] = Words("给承办单位看的内容不能空着", "The copy for units can't be empty")
    elif len(told) > LONGEST:
        wrong["copy"] = Words("最多 4000 字", "At most 4,000 characters")
    if not is_approved:
        wrong["redacted"] = Words("请先核对并确认脱敏后的内容", "Check the redacted copy and approve it")
    new = addresses_in(session, matter, told)
    if set(new) - kept.asked:
        wrong["kept"] = Words(
            "有像住址的内容：是问题所在地点的请逐个勾选，其余会替换成〔住址〕",
            "Some of it reads like an address: tick each that is the problem's place; the rest is masked",
        )
    if wrong:
        raise Invalid(fields=wrong)
    places = [each for each in new if each in kept.places]
    names = names_of(session, matter)
    matter.redacted = redacted(told, names, keep={*places, *addresses(matter.redacted or "", names)})
    session.flush()
    if places:
        journal.write(session, "matter.address_kept", matter, by=by, at=at, places=len(places))


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
    kept: Kept = Kept(),
) -> JointRuling | None:
    """Assign a matter, or accept its return by giving it to another unit; a joint ruling is proposed instead."""
    if lead is None:
        raise Invalid(fields={"lead": Words("请选择主办单位", "Choose the lead unit")})
    approve_copy(session, matter, copy, is_approved=is_approved, by=by, at=at, kept=kept)
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
