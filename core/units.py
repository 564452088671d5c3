"""Units: adding and correcting the offices that people belong to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff, Unit, UnitKind
from core.phone import BadNumber, read_number
from core.problems import Invalid
from core.terms import Words


def _wrong_names(session: Session, name: str, name_en: str, unit_id: int | None) -> dict[str, Words]:
    wrong: dict[str, Words] = {}
    if not 1 <= len(name) <= 80:
        wrong["name"] = Words("请填写中文名（80 字以内）", "A Chinese name of up to 80 characters is needed")
    else:
        holder = session.scalar(sa.select(Unit.id).where(Unit.name == name))
        if holder is not None and holder != unit_id:
            wrong["name"] = Words("已有同名单位", "There is a unit of this name")
    if not 1 <= len(name_en) <= 120:
        wrong["name_en"] = Words(
            "请填写英文名（120 字以内）", "An English name of up to 120 characters is needed"
        )
    return wrong


def add(
    session: Session, *, name: str, name_en: str, kind: str, parent_id: int | None, by: Staff, at: datetime
) -> Unit:
    """Add a unit under another one, or at the top."""
    wrong = _wrong_names(session, name, name_en, None)
    known = UnitKind.found(kind)
    if known is None:
        wrong["kind"] = Words("请选择类别", "Choose what it is for")
    if parent_id is not None and session.get(Unit, parent_id) is None:
        wrong["parent_id"] = Words("没有这个上级单位", "There is no such unit above")
    if wrong or known is None:
        raise Invalid(Words("没有新增单位", "No unit was added"), fields=wrong)
    unit = Unit(name=name, name_en=name_en, kind=known, parent_id=parent_id)
    session.add(unit)
    session.flush()
    journal.write(session, "unit.added", unit, by=by, at=at, kind=kind)
    return unit


def correct(
    session: Session,
    unit: Unit,
    *,
    name: str,
    name_en: str,
    is_active: bool,
    duty_number: str,
    by: Staff,
    at: datetime,
) -> None:
    """Correct a unit's names and telephone on duty, close it or open it again; its past stays as it is."""
    wrong = _wrong_names(session, name, name_en, unit.id)
    number: str | None = None
    if duty_number:
        try:
            number = read_number(duty_number).e164
        except BadNumber as bad:
            wrong["duty_number"] = bad.words
    if wrong:
        raise Invalid(Words("没有改动", "Nothing was changed"), fields=wrong)
    unit.name, unit.name_en, unit.is_active, unit.duty_number = name, name_en, is_active, number
    session.flush()
    journal.write(session, "unit.corrected", unit, by=by, at=at, is_active=is_active)
