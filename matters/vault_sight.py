"""Vault sight: whose requests the persons of the vault may know of, and whether there is anybody to decide on one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff, StaffRole, UnitKind
from core.permissions import OPENS, Permission, Role
from core.problems import Missing
from core.terms import Words
from matters.attributes import Conflict
from matters.keeping_away import within_sight
from matters.matter import Matter
from matters.vault import IdentityRequest

DECIDE = (Permission.VAULT_OPEN, Permission.MATTER_RULE)
_DECIDING = [role for role in Role if OPENS[role] & set(DECIDE)]
NO_CUSTODIAN = Words(
    "这件诉求反映的是中心本身，只能由党委督查室的保管员核准，而党委督查室现在没有保管员，所以不能申请。"
    "请管理员为党委督查室指定一位保管员（不能是中心的人）。",
    "This matter is about the centre itself, so only a custodian of the Party's supervision office may decide, "
    "and it has none: nothing can be asked. An administrator has to name one who is not of the centre.",
)
NO_SECOND = Words(
    "这件诉求反映的是中心本身，要由党委督查室的两个人核准，其中一人是保管员；除您以外现在不足两人，所以不能申请。",
    "This matter is about the centre itself: two persons of the Party's supervision office decide, one of them a "
    "custodian. Besides you there are fewer than two, so nothing can be asked.",
)


def is_party_custodian(staff: Staff) -> bool:
    """Say whether someone keeps the vault for the Party's supervision office: for complaints about the centre."""
    is_there = staff.unit is not None and staff.unit.kind is UnitKind.PARTY_SUPERVISION
    return is_there and staff.may(Permission.VAULT_OPEN)


def known_requests(session: Session, staff: Staff) -> sa.ColumnElement[bool]:
    """Return the condition for the requests that someone may know of.

    They are those about matters in sight. A complaint about the centre is out of every custodian's sight; the
    one of the Party's office learns of it by the request alone.
    """
    known = IdentityRequest.matter_id.in_(within_sight(session, staff, sa.select(Matter.id)))
    if not is_party_custodian(staff):
        return known
    apart = sa.select(Matter.id).where(Matter.conflict == Conflict.CENTRE)
    return sa.or_(known, IdentityRequest.matter_id.in_(apart))


def in_vault_sight(session: Session, staff: Staff, request: IdentityRequest) -> IdentityRequest:
    """Return the request if someone may know of it; else there is no such request."""
    query = sa.select(IdentityRequest.id).where(IdentityRequest.id == request.id)
    if session.scalar(query.where(known_requests(session, staff))) is None:
        raise Missing
    return request


def lacking(session: Session, matter: Matter, asker: Staff) -> Words | None:
    """Say who is missing to decide on a complaint about the centre; None where a request can be decided."""
    if matter.conflict is not Conflict.CENTRE:
        return None
    query = (
        sa.select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.is_active, Staff.id != asker.id, StaffRole.role.in_(_DECIDING))
    )
    people = [
        person
        for person in session.scalars(query.distinct())
        if person.unit is not None and person.unit.kind is UnitKind.PARTY_SUPERVISION
    ]
    if not any(is_party_custodian(person) for person in people):
        return NO_CUSTODIAN
    return NO_SECOND if len(people) < 2 else None
