"""Ringing for duty: calls for help and alarms ring the duty telephones one after the other until somebody has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.problems import Forbidden, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline import calling_for_help, escalations
from hotline.distress import Distress
from hotline.duty_rings import (
    NEXT_AFTER,
    ROUNDS,
    Cause,
    DutyRing,
    cause_of,
    last_ring,
    live_rings,
    open_causes,
    ring_of,
    telephones,
)
from hotline.lines import HelpLine, line_of
from hotline.shifts import shift_of
from telephony.calls import Call, Party
from telephony.dialling import hang_up
from telephony.events import listen
from telephony.inbound import Heard, on_input, on_picked_up
from telephony.line import Event, EventKind, in_use
from telephony.ringing_up import ring_up
from telephony.spoken import UNEXPECTED, Ask, End, Say, Steps

QUESTION = "duty"
TAKES_IT = "1"
SAID_TIMES = 3

FROM_SEAT = Words(
    "这里是{line}。{n} 号座席请求支援，请打开值班大屏。按 1 表示由您处理。",
    "This is the {line}. Seat {n} asks for help; open the board. Press 1 if you see to it.",
)
FROM_LINE = Words(
    "这里是{line}。有座席请求支援，请打开值班大屏。按 1 表示由您处理。",
    "This is the {line}. Somebody at the line asks for help; open the board. Press 1 if you see to it.",
)
YOURS = Words("已记下由您处理，请打开值班大屏。", "Noted: you see to it. Please open the board.")
TAKEN = Words("已有同事处理，谢谢。", "A colleague sees to it already. Thank you.")
ANOTHER = Words("现在通知下一位同事。", "The next colleague is told now.")


@sweep("hotline.duty_rings", every=timedelta(seconds=3))
def ring_due(session: Session, now: datetime) -> int:
    """Ring the next telephone for every cause that nobody has; return how many rang."""
    carrier = in_use()
    if carrier is None or not carrier.capabilities().dials:
        return 0
    live = live_rings(session)
    _let_go(session, live, now)
    engaged = {ring.call.number for ring in live}
    spoken_of = {cause_of(ring).contact_id for ring in live} - {None}
    count = 0
    for cause in open_causes(session, at=now):
        last = last_ring(session, cause)
        # One talk with two causes rings once; whoever takes it takes both.
        is_waiting = cause.contact_id in spoken_of if last is None else not last.next_at or last.next_at > now
        ring = None if is_waiting else _ring_next(session, cause, last, engaged, now)
        if ring is not None:
            engaged.add(ring.call.number)
            spoken_of |= {cause.contact_id} - {None}
            count += 1
    return count


def _ring_next(
    session: Session, cause: Cause, last: DutyRing | None, engaged: set[str | None], at: datetime
) -> DutyRing | None:
    line = line_of(session, cause.line)
    phones = telephones(session, line, at=at) if line is not None else []
    turn, before = (last.turn + 1, last.place) if last is not None else (1, 0)
    if line is None or turn > ROUNDS * len(phones):
        if last is not None:
            last.next_at = None
        return None
    order = [(before + n) % len(phones) for n in range(len(phones))]
    free = (n for n in order if phones[n][1] not in engaged and phones[n][0].id != cause.about_id)
    place = next(free, None)
    if place is None:
        return None  # every telephone is spoken to: looked at again in a moment
    if last is not None:
        last.next_at = None
    return _ring(session, cause, line, turn, place, phones[place], at)


def _ring(
    session: Session, cause: Cause, line: HelpLine, turn: int, place: int, phone: tuple[Staff, str], at: datetime
) -> DutyRing:  # fmt: skip
    person, number = phone
    row, call = cause.row, ring_up(session, number=number, shows=line.number, at=at)
    is_call = isinstance(row, Distress)
    ring = DutyRing(
        distress_id=row.id if is_call else None, escalation_id=None if is_call else row.id, turn=turn,
        place=place + 1, staff_id=person.id, call_id=call.id, call=call, rung_at=at, next_at=at + NEXT_AFTER,
    )  # fmt: skip
    session.add(ring)
    session.flush()
    journal.write(session, "duty_ring.ring", ring, by=None, at=at, turn=turn, line=cause.line.value)
    return ring


def _let_go(session: Session, live: Sequence[DutyRing], at: datetime) -> None:
    """Stop telephones that nobody has answered when somebody has the cause."""
    for ring in live:
        if ring.stopped_at is None and not ring.call.was_connected and cause_of(ring).is_taken:
            ring.stopped_at, ring.next_at = at, None
            hang_up(session, ring.call, by=None, at=at)
    session.flush()


def speak(session: Session, call: Call, _heard: Heard) -> Steps | None:
    """Tell whoever answers a duty telephone which line and seat need them: no name, nothing of the caller."""
    ring = ring_of(session, call)
    return None if ring is None else _said(session, ring, 0, at=clock.now())


def _said(session: Session, ring: DutyRing, turn: int, *, at: datetime) -> Steps:
    cause, language = cause_of(ring), "en" if ring.staff.language == "en" else "zh"
    if cause.is_taken:
        return [Say(TAKEN, language), End()]
    person = session.get(Staff, cause.about_id) if cause.about_id is not None else None
    seat = _seat_no(session, person, at) if person is not None else None
    words = FROM_LINE if seat is None else FROM_SEAT
    line = Words(cause.line.zh, cause.line.en.lower())
    said = words.filled(line=line, n=seat or 0)
    asked = [Ask(QUESTION, said, n, language=language) for n in range(turn, SAID_TIMES)]
    return [*asked, Say(ANOTHER, language), End()]


def _seat_no(session: Session, person: Staff, at: datetime) -> int | None:
    shift = shift_of(session, person, at)
    return next((d.seat_no for d in shift.duties if d.staff_id == person.id), None) if shift else None


def answered(session: Session, call: Call, heard: Heard) -> Steps:
    """Take the cause for whoever pressed the key; any other key lets them hear it again."""
    ring, at = ring_of(session, call), clock.now()
    if ring is None:
        return UNEXPECTED
    if heard.digits != TAKES_IT:
        return _said(session, ring, heard.turn + 1, at=at)
    is_theirs = acknowledge(session, ring, at=at)
    return [Say(YOURS if is_theirs else TAKEN, "en" if ring.staff.language == "en" else "zh"), End()]


def acknowledge(session: Session, ring: DutyRing, *, at: datetime) -> bool:
    """Let whoever carries a telephone take what it rang for, and what else is open about the same talk."""
    cause = cause_of(ring)
    session.refresh(cause.row, with_for_update={"of": type(cause.row)})
    if cause.is_taken:
        return False
    same = open_causes(session, at=at, contact_id=cause.contact_id) if cause.contact_id is not None else []
    others = [other for other in same if other.row is not cause.row]
    for each in (cause, *others):
        try:
            _take(session, each, by=ring.staff, at=at)
        except (Forbidden, Refused):  # no longer theirs to take: the next telephone rings
            if each is cause:
                return False
    ring.taken_at, ring.next_at = at, None
    session.flush()
    journal.write(session, "duty_ring.take", ring, by=ring.staff, at=at)
    return True


def _take(session: Session, cause: Cause, *, by: Staff, at: datetime) -> None:
    if isinstance(cause.row, Distress):
        calling_for_help.take(session, cause.row, by=by, at=at)
    else:
        escalations.answer(session, cause.row.id, by=by, at=at)


def hung_up(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a duty telephone was not answered, or put down without the key: the next one need not wait."""
    if call is None or call.party is not Party.SUPERVISOR or not call.is_ended:
        return
    ring = ring_of(session, call)
    if ring is not None and ring.next_at is not None:
        ring.next_at = min(ring.next_at, max(event.at, ring.rung_at))
        session.flush()


def answer_telephones() -> None:
    """Let the duty telephones speak."""
    on_picked_up(speak)
    on_input(QUESTION, answered)
    listen(EventKind.LEG, hung_up)
