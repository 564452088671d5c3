"""The editor's page of causes: what piles up where, what was taken up, what a remedy prevented."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Unit, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Refused
from core.terms import Words, t
from matters.views.where import topic_words
from reports.cause_charts import by_cluster
from reports.clusters import LEAST, ClusterRow, clusters
from reports.recurrences import LEAST_PEOPLE
from reports.remedies import remedy, so_far
from reports.root_causes import MEASURED_AFTER, RootCause, root_causes, take_up
from reports.sections.causes import CALLERS
from reports.views.files import rows_file

blueprint = Blueprint("root_causes", __name__, url_prefix="/root-causes")
DOOR = Door(
    "root_causes.listed",
    Words("根源扫描", "Root causes"),
    Permission.BULLETIN_READ,
    order=41,
    about=Words(
        "哪里的哪类问题扎堆、反复，整改后少了多少",
        "What piles up and comes again where, and what remedies prevented",
    ),
)
OF = "report:root_causes"
"""What its files are of, in the journal."""
ACTIVE = sa.select(Unit).where(Unit.is_active).order_by(Unit.name)
GONE = Words(
    "数据有了变化，这一处聚集现在已经不同；没有记下，请看最新的一页",
    "The data have moved and this cluster is not the same now; nothing was taken up, look at the page as it is",
)


@blueprint.get("/")
@require(Permission.BULLETIN_READ)
def listed() -> str:
    """Show what piles up as of yesterday, what came again, and the causes that were taken up."""
    return _listed()


def _listed(typed: dict[str, str] | None = None, problem: Invalid | None = None) -> str:
    with reading() as session:
        found = clusters(session, _yesterday())
        return render_template(
            "leader/root_causes.html",
            found=found,
            chart=by_cluster(found.rows) if found.rows else None,
            causes=root_causes(session),
            choices=[(row.key, _named(row)) for row in found.rows],
            topic_words=topic_words,
            least=LEAST,
            least_people=LEAST_PEOPLE,
            callers_note=CALLERS,
            measured_after=MEASURED_AFTER,
            typed=typed or {},
            errors=problem.fields if problem else {},
        )


@blueprint.get("/clusters.csv")
@require(Permission.BULLETIN_READ)
def file() -> Response:
    """Give the clusters as a file."""
    with reading() as session:
        found = clusters(session, _yesterday())
        rows = [
            [row.topic, row.words, row.zone.kind.value, row.zone.place.code, row.zone.words, len(row.townships),
             row.first_on, row.last_on, row.observed, f"{row.expected:.4f}", f"{row.ratio:.4f}", f"{row.p:.4f}",
             row.earlier, row.earlier_days, row.callers, row.repeated, row.again, _held(row)]
            for row in found.rows
        ]  # fmt: skip
    head = [
        "topic",
        "topic_words",
        "zone",
        "place",
        "place_words",
        "townships",
        "first_on",
        "last_on",
        "observed",
    ]
    head += [
        "expected",
        "ratio",
        "p",
        "earlier",
        "earlier_days",
        "callers",
        "repeated_callers",
        "again",
        "held_by",
    ]
    return rows_file(f"clusters-{found.last_on}.csv", head, rows, OF)


@blueprint.get("/recurrences.csv")
@require(Permission.BULLETIN_READ)
def again() -> Response:
    """Give what came again as a file."""
    with reading() as session:
        found = clusters(session, _yesterday())
        rows = [
            [r.topic, r.place.code, r.place.label, r.raised, r.again, r.repeated] for r in found.recurrences
        ]
    head = ["topic", "place", "place_words", "raised", "again", "repeated_callers"]
    return rows_file(f"recurrences-{found.last_on}.csv", head, rows, OF)


@blueprint.get("/causes.csv")
@require(Permission.BULLETIN_READ)
def causes_file() -> Response:
    """Give the causes that were taken up as a file, with what was prevented."""
    with reading() as session:
        rows = []
        for cause in root_causes(session):
            r = cause.result
            rows.append(
                [cause.id, cause.topic, cause.place.code, cause.where, cause.title, cause.state.value,
                 cause.first_on, cause.last_on, cause.observed, f"{cause.expected:.4f}", f"{cause.p:.4f}",
                 cause.remedied_on, cause.unit.label if cause.unit else None,
                 *((f"{r.expected:.2f}", r.observed, f"{r.prevented:.2f}", r.low, r.high) if r else [None] * 5)]
            )  # fmt: skip
    head = [
        "id",
        "topic",
        "place",
        "place_words",
        "title",
        "state",
        "first_on",
        "last_on",
        "observed",
        "expected",
    ]
    head += ["p", "remedied_on", "unit", "expected_after", "observed_after", "prevented", "low", "high"]
    return rows_file("root-causes.csv", head, rows, OF)


@blueprint.post("/")
@require(Permission.BULLETIN_EDIT)
def open_one() -> ResponseReturnValue:
    """Take up a cluster as it stands on the page."""
    staff, now, typed = acting(), clock.now(), request.form.to_dict()
    try:
        with transaction() as session:
            rows = clusters(session, _yesterday()).rows
            row = next((r for r in rows if r.key == typed.get("cluster")), None)
            if row is None:
                raise Refused(GONE)
            cause_id = take_up(session, row, typed.get("title", ""), by=staff, at=now).id
    except Invalid as problem:
        return _listed(typed, problem), 422
    flash(t("已记下这条根源", "The cause was taken up"), "good")
    return redirect(url_for(".one", cause_id=cause_id), 303)


@blueprint.get("/<int:cause_id>")
@require(Permission.BULLETIN_READ)
def one(cause_id: int) -> str:
    """Show one cause, what was done, and what that prevented."""
    return _one(cause_id)


def _one(cause_id: int, typed: dict[str, str] | None = None, problem: Invalid | None = None) -> str:
    today = clock.today()
    with reading() as session:
        cause = _found(session, cause_id)
        return render_template(
            "leader/root_cause.html",
            cause=cause,
            provisional=so_far(session, cause, today),
            units={u.id: u.label for u in session.scalars(ACTIVE)},
            measured_after=MEASURED_AFTER,
            typed=typed or {"on": today.isoformat()},
            errors=problem.fields if problem else {},
        )


@blueprint.post("/<int:cause_id>/remedy")
@require(Permission.BULLETIN_EDIT)
def note_remedy(cause_id: int) -> ResponseReturnValue:
    """Note what was done, on which day, by which unit."""
    staff, now, typed = acting(), clock.now(), request.form.to_dict()
    unit_id = typed.get("unit", "")
    try:
        on = date.fromisoformat(typed.get("on", ""))
    except ValueError:
        on = None
    try:
        with transaction() as session:
            unit = session.get(Unit, int(unit_id)) if unit_id.isascii() and unit_id.isdigit() else None
            cause = _found(session, cause_id)
            remedy(session, cause, typed.get("remedy", ""), on=on, unit=unit, by=staff, at=now)
    except Invalid as problem:
        return _one(cause_id, typed, problem), 422
    flash(
        t(
            "已登记整改，{n} 天后自动评估成效",
            "Noted; its effect is measured after {n} days",
            n=MEASURED_AFTER,
        ),
        "good",
    )
    return redirect(url_for(".one", cause_id=cause_id), 303)


def _yesterday() -> date:
    """Return the last whole day: today's calls are still coming, and a day half over looks quiet everywhere."""
    return date.fromordinal(clock.today().toordinal() - 1)


def _found(session: Session, cause_id: int) -> RootCause:
    found = session.get(RootCause, cause_id)
    if found is None:
        raise Missing
    return found


def _named(row: ClusterRow) -> str:
    return f"{row.zone.words} · {row.words} · {row.observed} · p = {row.p:.3f}"


def _held(row: ClusterRow) -> str:
    return "; ".join(f"{h.unit.label if h.unit else '-'} {h.matters}" for h in row.held)
