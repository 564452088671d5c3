"""Listening in: a supervisor's place in a conversation, from the resident's consent to the end of the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Refused
from core.terms import Term, Words
from survey.cases import Case, CaseState
from survey.interviews import Interview, InterviewState
from survey.leases import open_attempt
from telephony.calls import Call, Party, live_legs
from telephony.line import LegState
from telephony.listening import barge, leave, listen_in, whisper
from telephony.rooms import Room


class Stage(Term):
    """How far a supervisor is in a conversation."""

    JOINING = "joining", "正在接入", "Joining"
    LISTENING = "listening", "旁听中", "Listening"
    WHISPERING = "whispering", "只对访员说话", "Whispering"
    TALKING = "talking", "已加入通话", "In the call"


class Step(Term):
    """What a supervisor can do from where they are."""

    WHISPER = "whisper", "对访员耳语", "Whisper"
    JOIN = "join", "加入通话", "Join"
    LEAVE = "leave", "结束旁听", "Leave"


HEARD = {
    Stage.LISTENING: Words("督导正在旁听", "A supervisor is listening"),
    Stage.WHISPERING: Words(
        "督导在对您说话，受访者听不到", "A supervisor speaks to you; the resident can't hear it"
    ),
    Stage.TALKING: Words("督导已加入通话", "A supervisor has joined the call"),
}
_STEPS = {
    Stage.JOINING: (Step.LEAVE,),
    Stage.LISTENING: (Step.WHISPER, Step.JOIN, Step.LEAVE),
    Stage.WHISPERING: (Step.JOIN, Step.LEAVE),
    Stage.TALKING: (Step.LEAVE,),
}


@dataclass(frozen=True)
class Place:
    """Where a supervisor is listening."""

    call: Call
    owner_id: int
    stage: Stage


def stage_of(call: Call) -> Stage:
    """Say how far a supervisor's leg is."""
    if not call.in_room:
        return Stage.JOINING
    if call.is_muted:
        return Stage.LISTENING
    return Stage.WHISPERING if call.is_coaching else Stage.TALKING


def steps_from(stage: Stage) -> tuple[Step, ...]:
    """List what can be done next."""
    return _STEPS[stage]


def my_place(session: Session, by: Staff) -> Place | None:
    """Return where this supervisor is listening now."""
    query = (
        sa.select(Call, Room.owner_id)
        .join(Room, Room.id == Call.room_id)
        .where(Call.staff_id == by.id, Call.party == Party.SUPERVISOR, Call.state != LegState.ENDED)
        .order_by(Call.id.desc())
    )
    found = session.execute(query).first()
    return Place(found[0], found[1], stage_of(found[0])) if found is not None else None


def heard_by(session: Session, call: Call | None) -> str:
    """Tell an interviewer who hears their conversation; nothing when nobody does."""
    if call is None or call.room is None or call.is_ended:
        return ""
    stages = [stage_of(leg) for leg in live_legs(session, call.room, Party.SUPERVISOR) if leg.in_room]
    return str(HEARD[max(stages, key=list(Stage).index)]) if stages else ""


def begin(session: Session, staff_id: int, *, by: Staff, at: datetime) -> Case:
    """Ring a supervisor into an interviewer's conversation, once its resident has agreed to the interview."""
    query = sa.select(Case).where(Case.lease_by == staff_id, Case.state == CaseState.CLAIMED)
    case = session.scalars(query).first()
    attempt = open_attempt(session, case) if case is not None else None
    call = session.get(Call, attempt.call_id) if attempt and attempt.call_id else None
    if case is None or call is None or call.is_ended or call.room is None:
        raise Refused(Words("通话已经结束，没有旁听", "The conversation is over; nobody was rung"))
    agreed = sa.select(Interview.id).where(
        Interview.case_id == case.id,
        Interview.state == InterviewState.ONGOING,
        Interview.consented_at.is_not(None),
    )
    if session.scalar(agreed) is None:
        raise Refused(
            Words("受访者还没有同意受访，不能旁听", "The resident has not agreed yet; listening is shut")
        )
    if my_place(session, by) is not None:
        raise Refused(
            Words("您正在旁听另一通话，请先结束", "You are listening to a call already; leave it first")
        )
    listen_in(session, call.room, by=by, at=at)
    return case


def change(session: Session, step: Step, *, by: Staff, at: datetime) -> None:
    """Whisper, join or leave, from where this supervisor is."""
    place = my_place(session, by)
    if place is None:
        raise Refused(Words("旁听已经结束", "The listening is over"))
    if step not in steps_from(place.stage):
        raise Refused(Words("还没有接入，请稍候再试", "Not joined yet; try again in a moment"))
    if step == Step.LEAVE:
        leave(session, place.call, by=by, at=at)
    elif step == Step.WHISPER:
        whisper(session, place.call, by=by, at=at)
    else:
        barge(session, place.call, by=by, at=at)
