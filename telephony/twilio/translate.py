"""Translation of the vendor's webhooks into our events, each with the key that makes it happen once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from telephony.signals import Answerer, Event, EventKind
from telephony.twilio.vocabulary import (
    RECORDINGS,
    ROOM_KINDS,
    TEXTS,
    leg_state,
    way_out_of_waiting,
)

log = logging.getLogger("tingmin.telephony")
Fields = Mapping[str, str]


def translate(hook: str, fields: Fields, query: Fields, *, at: datetime, provider: str) -> list[Event]:
    """Return the events that one webhook reports; what is not known to us is passed over, never refused."""
    translator = _TRANSLATORS.get(hook)
    event = translator(fields, query, moment(fields, at), provider) if translator else None
    if event is None and translator is not None:
        log.info("nothing to learn from a %s webhook with %s", hook, sorted(fields))
    events = [event] if event is not None else []
    if hook == "input" and "RecordingSid" in fields:
        # A message was left: told here and by its own callback, whichever comes; both have one key.
        kept = _recording({**fields, "RecordingStatus": "completed"}, query, at, provider)
        events += [kept] if kept is not None else []
    return events


def moment(fields: Fields, at: datetime) -> datetime:
    """Return when the vendor says it happened, else when we heard."""
    try:
        told = parsedate_to_datetime(fields.get("Timestamp", ""))
    except (TypeError, ValueError):
        return at
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def whole(fields: Fields, name: str) -> int | None:
    """Return a field as a whole number, if it is one."""
    text = fields.get(name, "")
    return int(text) if text.isdecimal() else None


def keys_in(fields: Fields) -> str:
    """Return the keys that were pressed; where the vendor says how a message ended these are none."""
    return "" if "RecordingSid" in fields else fields.get("Digits", "")


def key_in_label(label: str) -> str | None:
    """Return the request key that a participant's label carries after its role."""
    return label.partition("-")[2] or None


def _keyed(data: dict[str, Any], key: str | None) -> dict[str, Any]:
    return {k: v for k, v in {**data, "request_key": key}.items() if v is not None}


def _call(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    leg, status = fields.get("CallSid"), fields.get("CallStatus", "")
    code = whole(fields, "SipResponseCode")
    known = leg_state(status, code)
    if not leg or known is None:
        return None
    state, cause = known
    order = whole(fields, "SequenceNumber")
    data: dict[str, Any] = {"state": state.value}
    if cause is not None:
        data |= {"cause": cause.value, "network_code": code, "duration_s": whole(fields, "CallDuration")}
    key = f"ca:{leg}:{order if order is not None else status}"
    return Event(key, at, provider, EventKind.LEG, leg, None, order, _keyed(data, query.get("k")))


def _answerer(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    leg, told = fields.get("CallSid"), fields.get("AnsweredBy", "")
    if not leg or not told:
        return None
    plain = "machine" if told.startswith("machine") else told
    answerer = Answerer.of(plain) if plain in ("human", "machine", "fax") else Answerer.UNKNOWN
    data = {"answerer": answerer.value, "after_ms": whole(fields, "MachineDetectionDuration")}
    return Event(
        f"amd:{leg}", at, provider, EventKind.ANSWERER, leg, None, None, _keyed(data, query.get("k"))
    )


def _room(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    ref, name, told = (
        fields.get("ConferenceSid"),
        fields.get("FriendlyName"),
        fields.get("StatusCallbackEvent"),
    )
    order = whole(fields, "SequenceNumber")
    if not ref or not name or order is None:
        return None
    key = f"cf:{ref}:{order}"
    if told == "conference-end":
        reason = fields.get("ReasonConferenceEnded")
        data = _keyed({"room_ref": ref, "reason": reason}, None)
        return Event(key, at, provider, EventKind.ROOM_ENDED, None, name, order, data)
    kind = ROOM_KINDS.get(told or "")
    if kind is None:
        return None
    data = {
        "room_ref": ref,
        "held": fields.get("Hold") == "true",
        "muted": fields.get("Muted") == "true",
        "coaching": fields.get("Coaching") == "true",
        "reason": fields.get("ReasonParticipantLeft"),
    }
    label = key_in_label(fields.get("ParticipantLabel", ""))
    return Event(key, at, provider, kind, fields.get("CallSid"), name, order, _keyed(data, label))


def _recording(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    ref, status = fields.get("RecordingSid"), fields.get("RecordingStatus", "")
    if not ref or status not in RECORDINGS:
        return None
    data = {
        "recording": ref,
        "state": RECORDINGS[status].value,
        "duration_s": whole(fields, "RecordingDuration"),
    }
    leg = fields.get("CallSid")
    return Event(
        f"re:{ref}:{status}", at, provider, EventKind.RECORDING, leg, None, None, _keyed(data, query.get("k"))
    )


def _text(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    ref, status = fields.get("MessageSid"), fields.get("MessageStatus", "")
    if not ref or status not in TEXTS:
        return None
    data = {"text": ref, "state": TEXTS[status].value, "error": fields.get("ErrorCode") or None}
    return Event(
        f"sm:{ref}:{status}", at, provider, EventKind.TEXT, None, None, None, _keyed(data, query.get("k"))
    )


def _wait(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    leg, queue = fields.get("CallSid"), fields.get("QueueSid")
    if not leg or not queue:
        return None
    data = {"line": query.get("line", ""), "position": whole(fields, "QueuePosition")}
    return Event(f"q:{leg}:{queue}:entered", at, provider, EventKind.WAIT_ENTERED, leg, None, None, data)


def _waited(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    leg, queue, told = fields.get("CallSid"), fields.get("QueueSid"), fields.get("QueueResult", "")
    if not leg or not told:
        return None
    data = {
        "line": query.get("line", ""),
        "result": way_out_of_waiting(told),
        "waited_s": whole(fields, "QueueTime"),
    }
    return Event(f"q:{leg}:{queue or '-'}:{told}", at, provider, EventKind.WAIT_LEFT, leg, None, None, data)


def _input(fields: Fields, query: Fields, at: datetime, provider: str) -> Event | None:
    leg, question, turn = fields.get("CallSid"), query.get("q"), query.get("n", "0")
    digits = keys_in(fields)
    if not leg or not question:
        return None
    # One key is an answer; more could be somebody's number, so only how many is kept.
    data = {"question": question, "digits": digits if len(digits) == 1 else None, "count": len(digits)}
    return Event(
        f"in:{leg}:{question}:{turn}", at, provider, EventKind.INPUT, leg, None, None, _keyed(data, None)
    )


_TRANSLATORS: dict[str, Callable[[Fields, Fields, datetime, str], Event | None]] = {
    "call": _call,
    "answerer": _answerer,
    "room": _room,
    "recording": _recording,
    "text": _text,
    "wait": _wait,
    "waited": _waited,
    "input": _input,
}
