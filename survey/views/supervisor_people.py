"""The supervisor's interviewers: who speaks which languages, who comes from where, who must rest."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from core.terms import Words, t
from survey.interviewer_list import known, set_languages
from survey.interviewers import Tongue
from survey.views.supervisor import chosen_wave

blueprint = Blueprint("field_people", __name__, url_prefix="/field/interviewers")


def _page(wrong: dict[int, Words]) -> str:
    at = clock.now()
    with reading() as session:
        wave, waves = chosen_wave(session)
        return render_template(
            "supervisor/people.html",
            wave=wave,
            waves=waves,
            people=known(session, at=at),
            tongues=list(Tongue),
            wrong=wrong,
        )


@blueprint.get("/")
@require(Permission.FIELD_WATCH)
def listed() -> str:
    """List the interviewers."""
    return _page({})


@blueprint.post("/<int:staff_id>/languages")
@require(Permission.FIELD_REVIEW)
def speak(staff_id: int) -> ResponseReturnValue:
    """Set the languages of one interviewer."""
    tongues = [found for code in request.form.getlist("languages") if (found := Tongue.found(code))]
    try:
        with transaction() as session:
            name = set_languages(session, staff_id, tongues, by=acting(), at=clock.now()).name
    except Invalid as problem:
        return _page({staff_id: problem.fields["languages"]}), 422
    flash(t("{name}的语言已保存", "{name}'s languages are saved", name=name), "good")
    return redirect(url_for(".listed"), 303)
