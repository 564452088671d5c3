"""The desk log: calls taken on a desk telephone and paper forms, entered later, have contacts like any other."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid, Missing
from core.terms import Words
from hotline.callers import caller_from
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactState, Source, WayOut, fresh_token
from hotline.lines import SKILL, HelpLine
from hotline.ownership import owner_for

EARLIEST = timedelta(days=31)
LONGEST = timedelta(hours=12)
A = ContactAction


def log_call(
    session: Session,
    line: HelpLine,
    source: Source,
    *,
    began_at: datetime,
    ended_at: datetime,
    number: str | None,
    taken_by: Staff,
    by: Staff,
    at: datetime,
) -> Contact:
    """Enter an episode that the line never carried; its record is then filled in like after any talk.

    `taken_by` spoke with the caller; whoever enters a paper form for a colleague leaves the record to them.
    """
    if source not in (Source.DESK_PHONE, Source.PAPER):
        raise Invalid(Words("请选择来源", "Choose where it comes from"))
    if not by.may(SKILL[line.kind]) or not taken_by.may(SKILL[line.kind]):
        raise Missing
    if source is Source.DESK_PHONE and taken_by.id != by.id:
        raise Invalid(
            Words("座机通话由接听人自己登记", "A call on a desk telephone is entered by whoever took it")
        )
    if not began_at <= ended_at <= at:
        raise Invalid(
            Words("结束时间须在开始之后、现在之前", "The end must lie after the beginning and before now")
        )
    if began_at < at - EARLIEST or ended_at - began_at > LONGEST:
        raise Invalid(
            Words(
                "只能补登最近 31 天、不超过 12 小时的通话",
                "Only calls of the last 31 days and of up to 12 hours can be entered",
            )
        )
    contact = Contact(
        token=fresh_token(),
        line=line.kind,
        source=source,
        state=ContactState.ARRIVED,
        caller_id=caller_from(session, line.kind, number, at=began_at).id,
        owner_id=owner_for(session, line, at=at),
        rung_at=began_at,
        waiting_from=began_at,
    )
    session.add(contact)
    session.flush()
    journal.write(session, "contact.log", contact, by=by, at=at, source=source.value)
    _walk(session, contact, taken_by, began_at, ended_at, by=by, at=at)
    return contact


def _walk(
    session: Session,
    contact: Contact,
    taken_by: Staff,
    began_at: datetime,
    ended_at: datetime,
    *,
    by: Staff,
    at: datetime,
) -> None:
    """Move the contact along the same table as any other, with the times that people remember."""
    CONTACT_FLOW.move(session, contact, A.ENTER, by=by, at=at)
    contact.taken_by, contact.taken_at, contact.talking_at = taken_by.id, began_at, began_at
    CONTACT_FLOW.move(session, contact, A.TAKE, by=by, at=at)
    CONTACT_FLOW.move(session, contact, A.JOIN, by=by, at=at)
    CONTACT_FLOW.move(session, contact, A.HANG_UP, by=by, at=at)
    contact.ended_at = ended_at
    contact.leave_waiting(WayOut.ANSWERED, began_at)
    session.flush()
