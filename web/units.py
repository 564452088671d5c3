"""The administrator's page on units: the tree of offices."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock, units
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, Unit, UnitKind, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, labels, t

blueprint = Blueprint("units", __name__, url_prefix="/units")
DOORS = [
    Door(
        "units.tree",
        Words("单位", "Units"),
        Permission.UNIT_MANAGE,
        order=81,
        about=Words(
            "中心、督查室、承办单位及其隶属关系", "The tree of centre, supervision and handling units"
        ),
    )
]


def _page(wrong: dict[str, Words], typed: dict[str, str]) -> str:
    with reading() as session:
        found = list(session.scalars(sa.select(Unit).order_by(Unit.kind, Unit.name)))
        counted = sa.select(Staff.unit_id, sa.func.count()).where(Staff.is_active).group_by(Staff.unit_id)
        known = {unit.id for unit in found}
        children: dict[int | None, list[Unit]] = {}
        for unit in found:
            children.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)
        return render_template(
            "web/units.html",
            children=children,
            heads=dict(session.execute(counted).all()),
            options=[(unit.id, unit.label) for unit in found],
            kinds=labels(UnitKind),
            wrong=wrong,
            typed=typed,
        )


@blueprint.get("/")
@require(Permission.UNIT_MANAGE)
def tree() -> str:
    """Show the tree of units."""
    return _page({}, {})


@blueprint.post("/")
@require(Permission.UNIT_MANAGE)
def add() -> ResponseReturnValue:
    """Add a unit."""
    form = request.form
    try:
        with transaction() as session:
            units.add(
                session,
                name=form.get("name", "").strip(),
                name_en=form.get("name_en", "").strip(),
                kind=form.get("kind", ""),
                parent_id=form.get("parent_id", type=int),
                by=acting(),
                at=clock.now(),
            )
    except Invalid as problem:
        return _page(problem.fields, form.to_dict()), problem.status
    flash(t("单位已新增。", "Unit added."), "good")
    return redirect(url_for(".tree"), 303)


@blueprint.get("/<int:unit_id>")
@require(Permission.UNIT_MANAGE)
def one(unit_id: int) -> str:
    """Show one unit's names and people."""
    with reading() as session:
        unit = session.get(Unit, unit_id)
        if unit is None:
            raise Missing
        people = session.scalars(sa.select(Staff).where(Staff.unit_id == unit_id).order_by(Staff.name))
        return render_template("web/unit.html", unit=unit, people=list(people))


@blueprint.post("/<int:unit_id>")
@require(Permission.UNIT_MANAGE)
def correct(unit_id: int) -> ResponseReturnValue:
    """Correct a unit's names, or close it."""
    with transaction() as session:
        unit = session.get(Unit, unit_id)
        if unit is None:
            raise Missing
        units.correct(
            session,
            unit,
            name=request.form.get("name", "").strip(),
            name_en=request.form.get("name_en", "").strip(),
            is_active=request.form.get("is_active") == "1",
            duty_number=request.form.get("duty_number", "").strip(),
            by=acting(),
            at=clock.now(),
        )
    flash(t("已保存。", "Saved."), "good")
    return redirect(url_for(".one", unit_id=unit_id), 303)
