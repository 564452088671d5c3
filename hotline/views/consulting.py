"""Asking a colleague at the operator's page: who is free, who asks me, together, passed on, or back to the caller."""

from __future__ import annotations

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
from hotline import consult_sheet, consulting, listening
from hotline.consults import consult_with
from hotline.contacts import Contact, ContactState, contact_named
from hotline.operator_line import in_hand
from telephony.outbox import kick

blueprint = Blueprint("consulting", __name__, url_prefix="/hotline")


@blueprint.get("/contacts/<token>/colleagues")
@require(Permission.HOTLINE_OPERATE)
def colleagues(token: str) -> ResponseReturnValue:
    """List who could be asked about one's caller."""
    with reading() as session:
        contact = _own(session, token)
        free = consulting.free_colleagues(session, contact, by=acting(), at=clock.now())
        told = [{"id": staff.id, "name": staff.name} for staff in free]
    return jsonify(colleagues=told)


@blueprint.post("/contacts/<token>/consult")
@require(Permission.HOTLINE_OPERATE)
def ask(token: str) -> ResponseReturnValue:
    """Ask a colleague."""
    told = request.get_json(silent=True) or request.form
    with transaction() as session:
        contact = _own(session, token, locks=True)
        colleague = session.get(Staff, _number(told.get("colleague")))
        if colleague is None:
            raise Invalid(Words("请选择同事", "Choose a colleague"))
        consulting.consult(session, contact, colleague, by=acting(), at=clock.now())
        screen = _screen(session, acting())
    return jsonify(screen)


@blueprint.post("/contacts/<token>/consult/<any(end, transfer):deed>")
@require(Permission.HOTLINE_OPERATE)
def close(token: str, deed: str) -> ResponseReturnValue:
    """Come back to the caller, or pass them on."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = contact_named(session, token, locks=True)
        act = consulting.end_consult if deed == "end" else consulting.transfer
        act(session, contact, by=staff, at=at)
        screen = _screen(session, staff)
    kick()
    return jsonify(screen)


@blueprint.post("/consults/<int:which>/<any(accept, decline):deed>")
@require(Permission.HOTLINE_OPERATE)
def answer(which: int, deed: str) -> ResponseReturnValue:
    """Say yes or no to a colleague who asks."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        row = consult_with(session, staff, locks=True)
        if row is None or row.id != which:
            raise Missing(Words("这个请求已经结束", "This request is over"))
        act = consulting.accept if deed == "accept" else consulting.decline
        act(session, row, by=staff, at=at)
        screen = _screen(session, staff)
    kick()
    return jsonify(screen)


@blueprint.post("/contacts/<token>/told")
@require(Permission.HOTLINE_OPERATE)
def told(token: str) -> ResponseReturnValue:
    """Note that the caller was told of supervisors who may listen."""
    with transaction() as session:
        contact = _own(session, token, locks=True)
        listening.note_told(session, contact, by=acting(), at=clock.now())
    return jsonify(told=True)


def _own(session: Session, token: str, *, locks: bool = False) -> Contact:
    contact = contact_named(session, token, locks=locks)
    if contact.taken_by != acting().id:
        raise Missing
    return contact


def _number(text: object) -> int:
    return int(str(text)) if str(text).isdecimal() and len(str(text)) < 12 else 0


def _screen(session: Session, staff: Staff) -> dict[str, Any]:
    talk = next((c for c in in_hand(session, staff) if c.state is ContactState.TALKING), None)
    return consult_sheet.told(session, staff, talk)
