"""One's own appraisal: a unit's or a county centre's figures for its people, an interviewer's for them alone; the appeal."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, t
from reports.appeal import appeals_of
from reports.appealing import file_appeal, own_subject
from reports.appraisal_disclosure import SAID, is_few, own_row
from reports.appraisal_round import PUBLIC, AppraisalRound, RoundState, editions, published
from reports.appraisal_sheet import group_words, own_figures, places_words
from reports.appraisal_terms import Appraised, Indicator

of_unit = Blueprint("unit_appraisal", __name__, url_prefix="/unit-appraisal")
of_interviewer = Blueprint("own_appraisal", __name__, url_prefix="/own-appraisal")
of_centre = Blueprint("centre_appraisal", __name__, url_prefix="/centre-appraisal")
DOORS = [
    Door(
        "unit_appraisal.listed",
        Words("本单位考核", "Our appraisal"),
        Permission.MATTER_HANDLE,
        order=14,
        about=Words("本单位的指标、怎么算的、申诉", "Your unit's figures, how they are made, and appeals"),
    ),
    Door(
        "centre_appraisal.listed",
        Words("本中心考核", "Our appraisal"),
        Permission.MATTER_DESK,
        order=44,
        about=Words(
            "本县（区）中心的指标、怎么算的、申诉",
            "Your county centre's figures, how they are made, and appeals",
        ),
    ),
    Door(
        "own_appraisal.listed",
        Words("我的考核", "My figures"),
        Permission.INTERVIEW,
        order=15,
        about=Words("只有本人和评议督导看得到", "For yourself and your supervisors alone"),
    ),
]


def _mine(session: Session, appraised: Appraised, staff: Staff) -> list[AppraisalRound]:
    """Return the published rounds in which someone stands."""
    subject = own_subject(staff, appraised)
    if subject is None:
        return []
    return [r for r in published(session, appraised) if r.content.row(subject) is not None]


def _listed(appraised: Appraised) -> str:
    staff = acting()
    with reading() as session:
        subject = own_subject(staff, appraised)
        found = [
            (r, r.content, own_row(r.content, row), appraised is Appraised.UNIT and is_few(row))
            for r in _mine(session, appraised, staff)
            if (row := r.content.row(subject or 0)) is not None
        ]
        return render_template(
            "appraisal/own_list.html",
            appraised=appraised,
            found=found,
            places_words=places_words,
            group_words=group_words,
        )


def _one(appraised: Appraised, round_id: int, problem: Invalid | None = None) -> ResponseReturnValue:
    staff, now = acting(), clock.now()
    with reading() as session:
        found = session.get(AppraisalRound, round_id)
        subject = own_subject(staff, appraised)
        if (
            found is None
            or found.appraised is not appraised
            or found.state not in (*PUBLIC, RoundState.CORRECTED)
        ):
            raise Missing
        if found.state is RoundState.CORRECTED:  # a link kept from before leads to what stands
            stands = next((e for e in editions(session, found) if e.state in PUBLIC), None)
            if stands is None:
                raise Missing
            return redirect(url_for(".one", round_id=stands.id), 303)
        row = found.content.row(subject) if subject is not None else None
        if row is None:
            raise Missing
        return render_template(
            "appraisal/own.html",
            round=found,
            content=found.content,
            row=own_row(found.content, row),
            is_few=appraised is Appraised.UNIT and is_few(row),
            said=SAID,
            own=own_figures(found.content, row),
            appeals=appeals_of(session, found, row.subject),
            is_open=found.is_open_to_appeal(now),
            indicators={code: Indicator.of(code).label for code, _ in found.content.weights},
            group_words=group_words,
            places_words=places_words,
            typed=request.form,
            errors=problem.fields if problem else {},
        )


def _file(appraised: Appraised, round_id: int) -> ResponseReturnValue:
    staff, form = acting(), request.form
    indicator = Indicator.found(form.get("indicator"))
    try:
        if indicator is None:
            raise Invalid(fields={"indicator": Words("请选择指标", "Choose the figure")})
        with transaction() as session:
            found = session.get(AppraisalRound, round_id)
            if found is None or found.appraised is not appraised:
                raise Missing
            file_appeal(session, found, indicator, form.get("grounds", ""), by=staff, at=clock.now())
    except Invalid as problem:
        return make_response(_one(appraised, round_id, problem), 422)
    flash(t("申诉已提出，由别人裁定", "The appeal is filed; somebody else decides"), "good")
    return redirect(url_for(".one", round_id=round_id), 303)


@of_unit.get("/")
@require(Permission.MATTER_HANDLE)
def listed() -> str:
    """List the rounds in which one's unit stands."""
    return _listed(Appraised.UNIT)


@of_unit.get("/<int:round_id>")
@require(Permission.MATTER_HANDLE)
def one(round_id: int) -> ResponseReturnValue:
    """Read one's unit's figures beside the range of its group."""
    return _one(Appraised.UNIT, round_id)


@of_unit.post("/<int:round_id>/appeals")
@require(Permission.MATTER_HANDLE)
def appeal(round_id: int) -> ResponseReturnValue:
    """Appeal against a figure of one's unit."""
    return _file(Appraised.UNIT, round_id)


@of_interviewer.get("/", endpoint="listed")
@require(Permission.INTERVIEW)
def own_listed() -> str:
    """List the rounds with figures of one's own."""
    return _listed(Appraised.INTERVIEWER)


@of_interviewer.get("/<int:round_id>", endpoint="one")
@require(Permission.INTERVIEW)
def own_one(round_id: int) -> ResponseReturnValue:
    """Read one's own figures."""
    return _one(Appraised.INTERVIEWER, round_id)


@of_interviewer.post("/<int:round_id>/appeals", endpoint="appeal")
@require(Permission.INTERVIEW)
def own_appeal(round_id: int) -> ResponseReturnValue:
    """Appeal against a figure of one's own."""
    return _file(Appraised.INTERVIEWER, round_id)


@of_centre.get("/", endpoint="listed")
@require(Permission.MATTER_DESK)
def centre_listed() -> str:
    """List the rounds in which one's county centre stands."""
    return _listed(Appraised.COUNTY)


@of_centre.get("/<int:round_id>", endpoint="one")
@require(Permission.MATTER_DESK)
def centre_one(round_id: int) -> ResponseReturnValue:
    """Read one's centre's figures beside the range of all."""
    return _one(Appraised.COUNTY, round_id)


@of_centre.post("/<int:round_id>/appeals", endpoint="appeal")
@require(Permission.MATTER_DESK)
def centre_appeal(round_id: int) -> ResponseReturnValue:
    """Appeal against a figure of one's centre."""
    return _file(Appraised.COUNTY, round_id)
