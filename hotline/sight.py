"""Sight: whose eyes a counselling record is for; for everybody else it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission
from core.problems import Missing
from hotline.asked_purposes import PurposeWanted, in_force, is_past
from hotline.contacts import Contact, contact_named
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose

Reason = Callable[[Session, Contact, Staff, datetime], ReadPurpose | None]
_reasons: list[Reason] = []
_known: list[Reason] = []


def also_in_sight(reason: Reason) -> Reason:
    """Let a room of the line name one more reason to read a contact: a code, a follow-up in hand, an alarm."""
    if reason not in _reasons:
        _reasons.append(reason)
    return reason


def also_known(reason: Reason) -> Reason:
    """Let a room name one more reason to know of a contact: enough while it is recent, no purpose by itself later."""
    if reason not in _known:
        _known.append(reason)
    return reason


def purpose_of(session: Session, contact: Contact, *, by: Staff, at: datetime) -> ReadPurpose | None:
    """Return what somebody may read a counselling contact for now, or None when it isn't theirs to know of."""
    if contact.line is not LineKind.COUNSELLING:
        return None
    if by.may(Permission.COUNSEL) and by.id in (contact.taken_by, contact.written_by, contact.owner_id):
        return ReadPurpose.TALK
    found = _for_a_reason(session, contact, by, at) or _for_a_reason(session, contact, by, at, _known)
    return found or (ReadPurpose.DUTY if by.may(Permission.COUNSEL_LEAD) else None)


def _for_a_reason(
    session: Session, contact: Contact, by: Staff, at: datetime, reasons: Sequence[Reason] = _reasons
) -> ReadPurpose | None:
    if not (by.may(Permission.COUNSEL) or by.may(Permission.COUNSEL_REVIEW)):
        return None
    return next((found for reason in reasons if (found := reason(session, contact, by, at))), None)


def known_to(session: Session, token: str, *, by: Staff, at: datetime) -> Contact:
    """Return a contact of which somebody may know, without opening it; Missing for everybody else."""
    contact = contact_named(session, token)
    if purpose_of(session, contact, by=by, at=at) is None:
        raise Missing
    return contact


def in_sight(
    session: Session, token: str, *, by: Staff, at: datetime, locks: bool = False
) -> tuple[Contact, ReadPurpose]:
    """Return a counselling contact and what it is read for; Missing for whoever may not know of it.

    Long after its end one's own talk, a lead's duty or a case read long ago is no purpose by itself: it is asked what
    for.
    """
    contact = contact_named(session, token, locks=locks)
    purpose = purpose_of(session, contact, by=by, at=at)
    if purpose is None:
        raise Missing
    return contact, stated(session, contact, by=by, at=at) or purpose


def stated(session: Session, contact: Contact, *, by: Staff, at: datetime) -> ReadPurpose | None:
    """Return what an old counselling contact is opened for, refusing whoever has not said; None of a recent one."""
    if contact.line is not LineKind.COUNSELLING or not is_past(contact, at=at):
        return None
    purpose = in_force(session, contact, by=by, at=at) or _for_a_reason(session, contact, by, at)
    if purpose is None:
        raise PurposeWanted(contact.token)
    return purpose
