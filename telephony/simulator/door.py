"""The carrier's doors over HTTP: the vendor's interface, the browsers' telephones, the demonstration's controls."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from telephony.simulator.leg import Leg
from telephony.simulator.softphones import BadGrant, leg_state

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from telephony.simulator.carrier import Carrier

Body = dict[str, Any]
_LONGEST_SOUND_S = 60


class _Refused(Exception):
    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status, self.told = status, told


class Door:
    """A WSGI application in front of one carrier; `origin` is the page allowed to talk to it from a browser."""

    def __init__(self, carrier: Carrier, origin: str = "") -> None:
        self._carrier = carrier
        self._origin = origin

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        if self._origin:
            response.headers["Access-Control-Allow-Origin"] = self._origin
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response.headers["Vary"] = "Origin"
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204)
        if request.path.startswith("/2010-04-01/"):
            return self._rest(request)
        try:
            if request.method == "POST" and request.mimetype != "application/json":
                raise _Refused(415, "this door takes JSON")
            told = self._other(request)
        except BadGrant as error:
            return _json(401, {"error": str(error)})
        except _Refused as refused:
            return _json(refused.status, {"error": refused.told})
        return _json(200, told)

    def _rest(self, request: Request) -> Response:
        if request.method == "GET" and request.path.endswith((".wav", ".mp3")):
            return self._sound(request.path)
        form = (request.args if request.method == "GET" else request.form).to_dict(flat=False)
        status, answer = self._carrier.rest.handle(
            request.method, request.path, form, request.headers.get("Authorization")
        )
        return Response(status=status) if answer is None else _json(status, answer)

    def _sound(self, path: str) -> Response:
        sid = path.rpartition("/")[2].partition(".")[0]
        recording = self._carrier.recordings.all.get(sid)
        if recording is None:
            return _json(404, {"code": 20404, "message": "no such recording", "status": 404})
        sound = io.BytesIO()
        with wave.open(sound, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(1)
            out.setframerate(8000)
            # Silence of the right length, because nobody really spoke.
            out.writeframes(b"\x80" * int(8000 * min(_LONGEST_SOUND_S, recording.kept_s)))
        return Response(sound.getvalue(), mimetype="audio/wav")

    def _other(self, request: Request) -> Body:
        try:
            body: Body = (request.get_json(silent=True) or {}) if request.method == "POST" else {}
        except UnicodeDecodeError:
            raise _Refused(400, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise _Refused(400, "the body must be an object")
        act = {
            ("POST", "/client/connect"): self._connect,
            ("POST", "/client/ready"): self._ready,
            ("POST", "/client/gone"): self._gone,
            ("POST", "/sim/inbound"): self._inbound,
            ("POST", "/sim/say"): self._say,
            ("POST", "/sim/press"): self._press,
            ("POST", "/sim/hangup"): self._hang_up,
            ("GET", "/sim/state"): lambda _: self._carrier.counts(),
            ("GET", "/sim/legs"): self._legs,
        }.get((request.method, request.path))
        with self._carrier.timeline.lock:
            if act is not None:
                return act(body)
            parts = request.path.strip("/").split("/")
            if parts[0] == "client" and len(parts) in (2, 3):
                return self._of_leg(request.method, self._leg(parts[1]), "/".join(parts[2:]), body)
        raise _Refused(404, "no such door")

    # Browsers

    def _connect(self, body: Body) -> Body:
        params = {str(name): str(value) for name, value in (body.get("params") or {}).items()}
        return {"leg": self._carrier.softphones.connect(str(body.get("token", "")), params).sid}

    def _identity(self, body: Body) -> str:
        grant = self._carrier.softphones.grant(str(body.get("token", "")))
        if not grant.may_be_called:
            raise BadGrant("the grant allows no incoming calls")
        return grant.identity

    def _ready(self, body: Body) -> Body:
        identity, wait = self._identity(body), body.get("answers_after_s")
        ringing = self._carrier.softphones.register(identity, None if wait is None else float(wait))
        return {"identity": identity, "incoming": [{"leg": leg.sid, "from": leg.from_} for leg in ringing]}

    def _gone(self, body: Body) -> Body:
        self._carrier.softphones.ready.pop(self._identity(body), None)
        return {}

    def _of_leg(self, method: str, leg: Leg, verb: str, body: Body) -> Body:
        if not (leg.from_ if leg.direction == "inbound" else leg.to).startswith("client:"):
            raise _Refused(404, "no such leg of a browser")
        carrier = self._carrier
        acts: dict[str, Callable[[], object]] = {
            "hangup": lambda: carrier.hang_up(leg),
            "accept": lambda: carrier.legs.answer(leg) if leg.direction != "inbound" else None,
            "reject": lambda: carrier.hang_up(leg),
            "mute": lambda: setattr(leg, "is_quiet", bool(body.get("muted", True))),
            "digits": lambda: carrier.press(leg, str(body.get("digits", ""))),
            "say": lambda: carrier.say(leg, str(body.get("text", ""))),
        }
        if method == "POST" and verb in acts:
            acts[verb]()
        elif method != "GET" or verb:
            raise _Refused(404, "no such door")
        return leg_state(leg)

    # The demonstration

    def _leg(self, sid: object) -> Leg:
        leg = self._carrier.legs.all.get(str(sid))
        if leg is None:
            raise _Refused(404, "no such leg")
        return leg

    def _inbound(self, body: Body) -> Body:
        if not body.get("to"):
            raise _Refused(422, "'to' is needed: the line that is called")

        def seconds(name: str) -> float | None:
            return None if body.get(name) is None else float(body[name])

        leg = self._carrier.inbound(
            str(body.get("from") or "anonymous"),
            str(body["to"]),
            patience_s=seconds("patience_s"),
            talk_s=seconds("talk_s"),
            message_s=seconds("message_s") or 0.0,
            presses=tuple((float(after), str(keys)) for after, keys in body.get("presses") or ()),
        )
        return {"leg": leg.sid}

    def _say(self, body: Body) -> Body:
        self._carrier.say(self._leg(body.get("leg")), str(body.get("text", "")))
        return {}

    def _press(self, body: Body) -> Body:
        self._carrier.press(self._leg(body.get("leg")), str(body.get("digits", "")))
        return {}

    def _hang_up(self, body: Body) -> Body:
        self._carrier.hang_up(self._leg(body.get("leg")))
        return {}

    def _legs(self, body: Body) -> Body:
        live = self._carrier.legs.live.values()
        return {"legs": [leg_state(leg) | {"from": leg.from_, "to": leg.to} for leg in live]}


def _json(status: int, told: object) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), status=status, mimetype="application/json")
