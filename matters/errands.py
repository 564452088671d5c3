"""Errands on the way: what a step of a matter makes the centre ring its callers for, and when nobody need be rung."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from matters import promise_ledger
from matters.attributes import Decision, IdentityClass
from matters.caller_hours import open_from
from matters.caller_tries import CallerTry
from matters.clocks import contact_end
from matters.flow import MatterAction as A
from matters.limits import Limit, Policy, end_of
from matters.matter import Matter
from matters.messages import give_up_lost, open_relay
from matters.promise_ledger import PromisedDeed
from matters.reporters import reporters_of
from matters.standing import Deed, Standing, from_json
from matters.states import OPEN, MatterState
from matters.steps_inform import TO_BE_TOLD, decided
from matters.turns import ON_THE_WAY, CallerTurn, Errand, add_turn

S = MatterState
SOON = timedelta(minutes=10)
"""How long whoever heard a problem has to complete it, before the caller is rung."""
INFORMS_IN = (S.NOT_ACCEPTED, S.IN_HAND, S.WAIT_CALLER, S.RESULT_IN, S.SUSPENDED)


def is_wanted(errand: Errand, standing: Standing, reporter_id: int) -> bool:
    """Say whether a caller must still be rung on an errand on the way."""
    if errand is Errand.CALL_BACK:
        return standing.state is S.DRAFT
    caller = standing.caller(reporter_id)
    if caller is None or caller.has_left:
        return False
    if errand is Errand.CONTACT:
        return standing.state in (S.IN_HAND, S.WAIT_CALLER) and standing.awaits_word
    if errand is Errand.ASK:
        return standing.state is S.WAIT_CALLER
    if errand is Errand.INFORM:
        return standing.state in INFORMS_IN and decided(standing) is not None
    return standing.state in OPEN


def is_over(session: Session, turn: CallerTurn) -> bool:
    """Say whether a caller need not be rung any more on an errand on the way."""
    if turn.errand is Errand.RELAY and open_relay(session, turn.matter) is None:
        return True
    standing = from_json(turn.matter.standing)
    return turn.errand in ON_THE_WAY and not is_wanted(turn.errand, standing, turn.reporter_id)


def drop_unwanted(session: Session, matter: Matter, stale: Collection[Errand] = ()) -> None:
    """Take out whom nobody need ring any more; who is on the line just now stays with whoever rang them."""
    query = sa.select(CallerTurn).where(
        CallerTurn.matter_id == matter.id, CallerTurn.errand.in_(ON_THE_WAY), CallerTurn.lease_by.is_(None)
    )
    for turn in session.scalars(query).all():
        if turn.errand in stale or is_over(session, turn):
            session.delete(turn)
    session.flush()


def follow(
    session: Session, matter: Matter, deed: Deed, was: Standing, standing: Standing, policy: Policy
) -> None:
    """Queue whom an entry of the log makes the centre ring, and take out whom it makes needless."""
    action, zone = A.of(deed.action), clock.zone()
    if action is A.REGISTER and matter.promised_on is not None:
        on, told_by = matter.promised_on, deed.by
        promise_ledger.note(
            session, standing.callers[0].id, PromisedDeed.ANSWER, on, told_by=told_by, at=deed.at
        )
    if was.lead != standing.lead or standing.state not in OPEN:
        give_up_lost(session, matter, standing, at=deed.at)
    is_other_news = action in TO_BE_TOLD or _news(was) is not _news(standing)
    drop_unwanted(session, matter, (Errand.INFORM,) if is_other_news else ())
    is_taken_up = was.state is not S.IN_HAND and standing.state is S.IN_HAND
    if is_taken_up and standing.awaits_word and matter.identity is not IdentityClass.OPEN:
        due_at = contact_end(standing, policy, zone).due_at
        queue(session, matter, standing, Errand.CONTACT, due_at, deed.at)
    if action is A.ASK_CALLER:
        end = end_of(deed.at, policy.span(Limit.PAUSE, standing.urgency), zone)
        queue(session, matter, standing, Errand.ASK, end.due_at, deed.at)
    if action in TO_BE_TOLD and deed.facts.get("told") is not True:
        end = end_of(deed.at, policy.span(Limit.FIRST_TELL, standing.urgency), zone)
        queue(session, matter, standing, Errand.INFORM, end.due_at, deed.at)
    session.flush()


def _news(standing: Standing) -> Decision | None:
    """Say what was decided, whatever the day it runs to: that moves with every pause."""
    found = decided(standing)
    return found[0] if found else None


def _tried(session: Session, matter: Matter, standing: Standing) -> set[int]:
    """Return the callers who were rung for the first word since the unit has the matter."""
    query = sa.select(CallerTry.reporter_id).where(
        CallerTry.matter_id == matter.id,
        CallerTry.errand == Errand.CONTACT,
        CallerTry.result.is_not(None),
        CallerTry.made_at >= (standing.assigned_at or matter.raised_at),
    )
    return set(session.scalars(query))


def ring_another(session: Session, turn: CallerTurn, *, at: datetime) -> bool:
    """Queue the next caller for the first word when one was given up; False when none is left."""
    matter, standing = turn.matter, from_json(turn.matter.standing)
    tried = _tried(session, matter, standing)
    left = [c.id for c in standing.present_callers if not c.is_anonymous and c.id not in tried]
    if left:
        opens = open_from(clock.local(at), is_pressing=standing.urgency.is_pressing)
        add_turn(session, matter, left[0], Errand.CONTACT, standing, opens, turn.due_at)
    return bool(left)


def queue(
    session: Session, matter: Matter, standing: Standing, errand: Errand, due_at: datetime, at: datetime
) -> int:
    """Queue the callers who can be rung, for a first contact one of them; return how many."""
    callers = [c for c in standing.present_callers if not c.is_anonymous]
    opens = open_from(clock.local(at), is_pressing=standing.urgency.is_pressing)
    if errand is Errand.CONTACT:
        tried = _tried(session, matter, standing)
        callers = sorted(callers, key=lambda caller: caller.id in tried)[:1]
    for caller in callers:
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
