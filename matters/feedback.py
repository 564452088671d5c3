"""Feedback: each caller is told the result; who is not reached is tried again, and after three tries sent a text."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.sweeps import sweep
from matters.attributes import TryResult
from matters.caller_calls import Heard, finish, plan
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.notices import NoticeKind, give
from matters.policies import policy_of
from matters.standing import Try
from matters.states import MatterState
from matters.texts_to_callers import can_text, takes_texts, text_result
from matters.trying import is_tried_enough
from matters.turn_queue import hold, let_go_expired, release
from matters.turns import CallerTurn, Errand, keep_turns

AT_ONCE = 300


def _with_text(tries: list[Try]) -> list[Try]:
    return [*tries, Try(tries[-1].at, None, TryResult.SENT.value)] if tries else []


def only_a_text_lacks(tries: list[Try]) -> bool:
    """Say whether the calls are enough and the text is all that is missing."""
    zone = clock.zone()
    return not is_tried_enough(tries, zone) and is_tried_enough(_with_text(tries), zone)


def told(session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime, seen: int | None = None) -> None:  # fmt: skip
    """Note what came of telling a caller; the third call in vain is followed by the text that the line sends.

    Whoever asked to be rung again at an hour is waited for; a fixed line takes no text, and the calls are enough.
    """
    turn = hold(session, turn.id, by=by, at=at)
    if heard.result is TryResult.SENT:
        _text(session, turn, heard.words, by=by, at=at, seen=seen)
    else:
        made = finish(session, turn, heard, by=by, at=at)
        facts: dict[str, object] = {
            "caller": turn.reporter_id,
            "result": heard.result.value,
            "call": made.call_id,
        }
        if heard.again_at is not None:
            facts["promised"] = True
        if not takes_texts(turn.reporter.number):
            facts["no_text"] = True
        act(session, turn.matter, MatterAction.TELL, by=by, at=at, facts=facts, text=heard.words, seen=seen)
        if _is_left(session, turn) and heard.again_at is None and only_a_text_lacks(_tries(turn)):
            if can_text():
                _text(session, turn, "", by=by, at=at)
            else:
                turn.needs_text, turn.next_at = True, at
    if not _is_left(session, turn):
        return
    if turn.needs_text:
        release(turn)
    else:
        tries = _tries(turn)
        plan(session, turn, tries, heard, lambda t: is_tried_enough(_with_text(list(t)), clock.zone()), at=at)
    session.flush()


def _text(
    session: Session, turn: CallerTurn, words: str, *, by: Staff, at: datetime, seen: int | None = None
) -> None:
    text_result(session, turn, by=by, at=at)
    facts = {"caller": turn.reporter_id, "result": TryResult.SENT.value}
    act(session, turn.matter, MatterAction.TELL, by=by, at=at, facts=facts, text=words, seen=seen)
    if _is_left(session, turn):
        turn.needs_text = False


def _tries(turn: CallerTurn) -> list[Try]:
    caller = standing_of(turn.matter).caller(turn.reporter_id)
    return list(caller.tells) if caller else []


def _is_left(session: Session, turn: CallerTurn) -> bool:
    """Say whether the caller is still to be told: the step itself takes the turn out of the queue."""
    # Its number may belong to the turn of the revisit already: embedded databases give numbers out again.
    query = sa.select(CallerTurn.id).where(CallerTurn.id == turn.id, CallerTurn.errand == Errand.TELL)
    return session.scalar(query) is not None


@sweep("matters.turns", every=timedelta(seconds=60))
def keep_queue(session: Session, now: datetime) -> int:
    """Give expired leases back, and queue the callers of matters that came to be due before the queue was kept."""
    done = let_go_expired(session, now)
    queued = sa.exists().where(CallerTurn.matter_id == Matter.id)
    query = (
        sa.select(Matter)
        .where(Matter.state.in_([MatterState.FEEDBACK_DUE, MatterState.REVISIT_DUE]), ~queued)
        .options(sa.orm.defer(Matter.narrative), sa.orm.defer(Matter.redacted))
    )
    for matter in session.scalars(query.order_by(Matter.id).limit(AT_ONCE)).all():
        policy = policy_of(session, matter.policy_id, at=now)
        keep_turns(session, matter, standing_of(matter), policy)
    return done


@sweep("matters.first_tell", every=timedelta(seconds=60))
def tell_untold(session: Session, now: datetime) -> int:
    """Tell the desk of every caller whom nobody tried to tell in time; return how many notices were given."""
    query = (
        sa.select(CallerTurn)
        .where(CallerTurn.errand == Errand.TELL, CallerTurn.tries == 0, CallerTurn.due_at <= now)
        .order_by(CallerTurn.due_at)
        .limit(AT_ONCE)
    )
    given = 0
    for turn in session.scalars(query).all():
        about = f"tell:{turn.reporter_id}:{turn.round}"
        notice = give(
            session, turn.matter, NoticeKind.STAGE_OVER, Side.CENTRE, about=about, at=now, due_at=turn.due_at
        )
        given += notice is not None
    return given
