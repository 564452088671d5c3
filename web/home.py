"""The first page of each person, and the list of their doors."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.doors import Door, first_door
from core.people import acting
from core.permissions import Permission, Role, require
from core.terms import Words
from web.navigation import doors_of

blueprint = Blueprint("home", __name__)
DOORS: list[Door] = []

STANDING = {
    Role.EDITOR: Words(
        "您可以查看各期指数及其区间、样本量，以及正在进行的一轮的暂定数。本版没有起草和签发简报的页面。",
        "You can read the indices of each period with intervals and sizes, and the running wave's provisional "
        "figures. This version has no pages for drafting or issuing a bulletin.",
    ),
}
"""What people can do here whose own room is not built."""


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
    held = acting().roles
    notes = [words for role, words in STANDING.items() if role in held]
    return render_template("web/doors.html", notes=notes)
