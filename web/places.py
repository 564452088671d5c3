"""The administrator's page on places: the tree from city to village, and bringing it in from a table."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.listing import page, page_number
from core.people import acting
from core.permissions import Permission, require
from core.place_import import BadPlaces, decoded, import_places, read_places
from core.places import Level, Place
from core.problems import Missing
from core.terms import Words, t

blueprint = Blueprint("places", __name__, url_prefix="/places")
DOORS = [
    Door(
        "places.tree",
        Words("地点", "Places"),
        Permission.PLACE_MANAGE,
        order=82,
        about=Words("市、县、乡镇、村，可从表格导入", "City, counties, townships, villages; from a table"),
    )
]
BIGGEST_TABLE = 8 * 1024 * 1024


def _page(place_id: int | None, wrong: dict[str, Words] | None = None, problem: Words | None = None) -> str:
    with reading() as session:
        here = session.get(Place, place_id) if place_id is not None else None
        if place_id is not None and here is None:
            raise Missing
        path: list[Place] = []
        step = here
        while step is not None:
            path.insert(0, step)
            step = step.parent
        query = sa.select(Place)
        words = request.args.get("q", "").strip()
        if words:
            like = f"%{words.replace('%', '').replace('_', '')}%"
            query = query.where(
                sa.or_(Place.name.like(like), Place.name_en.ilike(like), Place.code.like(like))
            )
        else:
            query = query.where(Place.parent_id == place_id if place_id else Place.parent_id.is_(None))
        found = page(session, query.order_by(Place.code), page_number(request.args))
        below = (
            sa.select(Place.parent_id, sa.func.count())
            .where(Place.parent_id.in_([p.id for p in found.rows]))
            .group_by(Place.parent_id)
        )
        totals = sa.select(Place.level, sa.func.count()).group_by(Place.level)
        return render_template(
            "web/places.html",
            here_place=here,
            path=path,
            page=found,
            below=dict(session.execute(below).all()),
            totals=dict(session.execute(totals).all()),
            levels=list(Level),
            wrong=wrong or {},
            problem=problem,
        )


@blueprint.get("/")
@require(Permission.PLACE_MANAGE)
def tree() -> str:
    """Show the top of the tree, or what a search finds."""
    return _page(None)


@blueprint.get("/<int:place_id>")
@require(Permission.PLACE_MANAGE)
def below(place_id: int) -> str:
    """Show what lies below a place."""
    return _page(place_id)


@blueprint.post("/")
@require(Permission.PLACE_MANAGE)
def bring_in() -> ResponseReturnValue:
    """Bring in places from a table: all rows or none."""
    upload = request.files.get("table")
    try:
        data = upload.read(BIGGEST_TABLE + 1) if upload else b""
        if not data or len(data) > BIGGEST_TABLE:
            raise BadPlaces(Words("请选择一个 8 MB 以内的 CSV 文件", "Choose a CSV file of up to 8 MB"))
        rows = read_places(decoded(data))
        with transaction() as session:
            added, corrected = import_places(session, rows, by=acting(), at=clock.now())
    except BadPlaces as problem:
        return _page(None, problem.fields, problem.words), problem.status
    flash(
        t("已导入：新增 {a} 处，更正 {b} 处。", "Taken in: {a} new, {b} corrected.", a=added, b=corrected),
        "good",
    )
    return redirect(url_for(".tree"), 303)
