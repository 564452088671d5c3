"""Statements as they are typed at the desk: the form of a call or a visit, read into what registration asks for."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit, UnitKind
from core.phone import BadNumber, read_number
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words
from matters.attributes import Conflict, IdentityClass, MatterKind, Urgency
from matters.registration import NOT_YET, Statement

LONGEST_NAME = 40


def read(session: Session, typed: Mapping[str, str], *, is_draft: bool = False) -> Statement:
    """Read a typed form; a number that can't be dialled is said at once, everything else by registration."""
    identity = IdentityClass.found(typed.get("identity")) or IdentityClass.PROTECTED
    number, name = typed.get("number", "").strip(), typed.get("name", "").strip()
    wrong: dict[str, Words] = {}
    e164: str | None = None
    if number and identity is not IdentityClass.ANONYMOUS:
        try:
            e164 = read_number(number).e164
        except BadNumber as bad:
            if not is_draft:
                wrong["number"] = bad.words
    if len(name) > LONGEST_NAME:
        wrong["name"] = Words("最多 40 字", "At most 40 characters")
    if identity is IdentityClass.OPEN and not number and not is_draft and typed.get("has_number") != "1":
        wrong["number"] = Words("公开身份要留可回拨的号码", "An open caller leaves a number to be called")
    if wrong:
        raise Invalid(NOT_YET, fields=wrong)
    conflict, conflict_unit = about(session, typed)
    return Statement(
        narrative=typed.get("narrative", ""),
        kind=MatterKind.found(typed.get("kind")),
        topic=typed.get("topic", ""),
        place=_place(session, typed),
        spot=typed.get("spot", ""),
        urgency=Urgency.found(typed.get("urgency")),
        identity=identity,
        conflict=conflict,
        conflict_unit=conflict_unit,
        consent_read=typed.get("consent") == "1",
        name=name or None,
        number=e164,
    )


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _place(session: Session, typed: Mapping[str, str]) -> Place | None:
    """Return the village where one was chosen, else the township."""
    township = session.get(Place, _id(typed.get("place")) or 0)
    village = session.get(Place, _id(typed.get("village")) or 0)
    if village is not None and township is not None and village.parent_id == township.id:
        return village
    return township


def about(session: Session, typed: Mapping[str, str]) -> tuple[Conflict, Unit | None]:
    """Read whom a statement is about, and the unit where one is kept away."""
    conflict = Conflict.found(typed.get("conflict")) or Conflict.NONE
    names_unit = conflict in (Conflict.UNIT, Conflict.STAFF)
    return conflict, session.get(Unit, _id(typed.get("conflict_unit")) or 0) if names_unit else None


def villages(session: Session, township_id: int) -> list[Place]:
    """List the villages of a township."""
    query = sa.select(Place).where(
        Place.parent_id == township_id, Place.level == Level.VILLAGE, Place.is_current
    )
    return list(session.scalars(query.order_by(Place.code)))


def complained_about(session: Session) -> list[Unit]:
    """List the units that a complaint may be about: all but the centre, which has a choice of its own."""
    query = sa.select(Unit).where(Unit.kind != UnitKind.CENTRE).order_by(Unit.id)
    return list(session.scalars(query))
