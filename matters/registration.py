"""Registration: a resident's problem becomes a matter with a receipt, a PIN and a promised date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal, secrets
from core.people import Staff, Unit
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words
from matters import pins, receipts, topics
from matters.alarm import alarming
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.conflicts import NEEDS_UNIT, about, note
from matters.errands import queue_draft
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act, keep
from matters.notices import NoticeKind, give
from matters.policies import policy_on
from matters.promises import Registered, promise
from matters.reporters import add_reporter, reporters_of
from matters.rules import begin

LONGEST = 4000
UNHEARD = (Origin.WEB, Origin.EXCHANGE, Origin.IMPORT)
"""Where nobody of the house heard it: words of danger are proposed to the desk, which settles the urgency."""
NOT_YET = Words("还不能登记，填写的内容都保留着", "Not registered yet; what you typed is kept")
NO_DRAFT = Words(
    "反映本中心、其下属或上级单位的要当场登记，不能存为待补登",
    "What is about the centre, a unit of it or above it is registered at once, not kept here",
)
"""A draft lies open at the desk; what is about the desk must never do so."""


@dataclass(frozen=True)
class Statement:
    """What is written down of a problem: all of it is needed to register, none of it to keep a draft."""

    narrative: str
    kind: MatterKind | None = None
    topic: str = ""
    place: Place | None = None
    spot: str = ""
    urgency: Urgency | None = None
    identity: IdentityClass = IdentityClass.PROTECTED
    conflict: Conflict = Conflict.NONE
    conflict_unit: Unit | None = None
    consent_read: bool = False
    name: str | None = None
    number: str | None = None


def raise_problem(
    session: Session,
    statement: Statement,
    *,
    origin: Origin,
    by: Staff | None,
    at: datetime,
    earlier: Matter | None = None,
) -> Matter:
    """Keep a problem as a draft; who raised it is rung back to complete it, where a number is known."""
    conflict, unit = about(session, statement.conflict, statement.conflict_unit)
    if conflict is Conflict.CENTRE:
        raise Invalid(NOT_YET, fields={"conflict": NO_DRAFT})
    matter = _begun(session, statement, origin=origin, by=by, at=at, earlier=earlier)
    if conflict is not Conflict.NONE:
        note(session, matter, conflict, unit, "", by=by, at=at)
    queue_draft(session, matter, at=at)
    return matter


def _begun(
    session: Session,
    statement: Statement,
    *,
    origin: Origin,
    by: Staff | None,
    at: datetime,
    earlier: Matter | None,
) -> Matter:
    subject = topics.topic(statement.topic)
    matter = Matter(
        kind=statement.kind,
        topic=subject.code if subject and not subject.is_retired else None,
        identity=statement.identity,
        origin=origin,
        narrative=statement.narrative.strip()[:LONGEST],
        place_id=statement.place.id if statement.place else None,
        spot=statement.spot.strip()[:200],
        raised_by=by.id if by else None,
        raised_at=at,
        earlier_id=earlier.id if earlier else None,
        standing="",
        state_since=at,
    )
    begun = begin(at, _urgency(statement, subject, origin)[0])
    keep(session, matter, begun, policy_on(session, clock.today(at), at=at))
    session.add(matter)
    session.flush()
    number = statement.number if statement.identity is not IdentityClass.ANONYMOUS else None
    add_reporter(
        session, matter, identity=statement.identity, origin=origin, at=at, name=statement.name, number=number
    )
    journal.write(session, "matter.raise", matter, by=by, at=at, origin=origin.value)
    return matter


def complete(
    session: Session, matter: Matter, statement: Statement, *, by: Staff | None, at: datetime
) -> Registered:
    """Register a draft: check it whole, give it a receipt, a PIN and the date that is promised to the caller."""
    place, subject = statement.place, topics.topic(statement.topic)
    problems = lacking(statement, by=by)
    if problems or subject is None or place is None:
        raise Invalid(NOT_YET, fields=problems)
    urgency, proposed = _urgency(statement, subject, matter.origin)
    promised = promise(session, urgency, at=at)
    number = receipts.next_receipt(session, clock.local(at).date())
    pin = pins.new_pin()
    matter.receipt, matter.pin_hash = number, pins.hashed(number, pin)
    matter.kind, matter.topic = statement.kind, subject.code
    matter.narrative, matter.spot = statement.narrative.strip(), statement.spot.strip()
    matter.identity, matter.place_id = statement.identity, place.id
    matter.promised_on = promised.on
    matter.registered_by, matter.registered_at = by.id if by else None, at
    reporter = reporters_of(session, matter)[0]
    reporter.identity = statement.identity
    reporter.name = statement.name or reporter.name
    reporter.number = statement.number or reporter.number
    if statement.identity is IdentityClass.ANONYMOUS:
        reporter.name = reporter.number = None
    reporter.fingerprint = secrets.keyring().blind_index(reporter.number) if reporter.number else None
    matter.policy_id = policy_on(session, clock.today(at), at=at).id
    conflict, unit = about(session, statement.conflict, statement.conflict_unit)
    act(
        session,
        matter,
        MatterAction.REGISTER,
        by=by,
        at=at,
        sides=(Side.CENTRE,),
        facts={
            "urgency": urgency.value,
            **({"proposed": proposed.value} if proposed else {}),
            "conflict": conflict.value,
            "conflict_unit": unit.id if unit else None,
            "caller": reporter.id,
            "anonymous": reporter.number is None,
            "consent": statement.consent_read,
        },
    )
    if proposed is not None:  # by night as well: whoever is at the desk looks within minutes
        notice = give(
            session,
            matter,
            NoticeKind.INCIDENT,
            Side.CENTRE,
            about=matter.version,
            at=at,
            due_at=matter.stage_due_at,
        )
        if notice is not None:
            notice.given_at = at
            session.flush()
    return Registered(matter, pin, promised.is_provisional)


def _urgency(
    statement: Statement, subject: topics.Topic | None, origin: Origin
) -> tuple[Urgency, Urgency | None]:
    """Return the urgency that somebody chose, else the topic's, and what words of danger propose beside it.

    Whoever listens at the form sees the alarm and chooses; where nobody listened, the greatest is only proposed.
    """
    if statement.urgency is not None:
        return statement.urgency, None
    own = subject.urgency if subject else Urgency.U3
    if not alarming(statement.narrative) or own is Urgency.U1:
        return own, None
    return (own, Urgency.U1) if origin in UNHEARD else (Urgency.U1, None)


def register(
    session: Session,
    statement: Statement,
    *,
    origin: Origin,
    by: Staff | None,
    at: datetime,
    earlier: Matter | None = None,
) -> Registered:
    """Raise a problem and register it in one breath; nothing is written where something lacks."""
    problems = lacking(statement, by=by)
    if problems:
        raise Invalid(NOT_YET, fields=problems)
    matter = _begun(session, statement, origin=origin, by=by, at=at, earlier=earlier)
    return complete(session, matter, statement, by=by, at=at)


def lacking(statement: Statement, *, by: Staff | None = None) -> dict[str, Words]:
    """Say, field by field, what a problem lacks to be registered; residents may not know where an official works."""
    problems: dict[str, Words] = {}
    narrative, subject = statement.narrative.strip(), topics.topic(statement.topic)
    if not narrative:
        problems["narrative"] = Words("请写下对方反映了什么", "Write down what was said")
    elif len(narrative) > LONGEST:
        problems["narrative"] = Words("最多 4000 字", "At most 4,000 characters")
    if statement.kind is None:
        problems["kind"] = Words("请选择诉求类型", "Choose what the resident wants")
    if subject is None or subject.is_retired:
        problems["topic"] = Words("请选择类别", "Choose a topic")
    if statement.place is None or statement.place.level not in (Level.TOWNSHIP, Level.VILLAGE):
        problems["place"] = Words("地点至少要到乡镇", "The place is needed at least to the township")
    if len(statement.spot) > 200:
        problems["spot"] = Words("最多 200 字", "At most 200 characters")
    needs_unit = statement.conflict is Conflict.UNIT or (
        statement.conflict is Conflict.STAFF and by is not None
    )
    if needs_unit and statement.conflict_unit is None:
        problems["conflict_unit"] = NEEDS_UNIT[statement.conflict]
    if not statement.consent_read:
        problems["consent"] = Words("请先读出告知语并得到同意", "Read the consent line and get a yes first")
    return problems


def registered_by(session: Session, staff: Staff, *, since: datetime) -> int:
    """Count the matters that someone registered since a moment."""
    query = sa.select(sa.func.count()).where(Matter.registered_by == staff.id, Matter.registered_at >= since)
    return session.execute(query).scalar_one()
