"""A room of the carrier and the seats in it, and what is told about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from telephony.simulator.leg import Leg, Subscription, rfc2822

EVENTS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


@dataclass
class SeatTerms:
    """What a party brings into a room: how it starts and ends it, and what it may hear and say."""

    label: str | None = None
    starts: bool = True
    ends: bool = False
    is_muted: bool = False
    coaches: str | None = None
    wait_url: str | None = None
    max_participants: int = 250
    subscription: Subscription | None = None
    records: bool = False
    recording_callback: Subscription | None = None


@dataclass(eq=False)
class Seat:
    """One leg in one room."""

    leg: Leg
    conference: Conference
    terms: SeatTerms
    joined_at: datetime
    updated_at: datetime
    is_held: bool = False
    by_api: bool = False


@dataclass(eq=False)
class Conference:
    """A room by name, until its last party has left."""

    sid: str
    name: str
    created_at: datetime
    status: str = "init"
    updated_at: datetime | None = None
    seats: list[Seat] = field(default_factory=list)
    coming: list[tuple[Leg, SeatTerms]] = field(default_factory=list)
    subscription: Subscription | None = None
    has_been_entered: bool = False
    sequence: int = 0
    ended_reason: str | None = None
    ended_by: Leg | None = None

    def seat_of(self, leg_or_label: str) -> Seat | None:
        """Find a party by its call or its label."""
        return next((s for s in self.seats if leg_or_label in (s.leg.sid, s.terms.label)), None)


def _flag(claim: bool) -> str:
    return "true" if claim else "false"


def seat_fields(seat: Seat) -> dict[str, str]:
    """Tell a seat as conference callbacks do."""
    fields = {
        "CallSid": seat.leg.sid,
        "Muted": _flag(seat.terms.is_muted),
        "Hold": _flag(seat.is_held),
        "Coaching": _flag(seat.terms.coaches is not None),
        "EndConferenceOnExit": _flag(seat.terms.ends),
        "StartConferenceOnEnter": _flag(seat.terms.starts),
    }
    if seat.terms.label is not None:
        fields["ParticipantLabel"] = seat.terms.label
    if seat.terms.coaches is not None:
        fields["CallSidToCoach"] = seat.terms.coaches
    return fields


def conference_answer(account_sid: str, room: Conference) -> dict[str, object]:
    """Tell a room as the vendor's interface shows it."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Conferences/{room.sid}"
    answer: dict[str, object] = {
        "sid": room.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "date_created": rfc2822(room.created_at),
        "date_updated": rfc2822(room.updated_at or room.created_at),
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
        "call_sid_ending_conference": room.ended_by.sid if room.ended_by else None,
    }
    if room.ended_reason is not None:
        answer["reason_conference_ended"] = room.ended_reason
    return answer


_PARTICIPANT_STATUS = {
    "queued": "queued",
    "ringing": "ringing",
    "in-progress": "connected",
    "completed": "complete",
}


def participant_answer(
    account_sid: str, room: Conference, leg: Leg, terms: SeatTerms, seat: Seat | None
) -> dict[str, object]:
    """Tell a party, seated or still on its way, as the vendor's interface shows it."""
    status = _PARTICIPANT_STATUS.get(leg.status, "failed")
    if leg.status == "queued" and leg.is_launched:
        status = "connecting"
    return {
        "account_sid": account_sid,
        "call_sid": leg.sid,
        "label": terms.label,
        "call_sid_to_coach": terms.coaches,
        "coaching": terms.coaches is not None,
        "conference_sid": room.sid,
        "date_created": rfc2822(seat.joined_at if seat else leg.created_at),
        "date_updated": rfc2822(seat.updated_at if seat else leg.created_at),
        "end_conference_on_exit": terms.ends,
        "start_conference_on_enter": terms.starts,
        "muted": terms.is_muted,
        "hold": seat.is_held if seat else False,
        "status": status,
        "queue_time": "0",
        "uri": f"/2010-04-01/Accounts/{account_sid}/Conferences/{room.sid}/Participants/{leg.sid}.json",
    }
