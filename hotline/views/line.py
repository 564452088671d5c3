"""The operator's hands on the line: accept, decline, hold, hang up, finish, sit, rest, call back; answers are data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words
from hotline import (
    answering,
    caller_legs,
    calling_back,
    dispatch,
    glance,
    late_call_backs,
    recording_talks,
    seating,
    taking,
    talking,
    wrapping,
)
from hotline.callbacks import CallBack, CallBackResult
from hotline.contacts import Contact, contact_named
from hotline.next_call_back import claim_next
from telephony.outbox import kick

blueprint = Blueprint("hotline_line", __name__, url_prefix="/hotline")

Deed = Callable[[Session, Contact, Staff, datetime], object]
DEEDS: dict[str, Deed] = {
    "decline": lambda session, contact, by, at: taking.decline(session, contact, by=by, at=at),
    "hold": lambda session, contact, by, at: talking.hold(session, contact, True, by=by, at=at),
    "unhold": lambda session, contact, by, at: talking.hold(session, contact, False, by=by, at=at),
    "hang-up": lambda session, contact, by, at: talking.hang_up(session, contact, by=by, at=at),
    "finish": lambda session, contact, by, at: wrapping.finish(session, contact, by=by, at=at),
    "settle": lambda session, contact, by, at: wrapping.settle(session, contact, by=by, at=at),
    "unrecord": lambda session, contact, by, at: recording_talks.refuse(session, contact, by=by, at=at),
    "ring": lambda session, contact, by, at: calling_back.ring_again(session, contact, by=by, at=at),
}
SITTING: dict[str, Callable[..., object]] = {
    "sit": seating.sit,
    "free": seating.free,
    "rest": seating.rest,
    "leave": seating.leave,
}
ROUNDS = (
    dispatch.dispatch_again,
    caller_legs.watch_talks,
    seating.end_wrap_ups,
    seating.clear_lost,
    calling_back.give_back,
    late_call_backs.tell,
)
"""What the worker repeats; named here so that every process of the house knows of them."""


@blueprint.post("/contacts/<token>/take")
@require(Permission.HOTLINE_OPERATE)
def take(token: str) -> ResponseReturnValue:
    """Answer a waiting caller, or hear that somebody else did."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        # Without a lock: the one statement that decides who wins takes it.
        answering.answer(session, contact_named(session, token), by=staff, at=at)
    kick()
    return _screen(token)


@blueprint.post("/contacts/<token>/<deed>")
@require(Permission.HOTLINE_OPERATE)
def do(token: str, deed: str) -> ResponseReturnValue:
    """Do something else with one's caller."""
    if deed not in DEEDS:
        raise Missing
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = contact_named(session, token, locks=True)
        taking.may_answer(contact, staff)
        DEEDS[deed](session, contact, staff, at)
    kick()
    return _screen(token)


@blueprint.post("/seat/beat")
@require(Permission.HOTLINE_OPERATE)
def beat() -> ResponseReturnValue:
    """Hear that a screen is alive; what it is to show it asks for itself."""
    with transaction() as session:
        seating.beat(session, by=acting(), at=clock.now())
    return "", 204


@blueprint.post("/seat/<how>")
@require(Permission.HOTLINE_OPERATE)
def seat(how: str) -> ResponseReturnValue:
    """Sit down, be free, rest or leave."""
    if how not in SITTING:
        raise Missing
    with transaction() as session:
        SITTING[how](session, by=acting(), at=clock.now())
    return _screen("")


@blueprint.post("/call-backs/next")
@require(Permission.HOTLINE_OPERATE)
def next_call_back() -> ResponseReturnValue:
    """Take the call-back that is due first."""
    with transaction() as session:
        found = claim_next(session, by=acting(), at=clock.now())
        told = {"call_back": None if found is None else found.id}
    return jsonify(told)


@blueprint.post("/call-backs/<int:which>/take")
@require(Permission.HOTLINE_OPERATE)
def take_call_back(which: int) -> ResponseReturnValue:
    """Take one call-back."""
    with transaction() as session:
        calling_back.claim(session, _call_back(session, which), by=acting(), at=clock.now())
    return jsonify(call_back=which)


@blueprint.post("/call-backs/<int:which>/ring")
@require(Permission.HOTLINE_OPERATE)
def ring(which: int) -> ResponseReturnValue:
    """Dial a caller who is to be called back."""
    with transaction() as session:
        found = _call_back(session, which)
        calling_back.ring(session, found, by=acting(), at=clock.now())
        token = found.contact.token
    kick()
    return _screen(token, is_anew=True)


@blueprint.post("/call-backs/<int:which>/result")
@require(Permission.HOTLINE_OPERATE)
def result(which: int) -> ResponseReturnValue:
    """Note what came of a call-back."""
    told = request.get_json(silent=True) or request.form
    try:
        heard = CallBackResult.of(str(told.get("result", "")))
    except ValueError:
        raise Invalid(Words("请选择回拨结果", "Choose what came of it")) from None
    with transaction() as session:
        found = _call_back(session, which)
        calling_back.note_result(session, found, heard, by=acting(), at=clock.now())
        token = found.contact.token
    kick()
    return _screen(token, is_anew=True)


def _call_back(session: Session, which: int) -> CallBack:
    found = session.get(CallBack, which)
    if found is None:
        raise Missing
    taking.may_answer(found.contact, acting())
    return found


def _screen(token: str, *, is_anew: bool = False) -> ResponseReturnValue:
    """Answer with the page as it stands after a deed; `is_anew` where the deed changed what others see too."""
    with reading() as session:
        told: dict[str, Any] = glance.glance(
            session, by=acting(), at=clock.now(), token=token, is_anew=is_anew
        )
    return jsonify(told)
