"""Merging: two registrations of the same matter become one, and every caller keeps an own receipt and an own answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from matters import receipts
from matters.attributes import IdentityClass
from matters.flow import MatterAction, Side
from matters.keeping_away import excluded, in_sight, sides_of, within_sight
from matters.likeness import alike, is_same_place
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.reporters import Reporter, most_careful, reporters_of
from matters.states import OPEN, MatterState
from matters.topics import topic

LONGEST_CHAIN = 50
TOO_LONG = Words(
    "并案链过长或成环，没有改动；请报告管理员",
    "These matters are merged in a circle or too often; nothing was changed. Tell the administrator",
)


@dataclass(frozen=True)
class Proposal:
    """A merge that a clerk proposes and the custodian decides, with what speaks for it."""

    matter: Matter
    target: Matter
    words: float
    is_same_place: bool
    is_same_topic: bool
    callers: int
    is_own: bool
    """Who proposed it may not decide it."""


def target_of(session: Session, text: str, staff: Staff) -> Matter:
    """Find the matter of a receipt that someone wants to merge into; one merged before leads to where it went."""
    receipt = receipts.read_receipt(text)
    found = session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).first() if receipt else None
    if found is None:
        raise Missing(Words("没有这个编号的诉求", "No matter has this receipt number"))
    return in_sight(session, staff, final(session, found))


def final(session: Session, matter: Matter) -> Matter:
    """Follow a merged matter to the one that is worked on."""
    passed = {matter.id}
    while matter.merged_into_id is not None and matter.state is MatterState.MERGED:
        matter = session.get_one(Matter, matter.merged_into_id)
        if matter.id in passed or len(passed) > LONGEST_CHAIN:
            raise Refused(TOO_LONG)
        passed.add(matter.id)
    return matter


def joined(session: Session, matter: Matter) -> list[Matter]:
    """Return the matter that is worked on, with all that were merged into it."""
    found = [final(session, matter)]
    for each in found:
        query = sa.select(Matter).where(Matter.merged_into_id == each.id, Matter.state == MatterState.MERGED)
        found += [other for other in session.scalars(query) if other not in found]
    return found


def _facts(session: Session, matter: Matter, target: Matter) -> dict[str, Any]:
    """Say what the rules of a merge ask for."""
    one, other = topic(matter.topic or ""), topic(target.topic or "")
    return {
        "target": target.id,
        "target_at": (target.registered_at or target.raised_at).isoformat(),
        "open": target.state in OPEN and target.state is not MatterState.DRAFT,
        "distinct": target.id != matter.id and final(session, target).id != matter.id,
        "same_place": is_same_place(matter, target),
        "same_cause": one is not None and other is not None and one.field is other.field,
        "same_conflict": _is_same_conflict(session, matter, target),
        "protected": is_protected(session, matter, target),
    }


def _is_same_conflict(session: Session, matter: Matter, target: Matter) -> bool:
    """Say whether both keep the same people away, and none of them has a part in the target."""
    units = {target.lead_unit_id, *standing_of(target).supporting}
    is_same = (matter.conflict, matter.conflict_unit_id) == (target.conflict, target.conflict_unit_id)
    return is_same and units.isdisjoint(excluded(session, matter))


def is_protected(session: Session, *matters: Matter) -> bool:
    """Say whether a merge would link someone who is protected, so that only the custodian may do it."""
    return any(
        reporter.identity is IdentityClass.PROTECTED
        for matter in matters
        for reporter in reporters_of(session, matter)
    )


def may_merge(session: Session, matter: Matter, target: Matter, staff: Staff) -> bool:
    """Say whether this person merges at once; else it is proposed to the custodian."""
    return Side.CUSTODIAN in sides_of(staff) or not is_protected(session, matter, target)


def propose(
    session: Session, matter: Matter, target: Matter, *, by: Staff, at: datetime, seen: int | None = None
) -> None:
    """Propose a merge to the custodian."""
    in_sight(session, by, matter)
    in_sight(session, by, target)
    act(session, matter, MatterAction.PROPOSE_MERGE, by=by, at=at,
        facts=_facts(session, matter, target), seen=seen)  # fmt: skip


def merge(
    session: Session, matter: Matter, target: Matter, *, by: Staff, at: datetime, seen: int | None = None
) -> Matter:
    """Merge a matter into another one; its callers go along and are told and asked there like the others."""
    in_sight(session, by, matter)
    target = in_sight(session, by, final(session, target))
    before = standing_of(matter)
    act(session, matter, MatterAction.MERGE, by=by, at=at, facts=_facts(session, matter, target), seen=seen)
    # Who withdrew there and has called again is told and asked anew.
    present = {caller.id for caller in standing_of(target).present_callers}
    known = {r.fingerprint for r in reporters_of(session, target) if r.id in present and r.fingerprint}
    for reporter in reporters_of(session, matter):
        reporter.matter_id = target.id
        session.flush()
        standing = before.caller(reporter.id)
        # Somebody who calls twice about one thing is one caller with two contacts.
        is_here_already = reporter.fingerprint is not None and reporter.fingerprint in known
        if standing is None or standing.has_left or is_here_already:
            continue
        facts = {"caller": reporter.id, "anonymous": reporter.number is None, "source": matter.id}
        act(session, target, MatterAction.ADD_CALLER, by=by, at=at, facts=facts)
    target.identity = most_careful([reporter.identity for reporter in reporters_of(session, target)])
    session.flush()
    return target


def refuse(
    session: Session, matter: Matter, reason: str, *, by: Staff, at: datetime, seen: int | None = None
) -> None:
    """Turn a proposed merge down; the matter stays by itself and the desk is told."""
    in_sight(session, by, matter)
    act(session, matter, MatterAction.REFUSE_MERGE, by=by, at=at, text=reason, seen=seen)


def count_proposals(session: Session, staff: Staff) -> int:
    """Count the merges that wait for the custodian."""
    query = sa.select(sa.func.count()).select_from(Matter).where(_is_proposed())
    return session.scalar(within_sight(session, staff, query)) or 0


def _is_proposed() -> sa.ColumnElement[bool]:
    return sa.and_(Matter.state == MatterState.REGISTERED, Matter.standing.contains('"merge_target":'))


def proposals(session: Session, staff: Staff) -> list[Proposal]:
    """List the merges that wait for the custodian, the oldest first."""
    query = (
        sa.select(Matter).where(_is_proposed()).order_by(Matter.registered_at).options(defer(Matter.redacted))
    )
    found = []
    for matter in session.scalars(within_sight(session, staff, query)):
        standing = standing_of(matter)
        target = session.get(Matter, standing.merge_target) if standing.merge_target else None
        if target is None:
            continue
        target = final(session, target)
        count = sa.select(sa.func.count()).where(Reporter.matter_id.in_([matter.id, target.id]))
        found.append(
            Proposal(
                matter,
                target,
                alike(matter.narrative, target.narrative),
                is_same_place(matter, target),
                matter.topic == target.topic,
                session.execute(count).scalar_one(),
                standing.merge_proposed_by == staff.id,
            )
        )
    return found
