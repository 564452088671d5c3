"""Measures of care: counted as people would count them, and no share of nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import db
from hotline import (
    escalations,
    followup_planning,
    followup_queue,
    followups,
    risk_giving,
    risk_measures,
    risk_watch,
    safety_plans,
)
from hotline.escalations import Escalation, EscalationKind
from hotline.followups import FollowUp, TryResult
from hotline.ladder import Rung
from hotline.risk import RiskLevel
from hotline.risk_measures import Measures, Share
from hotline.screener import Row
from tests.hotline.risky import EVENING, a_night, a_talk, screened

DAY = timedelta(days=1)


def test_nothing_has_no_share(sqlite: db.Database) -> None:
    with db.reading() as session:
        found = risk_measures.measured(session, since=EVENING - DAY, at=EVENING)
    assert found == Measures(Share(0, 0), Share(0, 0), None, Share(0, 0), 0)
    assert (found.screened.share, found.screened.reaches(0.98)) == (None, None)


@pytest.mark.parametrize(
    ("values", "p95"), [([], None), ([7], 7), (range(1, 21), 19), (range(1, 101), 95), ([1, 2], 2)]
)
def test_the_nearest_rank(values: list[float], p95: float | None) -> None:
    assert risk_measures.nearest_rank(values, 0.95) == p95


def test_a_night_is_counted(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        by = night.operator
        contacts = [a_talk(session, by, number=f"+861380000{n:04}") for n in range(5)]
        for contact, hit in zip(contacts, (Row.WISH, Row.BEHAVIOUR, Row.BEHAVIOUR, None), strict=False):
            screened(session, contact, by, *([hit] if hit else []))
        safety_plans.write(session, contacts[1], {"signs": "不睡"}, seen=0, by=by, at=EVENING)
        for contact in contacts[1:3]:
            risk_giving.give(session, contact, always=(), chosen=None, words="", by=by, at=EVENING)
            followup_planning.write_wish(
                session, contact, is_agreed=True, hours=(), safe_word="", others="", number=None, by=by,
                at=EVENING,
            )  # fmt: skip
        first, second = session.scalars(sa.select(Escalation).order_by(Escalation.id)).all()
        escalations.answer(session, first.id, by=night.lead, at=EVENING + timedelta(seconds=20))
        escalations.answer(session, second.id, by=night.lead, at=EVENING + timedelta(seconds=40))
        one = followups.follow_ups_of(session, contacts[1])[0]
        followup_queue.claim(session, one.id, by=by, at=EVENING + timedelta(hours=20))
        at = EVENING + timedelta(hours=20)
        followup_queue.note_try(session, one.id, TryResult.REACHED, "", by=by, at=at)
        after = EVENING + timedelta(hours=26)
        risk_watch.watch(session, after)
        found = risk_measures.measured(session, since=EVENING - DAY, at=after)
        assert found.screened == Share(4, 5)
        assert found.plans == Share(1, 3)
        assert found.answered_p95_s == 40
        assert found.follow_ups == Share(1, 2)
        assert found.follow_ups.reaches(risk_measures.IN_TIME) is False
        assert found.unseen == 1
        overdue = session.scalars(
            sa.select(Escalation).where(Escalation.kind == EscalationKind.OVERDUE)
        ).one()
        escalations.answer(session, overdue.id, by=night.lead, at=after)
        assert risk_measures.measured(session, since=EVENING - DAY, at=after).unseen == 0
        assert contacts[2].id == overdue.contact_id
        assert risk_giving.judged(session, contacts[2]).level is RiskLevel.KEY


def test_a_plan_written_in_a_follow_up_counts_for_that_talk(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        talk = a_talk(session, night.operator, at=EVENING + DAY)
        agreed = FollowUp(
            contact_id=contact.id, rung=Rung.DAY, level=RiskLevel.KEY, owner_id=night.operator.id, talk_id=talk.id,
            planned_at=EVENING, from_at=EVENING, due_at=EVENING + DAY, next_at=EVENING + DAY,
        )  # fmt: skip
        session.add(agreed)
        screened(session, talk, night.operator, Row.WISH, at=EVENING + DAY)
        safety_plans.write(session, contact, {"signs": "不睡"}, seen=0, by=night.operator, at=EVENING + DAY)
        found = risk_measures.measured(session, since=EVENING - DAY, at=EVENING + 2 * DAY)
        assert found.plans == Share(1, 1)
