"""The imprint of a bulletin: who issues it, to which offices it goes, and the advice given with it, kept as it went out."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.permissions import Permission
from reports.advice import of_bulletin
from reports.blocks import Text
from reports.bulletins import Bulletin
from reports.recipients import recipients


class Advised(msgspec.Struct, frozen=True):
    """One piece of advice as it was given."""

    text: str
    effect: str
    unit: Text | None = None
    due_on: str | None = None


class Imprint(msgspec.Struct, frozen=True):
    """What stands on a bulletin beside its numbers; what happens after it was issued changes nothing in it."""

    centre: Text | None = None
    offices: tuple[Text, ...] = ()
    """The offices of those who get it, by name; no person is named."""
    outside: int = 0
    """How many people on its list have no account in this system."""
    advice: tuple[Advised, ...] = ()


def imprint_of(session: Session, bulletin: Bulletin) -> Imprint:
    """Return a bulletin's imprint: as it was issued, or, before that, as it would be now."""
    if bulletin.imprint is not None:
        return msgspec.json.decode(bulletin.imprint, type=Imprint)
    return made(session, bulletin)


def keep(session: Session, bulletin: Bulletin) -> None:
    """Keep the imprint with what is issued."""
    bulletin.imprint = msgspec.json.encode(made(session, bulletin), order="deterministic")


def made(session: Session, bulletin: Bulletin) -> Imprint:
    """Return the imprint as things stand: instructions come later and are no part of it."""
    centre = session.scalars(
        sa.select(Unit).where(Unit.kind == UnitKind.CENTRE, Unit.is_active).order_by(Unit.id).limit(1)
    ).first()
    listed = [r for r in recipients(session) if r.gets(bulletin.kind)]
    staff = session.scalars(sa.select(Staff).where(Staff.is_active).order_by(Staff.id)).unique()
    readers = [p for p in staff if p.may(Permission.BULLETIN_READ)]
    units = {p.unit_id: p.unit for p in readers if p.unit is not None}
    offices = {_name(unit) for unit in units.values() if centre is None or unit.id != centre.id}
    advice = [a for a in of_bulletin(session, bulletin.id or 0) if not a.is_instruction]
    return Imprint(
        _name(centre) if centre else None,
        tuple(sorted(offices, key=lambda x: x.zh)),
        sum(1 for r in listed if r.staff_id is None),
        tuple(
            Advised(
                a.text,
                a.effect,
                _name(a.unit) if a.unit else None,
                a.due_on.isoformat() if a.due_on else None,
            )
            for a in advice
        ),
    )


def _name(unit: Unit) -> Text:
    return Text(unit.name, unit.name_en)
