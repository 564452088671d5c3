"""The supervision office's steps as they come from a form: which action, with which facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from core import clock
from core.terms import Words
from matters.flow import MatterAction as A

Typed = Mapping[str, list[str]]
REVIEW_HOUR = time(9)


@dataclass(frozen=True)
class Step:
    """One step of a form: its action, how its facts are read, and what is said when it was taken."""

    action: A
    done: Words
    facts: Callable[[Typed], dict[str, Any]] = field(default=lambda typed: {})


def first(typed: Typed, name: str) -> str:
    """Return the first value of a field."""
    return (typed.get(name) or [""])[0].strip()


def whole(text: str) -> int | None:
    """Read a record's number; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else None


def morning_of(text: str) -> str | None:
    """Read a date as nine in the morning of that day."""
    try:
        return datetime.combine(date.fromisoformat(text), REVIEW_HOUR, clock.zone()).isoformat()
    except ValueError:
        return None


def _review(typed: Typed) -> dict[str, Any]:
    return {
        "leader": bool(first(typed, "leader")),
        "review": morning_of(first(typed, "review")),
    }


STEPS: dict[str, Step] = {
    "refuse": Step(A.REFUSE_RETURN, Words("已裁定不同意退回。", "The return is refused.")),
    "grant": Step(
        A.GRANT_EXTENSION,
        Words(
            "已同意延期，由民意中心告知诉求人。", "The extension is granted; the centre tells the callers."
        ),
    ),
    "deny": Step(A.REFUSE_EXTENSION, Words("已裁定不同意延期。", "The extension is refused.")),
    "grade": Step(
        A.GRADE,
        Words("难度已定。", "The difficulty is graded."),
        lambda typed: {"difficulty": first(typed, "difficulty")},
    ),
    "remind": Step(A.REMIND, Words("已催办。", "Reminded.")),
    "supervise": Step(A.SUPERVISE, Words("已督办到单位负责人。", "Supervised; the unit's leader is told.")),
    "list": Step(A.NOTICE_LIST, Words("已列入通报。", "Put on the notice list.")),
    "escalate": Step(A.ESCALATE, Words("已上报一级。", "Escalated one level.")),
    "suspend": Step(A.SUSPEND, Words("已挂账，计时暂停。", "Suspended; the clock stands still."), _review),
    "renew": Step(A.RENEW, Words("挂账已延长。", "The suspension is renewed."), _review),
    "resume": Step(A.RESUME_WORK, Words("已恢复办理。", "Work goes on.")),
    "excuse": Step(
        A.SUB_EXCUSED,
        Words("已免除协办。", "The part is excused."),
        lambda typed: {"unit": whole(first(typed, "unit"))},
    ),
    "fault": Step(
        A.FAULT,
        Words("过错已记录。", "The fault is recorded."),
        lambda typed: {"fault": first(typed, "fault"), "unit": whole(first(typed, "unit"))},
    ),
    "clear": Step(
        A.CLEAR_FAULT,
        Words("过错已撤销。", "The fault is cleared."),
        lambda typed: {"key": first(typed, "key")},
    ),
    "flag": Step(A.FLAG_INCIDENT, Words("已作为突发事件上报。", "Flagged as an incident.")),
    "acknowledge": Step(A.ACKNOWLEDGE, Words("已确认收到。", "Acknowledged.")),
    "way": Step(
        A.REPORT_INCIDENT,
        Words("报告已记录。", "The report is noted."),
        lambda typed: {"way": first(typed, "way")},
    ),
}
"""Every step that is one action with its facts; assigning and joint rulings have operations of their own."""
