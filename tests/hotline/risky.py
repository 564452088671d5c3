"""Makers for tests of risk, follow-up and assessments: a line at night, its lead and operators, somebody who calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from core.people import Staff
from hotline import screenings
from hotline.callers import caller_from
from hotline.contacts import Contact, ContactState, fresh_token
from hotline.lines import HelpLine, LineKind
from hotline.screener import Heard, Row
from tests.hotline.staffed import a_lead, a_line, a_shift, an_operator

EVENING = datetime(2026, 11, 18, 12, 20, tzinfo=UTC)
"""A Wednesday, 20:20 on the wall."""
NUMBER = "+8613800006021"


@dataclass
class Night:
    """Who is there."""

    line: HelpLine
    operator: Staff
    lead: Staff
    other_lead: Staff
    owner: Staff


def a_night(session: Session, at: datetime = EVENING) -> Night:
    """Staff the counselling line: one lead on call, another at home, the owner of the line, an operator."""
    lead, other, owner, operator = a_lead(session), a_lead(session), a_lead(session), an_operator(session)
    line = a_line(session, owner=owner, at=at)
    a_shift(session, at=at, lead=lead, supervisor=other, people=[operator])
    return Night(line, operator, lead, other, owner)


def a_talk(session: Session, by: Staff, *, at: datetime = EVENING, number: str | None = NUMBER) -> Contact:
    """Let somebody call and an operator talk with them."""
    caller = caller_from(session, LineKind.COUNSELLING, number, at=at)
    contact = Contact(
        token=fresh_token(), line=LineKind.COUNSELLING, state=ContactState.TALKING, owner_id=by.id, caller=caller,
        rung_at=at, waiting_from=at, taken_by=by.id, taken_at=at, talking_at=at,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


def screened(session: Session, contact: Contact, by: Staff, *hits: Row, at: datetime = EVENING) -> None:
    """Answer the whole screener: yes (or “recent”) to these rows, no to the others."""
    worst = {row: Heard.RECENT if row is Row.BEHAVIOUR else Heard.YES for row in hits}
    answers: dict[Row, Heard | None] = {row: worst.get(row, Heard.NO) for row in Row}
    screenings.answer(session, contact, answers, by=by, at=at)
