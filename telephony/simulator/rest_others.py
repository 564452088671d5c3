"""Requests about queues, texts, recordings, and the account itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.simulator.asking import Asked, NotTaken, Values, missing
from telephony.simulator.leg import rfc2822
from telephony.simulator.messages import Message, message_answer
from telephony.simulator.queues import Place, Queue, member_answer, queue_answer
from telephony.simulator.recordings import Recording, recording_answer

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.rest import Answer, Handler


def _queue(carrier: Carrier, sid: str) -> Queue:
    queue = carrier.queues.find(sid)
    if queue is None:
        raise missing(sid)
    return queue


def _make_queue(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    if carrier.queues.find(asked.need("FriendlyName")):
        raise NotTaken(400, 22003, "A queue of this name exists")
    size = asked.whole("MaxSize", 1000)
    if not 1 <= size <= 5000:
        raise NotTaken(400, 20001, "MaxSize must be from 1 to 5000")
    return 201, queue_answer(
        carrier.config.account_sid, carrier.queues.open(asked.need("FriendlyName"), size)
    )


def _list_queues(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    account = carrier.config.account_sid
    return 200, asked.page("queues", list(carrier.queues.all.values()), lambda q: queue_answer(account, q))


def _fetch_queue(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, queue_answer(carrier.config.account_sid, _queue(carrier, values["Sid"]))


def _change_queue(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    queue = _queue(carrier, values["Sid"])
    queue.name = asked.text("FriendlyName") or queue.name
    queue.max_size = asked.whole("MaxSize", queue.max_size)
    return 200, queue_answer(carrier.config.account_sid, queue)


def _delete_queue(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    queue = _queue(carrier, values["Sid"])
    if queue.places:
        raise NotTaken(400, 22001, "The queue is not empty")
    del carrier.queues.all[queue.sid]
    return 204, None


def _members(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    places = _queue(carrier, values["QueueSid"]).places
    return 200, asked.page("queue_members", places, lambda place: _tell_member(carrier, place))


def _tell_member(carrier: Carrier, place: Place) -> dict[str, object]:
    return member_answer(carrier.config.account_sid, place, carrier.queues.waited_s(place))


def _member(carrier: Carrier, values: Values) -> Place:
    places, wanted = _queue(carrier, values["QueueSid"]).places, values["CallSid"]
    if wanted == "Front" and places:
        return places[0]
    for place in places:
        if place.leg.sid == wanted:
            return place
    raise missing(wanted)


def _fetch_member(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, _tell_member(carrier, _member(carrier, values))


def _take_member(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    place = _member(carrier, values)
    told = _tell_member(carrier, place)
    carrier.queues.redirect(place, asked.need("Url"))
    return 200, told


def _send(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    sender = asked.text("From") or asked.text("MessagingServiceSid")
    if not sender:
        raise NotTaken(400, 21603, "A 'From' phone number is required")
    body = asked.text("Body")
    if not body:
        raise NotTaken(400, 21602, "Message body is required")
    if len(body) > 1600:
        raise NotTaken(400, 21617, "The message body exceeds the 1600 character limit")
    message = carrier.messages.send(sender, asked.need("To"), body, asked.text("StatusCallback"))
    return 201, message_answer(carrier.config.account_sid, message)


def _list_messages(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    shown: list[Message] = [
        message
        for message in reversed(carrier.messages.all.values())
        if asked.text("To") in (None, message.to)
        and asked.text("From") in (None, message.from_)
        and asked.covers("DateSent", message.sent_at)
    ]
    return 200, asked.page("messages", shown, lambda m: message_answer(carrier.config.account_sid, m))


def _fetch_message(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    message = carrier.messages.all.get(values["Sid"])
    if message is None:
        raise missing(values["Sid"])
    return 200, message_answer(carrier.config.account_sid, message)


def _list_recordings(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    shown = [
        kept
        for kept in carrier.recordings.all.values()
        if asked.text("CallSid") in (None, kept.leg.sid)
        and asked.text("ConferenceSid") in (None, kept.room.sid if kept.room else None)
        and asked.covers("DateCreated", kept.started_at)
    ]
    return 200, asked.page("recordings", shown, lambda r: recording_answer(carrier.config.account_sid, r))


def _recording(carrier: Carrier, sid: str) -> Recording:
    found = carrier.recordings.all.get(sid)
    if found is None:
        raise missing(sid)
    return found


def _fetch_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    return 200, recording_answer(carrier.config.account_sid, _recording(carrier, values["Sid"]))


def _delete_recording(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    del carrier.recordings.all[_recording(carrier, values["Sid"]).sid]
    return 204, None


def _account(carrier: Carrier, values: Values, asked: Asked) -> Answer:
    sid = carrier.config.account_sid
    return 200, {
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "simulated line",
        "status": "active",
        "type": "Full",
        "auth_token": None,
        "date_created": rfc2822(carrier.timeline.now()),
        "date_updated": rfc2822(carrier.timeline.now()),
        "subresource_uris": {"calls": f"/2010-04-01/Accounts/{sid}/Calls.json"},
        "uri": f"/2010-04-01/Accounts/{sid}.json",
    }


_MEMBERS = "/Queues/{QueueSid}/Members"
HANDLERS: dict[tuple[str, str], Handler] = {
    ("POST", "/Queues.json"): _make_queue,
    ("GET", "/Queues.json"): _list_queues,
    ("GET", "/Queues/{Sid}.json"): _fetch_queue,
    ("POST", "/Queues/{Sid}.json"): _change_queue,
    ("DELETE", "/Queues/{Sid}.json"): _delete_queue,
    ("GET", f"{_MEMBERS}.json"): _members,
    ("GET", _MEMBERS + "/{CallSid}.json"): _fetch_member,
    ("POST", _MEMBERS + "/{CallSid}.json"): _take_member,
    ("POST", "/Messages.json"): _send,
    ("GET", "/Messages.json"): _list_messages,
    ("GET", "/Messages/{Sid}.json"): _fetch_message,
    ("GET", "/Recordings.json"): _list_recordings,
    ("GET", "/Recordings/{Sid}.json"): _fetch_recording,
    ("DELETE", "/Recordings/{Sid}.json"): _delete_recording,
    ("GET", "/2010-04-01/Accounts/{Sid}.json"): _account,
}
