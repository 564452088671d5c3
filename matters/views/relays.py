"""The centre's page of relays: what units ask to be told to protected callers, and what the callers answered."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words
from matters import relays

blueprint = Blueprint("relays", __name__, url_prefix="/relays")
DOORS = [
    Door(
        "relays.listed",
        Words("转达", "Relays"),
        Permission.MATTER_CALL,
        order=18,
        count=relays.count_waiting,
        about=Words(
            "承办单位要告诉受保护诉求人的话，由中心转达", "What units want protected callers to be told"
        ),
    )
]


@blueprint.get("/")
@require(Permission.MATTER_CALL)
def listed() -> str:
    """List what waits to be passed on, the oldest first."""
    with reading() as session:
        return _page(session)


@blueprint.post("/<int:relay>")
@require(Permission.MATTER_CALL)
def passed(relay: int) -> ResponseReturnValue:
    """Note that one message was passed on, and what was answered."""
    answer = request.form.get("answer", "").strip()[:4000]
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            found = next((r for r in relays.waiting(session, staff) if r.id == relay), None)
            if found is None:
                raise Missing
            relays.pass_on(session, found, answer, by=staff, at=at)
    except Invalid as wrong:
        with reading() as session:
            return _page(session, relay=relay, typed=answer, errors=wrong.fields), 422
    flash(str(Words("已记录转达。", "Noted as passed on.")), "good")
    return redirect(url_for(".listed"), 303)


def _page(
    session: Session, *, relay: int = 0, typed: str = "", errors: dict[str, Words] | None = None
) -> str:
    return render_template(
        "unit/relays.html",
        waiting=relays.waiting(session, acting()),
        relay=relay,
        typed=typed,
        errors=errors or {},
    )
