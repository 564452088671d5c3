"""The appeals desk: what is held against a figure, beside the figure, and the decision of somebody else."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, t
from reports.appealing import may_decide, reject_appeal, uphold_appeal
from reports.appraisal_round import PUBLIC, editions
from reports.appraisal_scores import Count
from reports.appraisal_terms import HOW, Appraised
from reports.views.appraisal_sight import known_appeal, makes

blueprint = Blueprint("appeals", __name__, url_prefix="/appraisal/appeals")


@blueprint.get("/<int:appeal_id>")
@require(Permission.APPRAISAL_MANAGE)
def one(appeal_id: int) -> str:
    """Read an appeal beside the figure that it is against."""
    return _one(appeal_id)


def _one(appeal_id: int, problem: Invalid | None = None) -> str:
    staff = acting()
    with reading() as session:
        appeal = known_appeal(session, appeal_id, staff)
        before = appeal.round.content.row(appeal.subject_id)
        if before is None:
            raise Missing
        standing = next((r for r in editions(session, appeal.round) if r.state in PUBLIC), None)
        person = (
            session.get(Staff, appeal.subject_id) if appeal.round.appraised is Appraised.INTERVIEWER else None
        )
        return render_template(
            "appraisal/appeal.html",
            appeal=appeal,
            round=appeal.round,
            standing=standing,
            who=person.name if person else before.words,
            measured=before.of(appeal.indicator.value),
            how=HOW[appeal.indicator],
            decides=may_decide(appeal, staff) and appeal.round.appraised in makes(staff),
            typed=request.form,
            errors=problem.fields if problem else {},
        )


@blueprint.post("/<int:appeal_id>/<any(uphold, reject):action>")
@require(Permission.APPRAISAL_MANAGE)
def decide(appeal_id: int, action: str) -> ResponseReturnValue:
    """Decide an appeal; where it is upheld the round is corrected at once."""
    staff, form = acting(), request.form
    finding = form.get("finding", "")
    try:
        with transaction() as session:
            appeal = known_appeal(session, appeal_id, staff, to_make=True)
            if action == "reject":
                reject_appeal(session, appeal, finding, by=staff, at=clock.now())
                target = url_for(".one", appeal_id=appeal_id)
            else:
                made = uphold_appeal(session, appeal, finding, _counts(), by=staff, at=clock.now())
                target = url_for("appraisal.one", round_id=made.id)
    except Invalid as problem:
        return _one(appeal_id, problem), 422
    flash(
        t("已裁定：不成立", "Decided: rejected")
        if action == "reject"
        else t("已裁定：成立，本轮已出更正版", "Decided: upheld; the round is corrected"),
        "good",
    )
    return redirect(target, 303)


def _counts() -> Count:
    try:
        return Count(float(request.form.get("numerator", "")), float(request.form.get("denominator", "")))
    except ValueError as error:
        raise Invalid(
            fields={"counts": Words("请填更正后的分子和分母", "Give the right part and whole")}
        ) from error
