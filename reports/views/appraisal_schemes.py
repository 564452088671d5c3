"""Schemes of appraisal at the desk: drafted as data, published in time, and a new version instead of any change."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, t
from reports.appraisal_scheme import (
    AHEAD,
    AppraisalScheme,
    change_scheme,
    discard_scheme,
    draft_scheme,
    publish_scheme,
)
from reports.appraisal_terms import HOW, OFFERED, QUERIES, Appraised, Indicator
from reports.periods import Period, PeriodKind
from reports.views.appraisal_sight import known_scheme, makes

blueprint = Blueprint("appraisal_schemes", __name__, url_prefix="/appraisal/schemes")
USUAL_MINIMUM = 30


@blueprint.get("/<int:scheme_id>")
@require(Permission.APPRAISAL_READ)
def one(scheme_id: int) -> str:
    """Read a scheme: its indicators, how each is counted, and from when."""
    return _one(scheme_id)


def _one(scheme_id: int, problem: Invalid | None = None) -> str:
    staff = acting()
    with reading() as session:
        scheme = known_scheme(session, scheme_id, staff)
        return render_template(
            "appraisal/scheme.html",
            scheme=scheme,
            how=HOW,
            queries=QUERIES,
            manages=scheme.appraised in makes(staff),
            errors=problem.fields if problem else {},
        )


@blueprint.get("/new")
@require(Permission.APPRAISAL_MANAGE)
def new() -> str:
    """Begin a scheme, or the next version of one."""
    return _form()


def _form(problem: Invalid | None = None, scheme: AppraisalScheme | None = None) -> str:
    """Show the form: with what was typed, else with the draft, else with the version to begin from."""
    staff, args = acting(), request.args
    appraised = Appraised.found(request.form.get("appraised") or args.get("appraised")) or makes(staff)[0]
    with reading() as session:
        base = scheme
        if base is None and (known := args.get("base", type=int)):
            base = known_scheme(session, known, staff, to_make=True)
        if base is not None:
            appraised = base.appraised
        if appraised not in makes(staff):
            raise Missing
        earliest = clock.today() + AHEAD
        quarter = Period.with_day(PeriodKind.QUARTER, earliest)
        following = Period.with_day(PeriodKind.QUARTER, quarter.ends_on.replace(day=28)).ends_on
        typed = {
            "name": base.name if base else t("{who}考核办法", "Appraisal of {who}", who=appraised.label),
            "minimum": str(base.minimum if base else USUAL_MINIMUM),
            "valid_from": (scheme.valid_from if scheme else _day_after(following)).isoformat(),
            **{f"w-{i.value}": str(w) for i, w in (base.weights if base else {}).items()},
        }
        if problem is not None:
            typed |= request.form.to_dict()
        return render_template(
            "appraisal/scheme_form.html",
            scheme=scheme,
            appraised=appraised,
            kinds={a.value: a.label for a in makes(staff)},
            offered=OFFERED[appraised],
            how=HOW,
            typed=typed,
            errors=problem.fields if problem else {},
        )


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _read_form(appraised: Appraised) -> tuple[str, dict[Indicator, int], int, date]:
    form = request.form
    weights: dict[Indicator, int] = {}
    wrong: dict[str, Words] = {}
    for indicator in OFFERED[appraised]:
        text = form.get(f"w-{indicator.value}", "").strip()
        if text and text != "0":
            weights[indicator] = _whole(text, "weights", wrong)
    minimum = _whole(form.get("minimum", ""), "minimum", wrong)
    try:
        valid_from = date.fromisoformat(form.get("valid_from", ""))
    except ValueError:
        valid_from = date.min
        wrong["valid_from"] = Words("日期写得不对", "The date is not right")
    if wrong:
        raise Invalid(fields=wrong)
    return form.get("name", ""), weights, minimum, valid_from


def _whole(text: str, field: str, wrong: dict[str, Words]) -> int:
    try:
        return int(text)
    except ValueError:
        wrong[field] = Words("请填整数", "A whole number, please")
        return 0


@blueprint.post("/new")
@require(Permission.APPRAISAL_MANAGE)
def draft() -> ResponseReturnValue:
    """Draft a scheme; what is wrong is said beside the field."""
    staff = acting()
    appraised = Appraised.found(request.form.get("appraised"))
    if appraised is None or appraised not in makes(staff):
        raise Missing
    try:
        name, weights, minimum, valid_from = _read_form(appraised)
        with transaction() as session:
            made = draft_scheme(
                session, appraised, name, weights, minimum=minimum, valid_from=valid_from, by=staff, at=clock.now()
            ).id  # fmt: skip
    except Invalid as problem:
        return _form(problem), 422
    flash(t("草稿已保存；公布后不能再改", "The draft is kept; once published it is never changed"), "good")
    return redirect(url_for(".one", scheme_id=made), 303)


@blueprint.get("/<int:scheme_id>/change")
@require(Permission.APPRAISAL_MANAGE)
def changing(scheme_id: int) -> str:
    """Change a draft."""
    with reading() as session:
        scheme = _draft(session, scheme_id)
        return _form(scheme=scheme)


def _draft(session: Session, scheme_id: int) -> AppraisalScheme:
    return known_scheme(session, scheme_id, acting(), to_make=True)


@blueprint.post("/<int:scheme_id>/change")
@require(Permission.APPRAISAL_MANAGE)
def change(scheme_id: int) -> ResponseReturnValue:
    """Keep the changes to a draft."""
    staff = acting()
    try:
        with transaction() as session:
            scheme = _draft(session, scheme_id)
            name, weights, minimum, valid_from = _read_form(scheme.appraised)
            change_scheme(
                session, scheme, name, weights, minimum=minimum, valid_from=valid_from, by=staff, at=clock.now()
            )  # fmt: skip
    except Invalid as problem:
        with reading() as session:
            return _form(problem, _draft(session, scheme_id)), 422
    flash(t("草稿已保存", "The draft is kept"), "good")
    return redirect(url_for(".one", scheme_id=scheme_id), 303)


@blueprint.post("/<int:scheme_id>/publish")
@require(Permission.APPRAISAL_MANAGE)
def publish(scheme_id: int) -> ResponseReturnValue:
    """Publish a draft; too late a day is said and nothing is published."""
    try:
        with transaction() as session:
            publish_scheme(session, _draft(session, scheme_id), by=acting(), at=clock.now())
    except Invalid as problem:
        return _one(scheme_id, problem), 422
    flash(t("办法已公布", "The scheme is published"), "good")
    return redirect(url_for(".one", scheme_id=scheme_id), 303)


@blueprint.post("/<int:scheme_id>/discard")
@require(Permission.APPRAISAL_MANAGE)
def discard(scheme_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    with transaction() as session:
        discard_scheme(session, _draft(session, scheme_id), by=acting(), at=clock.now())
    flash(t("草稿已作废", "The draft is discarded"), "good")
    return redirect(url_for("appraisal.listed"), 303)
