"""Follow-up: consent first, the ladder as rows, tries at other hours, one holder each, what is missed escalates."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Missing, Refused
from hotline import (
    escalations,
    followup_calls,
    followup_lists,
    followup_planning,
    followup_queue,
    followups,
    key_reviews,
    ladder,
    line_lists,
    risk_giving,
    risk_measures,
    risk_watch,
    sight,
)
from hotline.contacts import Contact, ContactState, Source
from hotline.escalations import Escalation, EscalationKind
from hotline.followup_calls import NotWanted
from hotline.followup_queue import NotInHand
from hotline.followups import FollowUp, FollowUpState, FollowUpWish, TryResult
from hotline.key_calls import KeyCall
from hotline.ladder import DayPart, Rung
from hotline.read_log import ReadPurpose
from hotline.risk import AlwaysKey, RiskLevel
from tests.factories import a_staff
from tests.hotline.risky import EVENING, Night, a_night, a_talk
from tests.hotline.staffed import an_operator

ZONE = ZoneInfo("Asia/Shanghai")
S, R = FollowUpState, TryResult
DAY = timedelta(days=1)


def agree(
    session: Session, contact: Contact, by: Staff, *hours: DayPart, at: datetime = EVENING
) -> FollowUpWish:
    """Let the caller agree to be called."""
    return followup_planning.write_wish(
        session, contact, is_agreed=True, hours=hours, safe_word="我是图书馆的小周", others="", number=None,
        by=by, at=at,
    )  # fmt: skip


def a_key_talk(session: Session, night: Night, *hours: DayPart) -> Contact:
    """Let somebody of the key level agree."""
    contact = a_talk(session, night.operator)
    risk_giving.give(
        session, contact, always=[AlwaysKey.JUDGEMENT], chosen=None, words="", by=night.operator, at=EVENING
    )
    agree(session, contact, night.operator, *hours)
    return contact


def rungs(session: Session, contact: Contact, *states: FollowUpState) -> list[Rung]:
    """Return the rungs in these states."""
    return [f.rung for f in followups.follow_ups_of(session, contact) if f.state in states]


def test_without_consent_nothing_is_planned(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        risk_giving.give(
            session,
            contact,
            always=[AlwaysKey.JUDGEMENT],
            chosen=None,
            words="",
            by=night.operator,
            at=EVENING,
        )
        assert followups.follow_ups_of(session, contact) == []
        agree(session, contact, night.operator)
        assert rungs(session, contact, S.DUE) == [Rung.DAY, Rung.WEEK, Rung.MONTH, Rung.QUARTER, Rung.YEAR]
        raw = session.execute(sa.text("SELECT safe_word FROM follow_up_wish")).scalar_one()
        assert "小周".encode() not in bytes(raw)


def test_taking_consent_back_takes_every_call_back(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        followup_planning.write_wish(
            session, contact, is_agreed=False, hours=(), safe_word="", others="", number=None,
            by=night.operator, at=EVENING,
        )  # fmt: skip
        assert rungs(session, contact, S.DUE, S.HELD) == []
        agree(session, contact, night.operator)
        assert len(rungs(session, contact, S.DUE)) == 5


def test_the_level_changes_the_ladder(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        agree(session, contact, night.operator)
        assert rungs(session, contact, S.DUE) == [Rung.WEEK]
        for level in (RiskLevel.ATTENTION, RiskLevel.KEY):
            risk_giving.give(
                session, contact, always=(), chosen=level, words="", by=night.operator, at=EVENING
            )
        assert rungs(session, contact, S.DUE) == list(ladder.LADDERS[RiskLevel.KEY])
        assert len(rungs(session, contact, S.REPLACED)) == 3
        asked = risk_giving.propose_lowering(
            session, contact, RiskLevel.ATTENTION, "已住院", by=night.operator, at=EVENING
        )
        risk_giving.decide_lowering(session, asked.id, agrees=True, words="", by=night.lead, at=EVENING)
        assert rungs(session, contact, S.DUE) == list(ladder.LADDERS[RiskLevel.ATTENTION])


def test_a_withheld_number_needs_another_one(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator, number=None)
        with pytest.raises(Invalid) as told:
            agree(session, contact, night.operator)
        assert set(told.value.fields) == {"number"}
        with pytest.raises(Invalid):
            followup_planning.write_wish(
                session, contact, is_agreed=True, hours=(), safe_word="", others="", number="12",
                by=night.operator, at=EVENING,
            )  # fmt: skip
        wish = followup_planning.write_wish(
            session, contact, is_agreed=True, hours=(), safe_word="", others="", number="138 0000 6021",
            by=night.operator, at=EVENING,
        )  # fmt: skip
        assert wish.number == "+8613800006021"
        assert agree(session, contact, night.operator).number == "+8613800006021"
        assert followup_planning.can_be_called(contact, wish)


def test_a_key_follow_up_is_tried_five_times_at_different_hours(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        first = followups.follow_ups_of(session, contact)[0]
        moments = []
        while first.state is S.DUE:
            moments.append(first.next_at)
            held = followup_queue.next_follow_up(session, by=night.operator, at=first.next_at)
            assert held is first
            followup_queue.note_try(session, first.id, R.NOBODY, "", by=night.operator, at=first.next_at)
        assert len(moments) == 5
        assert moments[0] <= first.due_at
        parts = [ladder.part_of(m, ZONE) for m in moments]
        assert None not in parts
        assert set(parts) == set(DayPart)
        assert all(b - a >= timedelta(hours=3) for a, b in pairwise(moments))
        assert first.state is S.NOT_REACHED
        kinds = [e.kind for e in session.scalars(sa.select(Escalation).order_by(Escalation.id))]
        assert kinds == [EscalationKind.KEY, EscalationKind.NOT_REACHED]


def test_how_a_try_ends(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        by, at = night.operator, EVENING + DAY
        day, week = followups.follow_ups_of(session, contact)[:2]
        followup_queue.claim(session, day.id, by=by, at=at)
        with pytest.raises(Refused):
            followup_queue.claim(session, week.id, by=by, at=at)
        with pytest.raises(Invalid):
            followup_queue.note_try(session, day.id, R.LATER, "", by=by, at=at, later_at=at - DAY)
        later = at + timedelta(hours=5)
        followup_queue.note_try(session, day.id, R.LATER, "在上班", by=by, at=at, later_at=later)
        assert (day.state, day.next_at, day.tries) == (S.DUE, later, 1)
        with pytest.raises(NotInHand):
            followup_queue.note_try(session, day.id, R.REACHED, "", by=by, at=later)
        assert followup_queue.next_follow_up(session, by=by, at=later - timedelta(minutes=1)) is None
        assert followup_queue.next_follow_up(session, by=by, at=later) is day
        followup_queue.note_try(session, day.id, R.REACHED, "比昨天好一些", by=by, at=later)
        assert (day.state, day.closed_at) == (S.REACHED, later)
        followup_queue.claim(session, week.id, by=by, at=later)
        followup_queue.note_try(session, week.id, R.DECLINED, "不想再接", by=by, at=later)
        assert rungs(session, contact, S.DUE, S.HELD) == []
        wish = followups.wish_of(session, contact.id)
        assert wish is not None
        assert not wish.is_agreed


def test_whoever_holds_a_follow_up_may_read_the_episode(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        colleague, at = an_operator(session), EVENING + DAY
        with pytest.raises(Missing):
            sight.in_sight(session, contact.token, by=colleague, at=at)
        held = followup_queue.next_follow_up(session, by=colleague, at=at)
        assert held is not None
        assert sight.in_sight(session, contact.token, by=colleague, at=at)[1] is ReadPurpose.FOLLOW_UP
        followup_queue.give_back(session, held.id, by=colleague, at=at)
        with pytest.raises(Missing):
            sight.in_sight(session, contact.token, by=colleague, at=at)
        followup_queue.claim(session, held.id, by=colleague, at=at)
        assert followup_queue.let_go_expired(session, at=at + timedelta(minutes=31)) == 1
        assert held.state is S.DUE


def test_key_comes_before_attention_and_own_callers_before_others(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        colleague = an_operator(session)
        for number, level, by in (
            ("+8613800000001", RiskLevel.ATTENTION, night.operator),
            ("+8613800000002", RiskLevel.KEY, colleague),
            ("+8613800000003", RiskLevel.KEY, night.operator),
        ):
            contact = a_talk(session, by, number=number)
            risk_giving.give(session, contact, always=(), chosen=level, words="", by=by, at=EVENING)
            agree(session, contact, by)
        at = EVENING + 3 * DAY
        order = []
        while (row := followup_queue.next_follow_up(session, by=night.operator, at=at)) is not None:
            order.append((row.level, row.owner_id == night.operator.id))
            followup_queue.note_try(session, row.id, R.REACHED, "", by=night.operator, at=at)
        assert order == [(RiskLevel.KEY, True), (RiskLevel.KEY, False), (RiskLevel.ATTENTION, True)]


def test_a_key_follow_up_nobody_tried_in_time_is_escalated(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        due = followups.follow_ups_of(session, contact)[0].due_at
        risk_watch.watch(session, due - timedelta(seconds=1))
        assert followup_lists.waiting(session, at=due).key_overdue == 1
        risk_watch.watch(session, due)
        risk_watch.watch(session, due + timedelta(minutes=5))
        found = session.scalars(sa.select(Escalation).where(Escalation.kind == EscalationKind.OVERDUE)).one()
        assert (found.raised_at, found.turns[0].staff_id) == (due, night.operator.id)
        risk_watch.watch(session, due + timedelta(minutes=10))
        risk_watch.watch(session, due + timedelta(minutes=20))
        assert len({t.staff_id for t in found.turns}) == 3


def test_attention_that_is_missed_is_counted_but_wakes_nobody(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        agree(session, contact, night.operator)
        risk_giving.give(
            session, contact, always=(), chosen=RiskLevel.ATTENTION, words="", by=night.operator, at=EVENING
        )
        at = EVENING + 4 * DAY
        risk_watch.watch(session, at)
        assert session.scalars(sa.select(Escalation)).all() == []
        stands = followup_lists.waiting(session, at=at)
        assert (stands.now, stands.overdue, stands.key_overdue) == (1, 1, 0)
        assert [f.rung for f in followup_lists.listed(session, at=at, until=at)] == [Rung.THREE_DAYS]


@pytest.mark.postgres
def test_eight_operators_take_eight_different_follow_ups(postgres: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        for n in range(8):
            contact = a_talk(session, night.operator, number=f"+861380000{n:04}")
            risk_giving.give(
                session,
                contact,
                always=[AlwaysKey.JUDGEMENT],
                chosen=None,
                words="",
                by=night.operator,
                at=EVENING,
            )
            agree(session, contact, night.operator)
        operators = [an_operator(session).id for _ in range(8)]
    taken: list[int] = []

    def work(staff_id: int) -> None:
        with db.using(postgres), db.transaction() as session:
            found = followup_queue.next_follow_up(
                session, by=session.get_one(Staff, staff_id), at=EVENING + DAY
            )
            assert found is not None
            taken.append(found.id)

    threads = [threading.Thread(target=work, args=(staff_id,)) for staff_id in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == len(taken) == 8
    with db.reading() as session:
        held = session.scalars(sa.select(FollowUp.held_by).where(FollowUp.state == S.HELD)).all()
        assert sorted(h for h in held if h) == sorted(operators)


def at_the_month(session: Session, night: Night, contact: Contact) -> tuple[Contact, datetime]:
    """Let an episode be over, and its call after a month be talked in."""
    contact.state, contact.ended_at, contact.closed_at = ContactState.DONE, EVENING, EVENING
    row = next(f for f in followups.follow_ups_of(session, contact) if f.rung is Rung.MONTH)
    talk = a_talk(session, night.operator, at=row.due_at)
    talk.source, row.talk_id = Source.FOLLOW_UP, talk.id
    session.flush()
    return talk, row.due_at


def found_key(session: Session, night: Night, contact: Contact, talk: Contact, at: datetime) -> None:
    """Let key be found in a talk."""
    by = night.operator
    risk_giving.give(session, contact, always=(), chosen=RiskLevel.KEY, words="", by=by, at=at, talk=talk)


def test_a_level_raised_in_a_follow_up_counts_from_that_talk(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        risk_giving.give(
            session, contact, always=(), chosen=RiskLevel.ATTENTION, words="", by=night.operator, at=EVENING
        )
        agree(session, contact, night.operator)
        talk, then = at_the_month(session, night, contact)
        found_key(session, night, contact, talk, then)
        due = {f.rung: f.due_at for f in followups.follow_ups_of(session, contact) if f.state is S.DUE}
        assert list(due) == list(ladder.LADDERS[RiskLevel.KEY])
        assert (due[Rung.DAY], due[Rung.WEEK]) == (then + DAY, then + 7 * DAY)
        risk_watch.watch(session, then + timedelta(minutes=1))
        kinds = [e.kind for e in session.scalars(sa.select(Escalation))]
        assert kinds == [EscalationKind.KEY]


def test_key_found_again_in_a_follow_up_is_news(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        talk, then = at_the_month(session, night, contact)
        reviewer = a_staff(session, Role.REVIEWER)
        assert sight.purpose_of(session, talk, by=reviewer, at=then) is None
        found_key(session, night, contact, talk, then)
        found_key(session, night, contact, talk, then + timedelta(minutes=5))
        kinds = [e.kind for e in session.scalars(sa.select(Escalation))]
        assert kinds == [EscalationKind.KEY] * 2
        carried = session.scalars(sa.select(KeyCall.contact_id).order_by(KeyCall.at)).all()
        assert carried == [contact.id, talk.id]
        due = {f.rung: f.due_at for f in followups.follow_ups_of(session, contact) if f.state is S.DUE}
        assert list(due) == list(ladder.LADDERS[RiskLevel.KEY])
        assert due[Rung.DAY] == then + DAY
        cases = key_reviews.key_cases(session, since=EVENING)
        assert {case.token for case in cases} == {contact.token, talk.token}
        assert sight.purpose_of(session, talk, by=reviewer, at=then) is ReadPurpose.REVIEW


def test_consent_taken_back_reaches_the_one_in_hand(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        by, at = night.operator, EVENING + DAY
        for talked, ends in enumerate(("give back", "lease", "nobody")):
            contact = a_talk(session, by, number=f"+861380000{talked:04}")
            agree(session, contact, by)
            (row,) = followups.follow_ups_of(session, contact)
            followup_queue.claim(session, row.id, by=by, at=at)
            followup_planning.write_wish(
                session,
                contact,
                is_agreed=False,
                hours=(),
                safe_word="",
                others="",
                number=None,
                by=by,
                at=at,
            )
            with pytest.raises(NotWanted):
                followup_calls.ring(session, row, by=by, at=at)
            if ends == "give back":
                followup_queue.give_back(session, row.id, by=by, at=at)
            elif ends == "lease":
                followup_queue.let_go_expired(session, at=at + DAY)
            else:
                followup_queue.note_try(session, row.id, R.NOBODY, "", by=by, at=at)
            assert (row.state, row.held_by) == (S.DECLINED, None)
            with pytest.raises(NotInHand):
                followup_queue.claim(session, row.id, by=by, at=at)


def test_what_is_replaced_while_in_hand_does_not_come_back(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        agree(session, contact, night.operator)
        (row,) = followups.follow_ups_of(session, contact)
        at = EVENING + timedelta(hours=1)
        followup_queue.claim(session, row.id, by=night.operator, at=at)
        risk_giving.give(
            session, contact, always=(), chosen=RiskLevel.KEY, words="", by=night.operator, at=at
        )
        followup_queue.give_back(session, row.id, by=night.operator, at=at)
        assert row.state is S.REPLACED


def test_a_key_follow_up_left_lying_after_a_try_is_escalated(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_key_talk(session, night)
        row = followups.follow_ups_of(session, contact)[0]
        for _ in range(2):
            at = row.next_at
            followup_queue.claim(session, row.id, by=night.operator, at=at)
            followup_queue.note_try(session, row.id, R.NOBODY, "", by=night.operator, at=at)
            late = row.next_at + followups.AGAIN_WITHIN
            risk_watch.watch(session, late - timedelta(seconds=1))
            assert not row.is_overdue(late - timedelta(seconds=1))
            before = risk_measures.measured(session, since=EVENING, at=late + timedelta(hours=2)).unseen
            assert followup_lists.waiting(session, at=late).key_overdue == 1
            assert line_lists.read_lists(session, at=late).follow_ups.overdue == 1
            risk_watch.watch(session, late)
            risk_watch.watch(session, late + timedelta(minutes=1))
            query = sa.select(Escalation).where(
                Escalation.kind == EscalationKind.OVERDUE, Escalation.raised_at == late
            )
            alarm = session.scalars(query).one()
            escalations.answer(session, alarm.id, by=night.lead, at=late)
            after = risk_measures.measured(session, since=EVENING, at=late + timedelta(hours=2)).unseen
            assert (before, after) == (1, 0)
        kinds = [e.kind for e in session.scalars(sa.select(Escalation))]
        assert kinds.count(EscalationKind.OVERDUE) == 2
