"""Once: one form makes one matter, however often it is sent; sent again it gets the same receipt, with a new PIN."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import secrets
from core.db import transaction
from core.problems import Refused
from core.terms import Words
from matters import outside_references, pins
from matters.matter import Matter
from matters.promises import Registered
from matters.registration import Statement

T = TypeVar("T")
AGAIN_WITHIN = timedelta(minutes=10)
"""So long a form that is sent twice gets its receipt again."""


def in_one(take: Callable[[Session], T]) -> T:
    """Register or keep within a transaction; where the same form came twice at once, the other one was first."""
    try:
        with transaction() as session:
            return take(session)
    except IntegrityError:
        with transaction() as session:
            return take(session)


def once(
    session: Session,
    source: str,
    form: str,
    statement: Statement,
    register: Callable[[], Registered],
    *,
    at: datetime,
) -> Registered:
    """Register what a form says unless it was registered before; the same form with anything else in it is another."""
    reference = _reference(source, form, statement)
    known = outside_references.known_as(session, source, reference)
    if known is not None:
        return _again(session, known, at=at)
    registered = register()
    outside_references.note(session, registered.matter, source, reference)
    return registered


def kept_once(
    session: Session, source: str, form: str, statement: Statement, keep: Callable[[], Matter]
) -> Matter:
    """Keep what a form says as a draft unless it was kept before."""
    reference = _reference(source, form, statement)
    known = outside_references.known_as(session, source, reference)
    if known is not None:
        return known.matter
    matter = keep()
    outside_references.note(session, matter, source, reference)
    return matter


def _reference(source: str, form: str, statement: Statement) -> str:
    # Who they are and their number go in as well, so that a corrected digit is never dropped; only the index is kept.
    return secrets.keyring().blind_index(f"{source}:{form}:{_content(statement)}").hex()


def _content(statement: Statement) -> str:
    s, place = statement, statement.place.id if statement.place else ""
    unit = s.conflict_unit.id if s.conflict_unit else ""
    about = (s.kind, s.topic, place, s.spot, s.narrative, s.urgency or "", s.conflict, unit)
    return "\x1f".join(map(str, (*about, s.identity, s.name or "", s.number or "")))


def _again(session: Session, known: outside_references.OutsideReference, *, at: datetime) -> Registered:
    matter = known.matter
    if matter.receipt is None or at > matter.raised_at + AGAIN_WITHIN:
        raise Refused(
            Words(
                "这件事已经登记过。编号和密码当时已给出，出于保护不能再次显示",
                "This is registered already. Receipt and PIN were given then; to protect whoever raised it they "
                "aren't shown again",
            )
        )
    pin = pins.new_pin()
    matter.pin_hash = pins.hashed(matter.receipt, pin)
    session.flush()
    return Registered(matter, pin, matter.is_provisional)
