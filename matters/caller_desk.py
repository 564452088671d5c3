"""The desk of whoever rings callers: the turn in hand with what to read aloud, its tries, and how the call stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, purposes
from core.people import Staff
from core.phone import masked
from core.problems import Missing
from core.purposes import ReadingPurpose, StatedPurpose
from core.terms import Words
from matters.attributes import Decision, Outcome, TryResult
from matters.caller_script import Script, script
from matters.caller_tries import CallerTry, came_to_nothing, open_try, suggestion, tries_of
from matters.errand_results import promised
from matters.flow import MatterAction
from matters.log import MatterEvent
from matters.matter import Matter
from matters.messages import open_relay
from matters.moving import standing_of
from matters.reporters import numbers_of
from matters.steps_inform import SAID_IN, decided
from matters.turn_queue import held_by
from matters.turns import CallerTurn, Errand
from matters.unit_copy import cover_of
from telephony.line import line

_TEXT_OF: dict[Errand, tuple[MatterAction, ...]] = {
    Errand.SAMPLE: (MatterAction.ANSWER,),
    Errand.ASK: (MatterAction.ASK_CALLER,),
}
_READS_NOTHING = (Errand.CONTACT, Errand.CALL_BACK)


@dataclass(frozen=True)
class CallStands:
    """How the call to a caller stands."""

    id: int | None
    words: Words
    is_live: bool
    was_connected: bool
    suggested: TryResult | None


@dataclass(frozen=True)
class Hand:
    """The caller in hand."""

    turn: CallerTurn
    matter: Matter
    receipt: str
    """The receipt that they know: their own, also after a merge."""
    which: int
    callers: int
    number: str
    script: Script
    result: str | None
    """What is read to them, without anything that tells who someone is."""
    outcome: Outcome | None
    tries: list[CallerTry]
    call: CallStands | None
    news: Words | None = None
    """What was decided, where the caller is told a decision."""
    narrative: str | None = None

    @property
    def reads(self) -> bool:
        """Say whether the words on the page are read out, not only known to whoever asks."""
        return self.turn.errand not in (Errand.REVISIT, Errand.RECALL, *_READS_NOTHING)

    @property
    def can_dial(self) -> bool:
        """Say whether the next thing is to dial."""
        return self.call is None and not self.turn.needs_text


def hand(session: Session, staff: Staff, *, at: datetime) -> Hand | None:
    """Read the caller in hand."""
    turn = held_by(session, staff)
    if turn is None:
        return None
    matter, standing = turn.matter, standing_of(turn.matter)
    numbers = numbers_of(session, matter)
    own = turn.reporter.receipt_of
    receipt = own.receipt or matter.receipt or ""
    raised = clock.local(own.registered_at or own.raised_at).date()
    made = open_try(session, turn)
    return Hand(
        turn=turn,
        matter=matter,
        receipt=receipt,
        which=numbers.get(turn.reporter_id, 1),
        callers=max(len(numbers), 1),
        number=masked(turn.reporter.number) if turn.reporter.number else "",
        script=script(turn.errand, receipt, raised),
        result=_result(session, turn),
        outcome=Outcome.found(standing.check),
        tries=tries_of(session, turn),
        call=call_stands(made) if made and not came_to_nothing(made) else None,
        news=_news(session, turn, at=at) if turn.errand is Errand.INFORM else None,
    )


def _news(session: Session, turn: CallerTurn, *, at: datetime) -> Words | None:
    """Say what was decided and by when something follows: what the caller is promised with it."""
    decision, _ = decided(standing_of(turn.matter)) or (None, None)
    found = promised(session, turn, at=at)
    if decision is None or found is None:
        return (
            Words("“这件事我们不能受理，原因是：”", "“We can't take this up, because:”") if decision else None
        )
    _, on = found
    if decision is Decision.SUSPENDED:
        words = Words(
            "“这件事眼下还办不了，先挂账，按下面的步骤办；{month} 月 {day} 日前再看一次。”",
            "“This can't be done yet and is put aside, with the steps below; it is looked at again by {on}.”",
        )
    else:
        words = Words(
            "“承办单位需要更多时间，最晚 {month} 月 {day} 日前给您答复。”",
            "“The unit needs more time; you get an answer by {on}.”",
        )
    return words.filled(month=on.month, day=on.day, on=f"{on:%-d %B}")


def _result(session: Session, turn: CallerTurn) -> str | None:
    """Return what there is to read, with identities taken out: the unit's result, its question or message, or an answer."""
    if turn.errand in _READS_NOTHING:
        return None
    if turn.errand is Errand.RELAY:
        relay = open_relay(session, turn.matter)
        return cover_of(session, turn.matter).words(relay.message) if relay is not None else None
    actions = _TEXT_OF.get(turn.errand, (MatterAction.REPORT,))
    if turn.errand is Errand.INFORM:
        decision, _ = decided(standing_of(turn.matter)) or (None, None)
        actions = SAID_IN[decision] if decision else ()
    query = (
        sa.select(MatterEvent)
        .where(MatterEvent.matter_id == turn.matter_id, MatterEvent.action.in_([a.value for a in actions]))
        .order_by(MatterEvent.number.desc())
        .limit(1)
    )
    event = session.scalars(query).first()
    return cover_of(session, turn.matter).words(event.text) if event is not None and event.text else None


def call_stands(made: CallerTry) -> CallStands:
    """Say how a call stands, in words."""
    call = made.call
    if call is None:
        return CallStands(None, Words("没有拨打", "Not dialled"), False, False, None)
    if call.was_connected:
        words = Words("通话已结束", "The call is over") if call.is_ended else Words("通话中", "Talking")
    elif call.is_ended:
        words = Words("没有接通", "Not reached")
    elif line().capabilities().dials:
        words = Words("正在拨打…", "Ringing…")
    else:
        words = Words("请用桌上电话拨号", "Dial on the telephone on your desk")
    return CallStands(call.id, words, not call.is_ended, call.was_connected, suggestion(made))


def open_narrative(session: Session, staff: Staff, *, at: datetime) -> tuple[Hand, StatedPurpose]:
    """Read what the caller in hand said, for the purpose of this very call; the journal keeps who and why."""
    found = hand(session, staff, at=at)
    if found is None:
        raise Missing
    purpose = ReadingPurpose.CHECK if found.turn.errand.asks else ReadingPurpose.HANDLE
    stated = purposes.in_force(session, found.matter, by=staff, at=at)
    if stated is None:
        stated = purposes.state(session, found.matter, purpose, "", by=staff, at=at)
    purposes.note_reading(session, found.matter, "matter.read", by=staff, at=at)
    return found, stated


def tries_today(session: Session, staff: Staff, *, at: datetime) -> dict[TryResult, int]:
    """Count what came of someone's tries today."""
    start = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        sa.select(CallerTry.result, sa.func.count())
        .where(CallerTry.staff_id == staff.id, CallerTry.made_at >= start, CallerTry.result.is_not(None))
        .group_by(CallerTry.result)
    )
    return {result: count for result, count in session.execute(query) if result is not None}
