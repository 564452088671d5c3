"""The timeline of a matter as the desk reads it: every entry of the log in words; what was written stays sealed until opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.dates import moment_words
from core.people import Unit
from core.places import Place
from core.terms import Term, Words, language
from matters import log
from matters.attributes import (
    Conflict,
    Decision,
    DeclineReason,
    Difficulty,
    Fault,
    IncidentWay,
    Judgement,
    MatterKind,
    Outcome,
    PauseReason,
    RejectReason,
    TransferTarget,
    TryResult,
    Urgency,
)
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.log import MatterEvent
from matters.matter import Matter
from matters.topics import topic

_CODES: dict[A, tuple[tuple[str, type[Term]], ...]] = {
    A.DECLINE: (("reason", DeclineReason),),
    A.TRANSFER: (("target", TransferTarget),),
    A.ASK_CALLER: (("reason", PauseReason),),
    A.REPORT: (("outcome", Outcome),),
    A.REJECT: (("reason", RejectReason),),
    A.ACCEPT: (("outcome", Outcome),),
    A.TELL: (("result", TryResult),),
    A.INFORM: (("decision", Decision), ("result", TryResult)),
    A.GRADE: (("difficulty", Difficulty),),
    A.LIMIT_PASSED: (("limit", Limit),),
    A.REVISIT: (("result", TryResult), ("judgement", Judgement)),
    A.PANEL: (("cause", Outcome),),
    A.FAULT: (("fault", Fault),),
    A.REPORT_INCIDENT: (("way", IncidentWay),),
}
_UNTIL = {A.ASK_EXTENSION: "until", A.INFORM: "until", A.SUSPEND: "review", A.RENEW: "review"}
_UNITS = {
    A.ASSIGN: "lead",
    A.ACCEPT_RETURN: "lead",
    A.ASK_RETURN: "proposed",
    A.SUB_EXCUSED: "unit",
    A.TAKE_AWAY: "lead",
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
    names = Names(session)
    return [_step(event, names, has_text=event.number in written, is_open=is_open) for event in events][::-1]


def _step(event: MatterEvent, names: Names, *, has_text: bool, is_open: bool) -> Step:
    action = A.of(event.action)
    return Step(
        event.number,
        event.at,
        event.staff.name if event.staff else Side.SYSTEM.label,
        event.unit.label if event.unit else "",
        action,
        tuple(details(event, names)),
        has_text,
        (event.text or None) if is_open else None,
    )


def details(event: MatterEvent, names: Names) -> list[str]:
    """Say what an entry was about, in codes and names of units: nothing of what was written."""
    action = A.of(event.action)
    facts = event.facts
    found = [term.found(facts.get(name)) for name, term in _CODES.get(action, ())]
    words = [term.label for term in found if term is not None]
    if action is A.CLEAR_FAULT:
        words += fault_words(str(facts.get("key", "")), names.units)
    if action is A.SET_CONFLICT:
        words += [Conflict.of(facts["conflict"]).label, *names.units([facts.get("conflict_unit")])]
    if action is A.REGISTER and facts.get("proposed"):
        words.append(str(Words("像是险情，待核定", "sounds like danger, to be settled")))
    if action is A.CORRECT:
        words += _corrected(facts, names)
    if facts.get("satisfaction"):
        words.append(str(Words("满意度 {n} 分", "satisfaction {n} of 5").filled(n=facts["satisfaction"])))
    if action in _UNTIL and facts.get(_UNTIL[action]):
        until = moment_words(datetime.fromisoformat(str(facts[_UNTIL[action]])))
        words.append(str(Words("至 {at}", "until {at}").filled(at=until)))
    if action in _UNITS:
        words += names.units([facts.get(_UNITS[action])])
    if facts.get("supporting"):
        listed = "、".join(names.units(facts["supporting"]))
        words.append(str(Words("协办：{units}", "supporting: {units}").filled(units=listed)))
    if action in _RECEIPTS:
        words += names.receipt(facts.get(_RECEIPTS[action]))
    return words


def fault_words(key: str, units: Callable[[list[Any]], list[str]]) -> list[str]:
    """Say which fault of which unit a key names."""
    unit, _, rest = key.partition(":")
    fault = Fault.found(rest.partition(":")[0])
    return [*([fault.label] if fault else []), *units([int(unit)] if unit.isdecimal() else [])]


_FIELDS: dict[str, Words] = {
    "urgency": Words("紧急程度", "urgency"),
    "topic": Words("类别", "topic"),
    "kind": Words("类型", "kind"),
    "place": Words("地点", "place"),
}
_WORDS = {"narrative": Words("内容", "the words"), "spot": Words("具体地点", "the spot")}


def _corrected(facts: dict[str, Any], names: Names) -> list[str]:
    """Say what was put right: the codes with what stood before, the words by name alone."""
    found: list[str] = []
    was = facts.get("was") or {}
    for name, words in _FIELDS.items():
        if name in facts:
            change = Words("{field}：{a} → {b}", "{field}: {a} → {b}")
            a, b = (names.value(name, value) for value in (was.get(name), facts[name]))
            found.append(str(change.filled(field=words, a=a, b=b)))
    found += [str(_WORDS[name]) for name in facts.get("words") or [] if name in _WORDS]
    if facts.get("before") in _WORDS:
        kept = Words("更正前的{field}", "{field} as before")
        found.append(str(kept.filled(field=_WORDS[facts["before"]])))
    return found


class Names:
    """Units and receipts by their ids, each read once."""

    def __init__(self, session: Session) -> None:
        self.unit = _remembered(lambda key: session.get(Unit, key))
        self.place = _remembered(lambda key: session.get(Place, key))
        self.matter = _remembered(
            lambda key: session.scalar(sa.select(Matter.receipt).where(Matter.id == key))
        )

    def value(self, field: str, code: Any) -> str:
        """Say a value of a field of a matter."""
        if field == "topic":
            found = topic(str(code))
            return found.in_language(language()) if found else "—"
        if field == "place":
            place = self.place(code) if isinstance(code, int) else None
            return place.label if place else "—"
        term = {"urgency": Urgency, "kind": MatterKind}[field].found(code)
        return term.label if term else "—"

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
