"""Requests about calls and their recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.simulator.asking import Asked, NotTaken, Values, missing
from telephony.simulator.leg import Detection, Leg, call_answer
from telephony.simulator.recordings import Recording, recording_answer
from telephony.simulator.script import Script

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.rest import Answer, Handler


def leg_of(carrier: Carrier, sid: str) -> Leg:
    """Find a call or say that it is not there."""
    leg = carrier.legs.all.get(sid)
    if leg is None:
        raise missing(sid)
    return leg


def _create(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    url, twiml = asked.text("Url"), asked.text("Twiml")
    if asked.text("ApplicationSid"):
        url = url or carrier.config.client_url
    if not url and not twiml:
        raise NotTaken(400, 21205, "Url is required: the call would have nothing to do")
    if asked.text("Method") == "GET":
        raise NotTaken(400, 20001, "Method: this carrier only posts")
    detection = None
    if asked.text("MachineDetection"):
        is_async = asked.flag("AsyncAmd") is True
        detection = Detection(asked.text("AsyncAmdStatusCallback") if is_async else None)
    leg = carrier.legs.open(
        "outbound-api", asked.need("From"), asked.need("To"), detection=detection,
        subscription=asked.subscription("StatusCallback", "completed"),
        timeout_s=float(asked.whole("Timeout", 60)),
    )  # fmt: skip
    leg.time_limit_s = min(leg.time_limit_s, float(asked.whole("TimeLimit", 86_400)))

    def answered() -> None:
        if asked.flag("Record"):
            to = asked.subscription("RecordingStatusCallback", "completed")
            channels = 2 if asked.text("RecordingChannels") == "dual" else 1
            carrier.recordings.start(leg, "OutboundAPI", to, channels=channels)
        leg.script = Script(carrier, leg, lambda: carrier.legs.end(leg, "completed", by="script"))
        if twiml and not url:
            leg.script.run(twiml, "")
        else:
            leg.script.fetch(url or "")

    leg.on_answer = answered
    carrier.legs.dial(leg)
    return 201, call_answer(carrier.config.account_sid, leg)


def _list(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    wanted = {"To": "to", "From": "from_", "Status": "status"}
    legs = [
        leg
        for leg in reversed(carrier.legs.all.values())
        if all(asked.text(field) in (None, getattr(leg, name)) for field, name in wanted.items())
        and asked.text("ParentCallSid") in (None, leg.parent.sid if leg.parent else None)
        and asked.covers("StartTime", leg.started_at)
        and asked.covers("EndTime", leg.ended_at)
    ]
    return 200, asked.page("calls", legs, lambda leg: call_answer(carrier.config.account_sid, leg))


def _fetch(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, call_answer(carrier.config.account_sid, leg_of(carrier, values["Sid"]))


def _update(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    leg = leg_of(carrier, values["Sid"])
    status, url, twiml = asked.text("Status"), asked.text("Url"), asked.text("Twiml")
    if leg.is_ended:
        raise NotTaken(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "canceled" and leg.is_answered:
        raise NotTaken(400, 21220, "Call is in-progress. Cannot cancel.")
    if status is not None:
        over = "completed" if leg.is_answered else "canceled"
        carrier.legs.end(leg, over, by="api", sip_code=200 if leg.is_answered else 487)
    elif url or twiml:
        if not leg.is_answered:
            raise NotTaken(400, 21220, "Call is not in-progress. Cannot redirect.")
        carrier.redirect(leg, url=url, twiml=None if url else twiml)
    if asked.text("StatusCallback"):
        leg.subscription = asked.subscription("StatusCallback", "completed")
    return 200, call_answer(carrier.config.account_sid, leg)


def _delete(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    leg = leg_of(carrier, values["Sid"])
    if not leg.is_ended:
        raise NotTaken(409, 20009, "A call that is still going on can't be deleted")
    del carrier.legs.all[leg.sid]
    return 204, None


def _start_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    leg = leg_of(carrier, values["CallSid"])
    if not leg.is_answered:
        raise NotTaken(400, 21220, "Requested resource is not eligible for recording")
    recording = carrier.recordings.start(
        leg, "StartCallRecordingAPI", asked.subscription("RecordingStatusCallback", "completed"),
        channels=2 if asked.text("RecordingChannels") == "dual" else 1, track=asked.text("RecordingTrack") or "both",
    )  # fmt: skip
    return 201, recording_answer(carrier.config.account_sid, recording, below="Calls")


def _recording(carrier: Carrier, values: Values) -> Recording:
    leg, sid = leg_of(carrier, values["CallSid"]), values["Sid"]
    found = carrier.recordings.all.get(sid)
    if sid == "Twilio.CURRENT":
        found = next((r for r in leg.recordings if not r.is_over), None)
    if found is None or found.leg is not leg:
        raise missing(sid)
    return found


def _list_recordings(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    kept = [r for r in leg_of(carrier, values["CallSid"]).recordings if r.sid in carrier.recordings.all]
    account = carrier.config.account_sid
    return 200, asked.page("recordings", kept, lambda r: recording_answer(account, r, below="Calls"))


def _fetch_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, recording_answer(carrier.config.account_sid, _recording(carrier, values), below="Calls")


def _update_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    recording, status = _recording(carrier, values), asked.need("Status")
    if recording.is_over:
        raise NotTaken(400, 21220, "The recording is over")
    if status not in ("paused", "in-progress", "stopped"):
        raise NotTaken(400, 20001, "Status must be paused, in-progress or stopped")
    carrier.recordings.change(recording, status)
    return 200, recording_answer(carrier.config.account_sid, recording, below="Calls")


def _delete_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    del carrier.recordings.all[_recording(carrier, values).sid]
    return 204, None


HANDLERS: dict[tuple[str, str], Handler] = {
    ("POST", "/Calls.json"): _create,
    ("GET", "/Calls.json"): _list,
    ("GET", "/Calls/{Sid}.json"): _fetch,
    ("POST", "/Calls/{Sid}.json"): _update,
    ("DELETE", "/Calls/{Sid}.json"): _delete,
    ("POST", "/Calls/{CallSid}/Recordings.json"): _start_recording,
    ("GET", "/Calls/{CallSid}/Recordings.json"): _list_recordings,
    ("GET", "/Calls/{CallSid}/Recordings/{Sid}.json"): _fetch_recording,
    ("POST", "/Calls/{CallSid}/Recordings/{Sid}.json"): _update_recording,
    ("DELETE", "/Calls/{CallSid}/Recordings/{Sid}.json"): _delete_recording,
}
