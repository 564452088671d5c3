"""The timeline of a matter as the desk reads it: every entry of the log in words; what was written stays sealed until opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Unit
from core.terms import Term, Words
from matters import log
from matters.attributes import (
    DeclineReason,
    Fault,
    IncidentWay,
    Judgement,
    Outcome,
    PauseReason,
    RejectReason,
    TransferTarget,
    TryResult,
)
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.log import MatterEvent
from matters.matter import Matter

_CODES: dict[A, tuple[tuple[str, type[Term]], ...]] = {
    A.DECLINE: (("reason", DeclineReason),),
    A.TRANSFER: (("target", TransferTarget),),
    A.ASK_CALLER: (("reason", PauseReason),),
    A.REPORT: (("outcome", Outcome),),
    A.REJECT: (("reason", RejectReason),),
    A.ACCEPT: (("outcome", Outcome),),
    A.TELL: (("result", TryResult),),
    A.REVISIT: (("result", TryResult), ("judgement", Judgement)),
    A.PANEL: (("cause", Outcome),),
    A.FAULT: (("fault", Fault),),
    A.REPORT_INCIDENT: (("way", IncidentWay),),
}
_UNTIL = {A.ASK_EXTENSION: "until", A.SUSPEND: "review", A.RENEW: "review"}
_UNITS = {
    A.ASSIGN: "lead",
    A.ACCEPT_RETURN: "lead",
    A.ASK_RETURN: "proposed",
    A.SUB_EXCUSED: "unit",
    A.FAULT: "unit",
}
_RECEIPTS = {A.MERGE: "target", A.PROPOSE_MERGE: "target", A.REFUSE_MERGE: "target", A.ADD_CALLER: "source"}


@dataclass(frozen=True)
class Step:
    """One entry as the desk reads it."""

    number: int
    at: datetime
    who: str
    unit: str
    action: A
    more: tuple[str, ...]
    has_text: bool
    text: str | None
    """What was written with it; None until it is opened."""


def timeline(session: Session, matter: Matter, *, is_open: bool = False) -> list[Step]:
    """Return the steps of a matter, the newest first; their texts only where someone opened what is sealed."""
    events = log.entries(session, matter, with_text=is_open)
    written = set(
        session.scalars(
            sa.select(MatterEvent.number).where(
                MatterEvent.matter_id == matter.id, MatterEvent.text.is_not(None)
            )
        )
    )
    names = _Names(session)
    return [_step(event, names, has_text=event.number in written, is_open=is_open) for event in events][::-1]


def _step(event: MatterEvent, names: _Names, *, has_text: bool, is_open: bool) -> Step:
    action = A.of(event.action)
    return Step(
        event.number,
        event.at,
        event.staff.name if event.staff else Side.SYSTEM.label,
        event.unit.label if event.unit else "",
        action,
        tuple(_more(event, action, names)),
        has_text,
        (event.text or None) if is_open else None,
    )


def _more(event: MatterEvent, action: A, names: _Names) -> list[str]:
    facts = event.facts
    found = [term.found(facts.get(name)) for name, term in _CODES.get(action, ())]
    words = [term.label for term in found if term is not None]
    if facts.get("satisfaction"):
        words.append(str(Words("满意度 {n} 分", "satisfaction {n} of 5").filled(n=facts["satisfaction"])))
    if action in _UNTIL and facts.get(_UNTIL[action]):
        until = clock.local(datetime.fromisoformat(str(facts[_UNTIL[action]])))
        words.append(str(Words("至 {at}", "until {at}").filled(at=f"{until:%Y-%m-%d %H:%M}")))
    if action in _UNITS:
        words += names.units([facts.get(_UNITS[action])])
    if facts.get("supporting"):
        listed = "、".join(names.units(facts["supporting"]))
        words.append(str(Words("协办：{units}", "supporting: {units}").filled(units=listed)))
    if action in _RECEIPTS:
        words += names.receipt(facts.get(_RECEIPTS[action]))
    return words


class _Names:
    """Units and receipts by their ids, each read once."""

    def __init__(self, session: Session) -> None:
        self.unit = _remembered(lambda key: session.get(Unit, key))
        self.matter = _remembered(
            lambda key: session.scalar(sa.select(Matter.receipt).where(Matter.id == key))
        )

    def units(self, ids: list[Any]) -> list[str]:
        found = [self.unit(each) for each in ids if isinstance(each, int)]
        return [unit.label for unit in found if unit is not None]

    def receipt(self, matter_id: Any) -> list[str]:
        found = self.matter(matter_id) if isinstance(matter_id, int) else None
        return [found] if found else []


def _remembered(look_up: Callable[[int], Any]) -> Callable[[int], Any]:
    known: dict[int, Any] = {}

    def found(key: int) -> Any:
        if key not in known:
            known[key] = look_up(key)
        return known[key]

    return found
