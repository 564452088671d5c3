"""The policy page: every version of the limits, and a new one announced by the head of the office."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import Words, t
from matters.attributes import Urgency
from matters.limits import ANY, Limit
from matters.policies import MatterPolicy, announce, policy_on

blueprint = Blueprint("supervision_policy", __name__, url_prefix="/supervision/limits")
COLUMNS = (ANY, *(urgency.value for urgency in Urgency))


@blueprint.get("/")
@require(Permission.MATTER_SUPERVISE)
def versions() -> str:
    """Show the limits in force, those to come and those before."""
    return _page()


@blueprint.post("/")
@require(Permission.MATTER_RULE)
def add() -> ResponseReturnValue:
    """Announce new limits from a day to come."""
    typed = {
        limit.value: {
            column: text
            for column in COLUMNS
            if (text := request.form.get(f"{limit.value}-{column}", "").strip())
        }
        for limit in Limit
    }
    given = request.form.get("valid_from", "")
    try:
        try:
            valid_from = date.fromisoformat(given)
        except ValueError:
            words = Words("请填写起用日期", "Give the day from which they hold")
            raise Invalid(fields={"valid_from": words}) from None
        with transaction() as session:
            announce(session, typed, valid_from=valid_from, today=clock.today(), by=acting(), at=clock.now())
    except Problem as problem:
        fields = problem.fields if isinstance(problem, Invalid) else {}
        return _page(typed=typed, given=given, problem=problem.words, errors=fields), problem.status
    flash(
        t("新时限已公布。已登记的诉求仍按原来的时限。", "Announced. Matters already born keep their limits."),
        "good",
    )
    return redirect(url_for(".versions"), 303)


def _page(
    *,
    typed: dict[str, dict[str, str]] | None = None,
    given: str = "",
    problem: Words | None = None,
    errors: dict[str, Words] | None = None,
) -> str:
    today = clock.today()
    with transaction() as session:  # the first version is written when there is none
        policy_on(session, today, at=clock.now())
    with reading() as session:
        found = session.scalars(sa.select(MatterPolicy).order_by(MatterPolicy.valid_from.desc())).all()
        in_force = next((policy for policy in found if policy.valid_from <= today), None)
        shown = next((p for p in found if str(p.id) == request.args.get("version")), in_force)
        return render_template(
            "supervision/limits.html",
            versions=found,
            in_force=in_force,
            shown=shown,
            limits=list(Limit),
            columns=COLUMNS,
            urgencies=list(Urgency),
            typed=typed if typed is not None else (shown.limits if shown else {}),
            given=given,
            problem=problem,
            errors=errors or {},
        )
