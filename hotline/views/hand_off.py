"""Handing over: the operator's panel for a problem that isn't psychological, and how it stands since."""

from __future__ import annotations

import secrets

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.places import Level, Place, townships
from core.problems import Invalid
from core.terms import labels
from hotline.handoff import LONGEST, Handed, Sentence, hand_off, handed_over
from hotline.read_log import ReadPurpose, note_read
from hotline.sight import in_sight
from hotline.views.panels import panel
from matters import topics
from matters.attributes import MatterKind

blueprint = Blueprint("hand_off", __name__, url_prefix="/counselling")
FIELDS = ("words", "kind", "topic", "place", "spot", "may_call", "consent", "form_key")


@blueprint.get("/<token>/hand-off")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show the form, and what was handed over before."""
    return _page(token, {"form_key": secrets.token_hex(12)})


@blueprint.post("/<token>/hand-off")
@require(Permission.COUNSEL)
def send(token: str) -> ResponseReturnValue:
    """Hand one sentence over, or say what keeps it back."""
    typed = {name: request.form.get(name, "")[:400] for name in FIELDS}
    try:
        with transaction() as session:
            contact, _ = in_sight(session, token, by=acting(), at=clock.now())
            handed = hand_off(
                session,
                contact,
                _sentence(session, typed),
                form_key=typed["form_key"] or secrets.token_hex(12),
                by=acting(),
                at=clock.now(),
            )
    except Invalid as wrong:
        return _page(token, typed, wrong=wrong), 422
    return _page(token, {"form_key": secrets.token_hex(12)}, handed=handed)


def _sentence(session: Session, typed: dict[str, str]) -> Sentence:
    text = typed["place"]
    place = session.get(Place, int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else None
    return Sentence(
        words=typed["words"],
        kind=MatterKind.found(typed["kind"]),
        topic=typed["topic"],
        place=place if place is not None and place.level in (Level.TOWNSHIP, Level.VILLAGE) else None,
        spot=typed["spot"],
        may_call=typed["may_call"] == "1",
        consented=typed["consent"] == "1",
    )


def _page(
    token: str, typed: dict[str, str], *, wrong: Invalid | None = None, handed: Handed | None = None
) -> str:
    at = clock.now()
    with transaction() as session:
        contact, purpose = in_sight(session, token, by=acting(), at=at)
        before = handed_over(session, contact)
        if before:
            note_read(
                session, by=acting(), contact=contact, purpose=purpose or ReadPurpose.HAND_OFF, record="hand_off",
                fields=("receipt", "standing"), at=at,
            )  # fmt: skip
        has_number = contact.caller is not None and not contact.caller.is_withheld
        return panel(
            "hotline/hand_off.html",
            token,
            wrong,
            typed=typed,
            handed=handed,
            before=[(row.receipt, row.handed_at, told) for row, told in before],
            kinds=labels(MatterKind),
            topics=[(t.code, t) for t in topics.offered()],
            places=townships(session),
            has_number=has_number,
            longest=LONGEST,
        )
