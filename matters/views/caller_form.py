"""What was noted of a call, read from its form, and who writes it down on which errand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from matters import errand_results, feedback, recalls, revisits
from matters.attributes import TryResult
from matters.caller_calls import Heard
from matters.steps import LONGEST_TEXT
from matters.turn_queue import NotYours
from matters.turns import ON_THE_WAY, CallerTurn, Errand


class Record(Protocol):
    """Write down what was heard."""

    def __call__(
        self, session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime, seen: int | None
    ) -> None:
        """Write it down."""


def _asked_again(
    session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime, seen: int | None
) -> None:
    recalls.asked_again(session, turn, heard, by=by, at=at)


RECORDS: dict[Errand, Record] = {
    Errand.TELL: feedback.told,
    Errand.REVISIT: revisits.asked,
    Errand.RECALL: _asked_again,
    Errand.SAMPLE: _asked_again,
    **dict.fromkeys(ON_THE_WAY, errand_results.rung),
}


def _whole(form: Mapping[str, Any], name: str) -> int | None:
    text = str(form.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def turn_in(form: Mapping[str, Any]) -> int:
    """Return the turn that a form is about."""
    found = _whole(form, "turn")
    if found is None:
        raise NotYours
    return found


def seen_in(form: Mapping[str, Any]) -> int | None:
    """Return the version of the matter that the page showed."""
    return _whole(form, "seen")


def heard_in(form: Mapping[str, Any]) -> Heard:
    """Read what was noted; fields of other results are left aside."""
    result = TryResult.found(form.get("result"))
    if result is None:
        raise Invalid(fields={"result": Words("请选择联系结果", "Choose what came of the call")})
    words = str(form.get("words", "")).strip()
    if len(words) > LONGEST_TEXT:
        raise Invalid(fields={"words": Words("最多 4000 字", "At most 4,000 characters")})
    near = {"yes": True, "no": False}.get(str(form.get("unit", "")))
    if result is TryResult.NOT_NOW:
        return Heard(result, unit_near=near, words=words, again_at=_again(form))
    if result is not TryResult.REACHED:
        return Heard(result, words=words)
    return Heard(
        result,
        judgement=str(form.get("judgement", "")) or None,
        satisfaction=_whole(form, "satisfaction"),
        unit_near=near,
        words=words,
    )


def _again(form: Mapping[str, Any]) -> datetime | None:
    text = str(form.get("again", "")).strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            fields={"again": Words("请写成 2026-11-20 19:30", "Write it like 2026-11-20 19:30")}
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())
