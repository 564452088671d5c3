"""The interviewer's talk: begin, every answer as it is given, and the problem that the resident raises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words
from matters import statements
from matters.alarm import alarming
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.matter import Matter
from matters.once import in_one, kept_once, once
from matters.promises import Registered
from matters.registration import Statement, raise_problem, register
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


FORM = "interview"


@blueprint.post("/matter")
@require(Permission.MATTER_REGISTER)
def register_matter() -> ResponseReturnValue:
    """Register what the resident raised; the matter knows that it came from an interview, never which answers.

    The form sent again because its answer was lost is the same matter, with a new PIN.
    """
    told, staff, at = body(), acting(), clock.now()
    case_id, form_key = whole("case"), _form_key(told)

    def take(session: Session) -> Registered:
        case: Case = leases.hold(session, case_id, by=staff, at=at)
        statement = _statement(session, case, told)

        def taken() -> Registered:
            return register(session, statement, origin=Origin.INTERVIEW, by=staff, at=at)

        word = f"{staff.id}:{case.id}:{form_key}"
        return once(session, FORM, word, statement, taken, at=at) if form_key else taken()

    made = in_one(take)
    return jsonify(
        {
            "receipt": made.matter.receipt,
            "pin": made.pin,
            "read_aloud": str(made.read_aloud),
            "provisional": made.is_provisional,
            "alarming": alarming(made.matter.narrative),
        }
    )


@blueprint.post("/matter/later")
@require(Permission.MATTER_REGISTER)
def keep_matter() -> ResponseReturnValue:
    """Keep what there was no time to complete as a draft, once: the desk rings the resident back."""
    told, staff, at = body(), acting(), clock.now()
    if not str(told.get("narrative", "")).strip():
        raise Invalid(fields={"narrative": Words("先写下对方反映了什么", "Write down first what was said")})
    case_id, form_key = whole("case"), _form_key(told)

    def take(session: Session) -> bool:
        case: Case = leases.hold(session, case_id, by=staff, at=at)
        statement = _statement(session, case, told, is_draft=True)

        def keep() -> Matter:
            return raise_problem(session, statement, origin=Origin.INTERVIEW, by=staff, at=at)

        word = f"{staff.id}:{case.id}:{form_key}"
        kept = kept_once(session, f"{FORM}:later", word, statement, keep) if form_key else keep()
        return kept.identity is not IdentityClass.ANONYMOUS

    return jsonify(words=str(KEPT_TO_RING if in_one(take) else KEPT))


def _form_key(told: dict[str, Any]) -> str:
    return str(told.get("form_key", ""))[:40]


KEPT_TO_RING = Words(
    "已存为待补登，由民意中心回拨补登。", "Kept as a draft; the centre rings them back to complete it."
)
KEPT = Words(
    "已存为待补登；对方匿名，没有号码可回拨。",
    "Kept as a draft; they stay anonymous, so nobody can ring them.",
)


def _statement(session: Session, case: Case, told: dict[str, Any], *, is_draft: bool = False) -> Statement:
    """Read the form beside the questionnaire; the number that was rung goes along, sealed."""
    typed = {name: str(value) for name, value in told.items() if isinstance(value, str | int)}
    typed |= {"consent": "1" if told.get("consent") else "", "has_number": "1", "number": "", "name": ""}
    statement = statements.read(session, typed, is_draft=is_draft)
    return replace(statement, kind=statement.kind or MatterKind.HELP, number=case.frame_number.number)
