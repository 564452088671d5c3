"""Who answers callers: the rooms of the house take turns, and a kind sentence is always there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from telephony.calls import Call
from telephony.spoken import UNEXPECTED, Steps, Wait


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
    """How the waiting ended, in our words: bridged, moved, abandoned, left, full or error."""
    caller: str | None = field(default=None, repr=False)
    """The caller's number where it was told: for the room that keeps numbers apart from calls."""
    recorded_s: int | None = None
    """How long the message is that a caller has just left."""


Answer = Callable[[Session, Call, Heard], Steps | None]
_inbound: list[Answer] = []
_inputs: dict[str, Answer] = {}
_picked_up: list[Answer] = []
_waits: dict[str, Answer] = {}
_apart: list[Callable[[Session, str], bool]] = []
_homes: list[Callable[[Session, Call], str | None]] = []
_returns: dict[str, Answer] = {}


def on_inbound(function: Answer, *, is_first: bool = False) -> Answer:
    """Let a room of the house answer calls to our numbers; it returns None for calls that are not for it."""
    if function not in _inbound:
        _inbound.insert(0 if is_first else len(_inbound), function)
    return function


def on_picked_up(function: Answer) -> None:
    """Let a room of the house speak to whoever answers a telephone it rang; it returns None for other calls."""
    if function not in _picked_up:
        _picked_up.append(function)


def on_input(question: str, function: Answer) -> None:
    """Say what follows when a caller has answered a question."""
    _inputs[question] = function


def on_wait(line: str, function: Answer) -> None:
    """Say what a waiting caller hears, and what follows when the waiting is over."""
    _waits[line] = function


def on_return(line: str, function: Answer) -> None:
    """Say what a caller hears who is put back onto a line out of a conversation."""
    _returns[line] = function


def keeps_numbers_apart(predicate: Callable[[Session, str], bool]) -> None:
    """Let a room of the house keep its callers' numbers itself: their calls hold none."""
    if predicate not in _apart:
        _apart.append(predicate)


def is_kept_apart(session: Session, called: str) -> bool:
    """Say whether callers of a number of ours are known to one room alone."""
    return any(predicate(session, called) for predicate in _apart)


def waits_at_home(home: Callable[[Session, Call], str | None]) -> None:
    """Let a room of the house say on which line its callers wait when a conversation breaks off around them."""
    if home not in _homes:
        _homes.append(home)


def home_of(session: Session, call: Call) -> str | None:
    """Return the line on which a caller is to wait whose conversation broke off, if any."""
    return next((line for line in (home(session, call) for home in _homes) if line is not None), None)


def forget_answers() -> None:
    """Take every answer away again."""
    _inbound.clear()
    _inputs.clear()
    _picked_up.clear()
    _waits.clear()
    _apart.clear()
    _homes.clear()
    _returns.clear()


def answer_call(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what a caller hears first."""
    for function in _inbound:
        steps = function(session, call, heard)
        if steps is not None:
            return steps
    return UNEXPECTED


def answer_picked_up(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what somebody hears whose telephone we rang."""
    found = (function(session, call, heard) for function in _picked_up)
    return next((steps for steps in found if steps is not None), UNEXPECTED)


def answer_input(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what a caller hears after pressing keys."""
    function = _inputs.get(heard.question or "")
    steps = function(session, call, heard) if function else None
    return UNEXPECTED if steps is None else steps


def answer_wait(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Return what a waiting caller hears, or None for silence."""
    function = _waits.get(heard.line or "")
    return function(session, call, heard) if function else None


def answer_return(session: Session, call: Call, heard: Heard) -> Steps:
    """Return what a caller hears who is put back onto a line: its own words, else the waiting at once."""
    function = _returns.get(heard.line or "")
    steps = function(session, call, heard) if function else None
    return [Wait(heard.line or "")] if steps is None else steps
