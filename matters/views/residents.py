"""The residents' page: ask where one's matter stands, read the result, add something, or ask to have it reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.permissions import open_to_all
from core.problems import Invalid, Missing, Problem, Refused
from core.terms import Words
from matters import answers, enquiry, tickets

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
    "编号和密码对不上。请核对后再试；两样都是登记时告诉您的。",
    "Receipt number and PIN do not belong together. Check both and try again; you were given them at registration.",
)
HELD = "status"
HELD_FOR = timedelta(minutes=15)
"""So long the page may be used without giving the PIN again."""
REOPENED = Words(
    "已要求重办：这件事会再办一轮，办完还会告诉您、再问您。",
    "It goes round again: you will be told and asked about the result once more.",
)
ADDED = Words("已收到，会转给经办的人。", "Received; it is passed on to whoever works on it.")


class TooLate(Refused):
    """The page was left alone too long."""

    words = Words(
        "这一页打开已超过 15 分钟，请重新填编号和密码",
        "This page is older than 15 minutes: give receipt and PIN again",
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
    return _told(told)


@blueprint.post("/reopen")
@open_to_all
def reopen() -> ResponseReturnValue:
    """Send a closed matter round again for whoever proved the PIN a moment ago."""
    return _done(_held(), _reopen, REOPENED)


@blueprint.post("/note")
@open_to_all
def note() -> ResponseReturnValue:
    """Pass on what the caller adds."""
    return _done(_held(), _add, ADDED)


def _held() -> str:
    known = tickets.read(HELD, request.form.get("ticket", "")[:200], at=clock.now(), within=HELD_FOR)
    if known is None:
        raise TooLate
    return known[0]


def _reopen(receipt: str) -> None:
    with transaction() as session:
        answers.reopen(session, receipt, request.form.get("words", ""), at=clock.now())


def _add(receipt: str) -> None:
    with transaction() as session:
        answers.add_note(session, receipt, request.form.get("note", ""), at=clock.now())


def _done(receipt: str, step: Callable[[str], None], said: Words) -> ResponseReturnValue:
    """Take a step and show the page again, with what was typed where it could not be taken."""
    wrong: Problem | None = None
    try:
        step(receipt)
        flash(str(said), "good")
    except Problem as problem:
        wrong = problem
    with reading() as session:
        told = enquiry.told_to_holder(session, receipt)
    if told is None:
        raise Missing
    return _told(told, wrong), wrong.status if wrong else 200


def _told(told: enquiry.Told, wrong: Problem | None = None) -> str:
    with reading() as session:
        answer = answers.answer(session, told.receipt, at=clock.now())
    fields = list(wrong.fields.values()) if isinstance(wrong, Invalid) else []
    return render_template(
        "residents/status.html",
        told=told,
        answer=answer,
        typed=request.form if wrong else {},
        wrong=(fields or [wrong.words])[0] if wrong else None,
        steps=enquiry.Standing,
        ticket=tickets.issue(HELD, told.receipt, at=clock.now()),
    )
