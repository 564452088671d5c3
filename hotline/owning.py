"""Owning: what nobody works on any more, and to whom it belongs; settled, finished, or given to somebody who may act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from core import journal
from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from hotline.callbacks import CallBack, CallBackState
from hotline.contacts import OPEN, Contact, ContactState
from hotline.lines import SKILL, LineKind, lines_served_by
from hotline.roster import may_lead
from hotline.seating import let_go
from hotline.seats import Seat, SeatState

S = ContactState
LEFT_AFTER = timedelta(hours=4)
"""So long after its talk a record counts as left, once its writer has gone home."""
SHOWN = 200


class InSomebodysHand(Refused):
    """Somebody is with the caller, or writes their record down."""

    words = Words(
        "这条记录正由接线员处理，没有改动。", "An operator is at work on this record, so nothing was changed."
    )


class NothingToGive(Refused):
    """It is over, or its caller is still on the line."""

    words = Words(
        "这条记录已完成，或来电人还在线上，没有移交。",
        "This record is finished, or its caller is still on the line, so it was not given to anybody.",
    )


@dataclass(frozen=True)
class LeftOver:
    """A contact that nobody works on: what stands open, who owns it, and what somebody may do about it."""

    contact: Contact
    promise: CallBack | None
    is_mine: bool
    has_owner: bool
    may_act: bool
    """Whether the reader answers this line; a lead who doesn't settles it or gives it away."""


_owner, _taker = aliased(Staff), aliased(Staff)
_IS_OVER = CallBack.state.in_((CallBackState.GIVEN_UP, CallBackState.IMPOSSIBLE))
_AT_HOME = ~sa.exists().where(Seat.staff_id == Contact.taken_by, Seat.state != SeatState.OFF)
_IS_LEFT = sa.and_(
    Contact.state == S.WRAPPING,
    sa.or_(
        sa.not_(_taker.is_active),
        sa.and_(Contact.ended_at < sa.bindparam("left_from"), _AT_HOME),
    ),
)
_HAS_NOBODY = sa.and_(~_owner.is_active, sa.or_(_taker.id.is_(None), ~_taker.is_active))
_LEFT = (
    sa.select(Contact, CallBack)
    .join(_owner, _owner.id == Contact.owner_id)
    .outerjoin(_taker, _taker.id == Contact.taken_by)
    .outerjoin(CallBack, CallBack.contact_id == Contact.id)
    .where(
        Contact.line.in_(sa.bindparam("lines", expanding=True)), Contact.state.in_(OPEN),
        sa.or_(sa.and_(Contact.state == S.MISSED, _IS_OVER), _IS_LEFT, _HAS_NOBODY),
    )
)  # fmt: skip


def left_over(session: Session, *, by: Staff, at: datetime) -> list[LeftOver]:
    """Return what is somebody's to settle, and what has no owner, oldest first; for a lead all of their lines."""
    with_people = (joinedload(Contact.caller), joinedload(Contact.owner), joinedload(Contact.taker))
    query = _LEFT.where(_is_visible(by)).options(*with_people)
    rows = session.execute(query.order_by(Contact.rung_at, Contact.id).limit(SHOWN), _given(by, at))
    return [
        LeftOver(
            contact, promise, is_mine=by.id in _theirs(contact), has_owner=_has_owner(contact),
            may_act=by.may(SKILL[contact.line]),
        )
        for contact, promise in rows
    ]  # fmt: skip


def count_left(session: Session, *, by: Staff, at: datetime) -> int:
    """Count it."""
    query = _LEFT.where(_is_visible(by)).with_only_columns(sa.func.count(Contact.id))
    return session.scalar(query, _given(by, at)) or 0


def _given(by: Staff, at: datetime) -> dict[str, object]:
    return {"lines": sorted(_lines(by)), "left_from": at - LEFT_AFTER}


def _lines(by: Staff) -> set[LineKind]:
    return {kind for kind in LineKind if kind in lines_served_by(by) or may_lead(by, kind)}


def _is_visible(by: Staff) -> sa.ColumnElement[bool]:
    led = [kind for kind in LineKind if may_lead(by, kind)]
    own = sa.or_(Contact.owner_id == by.id, Contact.taken_by == by.id, Contact.written_by == by.id)
    return sa.or_(Contact.line.in_(led), own, ~_owner.is_active)


def _theirs(contact: Contact) -> tuple[int | None, ...]:
    return contact.owner_id, contact.taken_by, contact.written_by


def _has_owner(contact: Contact) -> bool:
    return contact.owner.is_active or (contact.taker is not None and contact.taker.is_active)


def may_settle(contact: Contact, by: Staff) -> bool:
    """Say whether a contact is somebody's to bring to its end: who owns or wrote it, the lead, anybody if it has nobody."""
    if may_lead(by, contact.line):
        return True
    return by.may(SKILL[contact.line]) and (by.id in _theirs(contact) or not _has_owner(contact))


def give(session: Session, contact: Contact, to: Staff, *, by: Staff, at: datetime) -> Contact:
    """Let a record be somebody else's who may act on it; one still to be written down is theirs to write."""
    if not may_settle(contact, by):
        raise Missing
    is_written_now = contact.wrap_until is not None and contact.wrap_until > at and by.id != contact.taken_by
    if contact.state is S.WRAPPING and is_written_now:
        raise InSomebodysHand
    if contact.state not in (S.MISSED, S.WRAPPING):
        raise NothingToGive
    if not to.is_active or not to.may(SKILL[contact.line]):
        raise Refused(
            Words("对方不接听这条线路，没有移交", "They don't answer this line, so it was not given to them")
        )
    if contact.state is S.WRAPPING:
        let_go(session, contact, contact.taken_by, at=at)
        contact.taken_by = to.id
    if contact.written_by is not None and contact.written_at is None:
        contact.written_by = to.id
    before, contact.owner_id = contact.owner_id, to.id
    session.flush()
    journal.write(session, "contact.give", contact, by=by, at=at, giver=before, taker=to.id)
    return contact
