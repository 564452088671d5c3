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
from hotline import citizen_calls, citizen_records
from hotline.citizen_records import CitizenResult
from hotline.contacts import Contact, contact_named
from matters import enquiry, knowledge_search
from matters.alarm import alarming, in_crisis
from matters.attributes import IdentityClass
from matters.promises import Registered
from matters.statements import villages

blueprint = Blueprint("operator_matter", __name__, url_prefix="/hotline")
FIELDS = (
    "narrative", "topic", "place", "village", "spot", "kind", "urgency", "identity", "conflict", "conflict_unit",
    "consent", "name", "number", "article", "content",
)  # fmt: skip
BEST = 6


def _body() -> dict[str, Any]:
    told = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}


def _typed(body: dict[str, Any]) -> dict[str, str]:
    typed = body.get("typed")
    if not isinstance(typed, dict):
        raise Invalid
    return {name: str(typed[name]) for name in FIELDS if typed.get(name) not in (None, "")}


def _call(session: Session, token: str) -> Contact:
    return citizen_records.own_call(session, contact_named(session, token), acting())


@blueprint.get("/contacts/<token>/matter")
@require(Permission.MATTER_REGISTER)
def show(token: str) -> ResponseReturnValue:
    """Give what was typed and not yet registered, what the call led to, and how it ended."""
    with reading() as session:
        contact = _call(session, token)
        draft = citizen_records.draft_of(session, contact)
        record = citizen_records.record_of(session, contact)
        told = {
            "typed": draft.typed,
            "number": draft.number,
            "led_to": [
                {"receipt": row.matter.receipt if row.matter else "", "words": row.led_to.label}
                for row in citizen_records.led_to(session, contact)
            ],
            "result": record.result.value if record and record.result else "",
            "note": record.note or "" if record else "",
        }
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/contacts/<token>/matter/draft")
@require(Permission.MATTER_REGISTER)
def keep(token: str) -> ResponseReturnValue:
    """Keep the form as it is typed."""
    body, at = _body(), clock.now()
    number = body.get("number")
    if not isinstance(number, int):
        raise Invalid
    with transaction() as session:
        kept = citizen_records.keep_draft(
            session, contact_named(session, token), _typed(body), number=number, by=acting(), at=at
        )
    return jsonify(number=kept, at=at.isoformat())


@blueprint.post("/contacts/<token>/matter")
@require(Permission.MATTER_REGISTER)
def register(token: str) -> ResponseReturnValue:
    """Register what was raised and give what is to be read aloud; the PIN is told this once."""
    with transaction() as session:
        made = citizen_calls.register_from(
            session, _call(session, token), _typed(_body()), by=acting(), at=clock.now()
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
            _call(session, token),
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


@blueprint.post("/contacts/<token>/result")
@require(Permission.MATTER_REGISTER)
def result(token: str) -> ResponseReturnValue:
    """Write down how a call ended."""
    body, at = _body(), clock.now()
    with transaction() as session:
        citizen_records.note_result(
            session,
            contact_named(session, token),
            CitizenResult.found(body.get("result")),
            str(body.get("note", "")),
            by=acting(),
            at=at,
        )
    return jsonify(at=at.isoformat())


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
