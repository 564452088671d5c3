"""Steps of the desk: what a clerk may do with a matter now, and how each small form becomes one action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from matters import knowledge, withdrawing
from matters.attributes import Conflict
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.keeping_away import sides_of
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.rules import allowed
from matters.states import MatterState

Form = Mapping[str, str]
Facts = dict[str, Any]


def _number(form: Form, name: str) -> int | None:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _ticked(form: Form, name: str) -> bool:
    return form.get(name) == "1"


STEPS: dict[str, tuple[A, Callable[[Form], Facts]]] = {
    "settle": (A.CORRECT, lambda form: {"urgency": form.get("urgency")}),
    "submit": (A.SUBMIT, lambda form: {}),
    "decline": (A.DECLINE, lambda form: {"reason": form.get("reason"), "told": _ticked(form, "told")}),
    "confirm": (A.CONFIRM_DECLINE, lambda form: {}),
    "answer": (A.ANSWER, lambda f: {"article": _number(f, "article"), "content": _ticked(f, "content")}),
    "transfer": (A.TRANSFER, lambda f: {"target": f.get("target"), "consent": _ticked(f, "consent"),
                                        "warm": _ticked(f, "warm")}),
    "contact": (A.CONTACT, lambda form: {}),
    "replied": (A.CALLER_REPLIED, lambda form: {}),
    "grant": (A.GRANT_EXTENSION, lambda form: {}),
    "refuse": (A.REFUSE_EXTENSION, lambda form: {}),
    "reject": (A.REJECT, lambda form: {"reason": form.get("reason")}),
    "accept": (A.ACCEPT, lambda form: {"outcome": form.get("outcome")}),
    "review": (A.REVIEW, lambda form: {}),
    "reopen": (A.REOPEN, lambda form: {"verified": form.get("verified"), "caller": _number(form, "caller")}),
    "incident": (A.FLAG_INCIDENT, lambda form: {}),
    "withdraw": (A.WITHDRAW, lambda form: {}),
}  # fmt: skip
"""Every small form of the desk with its action and the facts that it gives."""


def offered(session: Session, matter: Matter, staff: Staff) -> dict[str, bool]:
    """Say which forms a person sees now; those that another pair of eyes must take are shown, but shut."""
    sides = sides_of(staff, matter)
    standing = standing_of(matter)
    open_now = set(allowed(standing, sides)) if Side.CENTRE in sides else set()
    found = {name: True for name, (action, _) in STEPS.items() if action in open_now}
    for name in ("grant", "refuse"):
        if not standing.is_extension_asked:
            found.pop(name, None)
    found.pop("settle" if standing.proposed is None else "submit", None)
    if standing.is_decline_confirmed:
        found.pop("confirm", None)
    if standing.is_incident:
        found.pop("incident", None)
    if matter.state is not MatterState.IN_HAND or standing.contacted_at is not None:
        found.pop("contact", None)
    shut = {
        "confirm": standing.declined_by,
        "accept": standing.registered_by,
        "reject": standing.registered_by,
        "review": standing.decided_by,
    }
    return {name: shut.get(name) != staff.id for name in found}


def may_merge(matter: Matter, staff: Staff) -> bool:
    """Say whether a person may join this matter to another now; what is about the centre stays by itself."""
    is_apart = matter.conflict is Conflict.CENTRE
    return matter.state is MatterState.REGISTERED and not is_apart and Side.CENTRE in sides_of(staff)


def take(
    session: Session, matter: Matter, name: str, form: Form, *, by: Staff, at: datetime, seen: int | None
) -> A:
    """Take one step as a form says, and return what was done."""
    if name not in STEPS:
        raise Missing
    action, read = STEPS[name]
    text = form.get("text", "")
    if action is A.WITHDRAW:
        pressed = {"yes": True, "no": False}.get(form.get("pressed", ""))
        return withdrawing.withdraw(
            session,
            matter,
            caller_id=_number(form, "caller"),
            verified=form.get("verified", ""),
            pin=form.get("pin", ""),
            pressed=pressed,
            text=text,
            by=by,
            at=at,
            seen=seen,
        )
    if action is A.REOPEN:
        withdrawing.verify(
            session, matter, _number(form, "caller"), form.get("verified", ""), form.get("pin", "")
        )
    facts = read(form)
    if name == "settle":
        if standing_of(matter).proposed is None:
            raise Refused(Words("紧急程度已经核定", "The urgency is settled already"))
        facts["was"] = {"urgency": matter.urgency.value}
    if action is A.ANSWER and matter.state is MatterState.REGISTERED:
        facts["article"] = knowledge.must_be_offered(session, facts["article"], clock.today(at)).id
    act(session, matter, action, by=by, at=at, facts=facts, text=text, seen=seen)
    return action


def articles(session: Session, matter: Matter, on: date) -> list[tuple[int, str]]:
    """List the articles that this matter may be answered from today, the nearest to its topic first."""
    return [(article.id, article.title) for article in knowledge.offered(session, on, matter.topic)]
