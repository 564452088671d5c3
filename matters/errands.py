"""Errands on the way: what a step of a matter makes the centre ring its callers for, and when nobody need be rung."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from matters import promise_ledger
from matters.attributes import IdentityClass
from matters.caller_hours import open_from
from matters.caller_tries import CallerTry
from matters.clocks import contact_end
from matters.flow import MatterAction as A
from matters.limits import Limit, Policy, end_of
from matters.matter import Matter
from matters.promise_ledger import PromisedDeed
from matters.reporters import reporters_of
from matters.standing import Deed, Standing, from_json
from matters.states import OPEN, MatterState
from matters.turns import ON_THE_WAY, CallerTurn, Errand, add_turn

S = MatterState
SOON = timedelta(minutes=10)
"""How long whoever heard a problem has to complete it, before the caller is rung."""
TO_BE_TOLD = (A.DECLINE, A.GRANT_EXTENSION, A.SUSPEND, A.RENEW)
"""Decisions that the caller is told; what was told at once needs no call."""
INFORMS_IN = (S.NOT_ACCEPTED, S.IN_HAND, S.WAIT_CALLER, S.RESULT_IN, S.SUSPENDED)


def is_wanted(errand: Errand, standing: Standing, reporter_id: int) -> bool:
    """Say whether a caller must still be rung on an errand on the way."""
    if errand is Errand.CALL_BACK:
        return standing.state is S.DRAFT
    caller = standing.caller(reporter_id)
    if caller is None or caller.has_left:
        return False
    if errand is Errand.CONTACT:
        return standing.state in (S.IN_HAND, S.WAIT_CALLER) and standing.contacted_at is None
    if errand is Errand.ASK:
        return standing.state is S.WAIT_CALLER
    return standing.state in (INFORMS_IN if errand is Errand.INFORM else OPEN)


def drop_unwanted(session: Session, matter: Matter, standing: Standing) -> None:
    """Take out whom nobody need ring any more; who is on the line just now stays with whoever rang them."""
    query = sa.select(CallerTurn).where(
        CallerTurn.matter_id == matter.id, CallerTurn.errand.in_(ON_THE_WAY), CallerTurn.lease_by.is_(None)
    )
    for turn in session.scalars(query).all():
        if not is_wanted(turn.errand, standing, turn.reporter_id):
            session.delete(turn)


def follow(
    session: Session, matter: Matter, deed: Deed, before: MatterState, standing: Standing, policy: Policy
) -> None:
    """Queue whom an entry of the log makes the centre ring, and take out whom it makes needless."""
    action, zone = A.of(deed.action), clock.zone()
    if action is A.REGISTER and matter.promised_on is not None:
        on, told_by = matter.promised_on, deed.by
        promise_ledger.note(
            session, standing.callers[0].id, PromisedDeed.ANSWER, on, told_by=told_by, at=deed.at
        )
    drop_unwanted(session, matter, standing)
    if before is not S.IN_HAND and standing.state is S.IN_HAND and standing.contacted_at is None:
        is_new = not _was_rung(session, matter, Errand.CONTACT, standing.round)
        if matter.identity is not IdentityClass.OPEN and is_new:
            queue(
                session, matter, standing, Errand.CONTACT, contact_end(standing, policy, zone).due_at, deed.at
            )
    if action is A.ASK_CALLER:
        end = end_of(deed.at, policy.span(Limit.PAUSE, standing.urgency), zone)
        queue(session, matter, standing, Errand.ASK, end.due_at, deed.at)
    if action in TO_BE_TOLD and deed.facts.get("told") is not True:
        end = end_of(deed.at, policy.span(Limit.FIRST_TELL, standing.urgency), zone)
        queue(session, matter, standing, Errand.INFORM, end.due_at, deed.at)
    session.flush()


def _was_rung(session: Session, matter: Matter, errand: Errand, round: int) -> bool:
    query = sa.select(CallerTry.id).where(
        CallerTry.matter_id == matter.id, CallerTry.errand == errand, CallerTry.round == round
    )
    return session.scalar(query.limit(1)) is not None


def queue(
    session: Session, matter: Matter, standing: Standing, errand: Errand, due_at: datetime, at: datetime
) -> int:
    """Queue the callers who can be rung, for a first contact one of them; return how many."""
    callers = [c for c in standing.present_callers if not c.is_anonymous]
    opens = open_from(clock.local(at), is_pressing=standing.urgency.is_pressing)
    for caller in callers[:1] if errand is Errand.CONTACT else callers:
        add_turn(session, matter, caller.id, errand, standing, opens, due_at)
    return len(callers)


def queue_draft(session: Session, matter: Matter, *, at: datetime) -> bool:
    """Queue whoever raised what could not be completed, where a number is known."""
    reporter = reporters_of(session, matter)[0]
    if reporter.number is None:
        return False
    standing, due_at = from_json(matter.standing), at + SOON
    opens = open_from(clock.local(due_at), is_pressing=standing.urgency.is_pressing)
    add_turn(session, matter, reporter.id, Errand.CALL_BACK, standing, opens, max(opens, due_at))
    session.flush()
    return True
