"""A unit's timeline: what a unit did with a matter and what it was told, in words, and never what was said elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.terms import Term, Words
from matters import log
from matters.attributes import Fault, Outcome, PauseReason, RejectReason
from matters.done_words import done_words
from matters.flow import SIDES, MatterAction, Side
from matters.log import MatterEvent
from matters.matter import Matter
from matters.rules import apply, begin
from matters.standing import Standing
from matters.unit_copy import Cover

A = MatterAction

_TOLD = frozenset({A.ASSIGN, A.ACCEPT_RETURN, A.REFUSE_RETURN, A.CONTACT, A.CALLER_REPLIED, A.GRANT_EXTENSION,
                   A.REFUSE_EXTENSION, A.SUB_EXCUSED, A.REJECT, A.SUSPEND, A.RENEW, A.RESUME_WORK, A.REMIND,
                   A.SUPERVISE})  # fmt: skip
"""What the centre and the supervision offices tell a unit, with their words."""
_NOTED = frozenset({A.DEEM_SIGNED, A.RESUME, A.NO_CONTACT, A.ACCEPT, A.SEND_ROUND, A.NOTICE_LIST, A.FAULT, A.CLEAR_FAULT,
                    A.CLOSE_SOLVED, A.CLOSE_EXPLAINED, A.CLOSE_UNREACHED, A.WITHDRAW, A.REOPEN})  # fmt: skip
"""What a unit is told has happened, without the words that were spoken over it."""
_CODES: dict[str, tuple[tuple[MatterAction, ...], type[Term]]] = {
    "outcome": ((A.REPORT,), Outcome),
    "reason": ((A.REJECT,), RejectReason),
    "fault": ((A.FAULT,), Fault),
}


@dataclass(frozen=True)
class Step:
    """One step as the unit reads it."""

    at: datetime
    who: str
    """A colleague's name, or on whose side somebody acted."""
    what: MatterAction
    more: Term | None
    until: datetime | None
    text: str
    is_own: bool


def timeline(session: Session, matter: Matter, staff: Staff, cover: Cover) -> list[Step]:
    """Return the steps of a matter that a person's unit may read, the newest first."""
    return list(_steps(session, matter, staff, cover))[::-1]


def _steps(session: Session, matter: Matter, staff: Staff, cover: Cover) -> Iterator[Step]:
    before = begin(matter.raised_at)
    unit = staff.unit_id or 0
    for event in log.entries(session, matter, with_text=True):
        after = apply(before, event.deed)
        action = MatterAction.of(event.action)
        is_own = event.unit_id == unit and SIDES[action] & {Side.UNIT} != frozenset()
        if is_own or (action in _TOLD | _NOTED and _concerns(event, action, before, after, unit)):
            yield Step(
                event.at,
                _who(event, action, is_own=is_own),
                action,
                _more(event, action),
                _until(event, action),
                cover.words(event.text) if is_own or action in _TOLD else "",
                is_own,
            )
        before = after


def _concerns(event: MatterEvent, action: MatterAction, before: Standing, after: Standing, unit: int) -> bool:
    """Say whether something happened to this unit: as the lead of that moment, or with its own part."""
    if action in (A.FAULT, A.CLEAR_FAULT):
        named = event.facts.get("unit", str(event.facts.get("key", "")).split(":")[0])
        return str(named) == str(unit)
    if action is A.SUB_EXCUSED:
        return unit in (event.facts.get("unit"), before.lead)
    if action in (A.ASSIGN, A.ACCEPT_RETURN):
        return unit in (after.lead, *after.supporting) or before.lead == unit
    return unit in (before.lead, after.lead)


def _who(event: MatterEvent, action: MatterAction, *, is_own: bool) -> str:
    if is_own and event.staff is not None:
        return event.staff.name
    if event.staff_id is None:
        return Side.SYSTEM.label
    for side in (Side.SUPERVISION, Side.HEAD, Side.CENTRE):
        if side in SIDES[action]:
            return side.label
    return Side.CENTRE.label


def _more(event: MatterEvent, action: MatterAction) -> Term | None:
    if action is A.ASK_CALLER:
        return PauseReason.found(event.facts.get("reason"))
    if action is A.CLEAR_FAULT:
        return Fault.found(str(event.facts.get("key", "")).partition(":")[2].partition(":")[0])
    for name, (actions, term) in _CODES.items():
        if action in actions:
            return term.found(event.facts.get(name))
    return None


def _until(event: MatterEvent, action: MatterAction) -> datetime | None:
    fact = {A.ASK_EXTENSION: "until", A.SUSPEND: "review", A.RENEW: "review"}.get(action)
    return datetime.fromisoformat(str(event.facts[fact])) if fact and event.facts.get(fact) else None


WORDS: dict[MatterAction, Words] = {
    A.ASSIGN: Words("交给贵单位办理", "Handed to your unit"),
    A.ACCEPT_RETURN: Words("经裁定改派贵单位办理", "Handed to your unit after a return"),
    A.CONTACT: Words("联系了诉求人", "The caller was spoken to"),
    A.ASK_CALLER: Words("请民意中心向诉求人了解", "Asked the caller through the centre"),
    A.REJECT: Words("审核未通过，退回重办", "Not approved, sent back"),
    A.SEND_ROUND: Words("诉求人反映没有解决，再次交办", "Not solved, sent round again"),
}
"""Where the name of an action says less than the unit needs."""


def words(step: Step) -> str:
    """Say a step in words."""
    return str(WORDS[step.what]) if step.what in WORDS else str(done_words(step.what))
