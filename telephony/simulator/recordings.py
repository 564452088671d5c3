"""Recordings of calls and rooms: started, paused, stopped, and told about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.simulator.leg import Leg, Subscription, rfc2822

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.conference import Conference

_OVER = frozenset({"completed", "stopped", "absent"})


@dataclass(eq=False)
class Recording:
    """One recording; paused time does not count into its length."""

    sid: str
    leg: Leg
    source: str
    started_at: datetime
    channels: int = 1
    track: str = "both"
    room: Conference | None = None
    subscription: Subscription | None = None
    status: str = "in-progress"
    kept_s: float = 0.0
    running_since: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether it has stopped for good."""
        return self.status in _OVER


class Recordings:
    """All recordings of the carrier, without sound: what matters is when they ran."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Recording] = {}
        self._opened = 0

    def start(
        self, leg: Leg, source: str, subscription: Subscription | None, *, channels: int = 1, track: str = "both",
        room: Conference | None = None,
    ) -> Recording:  # fmt: skip
        """Start recording a leg or its room."""
        sid = "RE" + self._carrier.name("recording", self._opened)
        self._opened += 1
        now = self._carrier.timeline.now()
        recording = Recording(sid, leg, source, now, channels, track, room, subscription, running_since=now)
        self.all[sid] = recording
        leg.recordings.append(recording)
        self._tell(recording)
        return recording

    def start_room(self, room: Conference, leg: Leg, subscription: Subscription | None) -> None:
        """Record a room from its first party on."""
        self.start(leg, "Conference", subscription, channels=1, room=room)

    def change(self, recording: Recording, status: str) -> None:
        """Pause, go on or stop."""
        if recording.is_over:
            return
        self._count(recording)
        if status == "stopped":
            self._finish(recording)
            return
        recording.status = status
        recording.running_since = self._carrier.timeline.now() if status == "in-progress" else None

    def _count(self, recording: Recording) -> None:
        if recording.running_since is not None:
            recording.kept_s += (self._carrier.timeline.now() - recording.running_since).total_seconds()
            recording.running_since = None

    def finish(self, recording: Recording, seconds: float) -> None:
        """End a recording whose length is known from what was said."""
        recording.running_since, recording.kept_s = None, seconds
        self._finish(recording)

    def _finish(self, recording: Recording) -> None:
        recording.status = "completed" if recording.kept_s >= 1.0 else "absent"
        self._tell(recording)

    def leg_ended(self, leg: Leg) -> None:
        """Stop what records this leg; a room's recording goes on until the room ends."""
        for recording in leg.recordings:
            if recording.room is None and not recording.is_over and recording.source != "RecordVerb":
                self.change(recording, "stopped")

    def room_ended(self, room: Conference) -> None:
        """Stop the recordings of a room."""
        for recording in self.all.values():
            if recording.room is room and not recording.is_over:
                self.change(recording, "stopped")

    def fields(self, recording: Recording) -> dict[str, str]:
        """Tell a recording as action pages and last callbacks do."""
        account, base = self._carrier.config.account_sid, self._carrier.config.media_base_url
        return {
            "RecordingSid": recording.sid,
            "RecordingUrl": f"{base}/2010-04-01/Accounts/{account}/Recordings/{recording.sid}",
            "RecordingDuration": str(round(recording.kept_s)),
        }

    def _tell(self, recording: Recording) -> None:
        to = recording.subscription
        if to is None or recording.status not in to.events:
            return
        form = self.fields(recording) | {
            "AccountSid": self._carrier.config.account_sid,
            "RecordingStatus": recording.status,
            "RecordingChannels": str(recording.channels),
            "RecordingStartTime": rfc2822(recording.started_at) or "",
            "RecordingSource": recording.source,
            "RecordingTrack": recording.track,
        }
        if recording.status == "in-progress":
            del form["RecordingDuration"]
        if recording.room is not None:
            form["ConferenceSid"] = recording.room.sid
        else:
            form["CallSid"] = (recording.leg.parent or recording.leg).sid
        self._carrier.mail.notify(recording.sid, to.url, form)


def recording_answer(account_sid: str, recording: Recording, *, below: str = "") -> dict[str, object]:
    """Tell a recording as the vendor's interface shows it; `below` is 'Calls', 'Conferences' or nothing."""
    parent = {
        "Calls": f"/Calls/{recording.leg.sid}",
        "Conferences": f"/Conferences/{recording.room.sid if recording.room else ''}",
    }.get(below, "")
    uri = f"/2010-04-01/Accounts/{account_sid}{parent}/Recordings/{recording.sid}"
    answer: dict[str, object] = {
        "sid": recording.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "call_sid": recording.leg.sid,
        "conference_sid": recording.room.sid if recording.room else None,
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.started_at),
        "start_time": rfc2822(recording.started_at),
        "duration": str(round(recording.kept_s)) if recording.is_over else None,
        "status": recording.status,
        "channels": recording.channels,
        "source": recording.source,
        "error_code": None,
        "encryption_details": None,
        "price": None,
        "price_unit": "USD",
        "uri": f"{uri}.json",
    }
    if below == "Calls":
        answer["track"] = recording.track
    if not below:
        answer["media_url"] = f"https://api.twilio.com{uri}"
        answer["subresource_uris"] = {"transcriptions": f"{uri}/Transcriptions.json"}
    return answer
