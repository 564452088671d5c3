"""A unit's forms: what was typed at each step, read into the facts and the words that the step keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core import clock
from core.problems import Invalid
from core.terms import Words
from matters.flow import MatterAction as A
from matters.limits import DAY_ENDS
from matters.unit_page import points_of

Typed = Mapping[str, list[str]]
LONGEST_BASIS = 500


@dataclass(frozen=True)
class Given:
    """What a step is taken with."""

    action: A
    facts: Mapping[str, object]
    text: str


@dataclass(frozen=True)
class Frame:
    """What reading a form needs to know of the matter."""

    copy: str
    identity: str
    proposals: frozenset[int]
    evidence: int


def read(step: str, typed: Typed, frame: Frame) -> Given:
    """Read the form of a step."""
    return _READERS[step](typed, frame)


def steps() -> frozenset[str]:
    """Return the steps that have a form."""
    return frozenset(_READERS)


def _one(typed: Typed, name: str) -> str:
    return (typed.get(name) or [""])[0].strip()


def whole(text: str) -> int | None:
    """Read a whole number of up to nine digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _text_only(action: A) -> Callable[[Typed, Frame], Given]:
    return lambda typed, _frame: Given(action, {}, _one(typed, "text"))


def _ask_return(typed: Typed, frame: Frame) -> Given:
    reason, basis = _one(typed, "text"), _one(typed, "basis")
    if len(basis) > LONGEST_BASIS:
        raise Invalid(fields={"basis": Words("最多 500 字", "At most 500 characters")})
    proposed = whole(_one(typed, "proposed"))
    facts = {"basis": bool(basis), "proposed": proposed if proposed in frame.proposals else None}
    return Given(A.ASK_RETURN, facts, f"{reason}\n依据：{basis}" if reason else "")


def _ask_caller(typed: Typed, _frame: Frame) -> Given:
    return Given(A.ASK_CALLER, {"reason": _one(typed, "reason")}, _one(typed, "text"))


def _contact(typed: Typed, frame: Frame) -> Given:
    text = _one(typed, "text")
    if not text:
        raise Invalid(fields={"text": Words("请写下谈了什么", "Write what was said")})
    return Given(A.CONTACT, {"identity": frame.identity}, text)


def _ask_extension(typed: Typed, _frame: Frame) -> Given:
    return Given(A.ASK_EXTENSION, {"until": _moment(_one(typed, "until"))}, _one(typed, "text"))


def _moment(text: str) -> str:
    """Read a day, which ends with the office, or a day and hour; on the centre's clock."""
    try:
        if len(text) == len("2026-11-18"):
            found = datetime.combine(date.fromisoformat(text), DAY_ENDS)
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return found.replace(tzinfo=clock.zone()).isoformat()


def _report(typed: Typed, frame: Frame) -> Given:
    ticked = set(typed.get("points") or ())
    points = {str(n) for n in range(1, len(points_of(frame.copy)) + 1)} or {"1"}
    facts = {"outcome": _one(typed, "outcome"), "points": points <= ticked, "evidence": frame.evidence}
    return Given(A.REPORT, facts, _one(typed, "text"))


_READERS: dict[str, Callable[[Typed, Frame], Given]] = {
    "sign": _text_only(A.SIGN),
    "return": _ask_return,
    "ask": _ask_caller,
    "contact": _contact,
    "extend": _ask_extension,
    "part": _text_only(A.SUB_DONE),
    "report": _report,
    "resume": _text_only(A.RESUME_WORK),
}
