"""The page of the townships: figures that a model makes where interviews are too few, beside those that were measured."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.places import counties
from core.problems import Missing
from reports.dashboards import county_of
from reports.definitions import in_force
from reports.estimates import Figures, figures_of
from reports.index_series import newest
from reports.index_tiles import names
from reports.periods import PeriodKind
from reports.small_areas import INDICES
from reports.tiles import drawn
from reports.township_tiles import by_township
from reports.views.files import table_file
from survey.weighting import WeightSet

blueprint = Blueprint("townships", __name__, url_prefix="/townships")


@blueprint.get("/")
@require(Permission.INDEX_READ)
def latest() -> ResponseReturnValue:
    """Open the newest four weeks, or say what is missing."""
    with reading() as session:
        figures = newest(session, PeriodKind.FOUR_WEEKS, until=clock.today())
        if figures is None:
            return render_template("dashboards/no_townships.html")
        asked: dict[str, Any] = {key: request.args[key] for key in ("index", "county") if key in request.args}
        return redirect(url_for(".show", set_id=figures.weight_set.id, **asked), 303)


@blueprint.get("/<int:set_id>")
@require(Permission.INDEX_READ)
def show(set_id: int) -> str:
    """Show the townships of one county, or of all."""
    staff, at = acting(), clock.now()
    with reading() as session:
        figures = _figures(session, set_id)
        index = _index()
        asked = request.args.get("county", "")
        county = county_of(session, staff, asked or ("" if "county" in request.args else _first(session)))
        tile = by_township(session, figures, index, county=county, at=at)
        return render_template(
            "dashboards/townships.html", tile=tile, plot=drawn(session, tile), index=index, set_id=set_id,
            indices={i: str(w) for i, w in names(in_force(session, clock.today(at))).items()}, county=county,
            counties=[(c.code, c.label) for c in counties(session)], weight_set=figures.weight_set,
        )  # fmt: skip


@blueprint.get("/<int:set_id>.csv")
@require(Permission.INDEX_READ)
def table(set_id: int) -> Response:
    """Give every township's figures as a file."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        found = by_township(
            session, _figures(session, set_id), _index(), county=county_of(session, staff), at=at
        ).table
    return table_file(f"{found.id}-{set_id}.csv", found, "dashboard:townships", is_keyed=True)


def _index() -> str:
    asked = request.args.get("index", "")
    return asked if asked in INDICES else INDICES[0]


def _first(session: Session) -> str:
    found = counties(session)
    return found[0].code if found else ""


def _figures(session: Session, set_id: int) -> Figures:
    weight_set = session.get(WeightSet, set_id)
    found = figures_of(session, weight_set) if weight_set else None
    if found is None:
        raise Missing
    return found
