"""What came of an errand on the way: the call's result, the entry of the log that it leads to, and what was promised."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Forbidden, Invalid
from core.terms import Words
from matters import promise_ledger, relays
from matters.attributes import Decision, TryResult
from matters.caller_calls import Heard, finish, plan
from matters.caller_hours import open_from
from matters.caller_tries import CallerTry, tries_of
from matters.errand_starts import started_at
from matters.errands import is_over, ring_another
from matters.flow import MATTER_FLOW, MatterAction
from matters.limits import Limit, end_of
from matters.moving import act, standing_of
from matters.policies import policy_of
from matters.promise_ledger import PromisedDeed
from matters.standing import Try
from matters.states import MatterState
from matters.steps_inform import decided
from matters.trying import is_given_up
from matters.turn_queue import hold, may_ring, release
from matters.turns import CallerTurn, Errand


def rung(
    session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime, seen: int | None = None
) -> None:
    """Note what came of ringing a caller on an errand on the way."""
    turn = hold(session, turn.id, by=by, at=at)
    if not may_ring(session, turn.matter, by):
        raise Forbidden(Words("承办单位的人不能打这个电话", "Nobody of a unit makes this call"))
    _check(turn, heard)
    note(session, turn, finish(session, turn, heard, by=by, at=at), heard, by=by, at=at, seen=seen)


def note(
    session: Session,
    turn: CallerTurn,
    made: CallerTry,
    heard: Heard,
    *,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> None:
    """Let a try have its consequence: the entry of the log, another try, or that the caller is given up."""
    if made.made_at < started_at(session, turn):
        _told_of_before(session, turn, made, heard, at=at)
        return
    if heard.result is TryResult.REACHED:
        _reached(session, turn, made, heard, by=by, at=at, seen=seen)
    else:
        made.words = heard.words.strip() or None
        tries = [Try(t.made_at, t.staff_id, t.result.value) for t in tries_of(session, turn) if t.result]
        is_tried = heard.again_at is None and is_given_up(tries, clock.zone())
        if not is_tried and not is_over(session, turn):
            plan(session, turn, tries, heard, lambda t: is_given_up(t, clock.zone()), at=at)
            return
        _given_up(session, turn, made, heard, by=by, at=at)
    if turn.errand is Errand.RELAY:
        relays.rung(session, turn, by=by, at=at)
    if not sa.inspect(turn).deleted:  # whom nobody holds, the entry itself may have taken out
        session.delete(turn)
    session.flush()


def _told_of_before(
    session: Session, turn: CallerTurn, made: CallerTry, heard: Heard, *, at: datetime
) -> None:
    """Keep what came of a call about another unit's words or another decision; who must hear the new one is rung anew."""
    made.words = heard.words.strip() or None
    if is_over(session, turn):
        session.delete(turn)
    else:
        turn.tries, turn.next_at = 0, open_from(clock.local(at), is_pressing=turn.is_pressing)
        release(turn)
    session.flush()


def _check(turn: CallerTurn, heard: Heard) -> None:
    if heard.result is TryResult.SENT:
        raise Invalid(fields={"result": Words("这件事要打电话说", "This is told on the telephone")})
    if heard.result is not TryResult.REACHED or heard.words.strip():
        return
    if turn.errand is Errand.ASK:
        raise Invalid(fields={"words": Words("请写下诉求人的补充", "Write what the caller said")})
    if turn.errand is Errand.CALL_BACK and turn.matter.state is MatterState.DRAFT:
        raise Invalid(
            fields={
                "words": Words(
                    "先补登这件诉求；不登记的，请写明为什么",
                    "Register it first, or write why it is not registered",
                )
            }
        )


def _reached(
    session: Session,
    turn: CallerTurn,
    made: CallerTry,
    heard: Heard,
    *,
    by: Staff,
    at: datetime,
    seen: int | None,
) -> None:
    if turn.errand is Errand.CALL_BACK:  # the registration itself is the entry
        made.words = heard.words.strip() or None
        return
    matter, call = turn.matter, {"call": made.call_id}
    may = MATTER_FLOW.allows
    if turn.errand is Errand.INFORM and not is_over(session, turn):
        _promise(session, turn, by=by, at=at)
        _inform(session, turn, made, heard, by=by, at=at, seen=seen)
        seen, heard = None, Heard(heard.result)
        if standing_of(matter).contacted_at is not None:
            return
    has_asked = turn.errand is Errand.ASK and may(matter.state, MatterAction.CALLER_REPLIED)
    is_first = standing_of(matter).contacted_at is None
    if may(matter.state, MatterAction.CONTACT) and (is_first or not has_asked):
        words = "" if has_asked and made.call_id is not None else heard.words
        act(session, matter, MatterAction.CONTACT, by=by, at=at, facts=call, text=words, seen=seen)
        seen = None
    elif not has_asked:
        made.words = heard.words.strip() or None
    if has_asked:
        act(
            session,
            matter,
            MatterAction.CALLER_REPLIED,
            by=by,
            at=at,
            facts=call,
            text=heard.words,
            seen=seen,
        )


def _inform(
    session: Session,
    turn: CallerTurn,
    made: CallerTry,
    heard: Heard,
    *,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> None:
    facts: dict[str, Any] = {
        "caller": turn.reporter_id,
        "result": heard.result.value,
        "call": made.call_id,
    }
    act(session, turn.matter, MatterAction.INFORM, by=by, at=at, facts=facts, text=heard.words, seen=seen)


def _given_up(
    session: Session, turn: CallerTurn, made: CallerTry, heard: Heard, *, by: Staff, at: datetime
) -> None:
    """Keep in the log that a decision could not be told, or that nobody was reached; other errands leave their tries."""
    if is_over(session, turn):
        return
    if turn.errand is Errand.INFORM:
        _inform(session, turn, made, heard, by=by, at=at)
        made.words = None
    elif turn.errand is Errand.CONTACT and not ring_another(session, turn, at=at):
        act(session, turn.matter, MatterAction.NO_CONTACT, by=by, at=at)


def promised(session: Session, turn: CallerTurn, *, at: datetime) -> tuple[PromisedDeed, date] | None:
    """Return what a caller is promised with a decision: an answer after the new limit, or that it is looked at again."""
    standing = standing_of(turn.matter)
    decision, until = decided(standing) or (None, None)
    if until is None:
        return None
    if decision is Decision.SUSPENDED:
        return PromisedDeed.LOOK_AGAIN, clock.today(until)
    policy = policy_of(session, turn.matter.policy_id, at=at)
    for limit in (Limit.CHECK, Limit.FIRST_TELL):
        until = end_of(until, policy.span(limit, standing.urgency), clock.zone()).due_at
    return PromisedDeed.ANSWER, clock.today(until)


def _promise(session: Session, turn: CallerTurn, *, by: Staff, at: datetime) -> None:
    found = promised(session, turn, at=at)
    if found is not None:
        deed, on = found
        lead = standing_of(turn.matter).lead
        promise_ledger.note(session, turn.reporter_id, deed, on, who=lead, told_by=by.id, at=at)
