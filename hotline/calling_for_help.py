"""Calling for help: one press tells a supervisor at once, and every minute one rung more until somebody has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff, StaffRole
from core.permissions import OPENS, Permission, Role
from core.problems import Forbidden, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline.contacts import Contact
from hotline.distress import CLIMBS_AFTER, RUNGS, Distress, DistressKind, DistressTold, Rung
from hotline.lines import LineKind, line_of
from hotline.roster import may_lead
from hotline.seats import LOST_AFTER, Seat
from hotline.shifts import shift_now

SAID_AGAIN_AFTER = timedelta(hours=1)
"""How long after a line was found without anybody on call it is said again."""


def call_for_help(
    session: Session,
    kind: DistressKind,
    line: LineKind,
    *,
    about: Staff | None,
    by: Staff | None,
    at: datetime,
    contact: Contact | None = None,
) -> Distress:
    """Call a supervisor; while the same call is open, calling again changes nothing."""
    open_one = sa.select(Distress).where(
        Distress.kind == kind, Distress.line == line, Distress.taken_at.is_(None),
        Distress.about_id == (about.id if about else None),
    )  # fmt: skip
    found = session.scalars(open_one).first()
    if found is not None:
        return found
    call = Distress(
        kind=kind, line=line, about_id=about.id if about else None, about=about,
        contact_id=contact.id if contact else None, raised_at=at, rung=RUNGS[0], climbs_at=at + CLIMBS_AFTER,
    )  # fmt: skip
    session.add(call)
    session.flush()
    journal.write(session, "distress.raise", call, by=by, at=at, kind=kind.value, line=line.value)
    if not _tell(session, call, at):
        climb(session, call, at=at)
    return call


def climb(session: Session, call: Distress, *, at: datetime) -> None:
    """Tell the next rung that has anybody new; at the top it stays open and is looked at again every minute."""
    while call.rung is not RUNGS[-1]:
        call.rung = RUNGS[RUNGS.index(call.rung) + 1]
        if _tell(session, call, at):
            break
    else:
        _tell(session, call, at)
    call.climbs_at = at + CLIMBS_AFTER
    session.flush()


def take(session: Session, call: Distress, *, by: Staff, at: datetime) -> None:
    """Say "I have it": the call stops climbing."""
    if not may_lead(by, call.line):
        raise Forbidden
    if call.taken_at is not None:
        raise Refused(Words("已有人接手。没有任何改动。", "Somebody has it already. Nothing was changed."))
    if call.about_id == by.id:
        raise Refused(
            Words(
                "求助要由另一个人接手。没有任何改动。",
                "Somebody else has to take your call. Nothing changed.",
            )
        )
    call.taken_by, call.taken_at, call.climbs_at = by.id, at, None
    session.flush()
    waited = int((at - call.raised_at).total_seconds())
    journal.write(session, "distress.take", call, by=by, at=at, waited_s=waited, rung=call.rung.value)


def open_for(session: Session, staff: Staff) -> Sequence[Distress]:
    """Return the open calls that somebody has been told of, oldest first."""
    query = (
        sa.select(Distress)
        .join(DistressTold, DistressTold.distress_id == Distress.id)
        .where(DistressTold.staff_id == staff.id, Distress.taken_at.is_(None))
        .order_by(Distress.raised_at)
    )
    return session.scalars(query).unique().all()


def own_open(session: Session, staff: Staff, *, since: datetime) -> Distress | None:
    """Return somebody's own last call for help since a moment, taken or not."""
    query = (
        sa.select(Distress)
        .where(
            Distress.about_id == staff.id, Distress.kind == DistressKind.PANIC, Distress.raised_at >= since
        )
        .order_by(Distress.raised_at.desc())
    )
    return session.scalars(query).first()


def mark_shown(session: Session, staff: Staff, *, at: datetime) -> int:
    """Note that a supervisor's screen now shows what they were told of."""
    waiting = sa.select(Distress.id).where(Distress.taken_at.is_(None))
    done = session.execute(
        sa.update(DistressTold)
        .where(
            DistressTold.staff_id == staff.id,
            DistressTold.shown_at.is_(None),
            DistressTold.distress_id.in_(waiting),
        )
        .values(shown_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _tell(session: Session, call: Distress, at: datetime) -> bool:
    """Tell everybody of the present rung who does not know yet; say whether there was anybody."""
    known = {told.staff_id for told in call.told}
    new = {p.id: p for p in _on_rung(session, call, at) if p.id not in known and p.id != call.about_id}
    for person in new.values():
        call.told.append(DistressTold(staff_id=person.id, rung=call.rung, told_at=at))
    session.flush()
    return bool(new)


def _on_rung(session: Session, call: Distress, at: datetime) -> Iterable[Staff]:
    if call.rung is Rung.ON_DUTY:
        shift = shift_now(session, call.line, at)
        people = [shift.lead, shift.supervisor] if shift else []
        return [p for p in people if p is not None and may_lead(p, call.line)]
    leads = [p for p in _everybody(session) if may_lead(p, call.line)]
    if call.rung is Rung.EVERYBODY:
        return leads
    present = set(session.scalars(sa.select(Seat.staff_id).where(Seat.heartbeat_at >= at - LOST_AFTER)))
    line = line_of(session, call.line)
    owner = line.owner_id if line else None
    return [p for p in leads if p.id in present or p.id == owner]


def _everybody(session: Session) -> Sequence[Staff]:
    roles = [role for role in Role if OPENS[role] & {Permission.HOTLINE_LEAD, Permission.COUNSEL_LEAD}]
    query = sa.select(Staff).join(StaffRole).where(StaffRole.role.in_(roles), Staff.is_active)
    return session.scalars(query.order_by(Staff.id)).unique().all()


@sweep("hotline.distress", every=timedelta(seconds=5))
def climb_due(session: Session, now: datetime) -> int:
    """Let every call climb whose minute is over."""
    due = session.scalars(
        sa.select(Distress)
        .where(Distress.climbs_at <= now)
        .order_by(Distress.id)
        .with_for_update(of=Distress)
    ).all()
    for call in due:
        climb(session, call, at=now)
    return len(due)


@sweep("hotline.on_call", every=timedelta(minutes=1))
def watch_on_call(session: Session, now: datetime) -> int:
    """Call every supervisor when a line in use stands without a published shift."""
    called = set(
        session.scalars(
            sa.select(Distress.line).where(
                Distress.kind == DistressKind.NOBODY_ON_CALL, Distress.raised_at > now - SAID_AGAIN_AFTER
            )
        )
    )
    bare = [
        kind
        for kind in LineKind
        if kind not in called and line_of(session, kind) and shift_now(session, kind, now) is None
    ]
    for kind in bare:
        call_for_help(session, DistressKind.NOBODY_ON_CALL, kind, about=None, by=None, at=now)
    return len(bare)
