"""Makers for tests of shifts, presence and load: leads, operators, seats, lines and contacts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Role
from hotline.contacts import Contact, ContactState, WayOut, fresh_token
from hotline.lines import HelpLine, LineKind
from hotline.roster import plan_shift, put_on
from hotline.roster_publishing import publish
from hotline.roster_rules import Span
from hotline.seats import Seat, SeatState
from hotline.shifts import Shift
from tests.factories import a_staff

COUNSELLING = LineKind.COUNSELLING


def a_line(session: Session, kind: LineKind = COUNSELLING, *, owner: Staff, at: datetime) -> HelpLine:
    """Make a line with its owner."""
    number = "+8675512356" if kind is COUNSELLING else "+8675512345"
    line = HelpLine(kind=kind, number=number, owner_id=owner.id, changed_at=at)
    session.add(line)
    session.flush()
    return line


def a_lead(session: Session) -> Staff:
    """Make a shift lead."""
    return a_staff(session, Role.SHIFT_LEAD)


def an_operator(session: Session, *, citizen: bool = False) -> Staff:
    """Make an operator of the counselling line, or of the citizen line."""
    return a_staff(session, Role.CITIZEN_OPERATOR if citizen else Role.OPERATOR)


def a_shift(
    session: Session,
    *,
    at: datetime,
    lead: Staff,
    supervisor: Staff | None = None,
    people: list[Staff] | None = None,
    line: LineKind = COUNSELLING,
    begins: datetime | None = None,
    hours: int = 8,
    published: bool = True,
) -> Shift:
    """Make a shift round a moment, published, with people on its seats."""
    span = Span(
        begins or at - timedelta(hours=1), (begins or at - timedelta(hours=1)) + timedelta(hours=hours)
    )
    people = people or []
    shift = plan_shift(
        session,
        line,
        span,
        seats=max(3, len(people)),
        lead=lead,
        supervisor=supervisor or lead,
        by=lead,
        at=at,
    )
    for person in people:
        put_on(session, shift, person, by=lead, at=at)
    if published:
        publish(session, line, Span(max(span.begins_at, at), span.ends_at), by=lead, at=at)
    return shift


def a_seat(
    session: Session,
    staff: Staff,
    state: SeatState = SeatState.AVAILABLE,
    *,
    at: datetime,
    heard: datetime | None = None,
    contact: Contact | None = None,
) -> Seat:
    """Sit somebody down."""
    seat = Seat(
        staff_id=staff.id, state=state, since=at, heartbeat_at=heard or at, serves=["counselling"],
        contact_id=contact.id if contact else None,
    )  # fmt: skip
    session.add(seat)
    session.flush()
    return seat


def a_contact(
    session: Session,
    *,
    at: datetime,
    owner: Staff,
    waited: float = 5,
    talked: float | None = None,
    taker: Staff | None = None,
    state: ContactState = ContactState.TALKING,
    way_out: WayOut | None = WayOut.ANSWERED,
    line: LineKind = COUNSELLING,
) -> Contact:
    """Make an episode that rang at a moment, waited so many seconds, and was or is talked with."""
    answered = at + timedelta(seconds=waited)
    ended = answered + timedelta(seconds=talked) if talked is not None else None
    is_done, had_talk = state is ContactState.DONE, way_out is WayOut.ANSWERED
    contact = Contact(
        token=fresh_token(), line=line, state=state, owner_id=owner.id, rung_at=at, waiting_from=at,
        taken_by=taker.id if taker else (owner.id if had_talk else None),
        taken_at=answered if had_talk else None, talking_at=answered if had_talk else None,
        ended_at=ended or (answered if way_out and not had_talk else None),
        closed_at=(ended or answered) if is_done else None, way_out=way_out,
        first_wait_s=waited if way_out else None,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact
