"""What the forms of advice and instructions ask: the unit and the day."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Unit
from core.problems import Invalid
from core.terms import Words, language


def unit_choices(session: Session) -> list[tuple[int, str]]:
    """Return the units at work, for a list to choose from."""
    units = session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.name))
    return [(u.id, u.name_en if language() == "en" else u.name) for u in units]


def chosen_unit(session: Session, text: str) -> Unit | None:
    """Read the unit chosen; nothing chosen is none."""
    if not text:
        return None
    found = session.get(Unit, int(text)) if text.isascii() and text.isdigit() else None
    if found is None or not found.is_active:
        raise Invalid(Words("没有这个单位", "There is no such unit"))
    return found


def chosen_day(text: str) -> date | None:
    """Read the day chosen; nothing chosen is none, a past one is refused."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(Words("期限写得不对", "The day is not right")) from error
    if found < clock.today():
        raise Invalid(Words("期限不能早于今天", "The day can't be in the past"))
    return found
