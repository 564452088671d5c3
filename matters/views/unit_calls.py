"""The unit handler's telephone: ringing a caller through the bridge, and how that call stands; no number, no name."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from matters import bridge, portal
from telephony.dialling import hang_up
from telephony.outbox import kick

blueprint = Blueprint("unit_calls", __name__, url_prefix="/handling")


@blueprint.post("/<receipt>/calls")
@require(Permission.MATTER_HANDLE)
def ring(receipt: str) -> ResponseReturnValue:
    """Ring one of the callers into the handler's room."""
    told = request.get_json(silent=True) or {}
    which = told.get("which", 1)
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = portal.one(session, staff, receipt)
        placed = bridge.call_caller(session, matter, which if isinstance(which, int) else 0, by=staff, at=at)
        answer = _as_json(placed)
    kick()
    return jsonify(answer)


@blueprint.get("/<receipt>/calls/<int:call>")
@require(Permission.MATTER_HANDLE)
def standing(receipt: str, call: int) -> ResponseReturnValue:
    """Say how a call stands."""
    with reading() as session:
        matter = portal.one(session, acting(), receipt)
        found = [c for c in bridge.calls_of(session, matter, acting().unit_id or 0) if c.id == call]
        if not found:
            raise Missing
        return jsonify(_as_json(found[0]))


@blueprint.post("/<receipt>/calls/<int:call>/end")
@require(Permission.MATTER_HANDLE)
def end(receipt: str, call: int) -> ResponseReturnValue:
    """Hang up one's own call."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = portal.one(session, staff, receipt)
        found = [c for c in bridge.calls_of(session, matter, staff.unit_id or 0) if c.id == call]
        if not found or found[0].call.staff_id != staff.id:
            raise Missing
        hang_up(session, found[0].call, by=staff, at=at)
    kick()
    return jsonify(ended=True)


def _as_json(placed: bridge.BridgeCall) -> dict[str, object]:
    return {
        "call": placed.id,
        "words": str(bridge.result_of(placed)),
        "is_ended": placed.call.is_ended,
        "was_connected": placed.call.was_connected,
    }
