"""What ends a consult by itself: time that is up, a telephone that is gone, a caller who hung up."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.problems import Refused
from core.sweeps import sweep
from hotline.consulting import close, transfer
from hotline.consults import (
    CONSULT_FLOW,
    LONGEST,
    TOGETHER,
    Consult,
    ConsultAction,
    ConsultState,
    open_consult,
)
from hotline.contacts import Contact, ContactState, contact_of_leg
from hotline.taking import live_leg
from telephony.calls import Call, Party
from telephony.events import listen
from telephony.line import Event, EventKind, LegState
from telephony.outbox import on_failure
from telephony.outgoing import Command, Outgoing

A, S = ConsultAction, ConsultState


def came_in(session: Session, event: Event, call: Call | None) -> None:
    """Hear that the colleague's telephone is in the caller's room."""
    if call is None or call.party is not Party.OPERATOR or not call.in_room:
        return
    query = sa.select(Consult).where(Consult.colleague_id == call.staff_id, Consult.state == S.COMING)
    row = session.scalars(query.with_for_update(of=Consult)).first()
    if row is not None and row.contact.room_id == call.room_id:
        CONSULT_FLOW.move(session, row, A.JOIN, by=None, at=event.at)
        row.due_at = event.at + LONGEST
        session.flush()


def went_away(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a telephone is gone: a colleague's ends the consult, the operator's own hands the caller over."""
    if call is None or not call.is_ended:
        return
    if call.party is Party.RESIDENT:
        contact = contact_of_leg(session, call)
        if contact is not None and live_leg(session, contact) is None:
            _let_go(session, contact, event.at)
    elif call.party is Party.OPERATOR and call.staff_id is not None:
        query = sa.select(Consult).where(
            Consult.closed_at.is_(None), sa.or_(Consult.asked_by == call.staff_id, Consult.colleague_id == call.staff_id)
        )  # fmt: skip
        for row in session.scalars(query.with_for_update(of=Consult)).all():
            if row.contact.room_id == call.room_id:
                _without(session, row, call.staff_id, event.at)


def _let_go(session: Session, contact: Contact, at: datetime) -> None:
    row = open_consult(session, contact, locks=True)
    if row is not None:
        close(session, row, A.END, by=None, at=at)


def _without(session: Session, row: Consult, staff_id: int, at: datetime) -> None:
    if staff_id == row.asked_by and row.state is S.SPEAKING and row.contact.state is ContactState.TALKING:
        try:
            with session.begin_nested():
                transfer(session, row.contact, by=None, at=at)
            return
        except Refused:  # the colleague can't take over: the caller waits first of all
            session.expire_all()
    close(session, row, A.END, by=None, at=at)


@sweep("hotline.consults", every=timedelta(seconds=3))
def end_what_is_due(session: Session, now: datetime) -> int:
    """End every consult whose time is up or whose talk is over, so that nobody stays on hold."""
    query = sa.select(Consult).where(Consult.closed_at.is_(None))
    count = 0
    for row in session.scalars(query.with_for_update(of=Consult, skip_locked=True)).all():
        is_talk = row.contact.state is ContactState.TALKING and row.contact.taken_by == row.asked_by
        if row.due_at <= now or not is_talk:
            close(session, row, A.LAPSE if row.due_at <= now else A.END, by=None, at=now)
            count += 1
        elif row.state in TOGETHER and _is_gone(session, row.colleague_id, row.contact.room_id):
            close(session, row, A.END, by=None, at=now)
            count += 1
    return count


def _is_gone(session: Session, staff_id: int, room_id: int | None) -> bool:
    query = sa.select(Call.id).where(
        Call.staff_id == staff_id, Call.room_id == room_id, Call.state != LegState.ENDED
    )
    return session.scalars(query.limit(1)).first() is None


def not_fetched(session: Session, row: Outgoing, at: datetime) -> None:
    """Hear that the colleague's telephone could not be brought in: the operator comes back to the caller."""
    if row.call is None:
        return
    query = sa.select(Consult).where(Consult.colleague_id == row.call.staff_id, Consult.state == S.COMING)
    found = session.scalars(query.with_for_update(of=Consult)).first()
    if found is not None and found.contact.room_id == row.room_id:
        close(session, found, A.END, by=None, at=at)


listen(EventKind.JOINED, came_in)
listen(EventKind.LEG, went_away)
listen(EventKind.LEFT, went_away)
on_failure(Command.MOVE, not_fetched)
