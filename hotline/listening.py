"""Listening: the shift lead hears a talk, speaks to the operator alone, or joins; only after the caller was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Missing, Refused
from core.terms import Term, Words
from hotline.consulting import when_passed
from hotline.contacts import Contact, ContactState
from telephony import listening
from telephony.calls import Call, Party, live_legs
from telephony.line import LegState
from telephony.outgoing import Command, ask
from telephony.rooms import Room, RoomIsClosed


class Stage(Term):
    """How far a supervisor is in a talk."""

    JOINING = "joining", "正在接入", "Joining"
    LISTENING = "listening", "旁听中", "Listening"
    COACHING = "coaching", "只对接线员说话", "Speaking to the operator alone"
    TALKING = "talking", "已加入通话", "In the talk"


class Deed(Term):
    """What a supervisor can do with a talk."""

    LISTEN = "listen", "旁听", "Listen"
    COACH = "coach", "对接线员说话", "Speak to the operator"
    JOIN = "join", "加入通话", "Join"
    LEAVE = "leave", "结束旁听", "Leave"


NEXT: dict[Stage | None, tuple[Deed, ...]] = {
    None: (Deed.LISTEN,),
    Stage.JOINING: (Deed.LEAVE,),
    Stage.LISTENING: (Deed.COACH, Deed.JOIN, Deed.LEAVE),
    Stage.COACHING: (Deed.JOIN, Deed.LEAVE),
    Stage.TALKING: (Deed.LEAVE,),
}


class NotTold(Refused):
    """Nobody told the caller that a supervisor may listen."""

    words = Words(
        "来电人还没有听到旁听提示，没有接入。请接线员先告知来电人，并点击“已告知”。",
        "The caller has not been told that a supervisor may listen, so nobody was joined. Let the operator tell "
        "them and press “Told”.",
    )


@dataclass(frozen=True)
class Talk:
    """One talk as a shift lead's list shows it: who talks, since when, and how far oneself is in it."""

    token: str
    line: str
    operator: str
    since: datetime
    was_told: bool
    stage: Stage | None
    deeds: tuple[Deed, ...]


def may_listen(staff: Staff) -> bool:
    """Say whether somebody may listen at all."""
    return staff.may(Permission.HOTLINE_LEAD) and staff.may(Permission.LINE_USE)


def talks(session: Session, *, by: Staff) -> Sequence[Talk]:
    """Return every talk that goes on, longest first; nothing of what is said, and nothing of who calls."""
    query = (
        sa.select(Contact)
        .where(Contact.state == ContactState.TALKING, Contact.talking_at.is_not(None))
        .options(joinedload(Contact.taker))
        .order_by(Contact.talking_at, Contact.id)
    )
    shown, is_busy = [], my_leg(session, by) is not None
    for contact in session.scalars(query):
        stage = _stage(_leg(session, contact, by))
        can = may_listen(by) and contact.taken_by != by.id and (stage is not None or not is_busy)
        deeds = NEXT[stage] if can and (contact.noticed_at is not None or stage is not None) else ()
        shown.append(
            Talk(
                contact.token,
                contact.line.label,
                contact.taker.name if contact.taker else "",
                contact.talking_at or contact.rung_at,
                contact.noticed_at is not None,
                stage,
                deeds,
            )
        )
    return shown


def note_told(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Note that the operator told the caller by mouth, as after a call of our own."""
    if contact.taken_by != by.id:
        raise Missing
    if contact.noticed_at is None:
        contact.noticed_at = at
        session.flush()
        journal.write(session, "contact.told", contact, by=by, at=at)


def listen(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Call:
    """Ring the supervisor's browser into a talk, unheard; that it was listened to is a fact of the contact."""
    if not may_listen(by):
        raise Missing
    room = session.get(Room, contact.room_id or 0)
    if contact.state is not ContactState.TALKING or room is None or contact.taken_by == by.id:
        raise RoomIsClosed(Words("通话已经结束，没有接入。", "The talk is over; nobody was joined."))
    if contact.noticed_at is None:
        raise NotTold
    mine = my_leg(session, by)
    if mine is not None and mine.room_id == room.id:
        return mine  # the second click
    if mine is not None:
        raise Refused(
            Words("您正在旁听另一通话，请先结束。", "You are listening to another talk; leave it first.")
        )
    leg = listening.listen_in(session, room, by=by, at=at, coached=contact.taker)
    contact.is_listened_in = True
    session.flush()
    journal.write(session, "contact.listen", contact, by=by, at=at)
    return leg


def coach(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Let the operator alone hear the supervisor."""
    listening.whisper(session, _mine(session, contact, by), by=by, at=at)


def join(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Let everybody hear the supervisor."""
    listening.barge(session, _mine(session, contact, by), by=by, at=at)


def leave(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Leave the talk again."""
    leg = _leg(session, contact, by)
    if leg is not None:
        listening.leave(session, leg, by=by, at=at)


DEEDS = {Deed.LISTEN: listen, Deed.COACH: coach, Deed.JOIN: join, Deed.LEAVE: leave}


def my_leg(session: Session, by: Staff) -> Call | None:
    """Return the leg with which somebody listens now."""
    query = sa.select(Call).where(
        Call.staff_id == by.id, Call.party == Party.SUPERVISOR, Call.state != LegState.ENDED
    )
    return session.scalars(query.order_by(Call.id.desc())).first()


def _leg(session: Session, contact: Contact, by: Staff) -> Call | None:
    leg = my_leg(session, by)
    return leg if leg is not None and leg.room_id == contact.room_id else None


def _mine(session: Session, contact: Contact, by: Staff) -> Call:
    leg = _leg(session, contact, by)
    if leg is None or not may_listen(by):
        raise Refused(Words("旁听已经结束。", "The listening is over."))
    if not leg.in_room:
        raise Refused(Words("还没有接入，请稍候再试。", "Not joined yet; try again in a moment."))
    return leg


def _stage(leg: Call | None) -> Stage | None:
    if leg is None:
        return None
    if not leg.in_room:
        return Stage.JOINING
    if leg.is_muted:
        return Stage.LISTENING
    return Stage.COACHING if leg.is_coaching else Stage.TALKING


@when_passed
def coach_who_took_over(session: Session, contact: Contact, giver: Staff, taker: Staff, at: datetime) -> None:
    """Let whoever listens be heard by the operator who has the caller now."""
    room = session.get(Room, contact.room_id or 0)
    if room is None:
        return
    theirs = [
        leg
        for leg in live_legs(session, room, Party.OPERATOR)
        if leg.staff_id == taker.id and leg.provider_ref
    ]
    for leg in live_legs(session, room, Party.SUPERVISOR):
        if theirs and (leg.is_coaching or leg.is_muted):
            ask(session, Command.COACH, at=at, call=leg, room=room, coach=theirs[0].provider_ref)
