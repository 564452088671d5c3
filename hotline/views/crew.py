"""The shift lead's crew: which of a line's languages each operator speaks, ticked on the roster's page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import t
from hotline.languages import languages_on
from hotline.lines import LineKind
from hotline.roster_sheet import people_for
from hotline.speakers import note_languages
from hotline.views.board import lines_led

blueprint = Blueprint("crew", __name__, url_prefix="/hotline/duty/crew")


@blueprint.post("/<any(citizen, counselling):kind>/languages")
@require(Permission.HOTLINE_LEAD)
def speak(kind: str) -> ResponseReturnValue:
    """Note what operators speak; who wasn't on the page, and what this line doesn't offer, stays as it is."""
    line, form = LineKind.of(kind), request.form
    if line not in lines_led(acting()):
        raise Missing
    ticked, shown = set(form.getlist("speaks")), set(form.getlist("person"))
    with transaction() as session:
        among = [one.id for one in languages_on(session, line).values()]
        for person in people_for(session, line):
            if str(person.id) in shown:
                speaks = [which for which in among if f"{person.id}-{which}" in ticked]
                note_languages(session, person, speaks, among=among, by=acting(), at=clock.now())
    flash(t("已记下接线员会说的语言", "What operators speak is noted"), "good")
    return redirect(url_for("roster.week", line=line.value, week=form.get("week")), 303)
