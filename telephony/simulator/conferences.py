"""Rooms: who enters, who leaves, when talk starts, and what ends it for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.simulator.conference import EVENTS, Conference, Seat, SeatTerms, seat_fields
from telephony.simulator.leg import Leg, Subscription, rfc2822
from telephony.simulator.script import Script

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier

_NEEDED_TO_START = 2


class Conferences:
    """All rooms of the carrier; a name is free again once its room has ended."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Conference] = {}
        self._opened = 0
        self._open: dict[str, Conference] = {}

    def find(self, sid_or_name: str) -> Conference | None:
        """Find a room by its sid, or an open one by its name."""
        return self.all.get(sid_or_name) or self._open.get(sid_or_name)

    def open(self, name: str) -> Conference:
        """Return the open room of that name, opening it if there is none."""
        room = self._open.get(name)
        if room is None:
            sid = "CF" + self._carrier.name("conference", self._opened)
            self._opened += 1
            room = Conference(sid, name, self._carrier.timeline.now())
            self.all[sid] = self._open[name] = room
        return room

    def expect(self, room: Conference, leg: Leg, terms: SeatTerms) -> None:
        """Keep a seat for a party being dialled; a room nobody ever entered is closed without a word."""
        coming = (leg, terms)
        room.coming.append(coming)

        def answered() -> None:
            room.coming.remove(coming)
            leg.on_end.remove(gone)
            self.join(room, leg, terms, by_api=True)

        def gone() -> None:
            room.coming.remove(coming)
            if not room.seats and not room.coming and not room.has_been_entered:
                room.status = "completed"
                self._open.pop(room.name, None)

        leg.on_answer = answered
        leg.on_end.append(gone)

    def join(self, room: Conference, leg: Leg, terms: SeatTerms, *, by_api: bool = False) -> Seat | None:
        """Seat a leg; the first one in decides where the room's callbacks go for good."""
        now = self._carrier.timeline.now()
        if not room.has_been_entered:
            room.has_been_entered = True
            room.subscription = terms.subscription
            if terms.records:
                self._carrier.recordings.start_room(room, leg, terms.recording_callback)
        seat = Seat(leg, room, terms, now, now, by_api=by_api)
        if len(room.seats) >= terms.max_participants:
            self._tell_seat(seat, "participant-leave", {"ReasonParticipantLeft": "participant_add_failed"})
            if by_api:
                self._carrier.legs.end(leg, "completed", by="carrier")
            return None
        room.seats.append(seat)
        leg.seat, leg.label = seat, terms.label
        self._tell_seat(seat, "participant-join")
        if room.status == "init":
            self._start_or_wait(room, seat)
        if room.status == "in-progress" and len(room.seats) >= _NEEDED_TO_START:
            for each in room.seats:
                self._carrier.legs.meet(each.leg)
        return seat

    def _start_or_wait(self, room: Conference, newcomer: Seat) -> None:
        if len(room.seats) >= _NEEDED_TO_START and any(s.terms.starts for s in room.seats):
            room.status, room.updated_at = "in-progress", self._carrier.timeline.now()
            for seat in room.seats:
                self.silence(seat.leg)
            self.tell(room, "conference-start")
        elif newcomer.terms.wait_url:
            self.play(newcomer.leg, newcomer.terms.wait_url, "conference-wait", loops=True)

    def play(
        self, leg: Leg, url: str, context: str, *, loops: bool, extra: dict[str, str] | None = None,
        after: str | None = None,
    ) -> None:  # fmt: skip
        """Play a waiting, hold or announcement document to one leg, again and again if it loops."""
        self.silence(leg)
        begun = self._carrier.timeline.now()

        def done() -> None:
            if loops and leg.background is script:
                # A document without length would otherwise be fetched without end at one moment.
                short = (self._carrier.timeline.now() - begun).total_seconds() < 1.0
                script.after(
                    1.0 if short else 0.0, lambda: self.play(leg, url, context, loops=True, extra=extra)
                )
            elif leg.seat is not None and after is not None:
                script.stop()
                self._tell_seat(leg.seat, after)

        script = Script(self._carrier, leg, done, context)
        leg.background = script
        script.fetch(url, extra)

    def silence(self, leg: Leg) -> None:
        """Stop what plays to a leg in the background."""
        if leg.background is not None:
            leg.background.stop()
            leg.background = None

    def leave(self, seat: Seat, reason: str, *, kicked: bool = False) -> None:
        """Take a leg out of its room, and end the room when it was the last or the one that ends it."""
        room, leg = seat.conference, seat.leg
        if seat not in room.seats:
            return
        room.seats.remove(seat)
        leg.seat = None
        self.silence(leg)
        self._tell_seat(seat, "participant-leave", {"ReasonParticipantLeft": reason})
        if room.status == "completed":
            return
        how = "kicked" if kicked else "left"
        if seat.terms.ends:
            self.end(room, f"participant-with-end-conference-on-exit-{how}", leg)
        elif not room.seats:
            self.end(room, f"last-participant-{how}", leg)

    def end(self, room: Conference, reason: str, by: Leg | None = None) -> None:
        """End a room: everybody leaves, then documents go on and dialled parties are hung up."""
        if room.status == "completed":
            return
        room.status, room.updated_at = "completed", self._carrier.timeline.now()
        room.ended_reason, room.ended_by = reason, by
        self._open.pop(room.name, None)
        left = "conference_ended_via_api" if by is None else "moderator_ended_conference"
        for leg, _terms in list(room.coming):
            # Nobody may answer into a room that is no more.
            self._carrier.legs.end(leg, "canceled", by="carrier", sip_code=487)
        for seat in list(room.seats):
            self.leave(seat, left)
            self.after_leaving(seat)
        self._carrier.recordings.room_ended(room)
        fields = {"ReasonConferenceEnded": reason, "Reason": reason.replace("-", " ")}
        if by is not None:
            fields["CallSidEndingConference"] = by.sid
            if by.label is not None:
                fields["ParticipantLabelEndingConference"] = by.label
        self.tell(room, "conference-end", fields)

    def after_leaving(self, seat: Seat) -> None:
        """Let a document go on after its room; a party that was dialled in has nowhere to go on."""
        if seat.by_api:
            self._carrier.legs.end(seat.leg, "completed", by="carrier")
        elif seat.leg.dialling is not None:
            seat.leg.dialling.room_left()

    def tell(self, room: Conference, event: str, extra: dict[str, str] | None = None) -> None:
        """Post an event of a room to whoever the first party named."""
        room.sequence += 1
        subscription: Subscription | None = room.subscription
        if subscription is None or EVENTS[event] not in subscription.events:
            return
        form = {
            "ConferenceSid": room.sid,
            "FriendlyName": room.name,
            "AccountSid": self._carrier.config.account_sid,
            "SequenceNumber": str(room.sequence),
            "Timestamp": rfc2822(self._carrier.timeline.now()) or "",
            "StatusCallbackEvent": event,
        }
        self._carrier.mail.notify(room.sid, subscription.url, form | (extra or {}))

    def _tell_seat(self, seat: Seat, event: str, extra: dict[str, str] | None = None) -> None:
        seat.updated_at = self._carrier.timeline.now()
        fields = seat_fields(seat)
        if event == "participant-leave":
            fields["ParticipantCallStatus"] = seat.leg.status
        self.tell(seat.conference, event, fields | (extra or {}))

    def change(
        self, seat: Seat, *, muted: bool | None = None, held: bool | None = None, hold_url: str | None = None,
        ends: bool | None = None, coaching: bool | None = None, coaches: str | None = None,
        announce_url: str | None = None,
    ) -> None:  # fmt: skip
        """Mute, hold, coach or announce to one party, telling each change."""
        if muted is not None and muted != seat.terms.is_muted:
            seat.terms.is_muted = muted
            self._tell_seat(seat, "participant-mute" if muted else "participant-unmute")
        if held is not None and held != seat.is_held:
            seat.is_held = held
            self.silence(seat.leg)
            if held and hold_url:
                self.play(seat.leg, hold_url, "hold", loops=True)
            self._tell_seat(seat, "participant-hold" if held else "participant-unhold")
        target = (
            seat.terms.coaches
            if coaching is None
            else ((coaches or seat.terms.coaches) if coaching else None)
        )
        if target != seat.terms.coaches or (ends is not None and ends != seat.terms.ends):
            seat.terms.coaches = target
            seat.terms.ends = seat.terms.ends if ends is None else ends
            self._tell_seat(seat, "participant-modify")
        if announce_url:
            self.play(seat.leg, announce_url, "announce", loops=False, after="announcement-end")
