"""Opening an identity: asked with a reason, allowed by two others, seen for a short while, every look on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal, purposes
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Missing, Refused
from core.purposes import ReadingPurpose
from core.terms import Words
from matters.attributes import Conflict
from matters.flow import MatterAction, Side
from matters.keeping_away import in_sight, is_party, sides_of
from matters.limits import Limit, end_of
from matters.matter import Matter
from matters.moving import act
from matters.policies import policy_of
from matters.reporters import Reporter
from matters.vault import ANSWERED_WITHIN, IdentityLook, IdentityRequest, RequestState
from matters.vault_sight import in_vault_sight, known_requests, lacking

SHORTEST, LONGEST = 10, 500
MINUTES = (15, 30, 60, 120)


@dataclass(frozen=True)
class Identity:
    """Who a caller is, held only to be shown once."""

    name: str | None
    number: str | None

    def __repr__(self) -> str:  # what is opened must not come to light in a trace
        return "Identity(…)"


def may_ask(matter: Matter, staff: Staff) -> bool:
    """Say whether someone may ask who raised a matter; where it is about the centre, the Party's office alone."""
    is_apart = matter.conflict is Conflict.CENTRE
    return (is_party(staff) or not is_apart) and bool(sides_of(staff) & {Side.CENTRE, Side.SUPERVISION})


def ask(
    session: Session,
    matter: Matter,
    reporter_id: int | None,
    purpose: ReadingPurpose | None,
    reason: str,
    *,
    minutes: int,
    by: Staff,
    at: datetime,
) -> IdentityRequest:
    """Ask with a reason to learn who a caller is; nothing is opened by it."""
    in_sight(session, by, matter)
    if not may_ask(matter, by):
        raise Forbidden
    nobody = lacking(session, matter, by)
    if nobody is not None:
        raise Refused(nobody)
    reporter = session.get(Reporter, reporter_id) if reporter_id else None
    words, fields = reason.strip(), dict[str, Words]()
    if reporter is None or reporter.matter_id != matter.id:
        fields["caller"] = Words("请选择哪一位诉求人", "Choose which caller")
    if purpose is None:
        fields["purpose"] = Words("请选择理由类别", "Choose the kind of reason")
    if not SHORTEST <= len(words) <= LONGEST:
        fields["reason"] = Words(
            "请写明为什么非知道不可，10 到 500 字", "Write why it must be known, 10 to 500 characters"
        )
    if minutes not in MINUTES:
        fields["minutes"] = Words("请选择需要多久", "Choose how long it is needed")
    if fields or reporter is None or purpose is None:
        raise Invalid(
            Words("申请没有提交，填写的内容还在", "Not asked yet; what you typed is kept"), fields=fields
        )
    if reporter.name is None and reporter.number is None:
        raise Refused(
            Words("这位诉求人没有留下姓名和号码，没有可开启的", "This caller left neither name nor number")
        )
    mine = sa.select(IdentityRequest).where(
        IdentityRequest.reporter_id == reporter.id, IdentityRequest.asked_by == by.id
    )
    if any(_is_alive(r, at) for r in session.scalars(mine)):
        raise Refused(Words("您已有一份申请未了结", "You have a request under way already"))
    request = IdentityRequest(
        matter_id=matter.id,
        reporter_id=reporter.id,
        purpose=purpose,
        reason=words,
        minutes=minutes,
        asked_by=by.id,
        asked_at=at,
    )
    session.add(request)
    session.flush()
    journal.write(session, "identity.ask", request, by=by, at=at, matter=matter.id, purpose=purpose.value)
    return request


def _is_alive(request: IdentityRequest, at: datetime) -> bool:
    return request.state(at) in (RequestState.WAITING, RequestState.HALF, RequestState.OPEN)


def may_allow(staff: Staff) -> bool:
    """Say whether someone is one of the persons of the vault."""
    return staff.may(Permission.VAULT_OPEN) or staff.may(Permission.MATTER_RULE)


def found(session: Session, staff: Staff, request_id: int) -> IdentityRequest:
    """Return a request if someone asked it or may decide on it; else there is no such request."""
    request = session.get(IdentityRequest, request_id)
    if request is None or not (request.asked_by == staff.id or may_allow(staff)):
        raise Missing
    return in_vault_sight(session, staff, request)


def waiting(session: Session, staff: Staff, at: datetime) -> int:
    """Count the requests that wait for this person's word."""
    if not may_allow(staff):
        return 0
    query = sa.select(sa.func.count()).where(
        IdentityRequest.until.is_(None),
        IdentityRequest.refused_at.is_(None),
        IdentityRequest.asked_at > at - ANSWERED_WITHIN,
        IdentityRequest.asked_by != staff.id,
        sa.or_(IdentityRequest.first_by.is_(None), IdentityRequest.first_by != staff.id),
        known_requests(session, staff),
    )
    return session.scalar(query) or 0


def _undecided(session: Session, request: IdentityRequest, *, by: Staff, at: datetime) -> None:
    session.refresh(request, ["first_by", "second_by", "until", "refused_at"], with_for_update=True)
    found(session, by, request.id)
    if not may_allow(by):
        raise Forbidden(Words("只有保管员和督查室主任可以核准", "Only custodians and heads of office decide"))
    if by.id == request.asked_by:
        raise Forbidden(Words("自己的申请要由别人核准", "Your own request is for others to decide"))
    if request.state(at) not in (RequestState.WAITING, RequestState.HALF):
        raise Refused(
            Words("这份申请已经了结：{state}", "This request is settled: {state}"), state=request.state(at)
        )


def allow(session: Session, request: IdentityRequest, *, by: Staff, at: datetime) -> RequestState:
    """Agree to a request; the second of two persons opens it, one of them a custodian."""
    _undecided(session, request, by=by, at=at)
    if request.first_by is None:
        request.first_by, request.first_at = by.id, at
    else:
        if request.first_by == by.id:
            raise Forbidden(
                Words("您已核准，还要另一个人核准", "You have agreed; another person must as well")
            )
        first = session.get_one(Staff, request.first_by)
        if not (by.may(Permission.VAULT_OPEN) or first.may(Permission.VAULT_OPEN)):
            raise Forbidden(Words("两人中至少一人是保管员", "One of the two must be a custodian"))
        request.second_by, request.second_at = by.id, at
        policy = policy_of(session, request.matter.policy_id, at=at)
        longest = end_of(at, policy.span(Limit.IDENTITY, request.matter.urgency), clock.zone()).due_at
        request.until = min(at + timedelta(minutes=request.minutes), longest)
    session.flush()
    journal.write(session, "identity.allow", request, by=by, at=at, person=len(request.allowed_by))
    return request.state(at)


def refuse(session: Session, request: IdentityRequest, words: str, *, by: Staff, at: datetime) -> None:
    """Refuse a request, with the reason; one person is enough."""
    _undecided(session, request, by=by, at=at)
    told = words.strip()
    if not 0 < len(told) <= LONGEST:
        raise Invalid(fields={"refusal": Words("请写明拒绝的理由", "Write why it is refused")})
    request.refused_by, request.refused_at, request.refusal = by.id, at, told
    session.flush()
    journal.write(session, "identity.refuse", request, by=by, at=at)


def look(session: Session, request: IdentityRequest, *, by: Staff, at: datetime) -> Identity:
    """Show who the caller is to whoever asked or to a custodian, while it is open; every look stays on record."""
    found(session, by, request.id)
    if by.id != request.asked_by and not by.may(Permission.VAULT_OPEN):
        raise Forbidden(Words("只有申请人和保管员可以查看", "Only whoever asked and the custodians may look"))
    if request.state(at) is not RequestState.OPEN or request.until is None:
        raise Refused(
            Words("现在没有开启：{state}。要看请重新申请。", "It is not open: {state}. Ask again to look."),
            state=request.state(at),
        )
    reporter = request.reporter
    if purposes.in_force(session, reporter, by=by, at=at) is None:
        told = "" if request.purpose is not ReadingPurpose.OTHER else request.reason[: purposes.LONGEST]
        purposes.state(session, reporter, request.purpose, told, by=by, at=at)
    purposes.note_reading(session, reporter, "identity.look", by=by, at=at)
    session.add(IdentityLook(request_id=request.id, staff_id=by.id, looked_at=at))
    act(
        session,
        request.matter,
        MatterAction.OPEN_IDENTITY,
        by=by,
        at=at,
        sides=(Side.CUSTODIAN,),  # two persons of the vault have allowed it
        facts={
            "caller": reporter.id,
            "second": next(person for person in request.allowed_by if person != by.id),
            "until": request.until.isoformat(),
        },
        text=request.reason,
    )
    return Identity(reporter.name, reporter.number)
