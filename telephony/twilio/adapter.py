"""The line by way of Twilio, or of the local carrier that speaks its protocol: one code path for both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from twilio.http import HttpClient

from core.settings import Settings
from telephony.line import (
    Capabilities,
    Grant,
    Kept,
    LegFacts,
    NotTaken,
    RecordAction,
    RoomRef,
    Rung,
    TryLater,
    Waiting,
    staff_id_of,
)
from telephony.spoken import Steps
from telephony.twilio import keeping
from telephony.twilio.addresses import address_of
from telephony.twilio.client import asking, client_from, fetch_sound, optional
from telephony.twilio.grants import SECONDS, abilities, access_token
from telephony.twilio.looking import (
    fetch_facts,
    list_calls_to,
    list_recordings,
    list_waiting,
    look_for_leg,
    queue_ref,
    unless_over,
)
from telephony.twilio.twiml import ROOM_EVENTS, document

CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioLine:
    """A line at the vendor's account of the settings."""

    def __init__(self, settings: Settings, transport: HttpClient | None = None) -> None:
        self.settings = settings
        self.client = client_from(settings, transport)

    def capabilities(self) -> Capabilities:
        """Say what this line can do."""
        return abilities(self.settings)

    def browser_grant(self, operator: str) -> Grant:
        """Let a browser speak as this operator for an hour."""
        driver = "simulated" if self.settings.line == "simulator" else "vendor"
        return Grant(driver, operator, access_token(self.settings, operator), SECONDS)

    def _at(self, hook: str, **query: str) -> str:
        return address_of(self.settings, hook, **query)

    def dial_into_room(
        self,
        room: RoomRef,
        number: str,
        *,
        caller_id: str,
        request_key: str,
        ring_s: int,
        detect_answerer: bool,
    ) -> str:
        """Dial a number into a room and return the leg."""
        detection: dict[str, Any] = {}
        if detect_answerer:
            detection = {
                "machine_detection": "Enable",
                "amd_status_callback": self._at("answerer", k=request_key),
            }
        return self._create(
            room,
            from_=caller_id,
            to=number,
            label=f"resident-{request_key}",
            timeout=ring_s,
            early_media=True,
            end_conference_on_exit=False,
            status_callback=self._at("call", k=request_key),
            status_callback_event=CALL_EVENTS,
            **detection,
        )

    def bring_operator(
        self, room: RoomRef, operator: str, *, request_key: str, listen_only: bool, coach: str | None
    ) -> str:
        """Ring an operator's browser into a room, silent or speaking to one leg only, and return the leg."""
        return self._create(
            room,
            from_=self.settings.caller_number,
            to=f"client:{operator}",
            label=f"supervisor-{request_key}" if listen_only else f"operator-{request_key}",
            timeout=20,
            muted=listen_only,
            coaching=coach is not None,
            call_sid_to_coach=optional(coach),
            end_conference_on_exit=False,
            status_callback=self._at("call", k=request_key),
            status_callback_event=CALL_EVENTS,
        )

    def _create(self, room: RoomRef, **terms: Any) -> str:
        with asking():
            made = self.client.conferences(room.name).participants.create(
                beep="false",
                start_conference_on_enter=True,
                conference_status_callback=self._at("room"),
                conference_status_callback_event=ROOM_EVENTS.split(),
                **terms,
            )
            return str(made.call_sid)

    def ring_up(self, number: str, *, caller_id: str, request_key: str, ring_s: int) -> str:
        """Ring a telephone of ours, to which a room of the house speaks when it is answered; return the leg."""
        told_at = {"status_callback": self._at("call", k=request_key), "status_callback_event": CALL_EVENTS}
        page = self._at("picked-up", k=request_key)
        with asking():
            made = self.client.calls.create(to=number, from_=caller_id, url=page, timeout=ring_s, **told_at)
            return str(made.sid)

    def _room_ref(self, room: RoomRef) -> str:
        """Return the vendor's reference of a room that is going on."""
        if room.ref:
            return room.ref
        with asking():
            going_on = self.client.conferences.list(friendly_name=room.name, status="in-progress", limit=1)
        if not going_on:
            raise TryLater("room-not-known-yet")
        return str(going_on[0].sid)

    def _change(self, room: RoomRef, leg: str, **terms: Any) -> None:
        ref = self._room_ref(room)
        with asking():
            self.client.conferences(ref).participants(leg).update(**terms)

    def set_hold(self, room: RoomRef, leg: str, held: bool) -> None:
        """Put a leg on hold or take it back."""
        if held:
            self._change(room, leg, hold=True, hold_url=self._at("hold"), hold_method="POST")
        else:
            self._change(room, leg, hold=False)

    def set_mute(self, room: RoomRef, leg: str, muted: bool) -> None:
        """Silence a leg or let it speak."""
        self._change(room, leg, muted=muted)

    def set_coach(self, room: RoomRef, leg: str, coach: str | None) -> None:
        """Let a leg be heard by one other leg only, or by all."""
        self._change(room, leg, coaching=coach is not None, call_sid_to_coach=optional(coach))

    def drop(self, leg: str) -> None:
        """Hang a leg up; one that is over already is as we want it."""
        unless_over(lambda: self.client.calls(leg).update(status="completed"))

    def end_room(self, room: RoomRef) -> None:
        """End a room with every leg in it."""
        ref = self._room_ref(room)
        unless_over(lambda: self.client.conferences(ref).update(status="completed"))

    def waiting(self, line: str) -> list[Waiting]:
        """Return who waits on a line, first come first."""
        return list_waiting(self.client, line)

    def take_waiting(self, line: str, leg: str, room: RoomRef) -> None:
        """Bring a waiting leg into a room."""
        ref = queue_ref(self.client, line)
        try:
            if ref is None:
                raise NotTaken("404/no-such-line")
            with asking():
                members = self.client.queues(ref).members(leg)
                members.update(url=self._at("join", room=room.name), method="POST")
        except NotTaken as trouble:
            if not trouble.code.startswith("404/"):
                raise
            # Between two documents nobody stands in the queue: the call itself is sent to the same page.
            self.move(leg, room)

    def move(self, leg: str, room: RoomRef) -> None:
        """Bring a live leg into another room; it leaves the one it is in."""
        with asking():
            self.client.calls(leg).update(url=self._at("join", room=room.name), method="POST")

    def put_waiting(self, leg: str, line: str) -> None:
        """Let a live leg wait on a line; it leaves the room it is in."""
        with asking():
            self.client.calls(leg).update(url=self._at("join", line=line), method="POST")

    def calls_to(self, number: str, since: datetime) -> list[Rung]:
        """Return the line's own list of the calls to a number, first come first."""
        with asking():
            return list_calls_to(self.client, number, since)

    def recordings_of(self, leg: str) -> list[Kept]:
        """Return the finished recordings that the line holds of a leg."""
        with asking():
            return list_recordings(self.client, leg)

    def sound(self, recording: str) -> bytes:
        """Fetch the sound of a recording."""
        return fetch_sound(self.settings, recording)

    def standing_document(self, steps: Steps) -> str:
        """Write steps as a document that the line can keep and follow without us."""
        return document(self.settings, steps)

    def record(
        self, leg: str, action: RecordAction, *, request_key: str, recording: str | None
    ) -> str | None:
        """Start, pause, resume or stop a recording; return its reference when one was started."""
        told_at = self._at("recording", k=request_key)
        return keeping.record(self.client, leg, action, recording, told_at=told_at)

    def delete_recording(self, recording: str) -> None:
        """Delete a recording with its sound; one that is gone already is as we want it."""
        keeping.delete(self.client, recording)

    def send_text(self, number: str, body: str, *, request_key: str) -> str:
        """Send a text message and return its reference."""
        with asking():
            made = self.client.messages.create(
                to=number,
                from_=self.settings.caller_number,
                body=body,
                status_callback=self._at("text", k=request_key),
            )
            return str(made.sid)

    def fetch_leg(self, leg: str) -> LegFacts | None:
        """Ask what became of a leg; None when the line knows no such leg."""
        return fetch_facts(self.client, leg)

    def find_leg(
        self, room: RoomRef, *, request_key: str, to: str, caller_id: str | None, since: datetime,
        known: frozenset[str],
    ) -> LegFacts | None:  # fmt: skip
        """Look for a leg by its label in the room, then among the account's calls to the same end."""
        end = to if staff_id_of(to) is None else f"client:{to}"
        with asking():
            return look_for_leg(
                self.client, room.name, request_key=request_key, to=end, caller_id=caller_id, since=since, known=known
            )  # fmt: skip
