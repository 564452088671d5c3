"""One <Dial> at work: numbers and browsers rung, a room entered, or a queue served."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lxml import etree

from telephony.contract import Breach
from telephony.simulator.conference import Seat, SeatTerms
from telephony.simulator.leg import Detection, Leg, Subscription
from telephony.simulator.script import Script

if TYPE_CHECKING:
    from telephony.simulator.queues import Place

_ROOM_EVENTS = frozenset({"start", "end", "join", "leave", "mute", "hold"})


def subscription_of(
    script: Script, element: etree._Element, default: str, name: str = "statusCallback"
) -> Subscription | None:
    """Read where a noun's callbacks go and which events it asks for."""
    url = script.absolute(element.get(name))
    return Subscription(url, frozenset((element.get(f"{name}Event") or default).split())) if url else None


class Dialling:
    """A <Dial> on its leg, from the first ring to its action page."""

    def __init__(self, script: Script, verb: etree._Element) -> None:
        self._script, self._verb = script, verb
        self._carrier, self._leg = script.carrier, script.leg
        self._action = script.absolute(verb.get("action"))
        self._timeout_s = float(verb.get("timeout") or 30)
        self._limit_s = float(verb.get("timeLimit") or 14_400)
        self._nouns = list(verb)
        self._children: list[Leg] = []
        self._bridged: Leg | None = None
        self._place: Place | None = None
        self._bridged_at: datetime | None = None
        self._is_over = False

    def start(self) -> None:
        """Do what the nouns say; text without a noun is a number."""
        self._leg.dialling = self
        first = self._nouns[0].tag if self._nouns else "Number"
        if first == "Conference":
            self._enter_room(self._nouns[0])
        elif first == "Queue":
            self._serve_queue(self._nouns[0])
        elif self._verb.get("sequential") == "true":
            self._call_next()
        else:
            for noun in self._nouns or [self._verb]:
                self._call(noun)
            self._nouns.clear()

    # Rooms

    def _enter_room(self, noun: etree._Element) -> None:
        name = (noun.text or "").strip()
        if not name:
            raise Breach("<Conference>", "needs a name")
        callback = self._script.absolute(noun.get("recordingStatusCallback"))
        kept = frozenset((noun.get("recordingStatusCallbackEvent") or "completed").split())
        terms = SeatTerms(
            label=noun.get("participantLabel"),
            starts=noun.get("startConferenceOnEnter") != "false",
            ends=noun.get("endConferenceOnExit") == "true",
            is_muted=noun.get("muted") == "true",
            coaches=noun.get("coach"),
            wait_url=self._script.absolute(noun.get("waitUrl") or None),
            max_participants=int(noun.get("maxParticipants") or 250),
            subscription=subscription_of(self._script, noun, "start end join leave mute hold"),
            records=noun.get("record") in ("true", "record-from-start"),
            recording_callback=Subscription(callback, kept) if callback else None,
        )
        if not self._leg.is_answered:
            # In a room there is nobody to wait for: answerOnBridge means answering on entry.
            self._carrier.legs.answer(self._leg)
        self._script.after(self._limit_s, self._throw_out)
        if self._carrier.conferences.join(self._carrier.conferences.open(name), self._leg, terms) is None:
            self._finish("failed")

    def _throw_out(self) -> None:
        seat: Seat | None = self._leg.seat
        if seat is not None:
            self._carrier.conferences.leave(seat, "participant_hung_up")
            self.room_left()

    def room_left(self) -> None:
        """Go on after the room: it ended, or this party was taken out of it."""
        self._finish("answered")

    # Numbers and browsers

    def _call_next(self) -> None:
        self._call(self._nouns.pop(0))

    def _call(self, noun: etree._Element) -> None:
        script, carrier = self._script, self._carrier
        identity = noun.find("Identity")
        to = ((identity.text if identity is not None else noun.text) or "").strip()
        if noun.tag == "Client":
            to = f"client:{to}"
        elif noun.tag not in ("Number", "Dial"):
            raise Breach(f"<{noun.tag}>", "is not dialled by this carrier")
        amd = script.absolute(noun.get("amdStatusCallback"))
        child = carrier.legs.open(
            "outbound-dial", self._verb.get("callerId") or self._leg.from_, to, parent=self._leg,
            subscription=subscription_of(script, noun, "completed") if noun.tag != "Dial" else None,
            timeout_s=self._timeout_s,
            detection=Detection(amd) if amd and noun.get("machineDetection") else None,
        )  # fmt: skip
        child.custom = {p.get("name", ""): p.get("value", "") for p in noun.findall("Parameter")}
        self._children.append(child)
        whisper = script.absolute(noun.get("url")) if noun.tag != "Dial" else None
        child.on_answer = lambda: self._answered(child, whisper)
        child.on_end.append(lambda: self._child_ended(child))
        carrier.legs.dial(child)

    def _answered(self, child: Leg, whisper: str | None) -> None:
        if self._bridged is not None or self._is_over:
            self._carrier.legs.end(child, "completed", by="carrier")
            return
        self._bridged = child
        for other in self._children:
            if other is not child:
                self._carrier.legs.end(other, "canceled", by="carrier", sip_code=487)
        if whisper is None:
            self._bridge(child)
            return
        child.script = Script(self._carrier, child, lambda: self._bridge(child))
        child.script.fetch(whisper)

    def _bridge(self, other: Leg) -> None:
        carrier, leg = self._carrier, self._leg
        if leg.is_ended or other.is_ended or self._is_over:
            return
        if not leg.is_answered:
            carrier.legs.answer(leg)
        leg.peer, other.peer = other, leg
        self._bridged_at = carrier.timeline.now()
        carrier.legs.meet(leg)
        carrier.legs.meet(other)
        if self._verb.get("record", "do-not-record") not in ("do-not-record", "false"):
            to = subscription_of(self._script, self._verb, "completed", "recordingStatusCallback")
            dual = 2 if "dual" in self._verb.get("record", "") else 1
            carrier.recordings.start(leg if self._place else other, "DialVerb", to, channels=dual)
        self._script.after(self._limit_s, lambda: self._carrier.legs.end(other, "completed", by="carrier"))

    def _child_ended(self, child: Leg) -> None:
        if self._is_over:
            return
        if child is self._bridged:
            self._finish("completed", child)
        elif all(each.is_ended for each in self._children) and self._bridged is None:
            if self._nouns:
                self._call_next()
            else:
                self._finish(child.status, child)

    # Queues

    def _serve_queue(self, noun: etree._Element) -> None:
        queue = self._carrier.queues.open((noun.text or "").strip())
        if queue.places:
            self.serve(queue.places[0])
            return
        queue.servers.append(self)

        def nobody() -> None:
            if self in queue.servers:
                queue.servers.remove(self)
                self._finish("no-answer")

        self._script.after(self._timeout_s, nobody)

    def serve(self, place: Place) -> None:
        """Take the first caller of a queue, let them hear the noun's page, and bridge."""
        noun, caller, queues = self._verb[0], place.leg, self._carrier.queues
        self._place = place
        fields = {"QueueSid": place.queue.sid, "QueueTime": str(queues.waited_s(place)),
                  "DequeingCallSid": self._leg.sid}  # fmt: skip
        queues.take_out(place)
        place.bridged_with = self._leg
        caller.on_end.append(lambda: self._finish("completed", caller))
        url = self._script.absolute(noun.get("url"))
        if url is None:
            self._bridge(caller)
            return
        caller.background = Script(self._carrier, caller, lambda: self._bridge(caller), "queue-url")
        caller.background.fetch(url, fields)

    # The end

    def parent_ended(self) -> None:
        """Hang up what was dialled when the leg itself ends or is sent elsewhere."""
        self._finish("answered" if self._verb.find("Conference") is not None else "completed", self._bridged)

    def _bridged_s(self) -> int:
        if self._bridged_at is None:
            return 0
        return round((self._carrier.timeline.now() - self._bridged_at).total_seconds())

    def _finish(self, status: str, other: Leg | None = None) -> None:
        if self._is_over:
            return
        self._is_over = True
        leg, carrier = self._leg, self._carrier
        leg.dialling = leg.peer = None
        for queue in carrier.queues.all.values():
            if self in queue.servers:
                queue.servers.remove(self)
        was_bridged = other is not None and other.peer is leg
        for child in self._children:
            was_ringing = not child.is_answered
            carrier.legs.end(child, "canceled" if was_ringing else "completed", by="carrier",
                             sip_code=487 if was_ringing else 200)  # fmt: skip
        fields = {"DialCallStatus": status, "DialBridged": "true" if was_bridged else "false"}
        if other is not None:
            other.peer = None
            fields |= {"DialCallSid": other.sid, "DialCallDuration": str(self._bridged_s())}
        if self._place is not None and self._place.leg.place is self._place:
            carrier.queues.leave(self._place, "bridged", goes_on=True)
        if not leg.is_ended:
            self._script.resume(self._action, fields)
        elif self._action is not None:
            # The page hears how it ended, though there is no call left for its document.
            carrier.mail.fetch(leg.sid, self._action, carrier.legs.standard(leg) | fields, lambda reply: None)
