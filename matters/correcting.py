"""Correcting: what was written down wrong is put right by new entries, and the log keeps what stood before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core import purposes
from core.people import Staff
from core.problems import Invalid, Missing
from core.terms import Words
from matters import drafts, statements
from matters.attributes import Conflict
from matters.flow import MatterAction
from matters.keeping_away import sides_of
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.registration import Statement, lacking
from matters.rules import allowed
from matters.topics import topic

LONGEST_REASON = 500
FIELDS = ("topic", "urgency", "kind", "place", "village", "spot")
"""What of a statement is corrected besides its words; who spoke and whom it is about are not."""
NOTHING = "—"
"""What stood before where nothing did."""


def may_correct(matter: Matter, staff: Staff) -> bool:
    """Say whether someone may correct a matter now."""
    return MatterAction.CORRECT in allowed(standing_of(matter), sides_of(staff, matter))


def as_typed(matter: Matter, *, is_open: bool = False) -> dict[str, str]:
    """Return a matter as the fields of the form; what was said only where somebody opened it."""
    typed = drafts.as_typed(matter) | {"reason": ""}
    if not is_open:
        del typed["narrative"]
    return typed


def open_words(session: Session, matter: Matter, *, by: Staff, at: datetime) -> str:
    """Read what was said to correct it, for the purpose stated; the journal keeps who and why."""
    if not may_correct(matter, by):
        raise Missing
    purposes.note_reading(session, matter, "matter.read", by=by, at=at)
    return matter.narrative


def correct(
    session: Session, matter: Matter, typed: Mapping[str, str], *, by: Staff, at: datetime, seen: int | None
) -> None:
    """Put right what a form says; a copy approved before is to be approved anew where the words changed."""
    wanted = replace(
        statements.read(session, {name: typed.get(name, "") for name in FIELDS}),
        narrative=typed.get("narrative", matter.narrative),
        conflict=Conflict.NONE,
        conflict_unit=None,
        consent_read=True,
    )
    reason = typed.get("reason", "").strip()
    _check(matter, wanted, reason)
    before, facts = _was(matter), _changed(matter, wanted)
    old = {"narrative": matter.narrative, "spot": matter.spot}
    new = {"narrative": wanted.narrative.strip(), "spot": wanted.spot.strip()}
    words = [name for name in old if new[name] != old[name]]
    if facts:
        facts["was"] = {name: before[name] for name in facts}
    if words:
        facts["words"] = words
    act(session, matter, MatterAction.CORRECT, by=by, at=at, facts=facts, text=reason, seen=seen)
    for name in words:  # an entry of its own for each, so that nothing of before is cut short
        kept = {"before": name}
        act(session, matter, MatterAction.CORRECT, by=by, at=at, facts=kept, text=old[name] or NOTHING)
    if wanted.place is not None and wanted.kind is not None:
        matter.kind, matter.topic, matter.place_id = wanted.kind, wanted.topic, wanted.place.id
    matter.narrative, matter.spot = new["narrative"], new["spot"]
    if "narrative" in words:
        matter.redacted = None
    session.flush()


def _was(matter: Matter) -> dict[str, Any]:
    return {
        "urgency": matter.urgency.value,
        "topic": matter.topic,
        "kind": matter.kind.value if matter.kind else None,
        "place": matter.place_id,
    }


def _changed(matter: Matter, wanted: Statement) -> dict[str, Any]:
    asked = {
        "urgency": wanted.urgency.value if wanted.urgency else matter.urgency.value,
        "topic": wanted.topic,
        "kind": wanted.kind.value if wanted.kind else None,
        "place": wanted.place.id if wanted.place else None,
    }
    before = _was(matter)
    return {name: value for name, value in asked.items() if value != before[name]}


def _check(matter: Matter, wanted: Statement, reason: str) -> None:
    wrong = lacking(wanted)
    subject = topic(wanted.topic)
    if subject is not None and subject.is_retired and subject.code == matter.topic:
        wrong.pop("topic", None)  # a retired topic stays on what has it
    if not reason:
        wrong["reason"] = Words("请写明为什么更正", "Write why it is corrected")
    elif len(reason) > LONGEST_REASON:
        wrong["reason"] = Words("最多 500 字", "At most 500 characters")
    if wrong:
        raise Invalid(
            Words("没有更正，填写的内容都在", "Nothing was corrected; what you typed is kept"), fields=wrong
        )
