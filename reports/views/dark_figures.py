"""The page of dark figures: for each problem raised unasked, how many residents name one when they are asked."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading
from core.doors import Door
from core.permissions import Permission, require
from core.places import Place
from core.problems import Missing
from core.terms import Words, language, t
from matters.topics import Field, Topic
from reports.cause_charts import by_place
from reports.dark_cells import DarkRow
from reports.dark_figure import LEAST, LEAST_OF_TOWNSHIP
from reports.dark_figures import DarkFigures, dark_figures
from reports.index_figures import sets_of
from reports.views.files import rows_file
from survey.weighting import WeightSet

blueprint = Blueprint("dark_figures", __name__, url_prefix="/dark-figures")
DOOR = Door(
    "dark_figures.latest",
    Words("暗数比", "Dark figures"),
    Permission.BULLETIN_READ,
    order=42,
    about=Words(
        "问起来才说的问题，是主动反映的多少倍", "Problems named when asked, for each one raised unasked"
    ),
)


@blueprint.get("/")
@require(Permission.BULLETIN_READ)
def latest() -> ResponseReturnValue:
    """Open the longest of the newest weighted periods: a week alone has too few to tell topics apart."""
    with reading() as session:
        sets = sets_of(session, at=clock.now())
        if not sets:
            return render_template("leader/no_dark_figures.html")
        newest = [s for s in sets if (sets[0].ends_on - s.ends_on).days <= 7]
        chosen = max(newest, key=lambda s: (s.ends_on - s.starts_on).days)
        return redirect(url_for(".show", set_id=chosen.id), 303)


@blueprint.get("/<int:set_id>")
@require(Permission.BULLETIN_READ)
def show(set_id: int) -> str:
    """Show one period's ratios: every place, and the topics of one."""
    with reading() as session:
        found = dark_figures(session, _set(session, set_id))
        place = _asked(session, found)
        rows = [(name_of(found, row.place), row) for row in found.places if row.figure or _is_wide(row)]
        shown = [pair for pair in rows if pair[1].figure and pair[1].figure.ratio]
        return render_template(
            "leader/dark_figures.html",
            found=found,
            rows=rows,
            thin=sum(1 for row in found.places if not row.figure and not _is_wide(row)),
            chart=by_place(shown) if shown else None,
            place=place,
            place_name=name_of(found, place),
            topics=[(label(row.topic), row) for row in found.topics(place)],
            sets=sets_of(session, found.weight_set.wave_id, at=clock.now())[:12],
            least=LEAST,
            least_of_township=LEAST_OF_TOWNSHIP,
        )


@blueprint.get("/<int:set_id>.csv")
@require(Permission.BULLETIN_READ)
def table(set_id: int) -> Response:
    """Give every ratio that may be shown as a file, and why the others are not."""
    with reading() as session:
        found = dark_figures(session, _set(session, set_id))
        body = []
        for row in found.rows:
            f = row.figure
            told = (
                [f"{f.named:.4f}", f.called, *("" if v is None else f"{v:.6f}" for v in (f.ratio, f.low, f.high))]
                if f else [""] * 5
            )  # fmt: skip
            flag = f.flag.value if f and f.flag else row.hidden.value if row.hidden else ""
            code = row.topic.code if isinstance(row.topic, Topic) else row.topic.value if row.topic else ""
            place = row.place.code if row.place else "city"
            body.append(
                [
                    place,
                    name_of(found, row.place),
                    code,
                    label(row.topic),
                    row.interviews if row.interviews is not None else "",
                    *told,
                    flag,
                ]
            )
        name = f"dark-figures-{found.weight_set.starts_on}-{found.weight_set.ends_on}.csv"
    head = ["place", "place_words", "topic", "topic_words", "interviews"]
    head += ["residents_naming", "called", "ratio", "low", "high", "flag"]
    return rows_file(name, head, body, "report:dark_figures")


def name_of(found: DarkFigures, place: Place | None) -> str:
    """Name a place; none is the city."""
    if place is None:
        return found.city.label if found.city else t("全市", "Whole city")
    return place.label


def label(topic: Topic | Field | None) -> str:
    """Name a topic; none is all together."""
    if topic is None:
        return t("全部", "All")
    if isinstance(topic, Topic):
        return topic.in_language(language())
    return topic.label


def _is_wide(row: DarkRow) -> bool:
    """Say whether a place stands in the table even without a figure: the city and the counties."""
    return row.place is None or row.place.level.value == "county"


def _asked(session: Session, found: DarkFigures) -> Place | None:
    asked = request.args.get("place", "")
    known = {row.place.code: row.place for row in found.places if row.place is not None}
    if asked and asked not in known:
        raise Missing
    return known.get(asked)


def _set(session: Session, set_id: int) -> WeightSet:
    found = session.get(WeightSet, set_id)
    if found is None:
        raise Missing
    return found
