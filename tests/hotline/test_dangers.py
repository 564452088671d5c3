"""Imminent danger: a supervisor is told with the first click, steps are stamped once, silence escalates."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.problems import Invalid, Missing
from hotline import dangers, risk_watch, safety_plans
from hotline.danger_steps import DangerStep, StepResult
from hotline.dangers import AlreadyStamped
from hotline.escalations import Escalation, EscalationKind
from hotline.safety_plans import WrittenMeanwhile
from tests.hotline.risky import EVENING, a_night, a_talk

D, DONE = DangerStep, StepResult.DONE


def kinds(session: sa.orm.Session) -> list[EscalationKind]:
    """Return what was escalated, in order."""
    return [e.kind for e in session.scalars(sa.select(Escalation).order_by(Escalation.id))]


def test_the_first_click_tells_a_supervisor(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        danger = dangers.begin(session, contact, is_acting=False, by=night.operator, at=EVENING)
        again = dangers.begin(session, contact, is_acting=True, by=night.operator, at=EVENING)
        assert again.id == danger.id
        assert again.is_acting
        found = session.scalars(sa.select(Escalation)).one()
        assert (found.kind, found.turns[0].staff_id) == (EscalationKind.DANGER, night.lead.id)


def test_steps_are_stamped_once_and_confirmation_ends_the_event(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        by = night.operator
        with pytest.raises(Missing):
            dangers.stamp(session, contact, D.LOCATION, DONE, "", by=by, at=EVENING)
        danger = dangers.begin(session, contact, is_acting=False, by=by, at=EVENING)
        at = EVENING + timedelta(minutes=1)
        dangers.stamp(session, contact, D.SUPERVISOR, DONE, "", by=by, at=at)
        with pytest.raises(AlreadyStamped):
            dangers.stamp(session, contact, D.SUPERVISOR, DONE, "", by=by, at=at)
        with pytest.raises(Invalid):
            dangers.stamp(session, contact, D.POLICE, DONE, "", by=by, at=at)
        dangers.stamp(session, contact, D.POLICE, DONE, "已在桥边，无人陪伴", by=by, at=at)
        with pytest.raises(Invalid):
            dangers.stamp(session, contact, D.CONFIRM, StepResult.IMPOSSIBLE, "", by=by, at=at)
        dangers.stamp(session, contact, D.CONFIRM, DONE, "", by=by, at=at + timedelta(minutes=8))
        assert danger.over_at == at + timedelta(minutes=8)
        assert dangers.open_danger(session, contact) is None
        dangers.stamp(session, contact, D.DEBRIEF, DONE, "", by=night.lead, at=at + timedelta(hours=1))
        assert set(danger.stamped) == {D.SUPERVISOR, D.POLICE, D.CONFIRM, D.DEBRIEF}
        risk_watch.watch(session, EVENING + timedelta(hours=2))
        assert kinds(session) == [EscalationKind.DANGER]


def test_a_quarter_of_an_hour_without_confirmation_escalates_once(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        dangers.begin(session, contact, is_acting=True, by=night.operator, at=EVENING)
        risk_watch.watch(session, EVENING + timedelta(minutes=14, seconds=59))
        assert kinds(session) == [EscalationKind.DANGER]
        risk_watch.watch(session, EVENING + timedelta(minutes=15))
        risk_watch.watch(session, EVENING + timedelta(minutes=16))
        assert kinds(session) == [EscalationKind.DANGER, EscalationKind.UNCONFIRMED]


def test_help_that_cannot_be_confirmed_escalates_at_once(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        dangers.begin(session, contact, is_acting=True, by=night.operator, at=EVENING)
        dangers.stamp(
            session, contact, D.CONFIRM, StepResult.IMPOSSIBLE, "电话断了", by=night.operator, at=EVENING
        )
        assert kinds(session) == [EscalationKind.DANGER, EscalationKind.UNCONFIRMED]


def test_a_safety_plan_is_versioned_and_shown_at_the_next_call(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        by = night.operator
        first = a_talk(session, by)
        write = safety_plans.write
        plan = write(session, first, {"signs": "整夜睡不着"}, seen=0, by=by, at=EVENING)
        assert plan.version == 1
        assert write(session, first, {"signs": "整夜睡不着"}, seen=0, by=by, at=EVENING).id == plan.id
        second = write(session, first, {"signs": "整夜睡不着", "people": "姐姐"}, seen=1, by=by, at=EVENING)
        assert second.version == 2
        with pytest.raises(WrittenMeanwhile):
            write(session, first, {"signs": "别的"}, seen=1, by=by, at=EVENING)
        assert [v.version for v in safety_plans.versions(session, first)] == [2, 1]
        later = a_talk(session, by, at=EVENING + timedelta(days=3))
        shown = safety_plans.current(session, later)
        assert shown is not None
        assert shown.id == second.id
        stranger = a_talk(session, by, number="+8613800007777")
        withheld = a_talk(session, by, number=None)
        assert safety_plans.current(session, stranger) is None
        assert safety_plans.current(session, withheld) is None
        own = write(session, later, {"signs": "不说话"}, seen=0, by=by, at=EVENING)
        assert safety_plans.current(session, later) is own
