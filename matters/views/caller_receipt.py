"""The receipt by text: sent to a caller who agrees, by whoever has just registered what they raised."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words
from matters import desk
from matters.texts_to_callers import text_receipt
from telephony.outbox import kick

blueprint = Blueprint("caller_receipt", __name__, url_prefix="/callers/receipt")
SENT = Words("编号短信已交线路发送。", "The receipt is on its way as a text.")


@blueprint.post("/")
@require(Permission.MATTER_REGISTER)
def send() -> ResponseReturnValue:
    """Send the receipt of a matter that one has just registered; others' receipts are not even known of."""
    told = request.get_json(silent=True)
    receipt = str(told.get("receipt", "")) if isinstance(told, dict) else ""
    staff = acting()
    with transaction() as session:
        matter = desk.by_receipt(session, receipt)
        if matter.registered_by != staff.id:
            raise Missing
        text_receipt(session, matter, by=staff, at=clock.now())
    kick()
    return jsonify(words=str(SENT))
