"""Self-assessing: a sheet without a name on the public page, answered item by item, with the line offered at every step."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.phone import BadNumber, read_number
from core.places import Level, Place
from core.problems import Invalid, Refused, TooMany, Unavailable
from core.sweeps import sweep
from core.terms import Words
from core.throttle import count_try
from hotline import assessments, escalations, instruments
from hotline.assessments import AssessmentSheet
from hotline.callbacks import CallBack, CallBackReason
from hotline.callers import caller_from
from hotline.contacts import Contact, ContactState, Source, WayOut, fresh_token
from hotline.escalations import EscalationKind
from hotline.instruments import Rater
from hotline.lines import LineKind, line_of
from hotline.ownership import owner_for

LASTS = timedelta(hours=2)
ABANDONED_AFTER, ANSWERS_LAST = timedelta(days=7), timedelta(days=90)
"""How long an abandoned sheet, and the answers of a finished one, are kept where nobody gave a name."""
PER_ADDRESS, WINDOW = 20, timedelta(hours=1)
CALLS_PER_ADDRESS = 5


class TooLate(Refused):
    """The sheet was left alone too long."""

    words = Words(
        "这一页打开太久了，已不能继续。可以重新开始；需要有人说说话，请直接拨打热线",
        "This page is too old to go on. You can start again; if you need somebody to talk to, call the line",
    )


def is_within_limits(session: Session, address: str, *, at: datetime) -> bool:
    """Count one begun sheet and say whether the address may begin it; commit before refusing."""
    return count_try(session, "self-assess", address, limit=PER_ADDRESS, within=WINDOW, at=at)


def may_ask_call(session: Session, address: str, *, at: datetime) -> bool:
    """Count one request to be called and say whether the address may make it; commit before refusing."""
    return count_try(session, "self-assess-call", address, limit=CALLS_PER_ADDRESS, within=WINDOW, at=at)


def too_many() -> TooMany:
    """Return the refusal, which still names the line."""
    return TooMany(
        Words(
            "这里的量表开得太多了，请一小时后再试。需要有人说说话，随时可以拨打热线",
            "Too many were begun from here; try again in an hour. To talk to somebody, call the line at any time",
        )
    )


def begin(session: Session, code: str, county_id: int | None, *, at: datetime) -> AssessmentSheet:
    """Take a sheet of a public questionnaire; the county is asked for totals only and may stay out."""
    found = instruments.instrument(code)
    if not found.is_public or Rater.SELF not in found.rated_by:
        raise instruments.NoInstrument
    if county_id is not None:
        county = session.get(Place, county_id)
        if county is None or county.level is not Level.COUNTY:
            county_id = None
    return assessments.new_sheet(session, found, None, contact=None, by=None, at=at, place_id=county_id)


def own_sheet(session: Session, token: str, *, at: datetime) -> AssessmentSheet:
    """Return the sheet whose token the page holds, for as long as a page may stay open."""
    query = sa.select(AssessmentSheet).where(
        AssessmentSheet.token == token, AssessmentSheet.rater == Rater.SELF
    )
    found = session.scalars(query.with_for_update(of=AssessmentSheet)).first()
    if found is None or not hmac.compare_digest(found.token, token) or at - found.begun_at > LASTS:
        raise TooLate
    return found


def ask_call(session: Session, sheet: AssessmentSheet, number: str, *, at: datetime) -> Contact:
    """Let somebody without a name ask to be called: a contact with an owner, a call-back within a quarter of an hour."""
    try:
        e164 = read_number(number.strip()).e164
    except BadNumber as bad:
        raise Invalid(fields={"number": bad.words}) from bad
    line = line_of(session, LineKind.COUNSELLING)
    if line is None:
        raise Unavailable
    if sheet.asked_at is not None:
        raise Refused(Words("已经登记过，接线员会打给您", "It is noted already: an operator will call you"))
    caller = caller_from(session, LineKind.COUNSELLING, e164, at=at)
    contact = Contact(
        token=fresh_token(),
        line=LineKind.COUNSELLING,
        source=Source.FOLLOW_UP,
        state=ContactState.MISSED,
        caller_id=caller.id,
        owner_id=owner_for(session, line, at=at),
        rung_at=at,
        ended_at=at,
        way_out=WayOut.CALL_BACK,
    )
    session.add(contact)
    session.flush()
    session.add(CallBack(contact_id=contact.id, reason=CallBackReason.ASKED, created_at=at, due_at=at))
    sheet.asked_at = at
    session.flush()
    if sheet.is_flagged:
        found = escalations.escalate(
            session, EscalationKind.RED_FLAG, sheet.id, contact=contact, by=None, at=at
        )
        found.contact_id = contact.id  # from now on whoever looks after it can call
        session.flush()
    return contact


@sweep("counsel.nameless", every=timedelta(hours=1))
def forget(session: Session, now: datetime) -> int:
    """Forget what nobody can come back to: abandoned sheets go, the answers of finished ones go, their band stays."""
    nameless = AssessmentSheet.rater == Rater.SELF
    gone = session.execute(
        sa.delete(AssessmentSheet).where(
            nameless,
            AssessmentSheet.finished_at.is_(None),
            AssessmentSheet.changed_at < now - ABANDONED_AFTER,
        )
    )
    emptied = session.execute(
        sa.update(AssessmentSheet)
        .where(
            nameless,
            AssessmentSheet.finished_at < now - ANSWERS_LAST,
            AssessmentSheet.emptied_at.is_(None),
        )
        .values(answers={}, total=None, emptied_at=now)
    )
    return int(gone.rowcount) + int(emptied.rowcount)  # type: ignore[attr-defined]
