"""Calls to callers: one click, one call, written down with its try in one step; the result is noted after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core import clock, journal
from core.dates import moment_words
from core.people import Staff
from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import TryResult
from matters.caller_hours import FURTHEST, Enough, next_try, open_from, within_hours
from matters.caller_tries import CallerTry, abandon, came_to_nothing, open_try
from matters.errands import is_over
from matters.standing import Try
from matters.turn_queue import hold, may_ring, release
from matters.turns import CallerTurn
from telephony.dialling import hang_up, place_call
from telephony.line import line
from telephony.rooms import Purpose, Room, open_room, open_room_of


@dataclass(frozen=True)
class Heard:
    """What the clerk noted of a try."""

    result: TryResult
    judgement: str | None = None
    satisfaction: int | None = None
    unit_near: bool | None = None
    """Whether someone of the unit is with the caller or on the line."""
    words: str = ""
    again_at: datetime | None = None


class ResultFirst(Refused):
    """The last try has no result yet."""

    words = Words("请先记录上一次拨打的结果", "Note the result of the last call first")


class DialFirst(Refused):
    """Nobody was rung."""

    words = Words(
        "还没有拨打，没有记录结果。请先拨打", "Nobody was rung yet, so no result was noted. Dial first"
    )


class Over(Refused):
    """The matter has gone on since the caller was taken up."""

    words = Words(
        "情况刚有变化，这个电话不用打了，没有拨号。请退回",
        "The matter has gone on and this call is no longer needed; nothing was dialled. Give it back",
    )


class OutsideHours(Refused):
    """Nobody is rung now."""

    words = Words(
        "现在不是联系诉求人的时间，没有拨号。最早 {at} 可以拨打",
        "Callers are not rung at this hour, so nothing was dialled. The earliest is {at}",
    )


def room_for(session: Session, by: Staff, at: datetime) -> Room:
    """Return the clerk's open room at the desk; a line without telephones in the browser needs none opened before."""
    room = open_room_of(session, by.id)
    if room is not None and room.purpose is Purpose.DESK:
        return room
    if line().capabilities().browser:
        raise Refused(
            Words(
                "话机还没有接通，没有拨号。请按 R 接通话机",
                "Your telephone is not connected, so nothing was dialled. Press R to connect it",
            )
        )
    return open_room(session, owner=by, purpose=Purpose.DESK, at=at)


def dial(session: Session, turn: CallerTurn, *, by: Staff, at: datetime) -> CallerTry:
    """Ring the caller that someone holds: hours, lease, try and call in one step."""
    turn = hold(session, turn.id, by=by, at=at)
    if not may_ring(session, turn.matter, by):
        raise Forbidden(Words("承办单位的人不能反馈和回访", "Nobody of a unit tells or asks callers"))
    if turn.needs_text:
        raise Refused(
            Words(
                "已按规定拨打过，只差短信：请按 6",
                "Rung as often as is asked; only the text is missing: press 6",
            )
        )
    last = open_try(session, turn)
    if last is not None and not came_to_nothing(last):
        raise ResultFirst
    if is_over(session, turn):
        raise Over
    if last is not None:
        last.closed_at = at
    local = clock.local(at)
    if not within_hours(local, is_pressing=turn.is_pressing):
        raise OutsideHours(at=moment_words(open_from(local, is_pressing=turn.is_pressing)))
    if not turn.reporter.number:
        raise Refused(Words("没有留号码，不能拨打", "No number was left, so nobody can be rung"))
    call = place_call(session, room=room_for(session, by, at), number=turn.reporter.number, by=by, at=at)
    made = CallerTry(
        matter_id=turn.matter_id,
        reporter_id=turn.reporter_id,
        errand=turn.errand,
        round=turn.round,
        staff_id=by.id,
        call_id=call.id,
        made_at=at,
    )
    session.add(made)
    session.flush()
    journal.write(session, "caller.dial", turn.matter, by=by, at=at, errand=turn.errand.value, call=call.id)
    return made


def give_back(session: Session, turn: CallerTurn, *, by: Staff, at: datetime) -> None:
    """Give a caller back who was not rung."""
    turn = hold(session, turn.id, by=by, at=at)
    made = open_try(session, turn)
    if made is not None and not came_to_nothing(made):
        raise ResultFirst
    abandon(session, turn, at=at)
    release(turn)
    if is_over(session, turn):
        session.delete(turn)
    session.flush()


def finish(session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime) -> CallerTry:
    """Note the result of the call that was made, and hang up."""
    made = open_try(session, turn)
    if made is None or made.call is None or came_to_nothing(made):
        raise DialFirst
    if heard.again_at is not None:
        _check_again(turn, heard.again_at, at)
    made.result, made.closed_at = heard.result, at
    hang_up(session, made.call, by=by, at=at)
    session.flush()
    return made


def _check_again(turn: CallerTurn, again_at: datetime, at: datetime) -> None:
    words: Words | None = None
    if not at < again_at <= at + FURTHEST:
        words = Words("请约在今后 10 天之内", "Within the next ten days, please")
    elif not within_hours(clock.local(again_at), is_pressing=turn.is_pressing):
        words = Words("这个时间不能打扰居民，请另选", "Nobody is rung at that hour; choose another")
    if words is not None:
        raise Invalid(
            Words("没有记录，填写的内容都在", "Not noted; what you typed is kept"), fields={"again": words}
        )


def plan(
    session: Session, turn: CallerTurn, tries: list[Try], heard: Heard, enough: Enough, *, at: datetime
) -> None:
    """Give a caller who was not reached back to the queue, for another hour or day, or for when they asked."""
    turn.is_promised = heard.again_at is not None
    turn.next_at = heard.again_at or next_try(tries, clock.zone(), enough, is_pressing=turn.is_pressing)
    turn.tries = len(tries)
    release(turn)
    session.flush()
