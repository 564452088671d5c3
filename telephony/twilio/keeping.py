"""Recordings at the vendor: started, changed, and deleted there when their time is over."""

from __future__ import annotations

from collections.abc import Sequence

from twilio.rest import Client

from telephony.line import NotTaken, RecordAction
from telephony.twilio.client import asking

STATUS = {RecordAction.PAUSE: "paused", RecordAction.RESUME: "in-progress", RecordAction.STOP: "stopped"}
EVENTS: Sequence[str] = ("in-progress", "completed", "absent")


def record(
    client: Client, leg: str, action: RecordAction, recording: str | None, *, told_at: str
) -> str | None:
    """Start a recording and return its reference; or pause, resume or stop one, or the one that runs."""
    if action is not RecordAction.START:
        with asking():
            client.calls(leg).recordings(recording or "Twilio.CURRENT").update(status=STATUS[action])
        return None
    with asking():
        made = client.calls(leg).recordings.create(
            recording_channels="dual",
            recording_status_callback=told_at,
            recording_status_callback_event=list(EVENTS),
        )
        return str(made.sid)


def delete(client: Client, recording: str) -> None:
    """Delete a recording with its sound; one that is gone already is as we want it."""
    try:
        with asking():
            is_gone = client.recordings(recording).delete()
    except NotTaken as trouble:
        if not trouble.code.startswith("404/"):
            raise
    else:
        if not is_gone:
            raise NotTaken("not-deleted")
