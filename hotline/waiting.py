"""Waiting: callers hear honestly where they stand, may choose to be called back, and never drop out unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from core import clock
from core.terms import Words
from hotline import menu, recording_talks
from hotline.arrivals import arrive
from hotline.contacts import (
    CONTACT_FLOW,
    Contact,
    ContactAction,
    ContactState,
    WayOut,
    contact_of_leg,
)
from hotline.dispatch import dispatch
from hotline.lines import NOT_RECORDED_KEY, HelpLine, LineKind, line_of
from hotline.missing import miss
from hotline.rung_again import take_over
from hotline.taking import last_leg
from hotline.talking import put_back
from hotline.turns import estimate, position
from telephony.calls import Call
from telephony.inbound import Heard, on_input, on_return, on_wait
from telephony.rooms import Room
from telephony.spoken import Ask, End, LeaveWaiting, Pause, Say, Steps, Wait

S = ContactState
KEYS = "hotline-wait"
SILENCE_S = 15
"""A pass of the waiting page: nobody hears nothing for longer than this."""

WHERE = Words("您排在第 {place} 位。", "You are number {place} in the queue.")
ABOUT = Words("预计还要等 {minutes} 分钟左右。", "It will take about {minutes} minutes.")
LONG = Words("等候时间可能较长。", "The wait may be long.")
COMING = Words(
    "接线员正在接起您的电话，请不要挂断。", "An operator is answering you now; please stay on the line."
)
CHOICES = Words(
    "请回拨并保留位置请按 1，留言请按 2，继续等候不用按键。",
    "To be called back and keep your place press 1; to leave a message press 2; to wait do nothing.",
)
UNRECORDED = Words("不同意录音请按 3。", "If you don't agree to be recorded press 3.")
NOT_RECORDED = Words("好的，这次通话不录音。", "Very well: this call is not recorded.")
PROMISED = Words(
    "好的，您的位置已保留，我们会在 15 分钟内给您回电。请保持电话畅通，再见。",
    "Your place is kept. We will call you back within 15 minutes; please keep your telephone free. Goodbye.",
)
WITHHELD = Words(
    "我们看不到您的号码，无法回拨。请继续等候，或按 2 留言。",
    "Your number is withheld, so we can't call back. Please wait, or press 2 to leave a message.",
)
WILL_CALL = Words(
    "对不起，现在没能接起您的电话。我们会尽快给您回电，再见。",
    "We are sorry that nobody could answer. We will call you back as soon as we can. Goodbye.",
)
CALL_AGAIN = Words(
    "对不起，现在没能接起您的电话，我们也看不到您的号码。请稍后再拨，再见。",
    "We are sorry that nobody could answer, and your number is withheld. Please call again soon. Goodbye.",
)
BROKEN_OFF = Words(
    "对不起，刚才通话断开了，这是我们这边的问题。请不要挂断，您排在最前面。",
    "We are sorry: the call broke off on our side. Please stay on the line; you are first in the queue.",
)

Messages = Callable[[Session, Contact, Call], Steps | None]
_messages: list[Messages] = []


def take_messages(function: Messages) -> None:
    """Let a room of the line say how a caller leaves a message."""
    if function not in _messages:
        _messages.append(function)


def answer_waiting() -> None:
    """Let the hotline speak to everybody who waits on its lines."""
    for kind in LineKind:
        on_wait(f"line-{kind.value}", heard_waiting)
        on_return(f"line-{kind.value}", returned)
    on_input(KEYS, pressed)


def heard_waiting(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Say what a waiting caller hears now; called about every twenty seconds, and once at the end."""
    line, at = line_of(session, LineKind.of((heard.line or "").removeprefix("line-"))), clock.now()
    if line is None:
        return None
    contact = contact_of_leg(session, call) or arrive(session, line, call, number=heard.caller, at=at)
    if last_leg(session, contact) is not call:
        return [LeaveWaiting()]  # told late of a leg that was over before we called back
    if heard.result is not None:
        return left(session, contact, call, heard.result, at=at)
    if contact.state is S.ARRIVED:
        contact.waiting_from = take_over(session, contact, at=at) or at
        CONTACT_FLOW.move(session, contact, ContactAction.ENTER, by=None, at=at)
        dispatch(session, at=at)
    elif contact.state is S.TALKING and not call.in_room:  # their room ended around them
        put_back(session, contact, at=at)
    return _pass(session, line, contact, call, at)


def _pass(session: Session, line: HelpLine, contact: Contact, call: Call, at: datetime) -> Steps:
    if contact.state in (S.TAKEN, S.TALKING):
        return [Say(COMING, contact.voice), Pause(5)]
    if contact.state is not S.WAITING:
        return [LeaveWaiting()]
    if at - max(contact.waiting_from or at, contact.rung_at) >= line.longest_wait:
        miss(session, contact, WayOut.MESSAGE, at=at)
        return [LeaveWaiting()]
    words = _standing(session, line, position(session, contact, at=at), at)
    if contact.is_recorded:
        words = _both(words, UNRECORDED)
    said = menu.menu(session, line, contact)
    return [Ask(KEYS, words, wait_s=SILENCE_S, language=contact.voice, also=said)]


def pressed(session: Session, call: Call, heard: Heard) -> Steps:
    """Do what a waiting caller's key says."""
    contact, at = contact_of_leg(session, call), clock.now()
    if contact is None or contact.state in (S.TAKEN, S.TALKING):
        return [Say(COMING), Pause(5)]
    if contact.state is not S.WAITING:
        return [LeaveWaiting()]
    if heard.digits == "1":
        if contact.caller is None or contact.caller.is_withheld:
            return [Ask(KEYS, WITHHELD, turn=1, wait_s=SILENCE_S, language=contact.voice)]
        miss(session, contact, WayOut.CALL_BACK, at=at)
        return [LeaveWaiting()]
    if heard.digits == "2":
        miss(session, contact, WayOut.MESSAGE, at=at)
        return [LeaveWaiting()]
    if heard.digits == NOT_RECORDED_KEY and contact.is_recorded:
        recording_talks.refuse(session, contact, by=None, at=at)
        return [Say(NOT_RECORDED, contact.voice), Pause(1)]
    line = line_of(session, contact.line)
    said = menu.choose(session, line, contact, heard.digits, at=at) if line is not None else []
    return [*said, Pause(1)]


def left(session: Session, contact: Contact, call: Call, result: str, *, at: datetime) -> Steps:
    """Say what follows a waiting that is over: a person, a promise or a message, never nothing."""
    waits = contact.state in (S.ARRIVED, S.WAITING)
    if result in ("moved", "bridged"):
        # Taken off the line to be talked to; the room's own reports say the rest.
        return [Wait(f"line-{contact.line.value}")] if result == "bridged" and waits else []
    if result == "abandoned":
        if waits or contact.state is S.TAKEN:
            miss(session, contact, WayOut.ABANDONED, at=at)
        return []
    if waits:
        ways = {"full": WayOut.FULL, "left": WayOut.MESSAGE}
        miss(session, contact, ways.get(result, WayOut.TROUBLE), at=at)
    elif contact.state is S.TAKEN:  # somebody is about to answer, but the line let go: they go on waiting
        return [Wait(f"line-{contact.line.value}")]
    if contact.left_by is WayOut.CALL_BACK:
        return [Say(PROMISED, contact.voice), End()]
    for function in _messages:
        steps = function(session, contact, call)
        if steps is not None:
            return steps
    is_withheld = contact.caller is None or contact.caller.is_withheld
    return [Say(CALL_AGAIN if is_withheld else WILL_CALL, contact.voice), End()]


def returned(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Say to somebody who lost their operator that they are first, and let them wait."""
    contact, at = contact_of_leg(session, call), clock.now()
    if contact is None:
        return None
    is_alone = contact.state is S.TALKING and not call.in_room
    if is_alone or (contact.state is S.TAKEN and not _has_room(session, contact)):
        put_back(session, contact, at=at)
    return [Say(BROKEN_OFF, contact.voice), Wait(heard.line or f"line-{contact.line.value}")]


def _has_room(session: Session, contact: Contact) -> bool:
    """Say whether there is a room to bring somebody to who was taken; asked late or twice, a page must not undo that."""
    room = session.get(Room, contact.room_id) if contact.room_id is not None else None
    return room is not None and room.is_open


def _standing(session: Session, line: HelpLine, place: int, at: datetime) -> Words:
    """Say where a caller stands, how long it may take if that is known, and what they can choose."""
    seconds = estimate(session, line, at, place=place)
    words = WHERE if seconds is None else _both(WHERE, ABOUT)
    if seconds is not None and timedelta(seconds=seconds) > line.longest_wait:
        words = _both(WHERE, LONG)
    return _both(words, CHOICES).filled(place=place, minutes=ceil((seconds or 0) / 60))


def _both(one: Words, other: Words) -> Words:
    return Words(one.zh + other.zh, f"{one.en} {other.en}")
