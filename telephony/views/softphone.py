"""The telephone in the browser of whoever sits at the line: its pass, who else is in the room, its test page."""

from __future__ import annotations

import re
from typing import Any

import requests
from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Unavailable
from core.settings import Settings
from core.terms import Words
from telephony.calls import call_with_ref, live_legs
from telephony.dialling import NotOffered
from telephony.line import identity_of, line
from telephony.outbox import kick
from telephony.rooms import Purpose, Room, open_room
from telephony.seats import room_at, sit_down

blueprint = Blueprint("line", __name__, url_prefix="/line", template_folder="templates")
_LEG = re.compile(r"CA[0-9a-f]{32}")
_VERBS = ("hangup", "mute", "digits", "say", "accept", "reject")
WAIT_S = (2.0, 10.0)


@blueprint.post("/grant")
@require(Permission.LINE_USE)
def grant() -> ResponseReturnValue:
    """Give the browser its pass for an hour, and the room it is to join; standing by needs no room."""
    staff, told = acting(), request.get_json(silent=True) or {}
    purpose = _purpose(staff, told.get("purpose"))
    given = line().browser_grant(identity_of(staff.id))
    name = None
    if not told.get("standby"):
        with transaction() as session:
            if not told.get("renew"):
                legs = {str(leg) for leg in told.get("legs") or ()}
                takes_over = told.get("take_over") is True
                sit_down(session, staff, own_legs=legs, takes_over=takes_over, at=clock.now())
            name = open_room(session, owner=staff, purpose=purpose, at=clock.now()).name
        kick()
    return jsonify(
        token=given.token, driver=given.driver, identity=given.identity, seconds=given.seconds, room=name
    )


def _purpose(staff: Staff, asked: object) -> Purpose:
    own = Purpose.HOTLINE if staff.may(Permission.HOTLINE_OPERATE) else Purpose.SURVEY
    if asked in (None, ""):
        return own
    try:
        return Purpose.of(str(asked))
    except ValueError:
        raise Invalid(Words("不认识的用途", "No such purpose")) from None


@blueprint.get("/peers")
@require(Permission.LINE_USE)
def peers() -> ResponseReturnValue:
    """Say who else is in the asker's room, and how each leg stands; no names, no numbers."""
    with reading() as session:
        room = room_at(session, acting())
        legs = _legs(session, room) if room else []
        answer = jsonify(room=room.name if room else None, legs=legs)
    answer.add_etag()
    return answer.make_conditional(request)


def _legs(session: Session, room: Room) -> list[dict[str, Any]]:
    return [
        {
            "leg": leg.id,
            "party": leg.party.value,
            "party_label": leg.party.label,
            "state": leg.state.value,
            "label": leg.state.label,
            "in_room": leg.in_room,
            "held": leg.is_held,
            "muted": leg.is_muted,
        }
        for leg in live_legs(session, room)
    ]


@blueprint.get("/softphone")
@require(Permission.LINE_USE)
def softphone_page() -> ResponseReturnValue:
    """Show the telephone by itself, to try whether it works on this machine."""
    return render_template("line/softphone.html", capabilities=line().capabilities())


# The simulated telephone speaks to the carrier through these doors, so that pages need no foreign address.


@blueprint.post("/simulated/connect")
@require(Permission.LINE_USE)
def simulated_connect() -> ResponseReturnValue:
    """Connect the browser to its own room on the simulated line."""
    body = request.get_json(silent=True) or {}
    told = _carrier("POST", "/client/connect", {"token": body.get("token"), "params": body.get("params")})
    return jsonify(told)


@blueprint.post("/simulated/ready")
@require(Permission.LINE_USE)
def simulated_ready() -> ResponseReturnValue:
    """Tell the simulated line that this browser can be rung, and hear what rings."""
    body = request.get_json(silent=True) or {}
    return jsonify(_carrier("POST", "/client/ready", {"token": body.get("token")}))


@blueprint.get("/simulated/<leg>")
@require(Permission.LINE_USE)
def simulated_leg(leg: str) -> ResponseReturnValue:
    """Say how the browser's leg stands and what was said to it."""
    answer = jsonify(_carrier("GET", f"/client/{_own_leg(leg)}"))
    answer.add_etag()
    return answer.make_conditional(request)


@blueprint.post("/simulated/<leg>/<verb>")
@require(Permission.LINE_USE)
def simulated_do(leg: str, verb: str) -> ResponseReturnValue:
    """Hang up, mute, press keys or speak on the browser's own leg."""
    if verb not in _VERBS:
        raise Missing
    body = request.get_json(silent=True) or {}
    told = {name: body[name] for name in ("muted", "digits", "text") if name in body}
    answer = jsonify(_carrier("POST", f"/client/{_own_leg(leg)}/{verb}", told))
    kick()
    return answer


def _own_leg(leg: str) -> str:
    """Let through only the asker's own leg: others must not even be known of."""
    with reading() as session:
        call = call_with_ref(session, leg) if _LEG.fullmatch(leg) else None
        if call is None or call.staff_id != acting().id:
            raise Missing
    return leg


def _carrier(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    settings: Settings = current_app.config["SETTINGS"]
    if settings.line != "simulator":
        raise NotOffered
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(method, settings.line_base_url + path, json=body, timeout=WAIT_S)
            told: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError):
            raise Unavailable(
                Words(
                    "模拟线路没有响应，请稍后再试",
                    "The simulated line does not answer; try again in a moment",
                )
            ) from None
    if answer.status_code >= 400:
        raise Missing(Words("话机通话已经结束", "The telephone's call is over"))
    return told
