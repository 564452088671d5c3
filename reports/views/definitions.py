"""The index definitions: every version, which one counts when, and the form of a new one; none is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from core.terms import Words, t
from reports.definitions import breaks, in_force, reweigh, versions, written

blueprint = Blueprint("definitions", __name__, url_prefix="/definitions")
DOOR = Door(
    "definitions.listed",
    Words("指数定义", "Index definitions"),
    Permission.INDEX_READ,
    order=42,
    about=Words(
        "哪些回答算好、各机关的权重、从哪天起", "Which answers count, the weights, and from which day"
    ),
)


@blueprint.get("")
@require(Permission.INDEX_READ)
def listed() -> str:
    """Show every version and, to whoever may write one, the form of the next."""
    with reading() as session:
        newest = versions(session)[0]
    typed = {f"weight-{a.code}": f"{a.weight:g}" for a in newest.agencies}
    return _page({**typed, "valid_from": str(clock.today())}, None)


def _page(typed: Mapping[str, str], problem: Invalid | None) -> str:
    today = clock.today()
    with reading() as session:
        records = written(session)
        found = versions(session)
        return render_template(
            "designer/definitions.html",
            found=found,
            records=records,
            now=in_force(session, today),
            effect=breaks,
            newest=found[0],
            today=today,
            typed=typed,
            problem=problem,
        )


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


@blueprint.post("")
@require(Permission.WEIGHT_MAKE)
def publish() -> ResponseReturnValue:
    """Publish a new version; those before stay as they are."""
    form = request.form
    try:
        valid_from = date.fromisoformat(form.get("valid_from", ""))
    except ValueError:
        return _page(form, Invalid(Words("请写生效日期", "Give the day from which it counts"))), 422
    weights = {k.removeprefix("weight-"): _weight(v) for k, v in form.items() if k.startswith("weight-")}
    try:
        with transaction() as session:
            made = reweigh(
                session, weights, valid_from=valid_from, reason=form.get("reason", ""),
                breaks_series=form.get("breaks") == "1", by=acting(), at=clock.now(),
            )  # fmt: skip
    except Invalid as problem:
        return _page(form, problem), problem.status
    flash(
        t(
            "第 {n} 版已公布，{day} 起的期间按它计算",
            "Version {n} is published; periods from {day} on are counted by it",
            n=made.version,
            day=made.valid_from,
        ),
        "good",
    )
    return redirect(url_for(".listed"), 303)
