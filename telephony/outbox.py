"""The outbox: sends what was written down, outside every transaction, once each."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import take, transaction
from telephony import events
from telephony.calls import Call
from telephony.errands import beside
from telephony.letters import Letter, hand_over, letter_of
from telephony.line import (
    Cause,
    Event,
    EventKind,
    LegState,
    LineTrouble,
    NotTaken,
    OutcomeUnknown,
    RecordAction,
    TryLater,
    line,
)
from telephony.outgoing import (
    MAKES_LEG,
    WHERE_TO,
    Command,
    Outgoing,
    OutgoingState,
    once,
    settle,
    settle_by_event,
)
from telephony.recordings import RecordingState, note_deleted
from telephony.signals import RANK
from telephony.texts import TEXT_RANK, TextState

log = logging.getLogger("tingmin.telephony")

LEASE = timedelta(seconds=30)
PAUSE = timedelta(seconds=1)
MOST_TRIES = 20

events.on_taken(settle_by_event)
Failure = Callable[[Session, Outgoing, datetime], object]
_told_of_failures: dict[Command, Failure] = {}


def on_failure(command: Command, function: Failure) -> None:
    """Let a room of the house hear when a request was given up; it runs in the same transaction."""
    _told_of_failures[command] = function


def kick() -> None:
    """Send what is due, beside the request that wrote it; the worker's sweep sends what this misses."""
    if line().capabilities().dials:  # on a manual line nothing ever leaves
        beside(contextvars.copy_context(), send_due)


def send_due(*, limit: int = 100) -> int:
    """Send every request that is due; return how many left the house."""
    count = 0
    for _ in range(limit):
        letter = _next(clock.now())
        if letter is None:
            break
        count += _deliver(letter)
    return count


def _next(now: datetime) -> Letter | None:
    """Take the next request that is due, letting go of those that are too late."""
    while True:
        with transaction() as session:
            # A first try waits for nothing: the line's clock, by which it may be dated, can be ahead of ours.
            is_due = sa.or_(Outgoing.due_at <= now, Outgoing.tries == 0)
            due = sa.select(Outgoing).where(Outgoing.state == OutgoingState.WAITING, is_due)
            row: Outgoing | None = take(session, due.order_by(Outgoing.due_at, Outgoing.id))
            if row is None:
                return None
            if row.expires_at is not None and row.expires_at < now:
                fail(session, row, "too-late", at=now)
                continue
            if row.call is not None and row.call.is_ended and row.command != Command.TEXT:
                settle(row, OutgoingState.FAILED, at=now, error="leg-ended")
                continue
            if row.command in WHERE_TO and row.call is not None and row.call.room_id != row.room_id:
                # Tried again after a later move was asked for: the leg must not be fetched back.
                settle(row, OutgoingState.FAILED, at=now, error="moved-on")
                continue
            row.state = OutgoingState.SENDING
            row.tries += 1
            row.lease_until = now + LEASE
            return letter_of(row)


def _deliver(letter: Letter) -> bool:
    """Make one request of the line and note what came of it."""
    try:
        ref = hand_over(letter)
    except TryLater as trouble:
        return _note(letter, trouble, again=True)
    except OutcomeUnknown as trouble:
        return _note(letter, trouble, again=not once(letter.command, letter.options))
    except NotTaken as trouble:
        return _note(letter, trouble, again=False)
    now = clock.now()
    with transaction() as session:
        row = session.get_one(Outgoing, letter.id, with_for_update=True)
        if row.settled_at is None:
            settle(row, OutgoingState.SENT, at=now)
        _learn(session, row, ref, at=now)
    return True


def _note(letter: Letter, trouble: LineTrouble, *, again: bool) -> bool:
    now = clock.now()
    with transaction() as session:
        row = session.get_one(Outgoing, letter.id, with_for_update=True)
        if row.settled_at is not None:
            return True  # a report was faster than the answer
        if again and row.tries < MOST_TRIES:
            row.state, row.due_at, row.lease_until = OutgoingState.WAITING, now + PAUSE, None
            row.last_error = trouble.code
        elif isinstance(trouble, OutcomeUnknown) and once(letter.command, letter.options):
            row.state, row.lease_until, row.last_error = OutgoingState.UNKNOWN, None, trouble.code
        else:
            fail(session, row, trouble.code, at=now)
    log.warning("outgoing %s (%s): %s", letter.id, letter.command.value, trouble.code)
    return False


def _learn(session: Session, row: Outgoing, ref: str | None, *, at: datetime) -> None:
    """Keep what the line answered: its reference, what it reported meanwhile, or that a recording is gone."""
    if row.command == Command.DELETE and row.recording is not None:
        note_deleted(row.recording, at=at)
    if ref is None:
        return
    if row.command == Command.TEXT and row.text is not None:
        row.text.provider_ref = row.text.provider_ref or ref
        if TEXT_RANK[row.text.state] < TEXT_RANK[TextState.SENDING]:
            row.text.state = TextState.SENDING
    elif row.command == Command.RECORD and row.recording is not None:
        row.recording.provider_ref = row.recording.provider_ref or ref
    elif row.call is not None:
        learn_leg(session, row.call, ref, at=at)


def learn_leg(session: Session, call: Call, ref: str, *, at: datetime) -> None:
    """Keep a call's leg, and apply what the line reported of it before we knew."""
    if call.provider_ref is None:
        call.provider_ref = ref
        call.checked_at = at
    if RANK[call.state] < RANK[LegState.DIALLING]:
        call.state = LegState.DIALLING
    session.flush()
    events.take_up(session, call, at=at)


def fail(session: Session, row: Outgoing, error: str, *, at: datetime) -> None:
    """Give a request up, and with it the call, recording or text that it was for."""
    settle(row, OutgoingState.FAILED, at=at, error=error[:60])
    if row.text is not None and row.command == Command.TEXT:
        row.text.state, row.text.settled_at, row.text.error = TextState.FAILED, at, error[:40]
    if row.recording is not None and row.options.get("action") == RecordAction.START:
        row.recording.state = RecordingState.ABSENT
    session.flush()
    if row.call is not None and row.command in MAKES_LEG:
        cause = Cause.CANCELLED if error == "too-late" else Cause.ERROR
        end_unheard(session, row.call, cause, at=at)
    if row.command in _told_of_failures:
        _told_of_failures[row.command](session, row, at)


def end_unheard(session: Session, call: Call, cause: Cause, *, at: datetime) -> None:
    """End a call of which the line will never report, through the same door as its reports."""
    data = {"state": LegState.ENDED.value, "cause": cause.value, "request_key": call.request_key}
    key = f"own:{call.request_key}:ended"
    events.take_in(
        session, [Event(key, at, "own", EventKind.LEG, call.provider_ref, None, None, data)], at=at
    )
