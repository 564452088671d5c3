"""Dials: one click, one call, checked against every hard rule in the transaction that writes the attempt."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.dates import moment_words
from core.db import plainly
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey import do_not_call, quotas
from survey.attempts import Attempt, HandOut, HandOutRule
from survey.calling import Rules, day_part, open_from, within_hours
from survey.cases import Case
from survey.disposition import SWITCHED_OFF_DAYS, from_line
from survey.leases import hold, open_attempt
from telephony.calls import Call
from telephony.dialling import place_call
from telephony.events import listen
from telephony.line import Event, EventKind, line
from telephony.rooms import Purpose, Room, open_room, open_room_of

SWITCHED_OFF = "3.16"


class OutsideHours(Refused):
    """Nobody is called now."""

    words = Words(
        "现在不在拨打时段，没有拨号。最早 {at} 可以拨打",
        "Outside calling hours, so nothing was dialled. The earliest is {at}",
    )


class NeverCall(Refused):
    """The number is on the do-not-call list."""

    words = Words(
        "这个号码在免打扰名单里，没有拨号。请记为“拒访”",
        "This number is on the do-not-call list, so nothing was dialled. Code it as a refusal",
    )


class TriedEnough(Refused):
    """The cap of tries is reached."""

    words = Words(
        "这个号码已拨打 {n} 次，达到上限，没有拨号",
        "This number has been tried {n} times, which is the cap; nothing was dialled",
    )


class OutcomeFirst(Refused):
    """The last try has no outcome yet."""

    words = Words("请先记录上一次拨打的结果", "Code the outcome of the last try first")


def room_for(session: Session, by: Staff, at: datetime) -> Room:
    """Return the interviewer's open room; a line without telephones in the browser needs none opened before."""
    room = open_room_of(session, by.id)
    if room is not None and room.purpose == Purpose.SURVEY:
        return room
    if line().capabilities().browser:
        raise Refused(
            Words(
                "话机还没有接通，没有拨号。请按“就绪”",
                "Your telephone is not connected, so nothing was dialled. Press “Ready”",
            )
        )
    return open_room(session, owner=by, purpose=Purpose.SURVEY, at=at)


def dial(session: Session, case: Case, *, by: Staff, at: datetime) -> Attempt:
    """Dial a case that the interviewer holds: hours, do-not-call, caps, lease, attempt and call in one step."""
    case = hold(session, case.id, by=by, at=at)
    rules = Rules.from_wave(case.wave.rules)
    local = clock.local(at)
    if open_attempt(session, case) is not None:
        raise OutcomeFirst
    if not within_hours(local, rules):
        raise OutsideHours(at=moment_words(open_from(local, rules)))
    if do_not_call.is_listed(session, case.frame_number.fingerprint):
        raise NeverCall
    if case.attempt_count >= rules.cap(case.kind) and not _is_promised(session, case, by):
        raise TriedEnough(n=case.attempt_count)
    room = room_for(session, by, at)
    call = place_call(
        session, room=room, number=case.frame_number.number, by=by, at=at, ring_s=rules.ring_seconds
    )
    return write_attempt(session, case, call, by=by, at=at)


def _is_promised(session: Session, case: Case, by: Staff) -> bool:
    """Say whether the resident asked for this very call: a promise is kept even at the cap."""
    query = sa.select(HandOut.rule).where(HandOut.case_id == case.id, HandOut.staff_id == by.id)
    rule = session.scalars(query.order_by(HandOut.id.desc()).limit(1)).first()
    return rule in (HandOutRule.APPOINTMENT, HandOutRule.INBOUND)


def write_attempt(session: Session, case: Case, call: Call | None, *, by: Staff, at: datetime) -> Attempt:
    """Write the try down and count it."""
    query = sa.select(sa.func.coalesce(sa.func.max(Attempt.number), 0)).where(Attempt.case_id == case.id)
    attempt = Attempt(
        case_id=case.id,
        staff_id=by.id,
        call_id=call.id if call else None,
        number=session.execute(query).scalar_one() + 1,
        started_at=at,
    )
    case.attempt_count += 1
    case.dayparts |= int(day_part(clock.local(at), Rules.from_wave(case.wave.rules)))
    session.add(attempt)
    session.flush()
    return attempt


_OF_CALL = sa.select(Attempt.id, Attempt.connected_at, Attempt.ended_at).where(
    Attempt.call_id == sa.bindparam("call")
)


def _said_by_line(call: Call) -> str | None:
    return from_line(
        call.cause.value if call.cause else "",
        call.answerer.value if call.answerer else None,
        response_code=call.network_code,
    )


def suggestion(session: Session, attempt: Attempt, call: Call) -> str | None:
    """Say what the line's own result means for a try that nobody talked in."""
    code = _said_by_line(call)
    if code == SWITCHED_OFF and _days_off(session, attempt) >= SWITCHED_OFF_DAYS:
        return from_line(call.cause.value if call.cause else "", days_off=SWITCHED_OFF_DAYS)
    return code


def _days_off(session: Session, attempt: Attempt) -> int:
    query = (
        sa.select(Attempt.disposition, Attempt.started_at)
        .where(Attempt.case_id == attempt.case_id, Attempt.id != attempt.id)
        .order_by(Attempt.number.desc())
    )
    days = {clock.local(attempt.started_at).date()}
    for code, started_at in session.execute(query):
        if code != SWITCHED_OFF:
            break
        days.add(clock.local(started_at).date())
    return len(days)


def _hear(session: Session, event: Event, call: Call | None) -> None:
    """Note on the attempt what the line reports of its call; most reports change nothing, so look before loading."""
    if call is None:
        return
    known = plainly(session).execute(_OF_CALL, {"call": call.id}).first()
    if known is None or known.ended_at is not None:
        return
    is_picked_up = call.connected_at is not None and known.connected_at is None
    if not is_picked_up and _said_by_line(call) is None:
        return
    attempt = session.get_one(Attempt, known.id)
    if call.connected_at is not None and attempt.connected_at is None:
        attempt.connected_at = call.connected_at
        if not quotas.hold_seat(session, attempt):
            attempt.suggested = quotas.FILLED
    code = suggestion(session, attempt, call)
    if code is not None and attempt.suggested != quotas.FILLED:
        attempt.suggested = code
    session.flush()


for _kind in (EventKind.LEG, EventKind.ANSWERER, EventKind.JOINED):
    listen(_kind, _hear)
