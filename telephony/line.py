"""The line as the house speaks of it: legs in rooms, and what can be asked of whoever carries them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core.settings import Settings
from telephony.facts import Capabilities, Grant, Kept, LegFacts, RoomRef, Rung, Waiting
from telephony.signals import RANK, Answerer, Cause, Event, EventKind, LegState, RecordAction
from telephony.spoken import Steps

__all__ = [
    "RANK",
    "Answerer",
    "Capabilities",
    "Cause",
    "Event",
    "EventKind",
    "Grant",
    "Kept",
    "LegFacts",
    "LegState",
    "Line",
    "LineTrouble",
    "NotTaken",
    "OutcomeUnknown",
    "RecordAction",
    "RoomRef",
    "Rung",
    "TryLater",
    "Waiting",
    "identity_of",
    "in_use",
    "line",
    "line_from",
    "staff_id_of",
    "use",
]


class LineTrouble(Exception):
    """The line did not do as asked; `code` names why and never holds a number."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class NotTaken(LineTrouble):
    """The line said no: nothing happened and asking again would not help."""


class TryLater(LineTrouble):
    """The line is full or was never reached: nothing happened, and asking again is safe."""


class OutcomeUnknown(LineTrouble):
    """The answer was lost: it may have happened, so look before asking again."""


class Line(Protocol):
    """Whatever carries calls."""

    @property
    def settings(self) -> Settings:
        """The settings it was made from."""

    def capabilities(self) -> Capabilities:
        """Say what this line can do."""

    def browser_grant(self, operator: str) -> Grant:
        """Let a browser speak as this operator for an hour."""

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

    def bring_operator(
        self, room: RoomRef, operator: str, *, request_key: str, listen_only: bool, coach: str | None
    ) -> str:
        """Ring an operator's browser into a room, silent or speaking to one leg only, and return the leg."""

    def set_hold(self, room: RoomRef, leg: str, held: bool) -> None:
        """Put a leg on hold or take it back."""

    def set_mute(self, room: RoomRef, leg: str, muted: bool) -> None:
        """Silence a leg or let it speak."""

    def set_coach(self, room: RoomRef, leg: str, coach: str | None) -> None:
        """Let a leg be heard by one other leg only, or by all."""

    def ring_up(self, number: str, *, caller_id: str, request_key: str, ring_s: int) -> str:
        """Ring a telephone of ours, to which a room of the house speaks when it is answered; return the leg."""

    def drop(self, leg: str) -> None:
        """Hang a leg up."""

    def end_room(self, room: RoomRef) -> None:
        """End a room with every leg in it."""

    def waiting(self, line: str) -> list[Waiting]:
        """Return who waits on a line, first come first."""

    def take_waiting(self, line: str, leg: str, room: RoomRef) -> None:
        """Bring a waiting leg into a room."""

    def move(self, leg: str, room: RoomRef) -> None:
        """Bring a live leg into another room; it leaves the one it is in."""

    def put_waiting(self, leg: str, line: str) -> None:
        """Let a live leg wait on a line; it leaves the room it is in."""

    def calls_to(self, number: str, since: datetime) -> list[Rung]:
        """Return the line's own list of the calls to a number, first come first."""

    def recordings_of(self, leg: str) -> list[Kept]:
        """Return the finished recordings that the line holds of a leg."""

    def sound(self, recording: str) -> bytes:
        """Fetch the sound of a recording."""

    def standing_document(self, steps: Steps) -> str:
        """Write steps as a document that the line can keep and follow without us."""

    def record(
        self, leg: str, action: RecordAction, *, request_key: str, recording: str | None
    ) -> str | None:
        """Start, pause, resume or stop a recording; return its reference when one was started."""

    def delete_recording(self, recording: str) -> None:
        """Delete a recording with its sound; one that is gone already is as we want it."""

    def send_text(self, number: str, body: str, *, request_key: str) -> str:
        """Send a text message and return its reference."""

    def fetch_leg(self, leg: str) -> LegFacts | None:
        """Ask what became of a leg; None when the line knows no such leg."""

    def find_leg(
        self, room: RoomRef, *, request_key: str, to: str, caller_id: str | None, since: datetime,
        known: frozenset[str],
    ) -> LegFacts | None:  # fmt: skip
        """Look for a leg whose dialling was never answered for: it shows `caller_id`; `known` are legs that are others'."""


def identity_of(staff_id: int) -> str:
    """Return how the line knows a member of staff: by record, never by name."""
    return f"op{staff_id}"


def staff_id_of(identity: str) -> int | None:
    """Return whose identity this is, or None when it is nobody's."""
    number = identity.removeprefix("op")
    return int(number) if identity.startswith("op") and number.isdecimal() else None


def line_from(settings: Settings) -> Line:
    """Make the line that the settings name."""
    if settings.line == "manual":
        from telephony.manual import ManualLine

        return ManualLine(settings)
    from telephony.twilio.adapter import TwilioLine

    return TwilioLine(settings)


_line: Line | None = None


def use(line: Line | None) -> None:
    """Make this the process's line."""
    global _line
    _line = line


def in_use() -> Line | None:
    """Return the line in use, if there is one."""
    return _line


def line() -> Line:
    """Return the line in use."""
    if _line is None:
        raise RuntimeError("no line in use: call telephony.line.use() first")
    return _line
