"""Relays: what a unit asks the centre to tell a protected caller, so that neither side learns of the other."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import TryResult
from matters.caller_tries import CallerTry
from matters.errands import queue
from matters.flow import MATTER_FLOW, MatterAction
from matters.keeping_away import at_the_desk, in_sight
from matters.limits import Limit, end_of
from matters.matter import Matter
from matters.messages import MatterRelay, open_relay
from matters.moving import act, standing_of
from matters.policies import policy_of
from matters.states import MatterState
from matters.turns import CallerTurn, Errand

LONGEST = 500
"""What can be read out on the telephone or sent as a text."""


def ask_to_pass_on(session: Session, matter: Matter, message: str, *, by: Staff, at: datetime) -> MatterRelay:
    """Keep what a unit wants its caller to be told; one message at a time waits."""
    # Two of a unit may write at once: the second waits, and sees the message of the first.
    session.refresh(matter, ["state", "standing", "lead_unit_id"], with_for_update=True)
    in_sight(session, by, matter)
    if by.unit_id is None or by.unit_id != matter.lead_unit_id:
        raise Forbidden(Words("只有主办单位可以这样做", "Only the lead unit may do this"))
    if matter.state not in (MatterState.IN_HAND, MatterState.WAIT_CALLER):
        raise Refused(
            Words("办理中的诉求才能请中心转达", "Only for a matter in hand can the centre pass words on")
        )
    told = message.strip()
    if not told or len(told) > LONGEST:
        raise Invalid(
            fields={
                "message": Words(
                    "请写下要转达的话，最多 500 字", "Write what to tell them, at most 500 characters"
                )
            }
        )
    if any(relay.passed_at is None for relay in of_unit(session, matter, by.unit_id)):
        raise Refused(
            Words("上一条还没有转达，请等一等", "The message before has not been passed on yet; please wait")
        )
    relay = MatterRelay(
        matter_id=matter.id, unit_id=by.unit_id, message=told, written_by=by.id, written_at=at
    )
    session.add(relay)
    session.flush()
    standing = standing_of(matter)
    span = policy_of(session, matter.policy_id, at=at).span(Limit.FIRST_CONTACT, matter.urgency)
    queue(session, matter, standing, Errand.RELAY, end_of(at, span, clock.zone()).due_at, at)
    journal.write(session, "matter.relay", matter, by=by, at=at, relay=relay.id)
    return relay


def of_unit(session: Session, matter: Matter, unit_id: int) -> list[MatterRelay]:
    """Return a unit's messages on a matter, oldest first."""
    query = sa.select(MatterRelay).where(MatterRelay.matter_id == matter.id, MatterRelay.unit_id == unit_id)
    return list(session.scalars(query.order_by(MatterRelay.id)))


def _waits(session: Session, staff: Staff) -> sa.ColumnElement[bool]:
    known = at_the_desk(session, staff, sa.select(Matter.id))
    return sa.and_(MatterRelay.passed_at.is_(None), MatterRelay.matter_id.in_(known))


def waiting(session: Session, staff: Staff) -> list[MatterRelay]:
    """Return the messages that the centre still has to pass on, of the matters someone may know of."""
    return list(
        session.scalars(sa.select(MatterRelay).where(_waits(session, staff)).order_by(MatterRelay.id))
    )


def count_waiting(session: Session, staff: Staff, at: datetime) -> int:
    """Count the messages that wait; none of them is opened."""
    return session.execute(sa.select(sa.func.count()).where(_waits(session, staff))).scalar_one()


def pass_on(session: Session, relay: MatterRelay, answer: str, *, by: Staff, at: datetime) -> None:
    """Note that the centre has told the caller without ringing them, with what was said; it is the first contact."""
    session.refresh(relay, ["passed_at"], with_for_update=True)
    if relay.passed_at is not None:
        raise Refused(Words("这一条已经转达", "This message has been passed on already"))
    matter = in_sight(session, by, relay.matter)
    if not answer.strip():
        raise Invalid(fields={"answer": Words("请写下谈了什么", "Write what was said")})
    if MATTER_FLOW.allows(matter.state, MatterAction.CONTACT):
        act(session, matter, MatterAction.CONTACT, by=by, at=at, text=answer)
    # Who is on the line just now stays with whoever rang them.
    left = sa.delete(CallerTurn).where(CallerTurn.errand == Errand.RELAY, CallerTurn.lease_by.is_(None))
    session.execute(left.where(CallerTurn.matter_id == matter.id))
    _settle(session, relay, by=by, at=at)


def _settle(session: Session, relay: MatterRelay, *, by: Staff, at: datetime) -> None:
    relay.passed_by, relay.passed_at = by.id, at
    session.flush()
    journal.write(session, "matter.relay_passed", relay.matter, by=by, at=at, relay=relay.id)


def rung(session: Session, turn: CallerTurn, *, by: Staff, at: datetime) -> None:
    """Note that one caller has heard the message or is given up; after the last of them it is settled."""
    relay = open_relay(session, turn.matter)
    others = sa.select(CallerTurn.id).where(
        CallerTurn.matter_id == turn.matter_id, CallerTurn.errand == Errand.RELAY, CallerTurn.id != turn.id
    )
    if relay is None:
        return
    if session.scalar(others.limit(1)) is None:
        heard = sa.select(CallerTry.id).where(
            CallerTry.matter_id == turn.matter_id,
            CallerTry.errand == Errand.RELAY,
            CallerTry.result == TryResult.REACHED,
            CallerTry.made_at >= relay.written_at,
        )
        relay.is_given_up = session.scalar(heard.limit(1)) is None
        _settle(session, relay, by=by, at=at)
