"""The life of legs: dialled, ringing, answered, ended, with a callback at each step."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from telephony.simulator.leg import Detection, Leg, Subscription, rfc2822
from telephony.simulator.personas import CHINA, Pickup, PickupKind

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier

_CALLBACK_STATUS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


class Legs:
    """All calls of the carrier, in the order they came."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Leg] = {}
        self.live: dict[str, Leg] = {}
        self._opened = 0
        self._attempts: dict[str, int] = {}
        self._next_slot = carrier.timeline.now()

    def open(
        self, direction: str, from_: str, to: str, *, parent: Leg | None = None,
        subscription: Subscription | None = None, timeout_s: float = 60.0, detection: Detection | None = None,
    ) -> Leg:  # fmt: skip
        """Enter a new leg in the books."""
        sid = "CA" + self._carrier.name("call", self._opened)
        self._opened += 1
        leg = Leg(sid, direction, from_, to, self._carrier.timeline.now(), parent, subscription=subscription,
                  timeout_s=timeout_s, detection=detection)  # fmt: skip
        leg.time_limit_s = self._carrier.config.longest_call_s
        self.all[sid] = self.live[sid] = leg
        return leg

    def standard(self, leg: Leg) -> dict[str, str]:
        """Return the fields that every request about a call carries."""
        form = {
            "CallSid": leg.sid,
            "AccountSid": self._carrier.config.account_sid,
            "From": leg.from_,
            "To": leg.to,
            "Caller": leg.from_,
            "Called": leg.to,
            "CallStatus": leg.status,
            "ApiVersion": "2010-04-01",
            "Direction": leg.direction,
        }
        if leg.parent is not None:
            form["ParentCallSid"] = leg.parent.sid
        if leg.application_sid is not None:
            form["ApplicationSid"] = leg.application_sid
        if leg.answered_by is not None and (leg.detection is None or leg.detection.callback_url is None):
            form |= {"AnsweredBy": leg.answered_by, "MachineDetectionDuration": "4000"}
        # The vendor's own fields win over whatever a browser calls its parameters.
        return leg.custom | form

    def dial(self, leg: Leg) -> None:
        """Send a leg out, when its turn comes under the account's rate of creates."""
        carrier, wait = self._carrier, 0.0
        rate = carrier.config.creates_per_second
        if rate is not None and leg.direction == "outbound-api" and not leg.to.startswith("client:"):
            slot = max(self._next_slot, carrier.timeline.now())
            self._next_slot = slot + timedelta(seconds=1.0 / rate)
            wait = (slot - carrier.timeline.now()).total_seconds()
        carrier.timeline.after(wait, lambda: self._launch(leg))

    def _launch(self, leg: Leg) -> None:
        if leg.is_ended:
            return
        carrier = self._carrier
        leg.is_launched = True
        leg.started_at = carrier.timeline.now()
        self._tell(leg, "initiated")
        if leg.to.startswith("client:"):
            carrier.timeline.after(0.3, lambda: self._ring_client(leg))
            return
        self._attempts[leg.to] = self._attempts.get(leg.to, 0) + 1
        local = carrier.timeline.now().astimezone(CHINA)
        pickup = carrier.people(leg.to).pickup(self._attempts[leg.to], local)
        if pickup.kind is PickupKind.NOT_IN_SERVICE:
            carrier.timeline.after(2.0, lambda: self.end(leg, "failed", by="far", sip_code=404))
        elif pickup.kind is PickupKind.SWITCHED_OFF:
            carrier.timeline.after(3.0, lambda: self.end(leg, "failed", by="far", sip_code=480))
        elif pickup.kind is PickupKind.BUSY:
            carrier.timeline.after(1.5, lambda: self.end(leg, "busy", by="far", sip_code=486))
        else:
            carrier.timeline.after(0.8, lambda: self._ring(leg, pickup))

    def _ring(self, leg: Leg, pickup: Pickup) -> None:
        if leg.is_ended:
            return
        leg.status = "ringing"
        self._tell(leg, "ringing")
        after, timeline = self._carrier.timeline.after, self._carrier.timeline
        if pickup.kind is PickupKind.NO_ANSWER or pickup.ring_s >= leg.timeout_s:
            timeline.after(leg.timeout_s, lambda: self._give_up(leg))
        elif pickup.kind is PickupKind.REJECTED:
            after(pickup.ring_s, lambda: self.end(leg, "busy", by="far", sip_code=603))
        else:
            leg.stays_s = pickup.hangs_up_after_s
            leg.message_s = 12.0 if pickup.kind is PickupKind.MACHINE else 0.0
            by = "machine_start" if pickup.kind is PickupKind.MACHINE else "human"
            after(pickup.ring_s, lambda: self.answer(leg, answered_by=by))

    def _ring_client(self, leg: Leg) -> None:
        if leg.is_ended:
            return
        ready = self._carrier.softphones.ready.get(leg.to.removeprefix("client:"))
        if ready is None:
            self.end(leg, "no-answer", by="far", sip_code=480)
            return
        leg.status = "ringing"
        self._tell(leg, "ringing")
        self._carrier.timeline.after(leg.timeout_s, lambda: self._give_up(leg))
        if ready.answers_after_s is not None:
            self._carrier.timeline.after(ready.answers_after_s, lambda: self.answer(leg))

    def _give_up(self, leg: Leg) -> None:
        if leg.status == "ringing":
            self.end(leg, "no-answer", by="far", sip_code=487)

    def answer(self, leg: Leg, *, answered_by: str = "human") -> None:
        """Connect a leg: tell so, detect who answered if asked, and start what it was dialled for."""
        if leg.is_ended or leg.is_answered:
            return
        carrier = self._carrier
        leg.status, leg.answered_at = "in-progress", carrier.timeline.now()
        self._tell(leg, "answered")
        carrier.timeline.after(leg.time_limit_s, lambda: self.end(leg, "completed", by="carrier"))
        if leg.stays_s is not None:
            carrier.timeline.after(leg.stays_s, lambda: self.end(leg, "completed", by="far"))
        start = leg.on_answer or (lambda: None)
        if leg.detection is None:
            start()
            return
        found, url = leg.detection.seconds, leg.detection.callback_url

        def detected() -> None:
            if leg.is_ended:
                return
            leg.answered_by = answered_by
            if url is None:
                start()
                return
            form = {"CallSid": leg.sid, "AccountSid": carrier.config.account_sid, "AnsweredBy": answered_by,
                    "MachineDetectionDuration": str(round(found * 1000))}  # fmt: skip
            carrier.mail.notify(leg.sid, url, form)

        carrier.timeline.after(found, detected)
        if url is not None:
            start()

    def meet(self, leg: Leg) -> None:
        """Note that a caller speaks with somebody: waiting is over, talking has its own length."""
        if leg.has_met or leg.is_ended:
            return
        leg.has_met = True
        if leg.talk_s is not None:
            self._carrier.timeline.after(leg.talk_s, lambda: self.end(leg, "completed", by="far"))

    def end(self, leg: Leg, status: str, *, by: str, sip_code: int = 200) -> None:
        """End a leg: it leaves every room and queue, what hangs on it ends, and the last callback goes out.

        `by` is far (the party hung up), api, script, error or carrier.
        """
        if leg.is_ended:
            return
        carrier = self._carrier
        was_launched = leg.is_launched or leg.direction != "outbound-api"
        leg.status, leg.sip_code, leg.ended_at = status, sip_code, carrier.timeline.now()
        self.live.pop(leg.sid, None)
        for script in (leg.script, leg.background):
            if script is not None:
                script.stop()
        carrier.recordings.leg_ended(leg)
        if leg.seat is not None:
            reason = "participant_updated_via_api" if by == "api" else "participant_hung_up"
            carrier.conferences.leave(leg.seat, reason)
        if leg.place is not None:
            carrier.queues.leave(leg.place, "hangup")
        if leg.dialling is not None:
            leg.dialling.parent_ended()
        for hook in list(leg.on_end):
            hook()
        if was_launched:
            self._tell(leg, "completed")

    def _tell(self, leg: Leg, event: str) -> None:
        number, leg.sequence = leg.sequence, leg.sequence + 1
        if leg.subscription is None or event not in leg.subscription.events:
            return
        form = self.standard(leg) | {
            "CallStatus": _CALLBACK_STATUS.get(event, leg.status),
            "SequenceNumber": str(number),
            "Timestamp": rfc2822(self._carrier.timeline.now()) or "",
            "CallbackSource": "call-progress-events",
        }
        if event == "completed":
            seconds = leg.duration_s
            form |= {"CallDuration": str(seconds), "Duration": str(ceil(seconds / 60)),
                     "SipResponseCode": str(leg.sip_code)}  # fmt: skip
            kept = next((r for r in leg.recordings if r.source == "OutboundAPI"), None)
            if kept is not None:
                form |= self._carrier.recordings.fields(kept)
        self._carrier.mail.notify(leg.sid, leg.subscription.url, form)
