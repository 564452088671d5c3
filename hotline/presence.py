"""Presence: who is really there, by the heartbeat of their screen, and what a shift lead sees them do."""

from __future__ import annotations

from datetime import datetime

from core.terms import Term
from hotline.seats import LOST_AFTER, SeatState

S = SeatState


class Doing(Term):
    """What a shift lead sees somebody do."""

    READY = "ready", "空闲", "Ready"
    RINGING = "ringing", "振铃", "Ringing"
    TALKING = "talking", "通话", "Talking"
    WRAPPING = "wrapping", "话后整理", "Wrap-up"
    RESTING = "resting", "恢复休息", "Resting after a key call"
    BREAK = "break", "休息", "Break"
    LOST = "lost", "失联", "Screen lost"
    OFF = "off", "离席", "Off"


PRESENT = frozenset(set(Doing) - {Doing.OFF, Doing.LOST})
TONES = {
    Doing.READY.value: "green",
    Doing.RINGING.value: "yellow",
    Doing.TALKING.value: "blue",
    Doing.WRAPPING.value: "",
    Doing.RESTING.value: "yellow",
    Doing.BREAK.value: "yellow",
    Doing.LOST.value: "red",
}


def doing(
    state: SeatState, *, heartbeat_at: datetime, rest_until: datetime | None, is_ringing: bool, now: datetime
) -> Doing:
    """Say what somebody does: a talk goes on without its screen, everything else needs one."""
    if state is S.OFF:
        return Doing.OFF
    if state is S.TALKING:
        return Doing.TALKING
    if now - heartbeat_at > LOST_AFTER:
        return Doing.LOST
    if state is S.AVAILABLE:
        if is_ringing:
            return Doing.RINGING
        return Doing.RESTING if rest_until is not None and rest_until > now else Doing.READY
    return {S.WRAPPING: Doing.WRAPPING, S.BREAK: Doing.BREAK}[state]
