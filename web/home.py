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

COMES_NEXT = {
    Role.OPERATOR: Words(
        "现在可以检查耳机、麦克风和线路；接听热线、写咨询记录和随访的页面下一步开放。",
        "You can check headset, microphone and line now; answering the hotline, notes and follow-ups come next.",
    ),
    Role.CLERK: Words(
        "现在可以查看已登记的诉求；分派、并案和答复的页面下一步开放。",
        "You can read the matters that were registered; routing, merging and answering come next.",
    ),
    Role.SUPERVISION: Words(
        "现在可以查看诉求和指数；督办、裁定退回和延期的页面下一步开放。",
        "You can read matters and indices; urging, ruling on returns and extensions come next.",
    ),
    Role.EDITOR: Words(
        "现在可以查看指数，核对区间和样本量；简报的起草、批注和签发下一步开放。",
        "You can read the indices with their intervals and sizes; drafting and issuing the bulletin come next.",
    ),
    Role.CUSTODIAN: Words(
        "您的账号已经可用；身份库的双人开启随诉求办理一起开放，目前没有待您处理的申请。",
        "Your account is ready; opening the vault by two persons comes with the handling of matters. "
        "No request waits for you.",
    ),
}
"""What people can do now whose own room is still to come, and what comes next."""


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
    notes = [words for role, words in COMES_NEXT.items() if role in held]
    return render_template("web/doors.html", notes=notes)
