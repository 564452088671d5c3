"""The screening panel: one row after the other, each answer kept with its key press, the grade beside them."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from hotline import instruments, screener, screenings
from hotline.risk_reading import open_talk_part
from hotline.screener import Heard, Row
from hotline.sight import in_sight
from hotline.views.caller_plan import shown_plan
from hotline.views.panels import panel

blueprint = Blueprint("screening", __name__, url_prefix="/counselling")
TONES = {"none": "green", "low": "", "moderate": "yellow", "high": "red"}


@blueprint.get("/<token>/screening")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show the screener as far as it was answered."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_talk_part(session, token, "screening", ["answers"], by=staff, at=at)
        _, purpose = in_sight(session, token, by=staff, at=at)
        sheet = screenings.sheet_of(session, contact)
        screening = sheet.screening if sheet else screener.screened({})
        return panel(
            "hotline/screening.html",
            token,
            screening=screening,
            definition=instruments.instrument("cssrs"),
            rows=Row,
            choices=screener.CHOICES,
            next_row=screening.to_ask[0] if screening.to_ask else None,
            tones=TONES,
            plan=shown_plan(session, contact, purpose=purpose, by=staff, at=at),
        )


@blueprint.post("/<token>/screening")
@require(Permission.COUNSEL)
def answer(token: str) -> ResponseReturnValue:
    """Keep the answer to one row (several are taken too); “clear” takes one back."""
    changes: dict[Row, Heard | None] = {}
    for row in Row:
        told = request.form.get(f"row_{row.value}")
        if told is None:
            continue
        heard = Heard.found(told)
        if heard is None and told != "clear":
            raise Invalid
        changes[row] = heard
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, _ = in_sight(session, token, by=staff, at=at, locks=True)
        screenings.answer(session, contact, changes, by=staff, at=at)
    return redirect(url_for("screening.show", token=token), 303)
