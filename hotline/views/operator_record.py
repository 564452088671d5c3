"""The counselling record at the operator's page: opened for a purpose, saved change by change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from hotline import key_marks, late_words, record_wholeness, records, sight
from hotline.contacts import contact_named

blueprint = Blueprint("operator_record", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/record")
@require(Permission.COUNSEL)
def show(token: str) -> ResponseReturnValue:
    """Give what the record holds, and note that it was read."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, purpose = sight.in_sight(session, token, by=staff, at=at)
        found = records.read(session, contact, by=staff, purpose=purpose, at=at)
        late = late_words.beside(session, contact, by=staff, purpose=purpose, at=at)
        told = {
            "version": found.version,
            "values": found.values,
            "form": found.form.as_screen(),
            "is_finished": found.is_finished,
            "is_mine": contact.taken_by == staff.id,
            "late": [
                {
                    "who": note.by.name,
                    "at": note.at.isoformat(),
                    "lines": [line for part in parts for line in part.lines],
                }
                for note, parts in late
            ],
        }
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<token>/record")
@require(Permission.COUNSEL)
def save(token: str) -> ResponseReturnValue:
    """Save some fields; what is sent twice is saved once, and what comes late from who talked is kept as well."""
    told = request.get_json(silent=True)
    body: dict[str, Any] = told if isinstance(told, dict) else {}
    changes, seen, was = body.get("changes"), body.get("seen"), body.get("was")
    if not isinstance(changes, dict) or not isinstance(seen, int):
        raise Invalid
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = contact_named(session, token)  # whoever may not write is told by `save` that there is none
        told_now = [(str(name), value) for name, value in changes.items()]
        version = late_words.save(
            session,
            contact,
            told_now,
            token=str(body.get("token", "")),
            seen=seen,
            was=was if isinstance(was, dict) else {},
            after=str(body.get("after", "")),
            by=staff,
            at=at,
        )
        key_marks.heed(session, contact, told_now, by=staff, at=at)
    return jsonify(version=version, at=at.isoformat())


@blueprint.get("/<token>/record/lacking")
@require(Permission.COUNSEL)
def lacking(token: str) -> ResponseReturnValue:
    """Say what is still needed to finish, by the names of the fields."""
    with reading() as session:
        contact, _ = sight.in_sight(session, token, by=acting(), at=clock.now())
        return jsonify(
            {name: str(words) for name, words in record_wholeness.what_lacks(session, contact).items()}
        )
