"""The citizen line at the operator's page: the form as it is typed, registering, answering, looking up, the result."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from hotline import citizen_calls, citizen_forms, citizen_records
from hotline.contacts import Contact, contact_named
from matters import enquiry, knowledge_search
from matters.alarm import alarming, in_crisis
from matters.attributes import IdentityClass
from matters.promises import Registered
from matters.statements import villages

blueprint = Blueprint("operator_matter", __name__, url_prefix="/hotline")
FIELDS = (*citizen_forms.TYPED, "article", "content")
BEST = 6


def _body() -> dict[str, Any]:
    told = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}


def _typed(body: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in _fields(body, "typed", FIELDS).items() if value}


def _fields(body: dict[str, Any], part: str, names: tuple[str, ...]) -> dict[str, str]:
    told = body.get(part)
    if not isinstance(told, dict):
        raise Invalid
    return {name: "" if told[name] is None else str(told[name]) for name in names if name in told}


def _seen(body: dict[str, Any]) -> int:
    seen = body.get("seen")
    if not isinstance(seen, int):
        raise Invalid
    return seen


def _call_to_register(session: Session, token: str) -> Contact:
    contact = _call(session, token)
    citizen_forms.must_have_seen(session, contact, _seen(_body()))
    return contact


def _call(session: Session, token: str) -> Contact:
    return citizen_records.own_call(session, contact_named(session, token), acting())


@blueprint.get("/contacts/<token>/matter/draft")
@require(Permission.MATTER_REGISTER)
def show(token: str) -> ResponseReturnValue:
    """Give what was typed and not yet registered, how the call ended, and what it led to."""
    with reading() as session:
        contact = _call(session, token)
        record = citizen_records.record_of(session, contact)
        told = {
            "version": citizen_forms.number_of(record),
            "values": citizen_forms.values_of(record),
            "is_finished": contact.closed_at is not None,
            "led_to": [
                {"receipt": row.matter.receipt if row.matter else "", "words": row.led_to.label}
                for row in citizen_records.led_to(session, contact)
            ],
        }
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/contacts/<token>/matter/draft")
@require(Permission.MATTER_REGISTER)
def keep(token: str) -> ResponseReturnValue:
    """Save what was typed, field by field; what comes late from who talked last is taken as well."""
    body, at = _body(), clock.now()
    told = {part: _fields(body, part, citizen_forms.FIELDS) for part in ("changes", "was")}
    sent = _fields(body, "sent", citizen_forms.FIELDS) if "sent" in body else None
    with transaction() as session:
        contact = contact_named(session, token)
        version = citizen_forms.save(
            session,
            contact,
            told["changes"],
            was=told["was"],
            sent=sent,
            seen=_seen(body),
            by=acting(),
            at=at,
        )
    return jsonify(version=version, at=at.isoformat())


@blueprint.post("/contacts/<token>/matter")
@require(Permission.MATTER_REGISTER)
def register(token: str) -> ResponseReturnValue:
    """Register what was raised and give what is to be read aloud; the PIN is told this once."""
    with transaction() as session:
        made = citizen_calls.register_from(
            session, _call_to_register(session, token), _typed(_body()), by=acting(), at=clock.now()
        )
        reply = _read_aloud(made)
    return jsonify(reply)


@blueprint.post("/contacts/<token>/answer")
@require(Permission.MATTER_REGISTER)
def answer(token: str) -> ResponseReturnValue:
    """Answer an enquiry from an article while the caller is on the line."""
    typed = _typed(_body())
    article = typed.get("article", "")
    with transaction() as session:
        made = citizen_calls.answer_from(
            session,
            _call_to_register(session, token),
            typed,
            int(article) if article.isascii() and article.isdigit() and len(article) < 12 else None,
            by=acting(),
            at=clock.now(),
        )
        reply = _read_aloud(made)
    return jsonify(reply)


def _read_aloud(made: Registered) -> dict[str, Any]:
    return {
        "receipt": made.matter.receipt,
        "pin": made.pin,
        "read_aloud": str(made.read_aloud),
        "provisional": made.is_provisional,
        "alarming": alarming(made.matter.narrative),
        "in_crisis": in_crisis(made.matter.narrative),
        "can_text": made.matter.identity is not IdentityClass.ANONYMOUS,
    }


@blueprint.post("/contacts/<token>/look-up")
@require(Permission.MATTER_REGISTER)
def look_up(token: str) -> ResponseReturnValue:
    """Tell where a matter stands, to whoever proves that it is theirs."""
    body, staff, at = _body(), acting(), clock.now()
    receipt, pin = str(body.get("receipt", ""))[:40], str(body.get("pin", ""))[:12]
    address = f"staff:{staff.id}"
    with transaction() as session:
        _call(session, token)
        is_free = enquiry.is_within_limits(session, receipt, address=address, at=at)
    if not is_free:
        raise enquiry.TooOften
    with transaction() as session:
        found = citizen_calls.look_up(session, _call(session, token), receipt, pin, by=staff, at=at)
        enquiry.forgive(session, found.told, address=address)
        told = found.told
        reply = {
            "receipt": told.receipt,
            "standing": told.standing.label,
            "registered_on": told.registered_on.isoformat(),
            "promised_on": told.promised_on.isoformat() if told.promised_on else "",
            "result": found.answer.result or "",
            "outcome": found.answer.outcome.label if found.answer.outcome else "",
            "may_reopen": found.answer.may_reopen,
            "is_own_number": found.is_own_number,
        }
    return jsonify(reply)


@blueprint.get("/knowledge")
@require(Permission.HOTLINE_CITIZEN)
def articles() -> ResponseReturnValue:
    """Find articles to answer from, the best match first."""
    asked = request.args.get("q", "")[: knowledge_search.LONGEST]
    today = clock.today()
    with reading() as session:
        found = [f.article for f in knowledge_search.search(session, asked, on=today)[:BEST]]
        rows = [{"id": a.id, "title": a.title, "body": a.body, "lang": a.tongue} for a in found]
    return jsonify(rows)


@blueprint.get("/places/<int:place_id>")
@require(Permission.HOTLINE_CITIZEN)
def places(place_id: int) -> ResponseReturnValue:
    """List the villages of a township."""
    with reading() as session:
        return jsonify([{"id": place.id, "name": place.label} for place in villages(session, place_id)])
