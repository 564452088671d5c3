"""The interviewers as the supervisor knows them: their languages, where they come from, whether they must rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff, StaffRole
from core.permissions import Role
from core.places import Place
from core.problems import Invalid, Missing
from core.terms import Words
from survey.interviewers import Interviewer, Tongue, at_work


@dataclass(frozen=True)
class Known:
    """One interviewer as a line of the page."""

    id: int
    name: str
    is_active: bool
    languages: tuple[Tongue, ...]
    home: str
    seen_at: datetime | None
    cooling_until: datetime | None
    """No case before this moment; None when they need not rest."""


def known(session: Session, *, at: datetime) -> list[Known]:
    """List everybody who interviews, those still employed first."""
    query = (
        sa.select(Staff, Interviewer, Place)
        .join(StaffRole, sa.and_(StaffRole.staff_id == Staff.id, StaffRole.role == Role.INTERVIEWER))
        .outerjoin(Interviewer, Interviewer.staff_id == Staff.id)
        .outerjoin(Place, Place.id == Staff.home_county_id)
        .order_by(Staff.is_active.desc(), Staff.name, Staff.id)
    )
    return [_line(staff, me, home, at) for staff, me, home in session.execute(query).unique()]


def _line(staff: Staff, me: Interviewer | None, home: Place | None, at: datetime) -> Known:
    spoken = me.languages if me is not None else [Tongue.MANDARIN.value]
    cooling = me.cooling_until if me is not None else None
    return Known(
        id=staff.id,
        name=staff.name,
        is_active=staff.is_active,
        languages=tuple(tongue for tongue in Tongue if tongue.value in spoken),
        home=home.label if home is not None else "",
        seen_at=me.seen_at if me is not None else None,
        cooling_until=cooling if cooling is not None and cooling > at else None,
    )


def set_languages(
    session: Session, staff_id: int, tongues: Sequence[Tongue], *, by: Staff, at: datetime
) -> Staff:
    """Note the languages in which somebody interviews; the queue gives them cases in these only."""
    staff = session.get(Staff, staff_id)
    if staff is None or Role.INTERVIEWER not in staff.roles:
        raise Missing
    if not tongues:
        raise Invalid(
            Words("语言没有保存", "The languages were not saved"),
            fields={"languages": Words("至少选一种语言", "Choose one language at least")},
        )
    me = at_work(session, staff)
    spoken = [tongue.value for tongue in Tongue if tongue in tongues]
    if list(me.languages) != spoken:
        me.languages = spoken
        journal.write(session, "interviewer.languages", f"staff:{staff.id}", by=by, at=at, languages=spoken)
    session.flush()
    return staff
