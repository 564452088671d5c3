"""Publishing the roster: a week goes out only when every hour has somebody on call, and serves as the next one's draft."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from hotline.lines import LineKind, lines_served_by
from hotline.roster import may_lead, plan_shift, put_on, shifts_between, shifts_of, span_of, spoken
from hotline.roster_rules import Span, gaps

WEEK = timedelta(days=7)


class NotCovered(Refused):
    """Some hours of the period would have nobody on call."""

    words = Words(
        "{line}在 {when} 没有值守督导，没有发布。请补上班次或值守督导后再发布，还有 {more} 处空缺。",
        "{line} would have nobody on call from {when}; nothing was published. Add a shift or name a supervisor, "
        "then publish again ({more} more gaps).",
    )


def uncovered(session: Session, line: LineKind, period: Span) -> list[Span]:
    """Return when nobody would be on call."""
    held = [span_of(s) for s in shifts_between(session, line, period) if s.supervisor_id is not None]
    return gaps(held, period)


def publish(session: Session, line: LineKind, period: Span, *, by: Staff, at: datetime) -> int:
    """Publish what is planned of a period from now on; return how many shifts, or refuse while a gap is left."""
    ahead = Span(max(period.begins_at, at), period.ends_at)
    open_hours = uncovered(session, line, ahead)
    if open_hours:
        raise NotCovered(line=line, when=spoken(open_hours[0]), more=len(open_hours) - 1)
    drafts = [s for s in shifts_between(session, line, ahead) if not s.is_published]
    for shift in drafts:
        shift.published_at, shift.published_by = at, by.id
        journal.write(session, "shift.publish", shift, by=by, at=at)
    session.flush()
    return len(drafts)


def copy_week(session: Session, line: LineKind, week: Span, *, by: Staff, at: datetime) -> int:
    """Plan the week after as this one was, people included where they are free; return how many shifts."""
    present = shifts_between(session, line, Span(week.begins_at + WEEK, week.ends_at + WEEK))
    made = 0
    for shift in shifts_between(session, line, week):
        span = Span(shift.begins_at + WEEK, shift.ends_at + WEEK)
        if shift.begins_at < week.begins_at or any(span.overlaps(span_of(p)) for p in present):
            continue
        lead, supervisor = (p if p and may_lead(p, line) else None for p in (shift.lead, shift.supervisor))
        copy = plan_shift(
            session, line, span, seats=shift.seats, lead=lead, supervisor=supervisor,
            key_call_limit=shift.key_call_limit, by=by, at=at,
        )  # fmt: skip
        for duty in shift.duties:
            if line in lines_served_by(duty.staff) and not shifts_of(session, duty.staff, span):
                put_on(session, copy, duty.staff, by=by, at=at)
        made += 1
    return made
