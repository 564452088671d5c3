"""The residents' page: ask where one's matter stands, with the receipt number and the PIN."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.permissions import open_to_all
from core.terms import Words
from matters import enquiry

blueprint = Blueprint("residents", __name__, url_prefix="/status")
DOORS = [
    Door(
        "residents.status",
        Words("查询我反映的事", "Ask about what I raised"),
        None,
        order=1,
        about=Words("凭编号和密码查询进度", "See where it stands, with receipt number and PIN"),
    )
]

NOT_TOGETHER = Words(
    "编号和密码对不上。请核对后再试;两样都是登记时念给您听的。",
    "Receipt number and PIN do not belong together. Check both and try again; they were read out to you.",
)


@blueprint.get("/")
@open_to_all
def status() -> str:
    """Ask for the receipt number and the PIN."""
    return render_template("residents/status.html", told=None, typed="", wrong=None)


@blueprint.post("/")
@open_to_all
def tell() -> ResponseReturnValue:
    """Tell where the matter stands, or that the two do not belong together."""
    typed = request.form.get("receipt", "").strip()[:40]
    pin = request.form.get("pin", "").strip()[:12]
    address = request.remote_addr or ""
    with transaction() as session:
        is_free = enquiry.is_within_limits(session, typed, address=address, at=clock.now())
    if not is_free:
        raise enquiry.TooOften
    with reading() as session:
        told = enquiry.told(session, typed, pin)
    if told is None:
        page = render_template("residents/status.html", told=None, typed=typed, wrong=NOT_TOGETHER)
        return page, 422
    with transaction() as session:
        enquiry.forgive(session, told, address=address)
    return render_template("residents/status.html", told=told, typed="", wrong=None, steps=enquiry.Standing)
