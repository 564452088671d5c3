"""One call between the carrier and one party, and what the carrier tells about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.simulator.conference import Seat
    from telephony.simulator.dial import Dialling
    from telephony.simulator.queues import Place
    from telephony.simulator.recordings import Recording
    from telephony.simulator.script import Script

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True)
class Subscription:
    """Where status callbacks go, and which events were asked for."""

    url: str
    events: frozenset[str]


@dataclass(frozen=True)
class Detection:
    """Answer detection: asked for in the same breath or by a callback of its own."""

    callback_url: str | None
    seconds: float = 4.0


@dataclass(eq=False)
class Leg:
    """A call in the carrier's books; two legs are the same only if they are one object."""

    sid: str
    direction: str
    from_: str
    to: str
    created_at: datetime
    parent: Leg | None = None
    status: str = "queued"
    is_launched: bool = False
    subscription: Subscription | None = None
    sequence: int = 0
    timeout_s: float = 60.0
    time_limit_s: float = 14_400.0
    detection: Detection | None = None
    answered_by: str | None = None
    application_sid: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    label: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    sip_code: int = 200
    patience_s: float | None = None
    talk_s: float | None = None
    presses: tuple[tuple[float, str], ...] = ()
    message_s: float = 0.0
    stays_s: float | None = None
    on_answer: Callable[[], None] | None = None
    on_end: list[Callable[[], None]] = field(default_factory=list)
    script: Script | None = None
    background: Script | None = None
    seat: Seat | None = None
    place: Place | None = None
    dialling: Dialling | None = None
    peer: Leg | None = None
    ear: Callable[[str], None] | None = None
    tongue: Callable[[str], None] | None = None
    recordings: list[Recording] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    has_met: bool = False
    is_quiet: bool = False

    @property
    def is_ended(self) -> bool:
        """Tell whether the call is over."""
        return self.status in ENDED

    @property
    def is_answered(self) -> bool:
        """Tell whether somebody is on the line now."""
        return self.status == "in-progress"

    @property
    def duration_s(self) -> int:
        """Return whole seconds of talk, 0 while it lasts."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())


def rfc2822(at: datetime | None) -> str | None:
    """Write a moment as the vendor does."""
    return None if at is None else format_datetime(at.astimezone(UTC))


def call_answer(account_sid: str, leg: Leg) -> dict[str, object]:
    """Tell a call as the vendor's interface shows it."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Calls/{leg.sid}"
    return {
        "sid": leg.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "date_created": rfc2822(leg.created_at),
        "date_updated": rfc2822(leg.ended_at or leg.answered_at or leg.created_at),
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "to": leg.to,
        "to_formatted": leg.to,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "phone_number_sid": None,
        "status": leg.status,
        "start_time": rfc2822(leg.started_at),
        "end_time": rfc2822(leg.ended_at),
        "duration": str(leg.duration_s) if leg.is_ended else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": leg.answered_by,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json", "events": f"{uri}/Events.json"},
    }
