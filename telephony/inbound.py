"""Who answers callers: the rooms of the house take turns, and a kind sentence is always there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from telephony.calls import Call
from telephony.spoken import UNEXPECTED, Steps


@dataclass(frozen=True)
class Heard:
    """What a caller did: called one of our numbers, answered a question, or ended their waiting."""

    called: str
    question: str | None = None
    digits: str = ""
    turn: int = 0
    line: str | None = None
    position: int | None = None
    result: str | None = None


Answer = Callable[[Session, Call, Heard], Steps | None]
_inbound: list[Answer] = []
_inputs: dict[str, Answer] = {}
_waits: dict[str, Answer] = {}


def on_inbound(function: Answer) -> Answer:
    """Let a room of the house answer calls to our numbers; it returns None for calls that are not for it."""
    if function not in _inbound:
        _inbound.append(function)
    return function


def on_input(question: str, function: Answer) -> None:
    """Say what follows when a caller has answered a question."""
    _inputs[question] = function


def on_wait(line: str, function: Answer) -> None:
    """Say what a waiting caller hears, and what follows when the waiting is over."""
    _waits[line] = function


def forget_answers() -> None:
    """Take every answer away again."""
    _inbound.clear()
    _inputs.clear()
    _waits.clear()


def answer_call(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what a caller hears first."""
    for function in _inbound:
        steps = function(session, call, heard)
        if steps is not None:
            return steps
    return UNEXPECTED


def answer_input(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what a caller hears after pressing keys."""
    function = _inputs.get(heard.question or "")
    steps = function(session, call, heard) if function else None
    return UNEXPECTED if steps is None else steps


def answer_wait(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Return what a waiting caller hears, or None for silence."""
    function = _waits.get(heard.line or "")
    return function(session, call, heard) if function else None
