"""The interviewer's call: dial, what was heard on the desk telephone, hang up, outcome, undo, give back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words
from survey import console, leases, outcomes
from survey.attempts import Attempt
from survey.cases import Case
from survey.dials import dial
from survey.interviewers import Tongue
from survey.undoing import undo_outcome
from telephony import manual
from telephony.calls import Call
from telephony.dialling import hang_up
from telephony.outbox import kick

blueprint = Blueprint("interviewer_call", __name__, url_prefix="/interviewer")


def body() -> dict[str, Any]:
    """Return what the browser sent."""
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def whole(name: str) -> int:
    """Return a whole number of the body, or refuse."""
    value = body().get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid
    return value


def own_attempt(session: Session) -> Attempt:
    """Return the attempt that the body names, if it is the asker's."""
    attempt = session.get(Attempt, whole("attempt"))
    if attempt is None or attempt.staff_id != acting().id:
        raise Missing
    return attempt


def shown() -> ResponseReturnValue:
    """Answer with the whole screen as it stands now."""
    with reading() as session:
        return jsonify(console.screen(session, by=acting(), at=clock.now()))


@blueprint.post("/dial")
@require(Permission.INTERVIEW)
def place() -> ResponseReturnValue:
    """Dial the case in hand: one click, one call."""
    with transaction() as session:
        case = session.get(Case, whole("case"))
        if case is None:
            raise Missing
        dial(session, case, by=acting(), at=clock.now())
    kick()
    return shown()


@blueprint.post("/number")
@require(Permission.INTERVIEW)
def show_number() -> ResponseReturnValue:
    """Show the number to the one who dials it by hand; the look is journalled."""
    with transaction() as session:
        call = session.get(Call, own_attempt(session).call_id)
        if call is None:
            raise Missing
        number = manual.number_to_dial(session, call, by=acting(), at=clock.now())
    return jsonify(number=number)


@blueprint.post("/heard")
@require(Permission.INTERVIEW)
def heard() -> ResponseReturnValue:
    """Note what was heard on the desk telephone."""
    outcome = manual.Outcome.found(body().get("heard"))
    if outcome is None:
        raise Invalid
    with transaction() as session:
        call = session.get(Call, own_attempt(session).call_id)
        if call is None:
            raise Missing
        manual.report(session, call, outcome, by=acting(), at=clock.now())
    return shown()


@blueprint.post("/hang-up")
@require(Permission.INTERVIEW)
def end_call() -> ResponseReturnValue:
    """Hang the resident's leg up; the interviewer's own stays."""
    with transaction() as session:
        call = session.get(Call, own_attempt(session).call_id)
        if call is not None:
            hang_up(session, call, by=acting(), at=clock.now())
    kick()
    return shown()


@blueprint.post("/outcome")
@require(Permission.INTERVIEW)
def record() -> ResponseReturnValue:
    """Write the outcome down."""
    told = body()
    outcome = outcomes.Outcome(
        code=str(told.get("code", "")),
        note=str(told.get("note", ""))[:2000],
        is_hard=bool(told.get("hard")),
        appointment_at=_moment(told.get("when")),
        is_personal=bool(told.get("personal", True)),
        language=Tongue.found(told.get("language")),
        refer=bool(told.get("refer")),
    )
    with transaction() as session:
        outcomes.record_outcome(session, own_attempt(session), outcome, by=acting(), at=clock.now())
    kick()
    return shown()


def _moment(text: object) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise Invalid(
            Words("预约没有保存", "The appointment was not saved"),
            fields={"when": Words("请写成 2026-11-20 19:30", "Write it like 2026-11-20 19:30")},
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())


@blueprint.post("/undo")
@require(Permission.INTERVIEW)
def undo() -> ResponseReturnValue:
    """Take the last outcome back."""
    with transaction() as session:
        undo_outcome(session, own_attempt(session), by=acting(), at=clock.now())
    return shown()


@blueprint.post("/give-back")
@require(Permission.INTERVIEW)
def give_back() -> ResponseReturnValue:
    """Give back a case that was not dialled."""
    with transaction() as session:
        case = leases.hold(session, whole("case"), by=acting(), at=clock.now())
        leases.give_back(session, case, by=acting(), at=clock.now())
    return shown()
