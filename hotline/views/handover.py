"""The shift lead's handover: what the last shift left, read and signed; what mine leaves to the next."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, t
from hotline import handovers
from hotline.handovers import LONGEST, SIGN_WITHIN, Handover
from hotline.lines import LineKind
from hotline.roster import may_lead
from hotline.shifts import Shift, shift_numbered
from hotline.views.board import lines_led

blueprint = Blueprint("handover", __name__, url_prefix="/hotline/duty/handover")
LOOK_BACK = timedelta(days=7)
WRITE_UNTIL = timedelta(hours=2)
"""How long after a shift its lead may still write its note."""


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def listed() -> str:
    """List the shifts of the last days with their notes, and offer to write the present one's."""
    return _listed()


def _listed(errors: dict[str, Words] | None = None) -> str:
    at = clock.now()
    with reading() as session:
        query = (
            sa.select(Shift)
            .where(
                Shift.line.in_(lines_led(acting())), Shift.published_at.is_not(None),
                Shift.begins_at <= at, Shift.ends_at > at - LOOK_BACK,
            )
            .order_by(Shift.begins_at.desc())
        )  # fmt: skip
        shifts = session.scalars(query).all()
        notes = {
            h.shift_id: h
            for h in session.scalars(sa.select(Handover).where(Handover.shift_id.in_([s.id for s in shifts])))
        }
        return render_template(
            "hotline/handovers.html",
            shifts=shifts,
            notes=notes,
            at=at,
            sign_within=SIGN_WITHIN,
            write_until=WRITE_UNTIL,
            longest=LONGEST,
            errors=errors or {},
            typed=request.form,
        )


def _own(session: Session, shift_id: int) -> Shift:
    shift = shift_numbered(session, shift_id)
    if not may_lead(acting(), shift.line):
        raise Missing
    return shift


@blueprint.post("/<int:shift_id>")
@require(Permission.HOTLINE_LEAD)
def write(shift_id: int) -> ResponseReturnValue:
    """Write a shift's note."""
    try:
        with transaction() as session:
            shift = _own(session, shift_id)
            handovers.write(session, shift, request.form.get("words", ""), by=acting(), at=clock.now())
    except Invalid as wrong:
        return _listed(wrong.fields), 422
    flash(
        t("交接内容已保存，待接班人阅读并签收", "The note is kept; the next lead reads and signs it"), "good"
    )
    return redirect(url_for("handover.listed"), 303)


@blueprint.post("/<int:shift_id>/read")
@require(Permission.HOTLINE_LEAD)
def read(shift_id: int) -> str:
    """Open a note; on the counselling line the reading is logged in the same transaction."""
    with transaction() as session:
        note = _note(session, shift_id)
        words = handovers.read(session, note, by=acting(), at=clock.now())
        return render_template(
            "hotline/handover.html",
            note=note,
            shift=note.shift,
            words=words,
            is_sealed=note.shift.line is LineKind.COUNSELLING,
            may_sign=note.signed_at is None and note.written_by != acting().id,
        )


@blueprint.post("/<int:shift_id>/sign")
@require(Permission.HOTLINE_LEAD)
def sign(shift_id: int) -> ResponseReturnValue:
    """Say that one has read the note and takes over."""
    with transaction() as session:
        handovers.sign(session, _note(session, shift_id), by=acting(), at=clock.now())
    flash(t("已签收，您已接班", "Signed; the shift is yours"), "good")
    return redirect(url_for("handover.listed"), 303)


def _note(session: Session, shift_id: int) -> Handover:
    note = handovers.handover_of(session, _own(session, shift_id))
    if note is None:
        raise Missing
    return note
