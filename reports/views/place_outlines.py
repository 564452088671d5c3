"""The outlines of places: which places have one, from where, and a file of new ones with what is wrong in it."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words, t
from reports.maps import MOST_BYTES, Fault, NothingFits, PlaceShape, bring

blueprint = Blueprint("place_outlines", __name__, url_prefix="/outlines")
DOOR = Door(
    "place_outlines.listed",
    Words("地图边界", "Outlines"),
    Permission.PLACE_MANAGE,
    order=84,
    about=Words("地图用的各地边界（GeoJSON）", "Outlines of places for maps (GeoJSON)"),
)
SHOWN = 200


@blueprint.get("")
@require(Permission.PLACE_MANAGE)
def listed() -> str:
    """Show how many places have an outline, and the form."""
    return _page(None, ())


def _page(problem: Invalid | None, faults: tuple[Fault, ...], taken: int = 0) -> str:
    with reading() as session:
        places = sa.select(
            Place.level, Place.id, PlaceShape.place_id, PlaceShape.source, PlaceShape.brought_at
        )
        rows = session.execute(
            places.outerjoin(PlaceShape, PlaceShape.place_id == Place.id).where(Place.is_current)
        ).all()
    total = Counter(row.level for row in rows)
    drawn = Counter(row.level for row in rows if row.place_id is not None)
    sources = {(row.source, row.brought_at) for row in rows if row.place_id is not None}
    counts: Counter[tuple[str, object]] = Counter(
        (row.source, row.brought_at) for row in rows if row.place_id is not None
    )
    return render_template(
        "web/outlines.html",
        levels=[(level.label, drawn[level], total[level]) for level in Level if total[level]],
        sources=[(s, at, counts[s, at]) for s, at in sorted(sources, key=lambda x: x[1], reverse=True)],
        problem=problem,
        faults=faults[:SHOWN],
        more=max(len(faults) - SHOWN, 0),
        taken=taken,
    )


@blueprint.post("")
@require(Permission.PLACE_MANAGE)
def take_in() -> ResponseReturnValue:
    """Take a file of outlines; what can't be used is named feature by feature."""
    file, source = request.files.get("file"), request.form.get("source", "").strip()
    try:
        if file is None or not file.filename:
            raise Invalid(Words("请选择文件", "Please choose a file"))
        if not source:
            raise Invalid(Words("请写明边界从哪里来", "Say where the outlines are from"))
        content = file.stream.read(MOST_BYTES + 1)
        with transaction() as session:
            found = bring(session, content, source, by=acting(), at=clock.now())
    except Invalid as problem:
        return _page(problem, problem.faults if isinstance(problem, NothingFits) else ()), problem.status
    if found.faults:
        return _page(None, found.faults, found.taken)
    flash(t("已写入 {n} 个图形", "{n} outlines taken", n=found.taken), "good")
    return redirect(url_for(".listed"), 303)
