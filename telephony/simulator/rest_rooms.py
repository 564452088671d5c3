"""Requests about rooms, the parties in them, and their recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.simulator.asking import Asked, NotTaken, Values, missing
from telephony.simulator.conference import Conference, Seat, SeatTerms, conference_answer, participant_answer
from telephony.simulator.leg import Detection, Leg
from telephony.simulator.recordings import Recording, recording_answer

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.rest import Answer, Handler


def _room(carrier: Carrier, sid_or_name: str) -> Conference:
    room = carrier.conferences.find(sid_or_name)
    if room is None:
        raise missing(sid_or_name)
    return room


def _list(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    rooms = [
        room
        for room in reversed(carrier.conferences.all.values())
        if asked.text("FriendlyName") in (None, room.name)
        and asked.text("Status") in (None, room.status)
        and asked.covers("DateCreated", room.created_at)
        and asked.covers("DateUpdated", room.updated_at or room.created_at)
    ]
    return 200, asked.page("conferences", rooms, lambda r: conference_answer(carrier.config.account_sid, r))


def _fetch(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, conference_answer(carrier.config.account_sid, _room(carrier, values["Sid"]))


def _update(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    room = _room(carrier, values["Sid"])
    if room.status == "completed":
        raise NotTaken(404, 20404, "The conference has ended")
    announce = asked.text("AnnounceUrl")
    if announce:
        for index, seat in enumerate(list(room.seats)):
            carrier.conferences.play(
                seat.leg, announce, "announce", loops=False, after="announcement-end" if index == 0 else None
            )
    if asked.text("Status") == "completed":
        for leg, _terms in list(room.coming):
            carrier.legs.end(leg, "canceled", by="api", sip_code=487)
        carrier.conferences.end(room, "conference-ended-via-api")
    return 200, conference_answer(carrier.config.account_sid, room)


def _tell(carrier: Carrier, room: Conference, who: tuple[Leg, SeatTerms, Seat | None]) -> dict[str, object]:
    leg, terms, seat = who
    return participant_answer(carrier.config.account_sid, room, leg, terms, seat)


def _everyone(room: Conference) -> list[tuple[Leg, SeatTerms, Seat | None]]:
    seated: list[tuple[Leg, SeatTerms, Seat | None]] = [(s.leg, s.terms, s) for s in room.seats]
    return seated + [(leg, terms, None) for leg, terms in room.coming]


def _add(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    name = values["ConferenceSid"]
    room = carrier.conferences.find(name)
    if (room is None and name.startswith("CF") and len(name) == 34) or (room and room.status == "completed"):
        raise missing(name)
    room = room or carrier.conferences.open(name)
    if len(_everyone(room)) >= asked.whole("MaxParticipants", 250):
        raise NotTaken(400, 21286, "The conference is full")
    terms = SeatTerms(
        label=asked.text("Label"),
        starts=asked.flag("StartConferenceOnEnter") is not False,
        ends=asked.flag("EndConferenceOnExit") is True,
        is_muted=asked.flag("Muted") is True,
        coaches=asked.text("CallSidToCoach") if asked.flag("Coaching") else None,
        wait_url=asked.text("WaitUrl") or None,
        max_participants=asked.whole("MaxParticipants", 250),
        subscription=asked.subscription("ConferenceStatusCallback", "start end"),
        records=asked.text("ConferenceRecord") in ("true", "record-from-start"),
        recording_callback=asked.subscription("ConferenceRecordingStatusCallback", "completed"),
    )
    if terms.coaches is not None and room.seat_of(terms.coaches) is None:
        raise NotTaken(400, 16025, "The call to coach is not in the conference")
    detection = Detection(asked.text("AmdStatusCallback")) if asked.text("MachineDetection") else None
    if detection is not None and detection.callback_url is None:
        raise NotTaken(400, 20001, "AmdStatusCallback is needed: detection is told by callback here")
    caller = asked.text("CallerId") or asked.need("From")
    leg = carrier.legs.open(
        "outbound-api", caller, asked.need("To"), detection=detection,
        subscription=asked.subscription("StatusCallback", "completed"),
        timeout_s=float(asked.whole("Timeout", 60)),
    )  # fmt: skip
    leg.time_limit_s = min(leg.time_limit_s, float(asked.whole("TimeLimit", 86_400)))
    carrier.conferences.expect(room, leg, terms)
    if asked.flag("Record"):
        seated, to = leg.on_answer, asked.subscription("RecordingStatusCallback", "completed")

        def answered() -> None:
            carrier.recordings.start(leg, "OutboundAPI", to)
            if seated is not None:
                seated()

        leg.on_answer = answered
    carrier.legs.dial(leg)
    return 201, _tell(carrier, room, (leg, terms, None))


def _parties(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    room = _room(carrier, values["ConferenceSid"])
    shown = [
        (leg, terms, seat)
        for leg, terms, seat in _everyone(room)
        if asked.flag("Muted") in (None, terms.is_muted)
        and asked.flag("Hold") in (None, seat is not None and seat.is_held)
        and asked.flag("Coaching") in (None, terms.coaches is not None)
    ]
    return 200, asked.page("participants", shown, lambda who: _tell(carrier, room, who))


def _party(carrier: Carrier, values: Values) -> tuple[Conference, tuple[Leg, SeatTerms, Seat | None]]:
    room, wanted = _room(carrier, values["ConferenceSid"]), values["CallSid"]
    for leg, terms, seat in _everyone(room):
        if wanted in (leg.sid, terms.label):
            return room, (leg, terms, seat)
    raise missing(wanted)


def _fetch_party(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    room, who = _party(carrier, values)
    return 200, _tell(carrier, room, who)


def _change_party(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    room, who = _party(carrier, values)
    seat = who[2]
    if seat is None:
        raise NotTaken(404, 20404, "The participant is not in the conference yet")
    coached = asked.text("CallSidToCoach")
    if asked.flag("Coaching") and (room.seat_of(coached or seat.terms.coaches or "") is None):
        raise NotTaken(400, 16025, "The call to coach is not in the conference")
    carrier.conferences.change(
        seat, muted=asked.flag("Muted"), held=asked.flag("Hold"), hold_url=asked.text("HoldUrl"),
        ends=asked.flag("EndConferenceOnExit"), coaching=asked.flag("Coaching"), coaches=coached,
        announce_url=asked.text("AnnounceUrl"),
    )  # fmt: skip
    return 200, _tell(carrier, room, who)


def _remove_party(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    _, (leg, _terms, seat) = _party(carrier, values)
    if seat is None:
        carrier.legs.end(leg, "canceled", by="api", sip_code=487)
    else:
        carrier.conferences.leave(seat, "participant_updated_via_api", kicked=True)
        carrier.conferences.after_leaving(seat)
    return 204, None


def _recordings(carrier: Carrier, values: Values) -> list[Recording]:
    room = _room(carrier, values["ConferenceSid"])
    return [r for r in carrier.recordings.all.values() if r.room is room]


def _recording(carrier: Carrier, values: Values) -> Recording:
    for recording in _recordings(carrier, values):
        if values["Sid"] in (recording.sid, "Twilio.CURRENT"):
            return recording
    raise missing(values["Sid"])


def _list_recordings(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    account = carrier.config.account_sid
    kept = _recordings(carrier, values)
    return 200, asked.page("recordings", kept, lambda r: recording_answer(account, r, below="Conferences"))


def _fetch_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    recording = _recording(carrier, values)
    return 200, recording_answer(carrier.config.account_sid, recording, below="Conferences")


def _update_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    recording = _recording(carrier, values)
    if recording.is_over:
        raise NotTaken(400, 21220, "The recording is over")
    carrier.recordings.change(recording, asked.need("Status"))
    return 200, recording_answer(carrier.config.account_sid, recording, below="Conferences")


_PARTIES = "/Conferences/{ConferenceSid}/Participants"
_KEPT = "/Conferences/{ConferenceSid}/Recordings"
HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "/Conferences.json"): _list,
    ("GET", "/Conferences/{Sid}.json"): _fetch,
    ("POST", "/Conferences/{Sid}.json"): _update,
    ("POST", f"{_PARTIES}.json"): _add,
    ("GET", f"{_PARTIES}.json"): _parties,
    ("GET", _PARTIES + "/{CallSid}.json"): _fetch_party,
    ("POST", _PARTIES + "/{CallSid}.json"): _change_party,
    ("DELETE", _PARTIES + "/{CallSid}.json"): _remove_party,
    ("GET", f"{_KEPT}.json"): _list_recordings,
    ("GET", _KEPT + "/{Sid}.json"): _fetch_recording,
    ("POST", _KEPT + "/{Sid}.json"): _update_recording,
}
