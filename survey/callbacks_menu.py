"""What a resident hears who calls the survey's number back: who called and why, and a key for each wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.problems import Refused
from core.terms import Words
from survey import callbacks_inbound, do_not_call
from survey.attempts import Appointment, Attempt
from survey.callbacks_inbound import GREETING, CalledBack, was_called, who_called
from survey.calling import Rules, within_hours
from survey.cases import Case, CaseState
from survey.standing_by import stands_by
from telephony.calls import Call
from telephony.inbound import Heard, on_inbound, on_input
from telephony.line import line
from telephony.rooms import Room
from telephony.spoken import Ask, End, Join, Say, Steps

MENU, TIMES, NEVER = "callback", "callback-time", "callback-never"
MOST_TURNS = 3
SOONEST = timedelta(minutes=10)

CENTRE = Words(
    "您好，这里是社情民意调查中心。我们用电话了解居民对社会治安的看法，参加完全自愿。您不需要做任何事；"
    "如果我们给您打过电话，会再次联系您。谢谢，再见。",
    "Hello, this is the public-opinion centre. We ask residents by telephone what they think about public "
    "safety; taking part is voluntary. There is nothing you need to do; if we called you, we will call "
    "again. Thank you and goodbye.",
)
CHOOSE = Words(
    "现在接受访问，请按 1；约一个时间，请按 2；不希望我们再打，请按 3。",
    "To take part now, press 1; to choose a time, press 2; never to be called again, press 3.",
)
KNOWN = Words(
    "您好，这里是社情民意调查中心。我们给这个号码打过电话，是为了一项社会治安调查，参加完全自愿。您现在不需要做任何事。",
    "Hello, this is the public-opinion centre. We called this number about a survey on public safety, which "
    "is voluntary. There is nothing you need to do now.",
)
ONLY_NEVER = Words("如果不希望我们再打，请按 3。", "Never to be called again, press 3.")
JOINING = Words("好的，正在为您接通访员，请稍候。", "Thank you. You are being put through to an interviewer.")
ALL_BUSY = Words("对不起，访员现在都在通话中。", "Sorry, every interviewer is on a call.")
LATER = Words("我们会再次给您打电话。谢谢，再见。", "We will call you again. Thank you and goodbye.")
PROMISED = Words(
    "好的，我们将在{when}给您打电话。谢谢，再见。", "Thank you. We will call you {when}. Goodbye."
)
NEVER_AGAIN = Words(
    "已经为您登记：我们今后不会再拨打这个号码。打扰您了，再见。",
    "It is noted: we will never call this number again. Sorry to have disturbed you; goodbye.",
)
GOODBYE = Words("谢谢，再见。", "Thank you and goodbye.")

SLOTS: tuple[tuple[str, int, time, Words], ...] = (
    ("1", 0, time(19, 30), Words("今天晚上七点半", "this evening at half past seven")),
    ("2", 1, time(10, 0), Words("明天上午十点", "tomorrow morning at ten")),
    ("3", 1, time(19, 30), Words("明天晚上七点半", "tomorrow evening at half past seven")),
)


def answer_callers() -> None:
    """Let the survey answer the number that its residents see."""
    on_inbound(greet)
    on_input(MENU, chosen)
    on_input(TIMES, time_chosen)
    on_input(NEVER, refused)


def greet(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Say who called and why, and what each key does; someone unknown hears what the centre is."""
    if heard.called != line().settings.caller_number:
        return None  # another line of the house
    found = _known(session, call)
    if found is not None:
        # Who knows the menu need not hear it out: the greeting is part of the question.
        menu = Ask(MENU, _both(GREETING, CHOOSE), wait_s=8)
        return [menu, replace(menu, words=CHOOSE, turn=1), *_end(LATER)]
    if call.number and was_called(session, call.number) and not _is_listed(session, call):
        return [Ask(NEVER, _both(KNOWN, ONLY_NEVER), wait_s=6), *_end(GOODBYE)]
    return _end(CENTRE)


def chosen(session: Session, call: Call, heard: Heard) -> Steps:
    """Do what the key of the menu says."""
    if heard.digits == "3":
        return refused(session, call, heard)
    joined = _joined_already(session, call)
    if joined is not None:
        return joined
    found = _known(session, call)
    if found is None:
        return _end(LATER)
    if heard.digits == "1":
        return _interview(session, call, found.case)
    if heard.digits == "2":
        return _offer(found.case)
    if heard.turn >= MOST_TURNS:
        return _end(LATER)
    return [Ask(MENU, CHOOSE, turn=max(heard.turn, 1) + 1, wait_s=8), *_end(LATER)]


def time_chosen(session: Session, call: Call, heard: Heard) -> Steps:
    """Promise the time of the key."""
    found = _known(session, call)
    if found is None:
        return _end(LATER)
    wanted = _offered(found.case).get(heard.digits)
    if wanted is None:
        return _end(LATER) if heard.turn >= MOST_TURNS else _offer(found.case, turn=heard.turn + 1)
    words, moment = wanted
    if not _is_promised(session, found.case, moment):  # a key reported twice promises once
        callbacks_inbound.choose_time(session, found.case, moment, by=None, at=clock.now())
    return _end(PROMISED.filled(when=words))


def refused(session: Session, call: Call, heard: Heard) -> Steps:
    """Never call this number again, and say so."""
    if heard.digits != "3" or not call.number:
        return _end(GOODBYE)
    if not _is_listed(session, call):
        found, at = _known(session, call), clock.now()
        if found is not None:
            callbacks_inbound.refuse_for_good(session, found.case, by=None, at=at)
        else:
            callbacks_inbound.shut_out(session, call.number, at=at)
    return _end(NEVER_AGAIN)


def _interview(session: Session, call: Call, case: Case) -> Steps:
    at = clock.now()
    found = stands_by(session, case, at=at)
    if found is None:
        return _offer(case, ALL_BUSY)
    staff, room = found
    try:
        with session.begin_nested():
            callbacks_inbound.interview_now(session, case, by=staff, at=at, call=call)
            call.room_id, call.staff_id = room.id, staff.id
            journal.write(session, "call.inbound", call, by=staff, at=at, room=room.id, case=case.id)
    except Refused:  # somebody was quicker: the case or the interviewer is taken
        return _offer(case, ALL_BUSY)
    return [Say(JOINING), Join(room.name)]


def _joined_already(session: Session, call: Call) -> Steps | None:
    """Say the same again when the same key is reported again."""
    attempt = session.scalars(sa.select(Attempt).where(Attempt.call_id == call.id)).first()
    room = session.get(Room, call.room_id) if attempt is not None and call.room_id else None
    return [Say(JOINING), Join(room.name)] if room is not None and room.is_open else None


def _offered(case: Case) -> dict[str, tuple[Words, datetime]]:
    """Return the times that can be kept, by key; a key always means the same time."""
    local, rules, last = clock.local(clock.now()), Rules.from_wave(case.wave.rules), case.wave.ends_on
    found = {}
    for key, days, hour, words in SLOTS:
        on: date = local.date() + timedelta(days=days)
        moment = datetime.combine(on, hour, local.tzinfo)
        if moment >= local + SOONEST and within_hours(moment, rules) and (last is None or on <= last):
            found[key] = words, moment
    return found


def _offer(case: Case, before: Words | None = None, turn: int = 0) -> Steps:
    """Ask for a time; where none can be kept, promise to call again."""
    times = _offered(case)
    if not times:
        return _end(LATER if before is None else _both(before, LATER))
    zh = "；".join(f"{words.zh}，请按 {key}" for key, (words, _) in times.items())
    en = "; ".join(f"{words.en}, press {key}" for key, (words, _) in times.items())
    words = Words(f"请选择我们给您打电话的时间：{zh}。", f"When may we call you: {en}.")
    first = Ask(TIMES, words if before is None else _both(before, words), turn, wait_s=8)
    return [first, replace(first, words=words, turn=turn + 1), *_end(LATER)]


def _known(session: Session, call: Call) -> CalledBack | None:
    if not call.number or _is_listed(session, call):
        return None
    return who_called(session, call.number)


def _is_listed(session: Session, call: Call) -> bool:
    return call.number_index is not None and do_not_call.is_listed(session, call.number_index)


def _is_promised(session: Session, case: Case, moment: datetime) -> bool:
    query = sa.select(Appointment.id).where(
        Appointment.case_id == case.id, Appointment.is_open, Appointment.at == moment
    )
    return case.state == CaseState.APPOINTED and session.scalar(query.limit(1)) is not None


def _both(one: Words, other: Words) -> Words:
    return Words(one.zh + other.zh, f"{one.en} {other.en}")


def _end(words: Words) -> Steps:
    return [Say(words), End()]
