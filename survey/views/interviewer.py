"""The interviewer's pages: the console, today's appointments, my today."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, Role, require
from core.phone import NumberKind
from core.problems import Missing
from core.terms import Words, language
from matters import promises, registration, topics
from matters.alarm import patterns
from matters.attributes import Conflict, IdentityClass, MatterKind, Urgency
from matters.statements import complained_about
from survey import appointments, console
from survey.answers import questionnaire
from survey.calling import Rules
from survey.editions import Edition
from survey.interviewers import Tongue, at_work, cool_down
from survey.queue import next_case
from survey.waiting import why_nothing
from telephony.line import line
from telephony.manual import Outcome as Heard

blueprint = Blueprint("interviewer", __name__, url_prefix="/interviewer")
DOORS = [
    Door(
        "interviewer.show_console",
        Words("下一个案", "Next case"),
        Permission.INTERVIEW,
        order=10,
        first_for=frozenset({Role.INTERVIEWER}),
        about=Words("取个案、拨打、访问、登记诉求", "Take a case, dial, interview, register a matter"),
    ),
    Door(
        "interviewer.show_appointments",
        Words("预约", "Appointments"),
        Permission.INTERVIEW,
        order=11,
        count=lambda session, staff, at: appointments.mine_today(session, staff, at),
    ),
    Door("interviewer.show_today", Words("我的今日", "My day"), Permission.INTERVIEW, order=12),
]


@blueprint.get("/")
@require(Permission.INTERVIEW)
def show_console() -> str:
    """Show the console; what it holds comes as data, so that a question never waits for a page."""
    settings = {
        "groups": console.outcome_groups(),
        "tongues": [{"code": t.value, "words": t.label} for t in Tongue if t != Tongue.MANDARIN],
        "heard": [{"code": h.value, "words": h.label} for h in Heard],
        "alarm": patterns(),
        "consents": {i.value: str(promises.CONSENT[i]) for i in IdentityClass},
        "simulated": line().capabilities().is_simulated,
    }
    with reading() as session:
        units = [(unit.id, unit.label) for unit in complained_about(session)]
    return render_template(
        "interviewer/console.html",
        settings_json=settings,
        conflicts=Conflict,
        units=units,
        topics=topics.offered(),
        kinds=MatterKind,
        urgencies=Urgency,
        identities=IdentityClass,
        line_can=line().capabilities(),
    )


@blueprint.get("/state")
@require(Permission.INTERVIEW)
def state() -> ResponseReturnValue:
    """Say what is in hand: the page asks on opening (to resume) and while a call is under way."""
    with reading() as session:
        return jsonify(console.screen(session, by=acting(), at=clock.now()))


@blueprint.post("/next")
@require(Permission.INTERVIEW)
def take_next() -> ResponseReturnValue:
    """Hand out the next case, or say why there is none and when there will be."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        found = next_case(session, by=staff, at=at)
    with reading() as session:
        shown = console.screen(session, by=staff, at=at)
        if found is None:
            why = why_nothing(session, by=staff, at=at)
            shown["nothing"] = {
                "words": str(why.words),
                "next": str(why.next_words),
                "next_at": why.next_at.isoformat() if why.next_at else None,
                "callbacks": why.callbacks,
                "appointments": why.appointments,
                "fresh": why.fresh,
                "at_home": why.at_home,
            }
    return jsonify(shown)


@blueprint.get("/questionnaire/<int:edition_id>")
@require(Permission.INTERVIEW)
def show_questionnaire(edition_id: int) -> ResponseReturnValue:
    """Give the questionnaire, as it is asked on a kind of number, to the browser, which walks it by itself."""
    kind = NumberKind.found(request.args.get("kind")) or NumberKind.MOBILE
    with reading() as session:
        edition = session.get(Edition, edition_id)
        if edition is None:
            raise Missing
        answer = jsonify(questionnaire(edition, kind).to_json())
        answer.set_etag(f"{edition.sha256}-{kind.value}")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer.make_conditional(request)


@blueprint.post("/cool-down")
@require(Permission.INTERVIEW)
def rest() -> ResponseReturnValue:
    """Take a pause after abuse."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        cool_down(session, at_work(session, staff), Rules(), by=staff, at=at)
    with reading() as session:
        return jsonify(console.screen(session, by=staff, at=at))


@blueprint.get("/appointments")
@require(Permission.INTERVIEW)
def show_appointments() -> str:
    """Show today's promises, those that are late first to the eye."""
    at = clock.now()
    with reading() as session:
        rows = appointments.promises(session, by=acting(), at=at)
    return render_template("interviewer/appointments.html", rows=rows, at=at)


@blueprint.get("/today")
@require(Permission.INTERVIEW)
def show_today() -> str:
    """Show what the day has brought."""
    staff, at = acting(), clock.now()
    with reading() as session:
        return render_template(
            "interviewer/today.html",
            today=console.today(session, staff, at),
            matters=registration.registered_by(
                session, staff, since=clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
            ),
            tries=console.tries_today(session, staff, at),
            language=language,
        )
