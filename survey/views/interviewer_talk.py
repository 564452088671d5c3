"""The interviewer's talk: begin, every answer as it is given, and the problem that the resident raises."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.places import Place
from core.problems import Invalid, Missing
from matters.alarm import alarming
from matters.attributes import IdentityClass, MatterKind, Origin, Urgency
from matters.registration import Statement, register
from survey import interviewing, leases
from survey.answers import CONSENT, YES, save_answer
from survey.cases import Case
from survey.interviews import Interview
from survey.leases import open_attempt
from survey.views.interviewer_call import body, shown, whole
from telephony.outbox import kick

blueprint = Blueprint("interviewer_talk", __name__, url_prefix="/interviewer")


@blueprint.post("/start")
@require(Permission.INTERVIEW)
def start() -> ResponseReturnValue:
    """Begin the interview, or go on with it."""
    at = clock.now()
    with transaction() as session:
        case = leases.hold(session, whole("case"), by=acting(), at=at)
        interviewing.start(session, case, by=acting(), at=at)
    return shown()


@blueprint.post("/answer")
@require(Permission.INTERVIEW)
def answer() -> ResponseReturnValue:
    """Save one answer; the consent starts the recording, and taking it back stops it."""
    told, staff, at = body(), acting(), clock.now()
    value, shown_ms = told.get("value"), told.get("shown_ms")
    if value is not None and not isinstance(value, str):
        raise Invalid
    question = str(told.get("question", ""))
    with transaction() as session:
        interview = _own_interview(session)
        leases.hold(session, interview.case_id, by=staff, at=at)
        saved = save_answer(
            session,
            interview,
            question,
            value,
            token=str(told.get("token", "")),
            at=at,
            shown_ms=shown_ms if isinstance(shown_ms, int) else None,
        )
        if question == CONSENT:
            attempt = open_attempt(session, interview.case)
            if attempt is not None and value == YES:
                interviewing.start_recording(session, interview, attempt, by=staff, at=at)
            elif attempt is not None:
                interviewing.stop_recording(session, attempt, by=staff, at=at)
        reply = {
            "token": saved.token,
            "turn": saved.turn,
            "end_code": interviewing.end_code(session, interview),
        }
    if question == CONSENT:
        kick()
    return jsonify(reply)


def _own_interview(session: Session) -> Interview:
    interview = session.get(Interview, whole("interview"))
    if interview is None or interview.staff_id != acting().id:
        raise Missing
    return interview


@blueprint.post("/matter")
@require(Permission.MATTER_REGISTER)
def register_matter() -> ResponseReturnValue:
    """Register what the resident raised; the matter knows that it came from an interview, never which answers."""
    told, staff, at = body(), acting(), clock.now()
    place_id = told.get("place")
    with transaction() as session:
        case: Case = leases.hold(session, whole("case"), by=staff, at=at)
        made = register(
            session,
            Statement(
                narrative=str(told.get("narrative", "")),
                kind=MatterKind.found(told.get("kind")) or MatterKind.HELP,
                topic=str(told.get("topic", "")),
                place=session.get(Place, place_id) if isinstance(place_id, int) else None,
                spot=str(told.get("spot", "")),
                urgency=Urgency.found(told.get("urgency")),
                identity=IdentityClass.found(told.get("identity")) or IdentityClass.PROTECTED,
                consent_read=bool(told.get("consent")),
                number=case.frame_number.number,
            ),
            origin=Origin.INTERVIEW,
            by=staff,
            at=at,
        )
        reply = {
            "receipt": made.matter.receipt,
            "pin": made.pin,
            "read_aloud": str(made.read_aloud),
            "provisional": made.is_provisional,
            "alarming": alarming(made.matter.narrative),
        }
    return jsonify(reply)
