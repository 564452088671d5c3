"""The pages of whoever rings callers back: take the next, dial, read aloud, note the result; by keyboard alone."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, purposes
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, labels
from matters import caller_calls, caller_desk, turn_queue
from matters.attributes import Judgement, TryResult
from matters.caller_script import NOT_THEM
from matters.caller_tries import open_try
from matters.texts_to_callers import can_text, takes_texts
from matters.turns import ON_THE_WAY, CallerTurn, Errand
from matters.views.caller_form import RECORDS, heard_in, seen_in, turn_in
from matters.views.where import topic_words, where
from telephony import manual
from telephony.dialling import hang_up
from telephony.line import line
from telephony.outbox import kick

blueprint = Blueprint("caller", __name__, url_prefix="/callers")
DOORS = [
    Door(
        "caller.desk",
        Words("反馈回访", "Call-backs"),
        Permission.MATTER_CALL,
        order=18,
        count=lambda session, staff, at: sum(w.now for w in turn_queue.waiting(session, staff, at=at)),
        about=Words(
            "把结果告诉诉求人、问是否真正解决：取下一位、拨打、记结果",
            "Tell callers their result and ask whether it is solved: take the next, dial, note what they say",
        ),
    )
]
NOTED = Words("已记录。", "Noted.")
NOBODY = Words("现在没有轮到要联系的诉求人。", "No caller is due now.")


@blueprint.get("/")
@require(Permission.MATTER_CALL)
def desk() -> str:
    """Show the caller in hand, or how many wait."""
    with reading() as session:
        return _page(session)


def _page(
    session: Session,
    hand: caller_desk.Hand | None = None,
    *,
    narrative: str | None = None,
    problem: Words | None = None,
    errors: Mapping[str, Words] | None = None,
) -> str:
    staff, at = acting(), clock.now()
    found = hand or caller_desk.hand(session, staff, at=at)
    can = line().capabilities()
    part = "caller/hand.html" if found else "caller/idle.html"
    is_part = request.headers.get("X-Part") == "1"
    return render_template(
        part if is_part else "caller/desk.html",
        part=part,
        hand=found,
        waiting=turn_queue.waiting(session, staff, at=at) if found is None else [],
        tries_today=caller_desk.tries_today(session, staff, at=at) if found is None else {},
        narrative=narrative,
        is_purpose_good=bool(found and purposes.in_force(session, found.matter, by=staff, at=at)),
        problem=problem,
        errors=errors or {},
        typed=request.form,
        line_can=can,
        can_text=can_text(),
        heard_words=labels(manual.Outcome),
        results=[r for r in TryResult if r is not TryResult.SENT or (found and _takes_text(found.turn))],
        judgements=labels(Judgement),
        not_them=NOT_THEM,
        topic_words=topic_words,
        where=where,
    )


def _takes_text(turn: CallerTurn) -> bool:
    return turn.errand is Errand.TELL and takes_texts(turn.reporter.number)


def _refused(problem: Problem) -> ResponseReturnValue:
    fields = problem.fields if isinstance(problem, Invalid) else {}
    with reading() as session:
        return _page(session, problem=problem.words, errors=fields), problem.status


@blueprint.post("/next")
@require(Permission.MATTER_CALL)
def take_next() -> ResponseReturnValue:
    """Take the next caller, of all errands, of one, or of those on the way."""
    wanted = request.form.get("errand", "")
    one = Errand.found(wanted)
    errands = (one,) if one else ON_THE_WAY if wanted == "on_the_way" else tuple(Errand)
    try:
        with transaction() as session:
            turn = turn_queue.next_turn(session, by=acting(), at=clock.now(), errands=errands)
    except Problem as problem:
        return _refused(problem)
    if turn is None:
        flash(str(NOBODY), "warn")
    return redirect(url_for(".desk"), 303)


@blueprint.post("/dial")
@require(Permission.MATTER_CALL)
def dial() -> ResponseReturnValue:
    """Ring the caller in hand: one click, one call."""
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            turn = turn_queue.hold(session, turn_in(request.form), by=staff, at=at)
            caller_calls.dial(session, turn, by=staff, at=at)
    except Problem as problem:
        return _refused(problem)
    kick()
    return redirect(url_for(".desk"), 303)


@blueprint.post("/result")
@require(Permission.MATTER_CALL)
def note_result() -> ResponseReturnValue:
    """Note what came of the call; what could not be noted stays typed."""
    staff, at = acting(), clock.now()
    try:
        heard = heard_in(request.form)
        with transaction() as session:
            turn = turn_queue.hold(session, turn_in(request.form), by=staff, at=at)
            RECORDS[turn.errand](session, turn, heard, by=staff, at=at, seen=seen_in(request.form))
    except Problem as problem:
        return _refused(problem)
    kick()
    flash(str(NOTED), "good")
    return redirect(url_for(".desk"), 303)


@blueprint.post("/give-back")
@require(Permission.MATTER_CALL)
def give_back() -> ResponseReturnValue:
    """Give a caller back who was not rung."""
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            turn = turn_queue.hold(session, turn_in(request.form), by=staff, at=at)
            caller_calls.give_back(session, turn, by=staff, at=at)
    except Problem as problem:
        return _refused(problem)
    return redirect(url_for(".desk"), 303)


@blueprint.post("/said")
@require(Permission.MATTER_CALL)
def open_narrative() -> ResponseReturnValue:
    """Open what the caller in hand said, for the purpose of this call."""
    with transaction() as session:
        hand, _ = caller_desk.open_narrative(session, acting(), at=clock.now())
        return _page(session, hand, narrative=hand.matter.narrative)


@blueprint.get("/call")
@require(Permission.MATTER_CALL)
def call() -> ResponseReturnValue:
    """Say how the call in hand stands."""
    with reading() as session:
        turn = turn_queue.held_by(session, acting())
        made = open_try(session, turn) if turn else None
        if made is None:
            return jsonify(words="", live=False, connected=False, suggested=None)
        stands = caller_desk.call_stands(made)
        return jsonify(
            words=str(stands.words),
            live=stands.is_live,
            connected=stands.was_connected,
            suggested=stands.suggested.value if stands.suggested else None,
        )


@blueprint.post("/hang-up")
@require(Permission.MATTER_CALL)
def end_call() -> ResponseReturnValue:
    """Hang the caller's leg up; one's own stays."""
    staff = acting()
    with transaction() as session:
        turn = turn_queue.held_by(session, staff)
        made = open_try(session, turn) if turn else None
        if made is not None and made.call is not None:
            hang_up(session, made.call, by=staff, at=clock.now())
    kick()
    return call()


@blueprint.post("/heard")
@require(Permission.MATTER_CALL)
def heard_by_hand() -> ResponseReturnValue:
    """Note what was heard on the desk telephone, on the line dialled by hand."""
    outcome = manual.Outcome.found((request.get_json(silent=True) or {}).get("heard"))
    staff = acting()
    with transaction() as session:
        turn = turn_queue.held_by(session, staff)
        made = open_try(session, turn) if turn else None
        if made is None or made.call is None or outcome is None:
            raise Missing
        manual.report(session, made.call, outcome, by=staff, at=clock.now())
    return call()


@blueprint.post("/digits")
@require(Permission.MATTER_CALL)
def show_digits() -> ResponseReturnValue:
    """Show the number to the one who dials it by hand; the look is journalled."""
    staff = acting()
    with transaction() as session:
        turn = turn_queue.held_by(session, staff)
        made = open_try(session, turn) if turn else None
        if made is None or made.call is None:
            raise Missing
        digits = manual.number_to_dial(session, made.call, by=staff, at=clock.now())
    return jsonify(digits=digits)
