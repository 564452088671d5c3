"""The supervisor's wall: the field at this moment, replicates to release, cases to decide, a call to listen to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, Role, require
from core.problems import Missing, Refused
from core.terms import Words, t
from survey import listening_in, progress, wall
from survey.cases import Case, CaseState
from survey.referrals import close_referred, closing_codes, send_back
from survey.releasing import release
from survey.sampling import Replicate
from survey.waves import Wave, WaveState
from telephony.line import line
from telephony.outbox import kick

blueprint = Blueprint("field", __name__, url_prefix="/field")


def _waiting(session: Session, staff: Staff, at: object) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(Case)
        .join(Wave, Wave.id == Case.wave_id)
        .where(Case.state == CaseState.REFERRED, Wave.state.in_([WaveState.OPEN, WaveState.HELD]))
    )
    return session.scalar(query) or 0


DOORS = [
    Door(
        "field.show_wall",
        Words("现场", "Field"),
        Permission.FIELD_WATCH,
        order=20,
        first_for=frozenset({Role.SUPERVISOR}),
        count=_waiting,
        about=Words(
            "谁在线、今日结果、各县进度、投放批次", "Who is on, today's outcomes, targets, replicates"
        ),
    )
]


def chosen_wave(session: Session) -> tuple[Wave | None, list[Wave]]:
    """Return the wave that the address names, else the newest in the field, with all there are to choose."""
    waves = progress.waves_in_field(session)
    asked = request.args.get("wave", type=int)
    if asked is None:
        return (waves[0] if waves else None), waves
    found = next((w for w in waves if w.id == asked), None)
    if found is None:
        raise Missing
    return found, waves


@blueprint.get("/")
@require(Permission.FIELD_WATCH)
def show_wall() -> str:
    """Show the wall; its parts keep themselves fresh."""
    with reading() as session:
        wave, waves = chosen_wave(session)
        if wave is None:
            return render_template("supervisor/no_wave.html")
        return render_template(
            "supervisor/wall.html",
            wave=wave,
            waves=waves,
            **_moment(session, wave),
            **_decisions(session, wave),
        )


@blueprint.get("/now")
@require(Permission.FIELD_WATCH)
def show_now() -> str:
    """Give the part that changes every few seconds."""
    with reading() as session:
        wave, _ = chosen_wave(session)
        if wave is None:
            raise Missing
        return render_template("supervisor/now.html", wave=wave, **_moment(session, wave))


@blueprint.get("/decisions")
@require(Permission.FIELD_WATCH)
def show_decisions() -> str:
    """Give the part that waits for the supervisor: replicates and referred cases."""
    with reading() as session:
        wave, _ = chosen_wave(session)
        if wave is None:
            raise Missing
        return render_template("supervisor/decisions.html", wave=wave, **_decisions(session, wave))


def _moment(session: Session, wave: Wave) -> dict[str, Any]:
    at = clock.now()
    capabilities = line().capabilities()
    can_listen = capabilities.listens_in and acting().may(Permission.LINE_USE)
    people = wall.people(session, wave, at, can_listen=can_listen)
    place = listening_in.my_place(session, acting()) if can_listen else None
    counties = progress.by_county(session, wave)
    return {
        "people": people,
        "can_listen": can_listen,
        "place": place,
        "steps": listening_in.steps_from(place.stage) if place else (),
        "doing": {d: sum(p.doing is d for p in people) for d in wall.Doing},
        "on": sum(p.doing in wall.ON for p in people),
        "tones": wall.TONES,
        "today_": wall.today(session, wave, at),
        "standing": wall.standing(session, wave),
        "counties": counties,
        "target": sum(c.target for c in counties),
        "completes": sum(c.completes for c in counties),
        "short": sum(c.short for c in counties),
        "slots": progress.promised(session, wave, at),
        "states": progress.by_state(session, wave),
        "at": at,
    }


def _decisions(session: Session, wave: Wave) -> dict[str, Any]:
    return {
        "replicates": progress.replicates(session, wave),
        "referred": progress.referred(session, wave),
        "codes": {d.code: f"{d.code} {d.label}" for d in closing_codes()},
    }


def _back(wave_id: int) -> ResponseReturnValue:
    return redirect(url_for("field.show_wall", wave=wave_id), 303)


@blueprint.post("/replicates/<int:replicate_id>/release")
@require(Permission.SAMPLE_RELEASE)
def release_replicate(replicate_id: int) -> ResponseReturnValue:
    """Put a held replicate into the queue."""
    with transaction() as session:
        replicate = session.get(Replicate, replicate_id, with_for_update=True)
        if replicate is None:
            raise Missing
        wave = session.get_one(Wave, replicate.sample.wave_id)
        if wave.state not in (WaveState.OPEN, WaveState.HELD):
            raise Refused(
                Words("调查不在进行中，没有投放", "The wave is not in the field; nothing was released")
            )
        count = release(session, replicate, by=acting(), at=clock.now())
    flash(t("已投放 {n} 个号码", "{n} numbers released", n=count), "good")
    return _back(wave.id)


def _case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise Missing
    return case


@blueprint.post("/cases/<int:case_id>/give-back")
@require(Permission.FIELD_REVIEW)
def give_back(case_id: int) -> ResponseReturnValue:
    """Give a referred case back to the queue."""
    with transaction() as session:
        case = _case(session, case_id)
        send_back(session, case, by=acting(), at=clock.now())
        wave_id = case.wave_id
    flash(t("个案已退回队列", "The case is back in the queue"), "good")
    return _back(wave_id)


@blueprint.post("/cases/<int:case_id>/close")
@require(Permission.FIELD_REVIEW)
def close(case_id: int) -> ResponseReturnValue:
    """Close a referred case with a code."""
    with transaction() as session:
        case = _case(session, case_id)
        close_referred(session, case, request.form.get("code", ""), by=acting(), at=clock.now())
        wave_id = case.wave_id
    flash(t("个案已结案", "The case is closed"), "good")
    return _back(wave_id)


def _told(words: str, wave_id: int) -> ResponseReturnValue:
    """Answer a script in words: a page that loads anew would cut the telephone it carries."""
    if request.is_json:
        return jsonify(words=words)
    flash(words, "good")
    return _back(wave_id)


@blueprint.post("/listen/<int:staff_id>")
@require(Permission.FIELD_REVIEW)
def listen(staff_id: int) -> ResponseReturnValue:
    """Ring the supervisor into a conversation whose resident has agreed to it."""
    with transaction() as session:
        case = listening_in.begin(session, staff_id, by=acting(), at=clock.now())
        wave_id = case.wave_id
    kick()
    return _told(
        t("正在把您接入通话，对方听不到您", "You are being joined to the call; nobody hears you"), wave_id
    )


@blueprint.post("/listening/<step>")
@require(Permission.FIELD_REVIEW)
def change_listening(step: str) -> ResponseReturnValue:
    """Whisper to the interviewer, join the conversation, or leave it."""
    wanted = listening_in.Step.found(step)
    if wanted is None:
        raise Missing
    with transaction() as session:
        listening_in.change(session, wanted, by=acting(), at=clock.now())
    kick()
    if request.is_json:
        return jsonify(words=wanted.label)
    return redirect(url_for("field.show_wall"), 303)
