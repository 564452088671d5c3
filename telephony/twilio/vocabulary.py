"""The vendor's words for how things stand, and ours for the same."""

from __future__ import annotations

from telephony.recordings import RecordingState
from telephony.signals import Cause, EventKind, LegState
from telephony.texts import TextState

_STATES = {
    "queued": LegState.QUEUED,
    "initiated": LegState.DIALLING,
    "ringing": LegState.RINGING,
    "in-progress": LegState.CONNECTED,
    "answered": LegState.CONNECTED,
}
_CAUSES = {
    "completed": Cause.NORMAL,
    "busy": Cause.BUSY,
    "no-answer": Cause.NO_ANSWER,
    "canceled": Cause.CANCELLED,
    "failed": Cause.ERROR,
}
_REJECTS = frozenset({403, 603, 607, 608})
_AWAY = frozenset({404, 410, 480, 484, 604})
ROOM_KINDS = {
    "participant-join": EventKind.JOINED,
    "participant-leave": EventKind.LEFT,
    "participant-hold": EventKind.HELD,
    "participant-unhold": EventKind.HELD,
    "participant-mute": EventKind.HELD,
    "participant-unmute": EventKind.HELD,
    "participant-modify": EventKind.HELD,
}
RECORDINGS = {
    "in-progress": RecordingState.RUNNING,
    "completed": RecordingState.READY,
    "absent": RecordingState.ABSENT,
    "failed": RecordingState.ABSENT,
}
TEXTS = {
    "accepted": TextState.QUEUED,
    "scheduled": TextState.QUEUED,
    "queued": TextState.QUEUED,
    "sending": TextState.SENDING,
    "sent": TextState.SENT,
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "undelivered": TextState.UNDELIVERED,
    "failed": TextState.FAILED,
    "canceled": TextState.FAILED,
}
_WAITS = {
    "bridged": "bridged",
    "bridging-in-process": "bridged",
    "redirected": "moved",
    "redirected-from-bridged": "moved",
    "hangup": "abandoned",
    "leave": "left",
    "queue-full": "full",
}


def leg_state(status: str, network_code: int | None = None) -> tuple[LegState, Cause | None] | None:
    """Return our words for the vendor's status of a call, or None for one we do not know."""
    if status in _STATES:
        return _STATES[status], None
    cause = _CAUSES.get(status)
    if cause is None:
        return None
    if network_code in _REJECTS and cause != Cause.NORMAL:
        cause = Cause.REJECTED
    elif cause == Cause.ERROR and network_code in _AWAY:
        cause = Cause.UNREACHABLE
    return LegState.ENDED, cause


def way_out_of_waiting(told: str | None) -> str | None:
    """Return in our words how a waiting ended, or None while it lasts."""
    return _WAITS.get(told, "error") if told else None
