"""The same operator again: whom a caller asked for is rung first, alone, when on shift; a withheld number is nobody's."""

from __future__ import annotations

from datetime import timedelta

from core import db
from hotline import caller_plans, same_operator
from hotline.callers import Caller
from tests.hotline.conftest import CALLER, Desk
from tests.hotline.staffed import a_lead, a_shift


def test_the_next_ring_of_the_same_number_is_for_whom_they_asked(desk: Desk) -> None:
    ann, ben = desk.operator(), desk.operator()
    first = desk.contact(desk.call(for_s=15))
    desk.take(first, ben)
    with desk.house.at_present() as now, db.transaction() as session:
        by, talk = session.merge(ben), session.merge(first)
        same_operator.note(session, talk, wishes=True, consents=True, by=by, at=now)
        off = desk.again(first).caller
        assert off is not None
        assert same_operator.preferred_for(session, session.merge(off), at=now) is None
        a_shift(session, at=now + timedelta(minutes=1), lead=a_lead(session), people=[by, session.merge(ann)])
    again, hidden = desk.contact(desk.call(CALLER, for_s=3)), desk.contact(desk.call("anonymous", for_s=3))
    assert (again.preferred_by, hidden.preferred_by) == (ben.id, None)
    with desk.house.at_present() as now, db.transaction() as session:
        talk, lead, other = session.merge(first), a_lead(session), session.merge(ann)
        caller_plans.set_plan(
            session, talk, operator=other, minutes=None, care="多听少问", reason="与本人约定", ends_at=now + timedelta(days=30),
            by=lead, at=now,
        )  # fmt: skip
    with desk.house.at_present() as now, db.reading() as session:
        known = session.get_one(Caller, again.caller_id)
        assert same_operator.preferred_for(session, known, at=now) == ann.id
        opened = [type(one) for one in session.identity_map.values()]
        assert caller_plans.CallerPlan not in opened, "who is rung needs no sealed word"
