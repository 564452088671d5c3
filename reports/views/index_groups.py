"""The page of the indices by group: any index, by place and kind of people, over a week, four weeks or a half-year."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.permissions import Permission, require
from core.terms import labels
from reports.definitions import SAFETY
from reports.estimates import By, Measure
from reports.group_tiles import KINDS, by_group, index_names
from reports.periods import PeriodKind
from reports.tiles import Tile, drawn
from reports.views.files import table_file

blueprint = Blueprint("index_groups", __name__, url_prefix="/indices/groups")


def _asked(session: Session) -> tuple[str, By, PeriodKind, Measure]:
    """Read the filters; an unknown one is the first of its kind."""
    args = request.args
    index = args.get("index", SAFETY)
    kind = PeriodKind.found(args.get("period"))
    return (
        index if index in index_names(session, clock.now()) else SAFETY,
        By.found(args.get("by")) or By.COUNTY,
        kind if kind in KINDS else PeriodKind.FOUR_WEEKS,
        Measure.found(args.get("measure")) or Measure.SHARE,
    )


def _tile(session: Session) -> Tile:
    return by_group(session, *_asked(session), at=clock.now())


@blueprint.get("/")
@require(Permission.INDEX_READ)
def show() -> ResponseReturnValue:
    """Show one index by one grouping; townships have a page of their own."""
    with reading() as session:
        index, by, kind, measure = _asked(session)
        if by is By.TOWNSHIP:
            return redirect(url_for("townships.latest", index=index), 303)
        tile = _tile(session)
        return render_template(
            "dashboards/groups.html", tile=tile, plot=drawn(session, tile), index=index, by=by, kind=kind,
            measure=measure, indices={code: str(words) for code, words in index_names(session, clock.now()).items()},
            groupings=labels(By), measures=labels(Measure), kinds={k.value: k.label for k in KINDS},
        )  # fmt: skip


@blueprint.get("/groups.csv")
@require(Permission.INDEX_READ)
def table() -> Response:
    """Give the same table as a file, in full precision."""
    with transaction() as session:
        found = _tile(session).table
    return table_file("indices-by-group.csv", found, "dashboard:groups", is_keyed=True)
