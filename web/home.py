"""The first page of each person, and the list of their doors."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.doors import Door, first_door
from core.people import acting
from core.permissions import Permission, require
from web.navigation import doors_of

blueprint = Blueprint("home", __name__)
DOORS: list[Door] = []


@blueprint.get("/")
@require(Permission.HOME)
def first() -> ResponseReturnValue:
    """Go where this person's work begins."""
    staff = acting()
    mine = doors_of(staff)
    door = first_door(mine, staff.roles)
    return redirect(url_for(door.endpoint if door else "home.doors"), 303)


@blueprint.get("/doors")
@require(Permission.HOME)
def doors() -> str:
    """List what this person may open."""
    return render_template("web/doors.html")
