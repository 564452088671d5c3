"""The shift lead's board: both lines at this moment, readable across the room, in totals only."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, Role, require
from core.problems import Missing
from core.terms import Words, t
from hotline import load_guard
from hotline.board import board
from hotline.calling_for_help import open_for
from hotline.carrier_days import count_days
from hotline.lines import LineKind, line_of
from hotline.presence import TONES
from hotline.reconciling import reconcile_lines
from hotline.roster import may_lead
from hotline.staffing_sheet import HOUR, staffing_day
from matters import floods

blueprint = Blueprint("hotline_board", __name__, url_prefix="/hotline/duty")


def _needed(session: Session, staff: Staff, _at: object) -> int:
    return len(open_for(session, staff))


DOORS = [
    Door(
        "hotline_board.show",
        Words("值班", "Duty"),
        Permission.HOTLINE_LEAD,
        order=14,
        first_for=frozenset({Role.SHIFT_LEAD}),
        count=_needed,
        about=Words("大屏、排班、交接、测算", "Board, roster, handover, staffing"),
    )
]


def lines_led(staff: Staff) -> list[LineKind]:
    """Return the lines that somebody leads."""
    return [kind for kind in LineKind if may_lead(staff, kind)]


def lines_in_use(session: Session, staff: Staff) -> list[LineKind]:
    """Return the lines that somebody leads and that have a number; all they lead where none has."""
    led = lines_led(staff)
    return [kind for kind in led if line_of(session, kind)] or led


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def show() -> str:
    """Show the board; it keeps itself fresh, and `big` leaves everything else out for a screen on the wall."""
    with reading() as session:
        return render_template("hotline/board.html", is_big="big" in request.args, **_now(session))


@blueprint.get("/now")
@require(Permission.HOTLINE_LEAD)
def now() -> str:
    """Give the part that changes every two seconds."""
    with reading() as session:
        return render_template("hotline/board_now.html", **_now(session))


def _now(session: Session) -> dict[str, Any]:
    at, lines = clock.now(), lines_in_use(session, acting())
    alike = floods.under_way(session, at=at) if LineKind.CITIZEN in lines else []
    return {"b": board(session, at=at, lines=lines), "tones": TONES, "at": at, "alike": alike}


@blueprint.get("/outlook")
@require(Permission.HOTLINE_LEAD)
def outlook() -> str:
    """Give the hours ahead: seats there are, seats they need, and what one more would save."""
    at = clock.now()
    with reading() as session:
        days = [
            staffing_day(session, kind, clock.today(at), at=at) for kind in lines_in_use(session, acting())
        ]
        return render_template("hotline/board_outlook.html", days=days, at=at, one_hour=HOUR)


@blueprint.post("/reconcile")
@require(Permission.HOTLINE_LEAD)
def reconcile() -> ResponseReturnValue:
    """Go through the carrier's list now, write down what is missing, and count the day anew."""
    found = reconcile_lines()
    if found.failed or not count_days():
        flash(
            t("线路的话单暂时读不到，没有核对", "The carrier's list can't be read now; not reconciled"), "bad"
        )
    else:
        flash(t("已核对，补录 {n} 通", "Reconciled; {n} calls written down", n=found.written), "good")
    return redirect(url_for("hotline_board.show"), 303)


@blueprint.post("/rest/<int:staff_id>/end")
@require(Permission.HOTLINE_LEAD)
def end_rest(staff_id: int) -> ResponseReturnValue:
    """Let somebody be rung again before their rest is over."""
    with transaction() as session:
        person = session.get(Staff, staff_id)
        if person is None:
            raise Missing
        load_guard.release(session, person, by=acting(), at=clock.now())
    flash(t("已恢复接听", "They can be rung again"), "good")
    return redirect(url_for("hotline_board.show"), 303)
