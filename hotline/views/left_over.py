"""What is left over: contacts that nobody works on, settled, finished or given to somebody; for operators and leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words, t
from hotline import owning, wrapping
from hotline.contacts import Contact, contact_named
from hotline.lines import LineKind
from hotline.roster_sheet import people_for

blueprint = Blueprint("left_over", __name__, url_prefix="/hotline/left-over")


def _left(session: Session, staff: Staff, at: datetime) -> int:
    return owning.count_left(session, by=staff, at=at)


DOORS = [
    Door(
        "left_over.show",
        Words("待了结", "To settle"),
        Permission.HOTLINE_OPERATE,
        order=16,
        count=_left,
        about=Words("联系不上的、没写完的、无人负责的来电", "Callers not reached, records not finished or without an owner"),
    )
]  # fmt: skip


@blueprint.get("/")
@require(Permission.HOTLINE_OPERATE)
def show() -> str:
    """Show what is mine to settle and what has no owner."""
    with reading() as session:
        rows = owning.left_over(session, by=acting(), at=clock.now())
        lines = {row.contact.line for row in rows}
        people = {kind: people_for(session, kind) for kind in LineKind if kind in lines}
        return render_template("hotline/left_over.html", rows=rows, people=people, most=owning.SHOWN)


@blueprint.post("/<token>/settle")
@require(Permission.HOTLINE_OPERATE)
def settle(token: str) -> ResponseReturnValue:
    """Close a contact that needs no call any more."""
    return _done(token, wrapping.settle, t("已了结", "Settled"))


@blueprint.post("/<token>/finish")
@require(Permission.HOTLINE_OPERATE)
def finish(token: str) -> ResponseReturnValue:
    """Finish a record that is whole."""
    return _done(token, wrapping.finish, t("记录已完成", "The record is finished"))


@blueprint.post("/<token>/give")
@require(Permission.HOTLINE_OPERATE)
def give(token: str) -> ResponseReturnValue:
    """Give a contact to somebody who answers its line."""
    chosen = request.form.get("to", "")
    with transaction() as session:
        to = session.get(Staff, int(chosen)) if chosen.isdigit() else None
        if to is None:
            raise Missing
        owning.give(session, contact_named(session, token, locks=True), to, by=acting(), at=clock.now())
        name = to.name
    flash(t("已移交给 {name}", "Given to {name}", name=name), "good")
    return redirect(url_for("left_over.show"), 303)


def _done(token: str, deed: Callable[..., Contact], words: str) -> ResponseReturnValue:
    with transaction() as session:
        deed(session, contact_named(session, token, locks=True), by=acting(), at=clock.now())
    flash(words, "good")
    return redirect(url_for("left_over.show"), 303)
