"""The manual line: people dial on a desk telephone and say what happened; everything else is the same."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Refused
from core.settings import Settings
from core.terms import Term, Words
from telephony.calls import Call, Party
from telephony.events import take_in
from telephony.line import (
    Answerer,
    Capabilities,
    Cause,
    Event,
    EventKind,
    Grant,
    Kept,
    LegFacts,
    LegState,
    NotTaken,
    RecordAction,
    RoomRef,
    Rung,
    Waiting,
)
from telephony.spoken import Steps


class Outcome(Term):
    """What the person at the desk telephone heard."""

    ANSWERED = "answered", "已接通", "Answered"
    FINISHED = "finished", "通话结束", "Call finished"
    BUSY = "busy", "占线", "Busy"
    NO_ANSWER = "no_answer", "无人接听", "No answer"
    MACHINE = "machine", "语音信箱", "Answering machine"
    FAX = "fax", "传真", "Fax"
    REJECTED = "rejected", "拒接或被拦截", "Declined or blocked"
    NOT_IN_SERVICE = "not_in_service", "空号", "No such number"
    SWITCHED_OFF = "switched_off", "关机或无法接通", "Switched off or out of reach"
    GAVE_UP = "gave_up", "未拨出", "Not dialled"


_ENDS: dict[Outcome, tuple[Cause, int | None]] = {
    Outcome.FINISHED: (Cause.NORMAL, None),
    Outcome.BUSY: (Cause.BUSY, 486),
    Outcome.NO_ANSWER: (Cause.NO_ANSWER, 487),
    Outcome.MACHINE: (Cause.NORMAL, None),
    Outcome.FAX: (Cause.NORMAL, None),
    Outcome.REJECTED: (Cause.REJECTED, 603),
    Outcome.NOT_IN_SERVICE: (Cause.UNREACHABLE, 404),
    Outcome.SWITCHED_OFF: (Cause.UNREACHABLE, 480),
    Outcome.GAVE_UP: (Cause.CANCELLED, None),
}
_ANSWERERS = {
    Outcome.ANSWERED: Answerer.HUMAN,
    Outcome.MACHINE: Answerer.MACHINE,
    Outcome.FAX: Answerer.FAX,
}


def report(session: Session, call: Call, outcome: Outcome, *, by: Staff | None, at: datetime) -> list[Event]:
    """Report what was heard; it goes through the same door as the reports of any other line."""
    if call.is_ended:
        raise Refused(
            Words("这次通话已经结束，没有再次记录。", "This call has ended already; nothing more was noted.")
        )

    def event(kind: EventKind, step: str, **data: object) -> Event:
        return Event(
            f"hand:{call.request_key}:{step}", at, "manual", kind, call.provider_ref, None, None, data
        )

    events: list[Event] = []
    if outcome in _ANSWERERS:
        events.append(event(EventKind.LEG, "connected", state=LegState.CONNECTED.value))
        events.append(event(EventKind.ANSWERER, "answerer", answerer=_ANSWERERS[outcome].value))
    if outcome in _ENDS:
        cause, code = _ENDS[outcome]
        talked = int((at - call.connected_at).total_seconds()) if call.connected_at else 0
        events.append(
            event(
                EventKind.LEG,
                "ended",
                state=LegState.ENDED.value,
                cause=cause.value,
                network_code=code,
                duration_s=max(talked, 0),
            )
        )
    journal.write(session, "call.report", call, by=by, at=at, outcome=outcome.value)
    return take_in(session, events, at=at)


def number_to_dial(session: Session, call: Call, *, by: Staff, at: datetime) -> str:
    """Show a number to the one person who is to dial it now; every look is journalled."""
    is_theirs = call.staff_id == by.id and call.party == Party.RESIDENT and not call.is_ended
    if not is_theirs or not by.may(Permission.LINE_USE) or call.number is None:
        raise Forbidden
    journal.write(session, "call.number_shown", call, by=by, at=at)
    return call.number


class ManualLine:
    """A line without wires: it carries nothing and reports what people say."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def capabilities(self) -> Capabilities:
        """Say that people dial themselves."""
        return Capabilities(
            provider="manual",
            dials=False,
            browser=False,
            holds=False,
            listens_in=False,
            records=False,
            detects_answerer=False,
            texts=False,
            queues=False,
        )

    def browser_grant(self, operator: str) -> Grant:
        """Return a grant without a token: there is no telephone in the browser."""
        return Grant("manual", operator, "", 3600)

    def _refuse(self) -> NoReturn:
        raise NotTaken("manual-line")

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
        """Return the leg of a call that a person dials."""
        return f"hand-{request_key}"

    def bring_operator(
        self, room: RoomRef, operator: str, *, request_key: str, listen_only: bool, coach: str | None
    ) -> str:
        """Refuse: nobody can listen in on a desk telephone."""
        self._refuse()

    def set_hold(self, room: RoomRef, leg: str, held: bool) -> None:
        """Refuse: the desk telephone has its own button."""
        self._refuse()

    def set_mute(self, room: RoomRef, leg: str, muted: bool) -> None:
        """Refuse: the desk telephone has its own button."""
        self._refuse()

    def set_coach(self, room: RoomRef, leg: str, coach: str | None) -> None:
        """Refuse: nobody can listen in on a desk telephone."""
        self._refuse()

    def ring_up(self, number: str, *, caller_id: str, request_key: str, ring_s: int) -> str:
        """Refuse: nobody is there to dial it."""
        self._refuse()

    def drop(self, leg: str) -> None:
        """Leave it to the person, who hangs up and says so."""

    def end_room(self, room: RoomRef) -> None:
        """Leave it to the person."""

    def waiting(self, line: str) -> list[Waiting]:
        """Return nobody: a desk telephone has no queue."""
        return []

    def take_waiting(self, line: str, leg: str, room: RoomRef) -> None:
        """Refuse: a desk telephone has no queue."""
        self._refuse()

    def move(self, leg: str, room: RoomRef) -> None:
        """Refuse: a desk telephone has no rooms."""
        self._refuse()

    def put_waiting(self, leg: str, line: str) -> None:
        """Refuse: a desk telephone has no queue."""
        self._refuse()

    def calls_to(self, number: str, since: datetime) -> list[Rung]:
        """Refuse: nobody keeps a list of a desk telephone's calls."""
        self._refuse()

    def recordings_of(self, leg: str) -> list[Kept]:
        """Refuse: the house does not hear this line."""
        self._refuse()

    def sound(self, recording: str) -> bytes:
        """Refuse: the house does not hear this line."""
        self._refuse()

    def standing_document(self, steps: Steps) -> str:
        """Refuse: there is nobody to keep it."""
        self._refuse()

    def record(
        self, leg: str, action: RecordAction, *, request_key: str, recording: str | None
    ) -> str | None:
        """Refuse: the house does not hear this line."""
        self._refuse()

    def delete_recording(self, recording: str) -> None:
        """Refuse: the house does not hear this line."""
        self._refuse()

    def send_text(self, number: str, body: str, *, request_key: str) -> str:
        """Refuse: no way to send."""
        self._refuse()

    def fetch_leg(self, leg: str) -> LegFacts | None:
        """Say that the leg goes on until somebody reports its end."""
        return LegFacts(leg, LegState.DIALLING)

    def find_leg(
        self, room: RoomRef, *, request_key: str, to: str, caller_id: str | None, since: datetime,
        known: frozenset[str],
    ) -> LegFacts | None:  # fmt: skip
        """Return the leg a person dials."""
        return LegFacts(f"hand-{request_key}", LegState.DIALLING)
