"""Wrapping up: the record is finished by who talked; the seat is free again after ten minutes at the latest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Missing
from hotline import calling_back
from hotline.callbacks import CallBackState
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactState
from hotline.dispatch import close_offers, dispatch
from hotline.lines import LineKind
from hotline.missing import call_back_of
from hotline.offers import OfferAnswer
from hotline.owning import may_settle
from hotline.seating import let_go

Rule = Callable[[Session, Contact], object]
Sequel = Callable[..., object]
_rules: dict[LineKind, list[Rule]] = {}
_sequels: dict[LineKind, list[Sequel]] = {}


def must_be_whole(line: LineKind, rule: Rule) -> None:
    """Let a line refuse to finish a contact whose record lacks something; the rule raises what is wrong."""
    rules = _rules.setdefault(line, [])
    if rule not in rules:
        rules.append(rule)


def afterwards(line: LineKind, sequel: Sequel) -> None:
    """Let a line do something with a contact whose record is whole: `sequel(session, contact, by=, at=)`."""
    sequels = _sequels.setdefault(line, [])
    if sequel not in sequels:
        sequels.append(sequel)


def finish(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Contact:
    """Finish a contact whose record is whole; its operator does so, or whose it is to settle."""
    if by.id not in (contact.taken_by, contact.owner_id) and not may_settle(contact, by):
        raise Missing
    if contact.state is ContactState.DONE:
        return contact  # the second click
    for rule in _rules.get(contact.line, ()):
        rule(session, contact)
    for sequel in _sequels.get(contact.line, ()):
        sequel(session, contact, by=by, at=at)
    promise = call_back_of(session, contact)
    is_promised = promise is not None and promise.closed_at is None
    if (
        is_promised and contact.state is ContactState.WRAPPING
    ):  # written down; the caller is still to be called
        contact.written_by, contact.written_at = contact.written_by or contact.taken_by, at
        CONTACT_FLOW.move(session, contact, ContactAction.MISS, by=by, at=at)
    else:
        if contact.talking_at is not None:
            calling_back.keep_others(session, contact, at=at)
        contact.closed_at = at
        CONTACT_FLOW.move(session, contact, ContactAction.FINISH, by=by, at=at)
    let_go(session, contact, contact.taken_by, at=at)
    dispatch(session, at=at)
    return contact


def settle(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Contact:
    """Close a contact that was missed and needs no call any more; whose it is to settle says so."""
    if contact.state is ContactState.DONE:
        return contact  # the second click
    if by.id != contact.owner_id and not may_settle(contact, by):
        raise Missing
    promise = call_back_of(session, contact)
    if promise is not None and promise.closed_at is None:
        promise.state, promise.closed_at = CallBackState.GIVEN_UP, at
        promise.held_by = promise.lease_until = None
    close_offers(session, contact, OfferAnswer.WITHDRAWN, at=at)
    contact.closed_at = at
    CONTACT_FLOW.move(session, contact, ContactAction.SETTLE, by=by, at=at)
    return contact
