"""The vault looked over: what was opened in a week, whether it was in order, and what a caller is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, selectinload

from core import clock, journal
from core.people import Staff
from core.problems import Forbidden, Invalid, Refused
from core.purposes import ReadingPurpose
from core.terms import Words
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.reporters import Reporter
from matters.vault import Finding, IdentityLook, IdentityRequest
from matters.vault_opening import found, may_allow
from matters.vault_sight import known_requests

WEEK = timedelta(days=7)
_SEALED = (defer(IdentityRequest.reason), defer(IdentityRequest.refusal), defer(IdentityRequest.remark))


def listed(session: Session, staff: Staff, *, since: datetime, until: datetime) -> list[IdentityRequest]:
    """Return the requests asked in a span of time, of the matters someone may know of, newest first."""
    query = (
        sa.select(IdentityRequest)
        .where(
            IdentityRequest.asked_at >= since,
            IdentityRequest.asked_at < until,
            known_requests(session, staff),
        )
        .options(*_SEALED, selectinload(IdentityRequest.looks))
        .order_by(IdentityRequest.id.desc())
    )
    if not may_allow(staff):
        query = query.where(IdentityRequest.asked_by == staff.id)
    return list(session.scalars(query))


def week_of(on: date) -> date:
    """Return the Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def of_week(session: Session, staff: Staff, monday: date) -> list[IdentityRequest]:
    """Return the requests of one week."""
    begins = datetime.combine(monday, time(), clock.zone())
    return listed(session, staff, since=begins, until=begins + WEEK)


def review(
    session: Session,
    request: IdentityRequest,
    finding: Finding | None,
    remark: str,
    *,
    by: Staff,
    at: datetime,
) -> None:
    """Say whether an opening was in order; nobody judges what they asked, allowed or looked at."""
    found(session, by, request.id)
    lookers = {look.staff_id for look in request.looks}
    if not may_allow(by) or by.id in {request.asked_by, *request.allowed_by, *lookers}:
        raise Forbidden(Words("要由没有参与的人复核", "Someone who took no part must review it"))
    if request.reviewed_at is not None:
        raise Refused(Words("已经复核过", "It has been reviewed already"))
    words = remark.strip()
    if finding is None:
        raise Invalid(fields={"finding": Words("请选择复核结论", "Choose what you found")})
    if finding is Finding.IRREGULAR and not words:
        raise Invalid(fields={"remark": Words("存疑的要写明", "Write what is irregular")})
    request.finding, request.remark = finding, words[:500] or None
    request.reviewed_by, request.reviewed_at = by.id, at
    session.flush()
    journal.write(session, "identity.review", request, by=by, at=at, finding=finding.value)


@dataclass(frozen=True)
class TellableLook:
    """One look as a caller is told of it: what office, when and what for; never a person's name."""

    roles: tuple[Words, ...]
    unit: Words | None
    on: date
    purpose: ReadingPurpose


def tellable(
    session: Session, matter: Matter, verified: str, *, by: Staff, at: datetime
) -> list[TellableLook]:
    """Return who looked at the callers who hold a receipt, to be read out on a verified call."""
    in_sight(session, by, matter)
    if verified not in ("voice", "pin"):
        raise Invalid(fields={"verified": Words("请先核对本人", "Verify the caller first")})
    query = (
        sa.select(IdentityLook)
        .join(IdentityRequest, IdentityLook.request_id == IdentityRequest.id)
        .join(Reporter, IdentityRequest.reporter_id == Reporter.id)
        .where(Reporter.receipt_of_id == matter.id)
        .order_by(IdentityLook.looked_at)
    )
    looks = list(session.scalars(query))
    journal.write(session, "identity.told", matter, by=by, at=at, verified=verified, looks=len(looks))
    session.flush()
    return [
        TellableLook(
            tuple(sorted({Words(r.zh, r.en) for r in look.staff.roles}, key=lambda w: w.en)),
            Words(look.staff.unit.name, look.staff.unit.name_en) if look.staff.unit else None,
            clock.local(look.looked_at).date(),
            look.request.purpose,
        )
        for look in looks
    ]
